"""Calibrations on disk: what is kept of them, and which of them suits screen, camera and model."""
