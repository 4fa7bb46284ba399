"""The log file: what happened, for whoever looks into a problem. It rotates, and never fails."""

import contextlib
import logging
import platform
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

from app import __version__
from app.settings import APP_NAME, own_home

SIZE, KEPT = 1_000_000, 3
"""Bytes of one file, and how many older ones are kept beside it."""

_log = logging.getLogger(__name__)


def log_path() -> Path:
    """Where the log is, or would be."""
    home = own_home()
    folder = home / "log" if home else platformdirs.user_log_path(APP_NAME, appauthor=False)
    return folder / "gazeclip.log"


def start_log() -> Path:
    """Let everything that is logged from here on go into the log file. Safe to call again.

    Where the file cannot be written, the log goes nowhere: no log is no reason to stop.

    Returns:
        The file's path.
    """
    path = log_path()
    root = logging.getLogger()
    for earlier in root.handlers[:]:
        if isinstance(earlier, _LogFile | _Nowhere):
            root.removeHandler(earlier)
            with contextlib.suppress(OSError):  # its last lines found no space
                earlier.close()
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(path, maxBytes=SIZE, backupCount=KEPT, encoding="utf-8")
    except OSError:
        handler = _Nowhere()  # without any handler Python would write warnings to the terminal
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
    )
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    _log.info(
        "GazeCLIP Desktop %s, Python %s, %s", __version__, platform.python_version(),
        platform.platform(),
    )  # fmt: skip
    return path


class _LogFile(RotatingFileHandler):
    """Says nothing where it cannot write, such as on a full disk: the terminal is not for that."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        pass


class _Nowhere(logging.NullHandler):
    """Ours, to be told from others' null handlers."""
