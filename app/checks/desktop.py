"""Display, screens, OpenGL and cameras. No camera is switched on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from app import INSTALL, PROJECT
from app.checks import Finding
from app.display import calm_qt, why_no_window

PATIENCE_S = 40.0
"""How long Qt may take to start, on a cold disk."""

HEADLESS = "commands such as main.py track work without one"


def check_desktop() -> Iterator[Finding]:
    """A window can be opened; on which screens; which cameras there are."""
    reason = why_no_window()
    facts, trouble = ask_qt(without_display=bool(reason))
    if reason:
        yield no_window(
            reason, bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        )
    if trouble:
        yield Finding("Qt", trouble, "wrong", f"run {INSTALL}, which brings what Qt needs")
    elif not reason:
        yield Finding("Qt", f"{facts['qt']}, platform {facts['platform']}")
        yield from screen_findings(facts["screens"])
        found = facts["gl"] or "none: the window draws without it"
        yield Finding("OpenGL", found)
    if facts.get("no_cameras"):
        found = f"their formats and plugging in cannot be told ({facts['no_cameras']})"
        yield Finding("cameras", found, "note", f"run {INSTALL}, which brings what Qt needs")
    yield from camera_findings(facts.get("cameras", []))


def no_window(reason: str, display: bool) -> Finding:
    """What it means that no window can be opened.

    Args:
        reason: from `why_no_window`.
        display: the environment names a display, so that somebody expects windows here.
    """
    if not display:
        fix = f"for the window, start the app on a desktop; {HEADLESS}"
        return Finding("window", reason, "note", fix)
    found, _, command = reason.partition(": ")
    fix = command or f"start the app from the desktop's own session; {HEADLESS}"
    return Finding("window", found, "wrong", fix)


def screen_findings(screens: list[dict[str, Any]]) -> Iterator[Finding]:
    """Each screen's size in px and mm."""
    for screen in screens:
        (width, height), (mm_x, mm_y) = screen["px"], screen["mm"]
        found = f"{screen['name']}: {width} x {height} px"
        if screen["scale"] != 1:
            found += f" (scaled by {screen['scale']:g})"
        # Screens that do not know their size say 0, or something no screen measures.
        known = 100 <= mm_x <= 3000 and 50 <= mm_y <= 2000
        found += f", {mm_x} x {mm_y} mm, {screen['hz']:.0f} Hz"
        if known:
            yield Finding("screen", found)
        else:
            fix = "nothing now: its true size will be asked for where it matters"
            yield Finding("screen", f"{found}; that size cannot be true", "note", fix)


def camera_findings(known_to_qt: list[dict[str, Any]]) -> Iterator[Finding]:
    """Each camera with its sizes and rates.

    Args:
        known_to_qt: cameras as `app.gui.facts` tells them.
    """
    from app.source.camera import list_cameras

    rest = list(known_to_qt)
    count = 0
    for camera in list_cameras():
        same = [c for c in rest if camera.path and c["id"] == camera.path]
        same = same or [c for c in rest if c["name"] == camera.name]
        rest = [c for c in rest if c not in same]
        place = f" ({camera.path})" if sys.platform.startswith("linux") and camera.path else ""
        formats = _formats(same[0]["formats"]) if same else "formats unknown"
        count += 1
        if place and not os.access(camera.path, os.R_OK | os.W_OK):
            fix = "run sudo usermod -aG video $USER, log out and in again"
            found = f"{camera.name}{place}: you may not use it"
            yield Finding(f"camera {camera.number}", found, "wrong", fix)
        else:
            yield Finding(f"camera {camera.number}", f"{camera.name}{place}: {formats}")
    for other in rest:
        count += 1
        yield Finding("camera", f"{other['name']}: {_formats(other['formats'])}")
    if not count:
        fix = "plug one in, or allow this program to use it; until then the demo clip plays"
        yield Finding("camera", "none is connected", "note", fix)


def _formats(formats: list[list[int]]) -> str:
    told = [f"{width} x {height} at {rate}/s" for width, height, rate in formats]
    return ", ".join(told) or "formats unknown"


def ask_qt(without_display: bool) -> tuple[dict[str, Any], str]:
    """What Qt knows, or a sentence about why it does not say.

    Args:
        without_display: let it start without one: it still knows the cameras.
    """
    calm_qt()
    environment = dict(os.environ)
    if without_display:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.gui.facts"],
            cwd=PROJECT, env=environment, capture_output=True, text=True, errors="replace",
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {}, f"Qt did not start within {PATIENCE_S:.0f} seconds"
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        told = lines[-1].strip() if lines else f"exit code {done.returncode}"
        return {}, f"Qt does not start: {told}"
