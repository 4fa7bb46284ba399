"""What the user runs: sources, tracking, recording, command line. Never imports model.training."""
