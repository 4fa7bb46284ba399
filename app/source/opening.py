"""From what a person typed to a source."""

from pathlib import Path

from app import PROJECT
from app.source.base import Source
from app.source.camera import Camera, CameraSource, find_camera, list_cameras
from app.source.pictures import PicturesSource, is_picture
from app.source.video import VideoSource
from model.errors import UserError

DEMO = PROJECT / "assets" / "demo.mp4"


def open_source(
    text: str,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    mirrored: bool = False,
) -> Source:
    """Open what a person named: a video file, a folder of pictures, a camera, or "demo".

    Args:
        text: "demo", a path, a camera's number or (part of) its name.
        fps: for pictures the rate that gives them their times, for a camera the rate to ask for.
        size: (width, height) to ask a camera for.
        mirrored: the source delivers mirror images.

    Raises:
        UserError: there is no such thing, or no frame can be had from it.
    """
    if text == "demo":
        if not DEMO.is_file():
            raise UserError(
                "the demo clip is missing from assets/: get it back from the repository, or "
                "render one with main.py synth demo"
            )
        return VideoSource(DEMO, mirrored, kind="demo")
    path = source_path(text)
    if path is not None and (path.is_dir() or is_picture(path)):
        return PicturesSource(path, fps, mirrored)
    if path is not None:
        return VideoSource(path, mirrored)
    cameras = list_cameras()
    camera = find_camera(text, cameras)
    if camera is None:
        raise UserError(_not_found(text, cameras))
    return CameraSource(camera, size, fps, mirrored)


def source_path(text: str) -> Path | None:
    """The file or folder that a person named, None where it is neither."""
    try:
        path = DEMO if text == "demo" else Path(text).expanduser()
        return path if path.is_dir() or path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # a name too long, an unknown ~user, a NUL
        return None


def _not_found(text: str, cameras: list[Camera]) -> str:
    names = ", ".join(f"{c.number} ({c.name})" for c in cameras)
    connected = f"connected: {names}" if cameras else "no camera is connected"
    if text.isdecimal():
        return f"there is no camera {text} ({connected}): give another number, a file or demo"
    if Path(text).suffix or "/" in text or "\\" in text:
        return f"there is no file or folder {text}: check the path"
    return (
        f"{text} is neither a file, nor a folder, nor a camera ({connected}): "
        "give one of these, or demo"
    )
