"""The folders that the app writes to: tried out, nothing is left behind."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.checks import Finding, State
from app.logfile import log_path
from app.settings import peek, settings_path

PLENTY_BYTES = 1_000_000_000
"""Below this much free space a recording is not going to be long."""


def check_places() -> Iterator[Finding]:
    """Recordings, settings and log can be written."""
    settings, problem, broken = peek()
    recordings = settings.recordings_folder
    reason = why_not_writable(recordings)
    if reason:
        fix = "choose another folder for recordings in the settings, or allow yourself to write"
        yield Finding("recordings", f"{recordings}: {reason}", "wrong", fix)
    else:
        free = shutil.disk_usage(_nearest(recordings)).free
        found = f"{recordings} can be written, {free / 1e9:.1f} GB free"
        few = free < PLENTY_BYTES
        fix = "free some space, or choose a folder on another disk in the settings"
        yield Finding("recordings", found, "note" if few else "ok", fix if few else "")
    yield from _place("settings", settings_path().parent, "wrong")
    if broken:
        fix = "start the app: it puts the file aside and begins with defaults"
        yield Finding("settings", problem, "note", fix)
    elif problem:
        yield Finding("settings", problem, "wrong", "allow yourself to read and write that file")
    yield from _place("log", log_path().parent, "note")


def _place(what: str, folder: Path, state: State) -> Iterator[Finding]:
    reason = why_not_writable(folder)
    if reason:
        fix = "allow yourself to write there, or name another folder in GAZECLIP_HOME"
        yield Finding(what, f"{folder}: {reason}", state, fix)
    else:
        yield Finding(what, f"{folder} can be written")


def why_not_writable(folder: Path) -> str:
    """Why nothing can be written to a folder, or to where it would be made; "" where it can."""
    place = _nearest(folder)
    if not place.is_dir():
        return f"{place} is a file, not a folder"
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def _nearest(folder: Path) -> Path:
    """The folder itself, or what is nearest above it that exists."""
    folder = folder.absolute()
    return next((p for p in (folder, *folder.parents) if p.exists()), Path(folder.anchor))
