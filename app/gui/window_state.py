"""Where the window was when it was closed: a small JSON file beside the settings."""

import json
import logging
from pathlib import Path

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from app.settings import settings_path

_log = logging.getLogger(__name__)


def window_state_path() -> Path:
    """Where it is stored."""
    return settings_path().with_name("window.json")


def restore_geometry(window: QWidget, path: Path | None = None) -> bool:
    """Put a window back to where it was. False: it never was anywhere, or the file is no good.

    Qt itself brings a window back onto a screen where the one it was on is gone.
    """
    path = path or window_state_path()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        geometry = bytes.fromhex(stored["geometry"])
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        _log.warning("%s: %s; the window takes its usual place", path, error)
        return False
    return window.restoreGeometry(QByteArray(geometry))


def save_geometry(window: QWidget, path: Path | None = None) -> None:
    """Remember where a window is. Not being able to is worth a line in the log, no more."""
    path = path or window_state_path()
    content = {"schema": 1, "geometry": bytes(window.saveGeometry().data()).hex()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content) + "\n", encoding="utf-8")
    except OSError as error:
        _log.warning("cannot store the window's place in %s: %s", path, error)
