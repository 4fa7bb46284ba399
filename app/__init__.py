"""What the user runs. Imports model, never model.training: no torch in this process."""

from pathlib import Path

__version__ = "0.1.0"

PROJECT = Path(__file__).resolve().parents[1]
"""The folder that holds main.py, weights/ and assets/."""
