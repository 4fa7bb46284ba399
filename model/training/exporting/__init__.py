"""Export: the graph, its forms (half precision, int8, batches), their checks and the card."""
