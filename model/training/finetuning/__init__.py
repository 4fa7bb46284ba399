"""Personal fine-tuning: what the model says of a person's recordings, the fit, and its proof."""
