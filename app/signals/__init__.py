"""What is read off the stream of samples: blinks; later smoothing and fixations."""
