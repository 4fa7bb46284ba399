"""CameraList: the cameras of this computer by name, kept up to date while they come and go."""

import logging
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from app.source.camera import Camera, list_cameras

_log = logging.getLogger(__name__)

SETTLE_MS = 500
"""Systems tell of one camera several times, and before it can be opened."""


WAIT_MS = 40
"""How often a list that was asked for is looked for."""


class CameraList(QObject):
    """Asking the system may take its time: a thread does it, and none of the cameras is opened.

    Args:
        find: lists the cameras.

    Signals:
        changed: a tuple of Cameras, when it differs from the one before.
    """

    changed = Signal(object)

    def __init__(
        self, find: Callable[[], list[Camera]] = list_cameras, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.cameras: tuple[Camera, ...] = ()
        self._find = find
        self._answers: SimpleQueue[tuple[Camera, ...]] = SimpleQueue()
        # No QObject may go to that thread: it could be the last to let go of it.
        self._waiting = QTimer(self, interval=WAIT_MS)
        self._waiting.timeout.connect(self._listen)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.refresh)
        self._media: QObject | None = None
        self._devices: QFileSystemWatcher | None = None

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [camera.name for camera in self.cameras]

    def refresh(self) -> None:
        """Look again, soon."""
        if not self._waiting.isActive():
            self._waiting.start()
            arguments = (self._find, self._answers)
            threading.Thread(target=_ask, args=arguments, name="cameras", daemon=True).start()

    def watch(self) -> None:
        """From now on notice cameras that come and go. Takes a moment: Qt loads its media part."""
        try:
            # Part of Qt that needs sound libraries which a small system may lack.
            from PySide6.QtMultimedia import QMediaDevices
        except ImportError as error:
            _log.info("no news of cameras from Qt: %s", error)
            if sys.platform.startswith("linux"):
                self._devices = QFileSystemWatcher(["/dev"], self)
                self._devices.directoryChanged.connect(self._settle.start)
            return
        media = QMediaDevices(self)
        media.videoInputsChanged.connect(self._settle.start)
        self._media = media

    def _listen(self) -> None:
        try:
            cameras = self._answers.get_nowait()
        except Empty:
            return
        self._waiting.stop()
        if cameras != self.cameras:
            self.cameras = cameras
            self.changed.emit(cameras)


def _ask(find: Callable[[], list[Camera]], answers: "SimpleQueue[tuple[Camera, ...]]") -> None:
    try:
        answers.put(tuple(find()))
    except Exception:  # noqa: BLE001  no list must not mean no window
        _log.exception("the cameras cannot be listed")
        answers.put(())


def camera_formats(name: str) -> list[tuple[int, int, float]]:
    """(width, height, frames per second) that a camera offers, largest first; [] where unknown."""
    try:
        from PySide6.QtMultimedia import QMediaDevices
    except ImportError:
        return []
    offered: dict[tuple[int, int], float] = {}
    for device in QMediaDevices.videoInputs():
        if device.description() == name:
            for form in device.videoFormats():
                size = (form.resolution().width(), form.resolution().height())
                offered[size] = max(offered.get(size, 0.0), form.maxFrameRate())
    by_area = sorted(offered.items(), key=lambda item: item[0][0] * item[0][1], reverse=True)
    return [(width, height, fps) for (width, height), fps in by_area if fps > 0]
