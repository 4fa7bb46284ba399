"""Speed and accuracy, run by hand; results with date and machine go to docs/benchmarks.md."""
