"""Whether a window can be opened here; asked before Qt is, which would end the process."""

import ctypes
import importlib.util
import os
import socket
import sys
import threading
from pathlib import Path

from app import INSTALL

PATIENCE_S = 3.0
"""How long the X server may take to answer."""

LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libbrotlidec.so.1": "libbrotli1",
}
"""Libraries that any window of Qt's needs, with their packages' names on Debian and Ubuntu."""

X11_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What Qt's X11 plug-in (xcb) needs beside them."""

WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
"""What its Wayland plug-in needs beside them."""


def why_no_window() -> str:
    """One sentence that says why no window can be opened here, "" where one can.

    Asks the system only, and at once: no Qt is loaded. Windows and macOS always have a desktop.
    """
    if importlib.util.find_spec("PySide6") is None:
        return f"PySide6, which draws the window, is not installed: run {INSTALL}"
    if not sys.platform.startswith("linux"):
        return ""
    chosen = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0].partition(";")[0]
    if chosen not in ("", "xcb", "wayland", "wayland-egl"):
        return missing_libraries(LIBRARIES)  # a platform without a display, such as offscreen
    wayland, x11 = bool(_wayland_socket()), os.environ.get("DISPLAY", "")
    reasons = []
    if wayland and chosen != "xcb":
        reasons.append(missing_libraries(LIBRARIES | WAYLAND_LIBRARIES))
    if x11 and chosen in ("", "xcb"):
        missing = missing_libraries(LIBRARIES | X11_LIBRARIES)
        reasons.append(missing or _why_no_x_server(x11))
    if not reasons:
        return "there is no display (DISPLAY and WAYLAND_DISPLAY are not set)"
    return "" if "" in reasons else reasons[-1]


def missing_libraries(needed: dict[str, str]) -> str:
    """A sentence about those of the system's libraries that are not there, "" where all are."""
    packages = []
    for library, package in needed.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            packages.append(package)
    if not packages:
        return ""
    names = " ".join(packages)
    return f"the window needs libraries that are not installed: run sudo apt install {names}"


def _wayland_socket() -> Path | None:
    """The Wayland compositor's socket, if it is listening."""
    name = os.environ.get("WAYLAND_DISPLAY", "")
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    if not name or not (folder or name.startswith("/")):
        return None
    path = Path(folder, name)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(PATIENCE_S)
            probe.connect(str(path))
    except OSError:
        return None
    return path


def _why_no_x_server(display: str) -> str:
    """A sentence where the X server does not let us in, "" where it does."""
    answers: list[bool] = []

    def ask() -> None:
        xcb = ctypes.CDLL("libxcb.so.1")
        xcb.xcb_connect.restype = ctypes.c_void_p
        connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
        refused = xcb.xcb_connection_has_error(connection)
        if refused:
            xcb.xcb_disconnect(connection)
        # Else it stays until the process ends: a bare X server (Xvfb) starts anew when its last
        # client leaves, and would throw Qt out as it comes.
        answers.append(not refused)

    # A server on another machine may never answer: the thread then waits for it alone.
    thread = threading.Thread(target=ask, name="display", daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    if answers and answers[0]:
        return ""
    return f"the display {display} (DISPLAY) does not answer or lets nobody in"


def calm_qt() -> None:
    """Keep Qt's multimedia from telling the terminal which libraries it does without."""
    os.environ.setdefault("QT_LOGGING_RULES", "qt.multimedia.*=false")
