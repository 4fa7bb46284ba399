"""What the user runs. Imports model, never model.training: no torch in this process."""

import sys
from pathlib import Path

__version__ = "0.1.0"

PROJECT = Path(__file__).resolve().parents[1]
"""The folder that holds main.py, weights/ and assets/."""

INSTALL = (
    r".venv\Scripts\pip install -r requirements.txt" if sys.platform == "win32" else "sh setup.sh"
)
"""The command that installs what the app needs, run in that folder."""
