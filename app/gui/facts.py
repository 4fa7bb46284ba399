"""What Qt knows about this computer, as JSON on stdout: `doctor` runs it in a process of its own.

Qt ends its process where it cannot start, so whoever asks must not be in it. No camera is switched
on for it.
"""

import json
import sys
from typing import Any

GL_RENDERER, GL_VERSION = 0x1F01, 0x1F02


def facts() -> dict[str, Any]:
    """Versions, platform, screens, OpenGL and cameras. Lengths in physical pixels and mm.

    `no_cameras` says why Qt knows nothing of cameras, "" where it does.
    """
    from PySide6.QtCore import qVersion
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication(sys.argv[:1])
    cameras: list[dict[str, Any]] = []
    no_cameras = ""
    try:
        cameras = _cameras()
    except ImportError as error:  # a library of the system's that only QtMultimedia needs
        no_cameras = str(error)
    return {
        "qt": qVersion(),
        "platform": application.platformName(),
        "screens": [_screen(screen) for screen in application.screens()],
        "gl": _gl(),
        "cameras": cameras,
        "no_cameras": no_cameras,
    }


def _screen(screen: Any) -> dict[str, Any]:
    ratio, size, mm = screen.devicePixelRatio(), screen.size(), screen.physicalSize()
    return {
        "name": screen.name(),
        "px": [round(size.width() * ratio), round(size.height() * ratio)],
        "mm": [round(mm.width()), round(mm.height())],
        "scale": ratio,
        "hz": screen.refreshRate(),
    }


def _gl() -> str:
    """Renderer and version, "" where there is no OpenGL."""
    from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

    context, surface = QOpenGLContext(), QOffscreenSurface()
    if not context.create():
        return ""
    surface.setFormat(context.format())
    surface.create()
    if not context.makeCurrent(surface):
        return ""
    functions = context.functions()
    told = [functions.glGetString(name) for name in (GL_RENDERER, GL_VERSION)]
    context.doneCurrent()
    return ", OpenGL ".join(str(text) for text in told if text)


def _cameras() -> list[dict[str, Any]]:
    from PySide6.QtMultimedia import QMediaDevices

    found = []
    for device in QMediaDevices.videoInputs():
        formats = {
            (f.resolution().width(), f.resolution().height(), round(f.maxFrameRate()))
            for f in device.videoFormats()
        }
        best: dict[tuple[int, int], int] = {}
        for width, height, rate in formats:
            best[width, height] = max(rate, best.get((width, height), 0))
        found.append(
            {
                "name": device.description(),
                "id": bytes(device.id().data()).decode("utf-8", "replace"),
                "formats": [[*size, rate] for size, rate in sorted(best.items())],
            }
        )
    return found


if __name__ == "__main__":
    print(json.dumps(facts()))
