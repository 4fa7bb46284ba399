"""CameraSource: the latest frame of a camera, stamped when it was captured."""

import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from app.channel import Channel, Finished
from app.source.base import Frame, Source
from model.errors import UserError

DEFAULT_SIZE = (1280, 720)
DEFAULT_FPS = 30.0

FAILURES = 10  # reads in a row without a picture
SILENCE_S = 3.0  # without a picture, also where read() never returns
FIRST_FRAME_S = 15.0  # some cameras and drivers take their time to start


class Device(Protocol):
    """What we use of cv2.VideoCapture; tests bring their own."""

    def isOpened(self) -> bool: ...  # noqa: N802  (OpenCV's name)
    def read(self) -> tuple[bool, Any]: ...
    def get(self, propId: int) -> float: ...
    def set(self, propId: int, value: float) -> bool: ...
    def release(self) -> None: ...


@dataclass(frozen=True)
class Camera:
    """A camera of this computer: its name, its number for its back end, the back end, its path."""

    name: str
    number: int
    backend: int
    path: str

    def open(self) -> Device:
        """Switch it on. On Linux by path: OpenCV's numbers need not be the system's."""
        if sys.platform.startswith("linux") and self.path:
            return cv2.VideoCapture(self.path, self.backend)
        return cv2.VideoCapture(self.number, self.backend)


def list_cameras() -> list[Camera]:
    """The cameras of this computer, none of them switched on for it."""
    from cv2_enumerate_cameras import enumerate_cameras

    backend = {"win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}.get(
        sys.platform, cv2.CAP_V4L2
    )
    try:
        found = enumerate_cameras(backend)
    except (OSError, RuntimeError, ValueError):  # no camera system at all
        return []
    return [
        Camera(str(c.name or f"camera {c.index}"), int(c.index), backend, str(c.path or ""))
        for c in found
    ]


def find_camera(text: str, cameras: list[Camera]) -> Camera | None:
    """The camera meant by its number, its name, or a part of the name that only one has."""
    if text.isdecimal():
        return next((c for c in cameras if c.number == int(text)), None)
    wanted = text.casefold()
    exact = [c for c in cameras if wanted in (c.name.casefold(), c.path.casefold())]
    partly = [c for c in cameras if wanted in c.name.casefold()]
    if exact:
        return exact[0]
    return partly[0] if len(partly) == 1 else None


class CameraSource(Source):
    """A camera, read on a thread of its own; a frame nobody took in time gives way to the next.

    After `FAILURES` failing reads or `SILENCE_S` seconds without a frame the camera counts as lost:
    `read` returns None and `faults` says so. Opening it again makes a new source.

    Args:
        camera: which one.
        size: (width, height) to ask for; what is granted is in `size`.
        fps: frames per second to ask for; what is granted is in `fps`.
        mirrored: the camera delivers a mirror image.

    Raises:
        UserError: it cannot be opened or gives no picture.
    """

    kind = "camera"

    def __init__(
        self,
        camera: Camera,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
        mirrored: bool = False,
    ) -> None:
        super().__init__(mirrored)
        self.name = camera.name
        self.size_asked, self.fps_asked = size or DEFAULT_SIZE, fps or DEFAULT_FPS
        self._device = camera.open()
        if not self._device.isOpened():
            self._device.release()
            raise UserError(
                f"the camera {camera.name} cannot be opened: close other programs that use it, "
                "or check that this program may use the camera"
            )
        self._ask()
        granted = float(self._device.get(cv2.CAP_PROP_FPS))
        self.fps = granted if granted > 0 else None
        self._stop = threading.Event()
        self._slot: Channel[Frame] = Channel(1, latest_wins=True)
        self._thread = threading.Thread(target=self._capture, name="camera", daemon=True)
        self._thread.start()
        try:
            # Only to know that it works and its size: by the time of `read` it will be stale.
            first = self._slot.get(FIRST_FRAME_S)
        except (Finished, TimeoutError) as error:
            self.close()
            raise UserError(
                f"the camera {camera.name} gives no picture: unplug it and plug it in again, "
                "or choose another one"
            ) from error
        self.size = (first.image.shape[1], first.image.shape[0])

    def read(self) -> Frame | None:
        try:
            return self._slot.get(SILENCE_S)
        except Finished:
            return None
        except TimeoutError:
            self._lose()
            return None

    def close(self) -> None:
        self._stop.set()
        self._slot.cancel()
        # A driver may hold on to read() for ever; its daemon thread then ends with the process.
        self._thread.join(timeout=1.0)
        if not self._thread.is_alive():
            self._device.release()

    def _ask(self) -> None:
        """Ask for MJPG, size and rate, in the order that each system's drivers heed.

        Without MJPG many cameras deliver 1080p uncompressed, at five frames per second.
        """
        mjpg = (cv2.CAP_PROP_FOURCC, float(cv2.VideoWriter.fourcc(*"MJPG")))
        rest = [
            (cv2.CAP_PROP_FRAME_WIDTH, float(self.size_asked[0])),
            (cv2.CAP_PROP_FRAME_HEIGHT, float(self.size_asked[1])),
            (cv2.CAP_PROP_FPS, float(self.fps_asked or DEFAULT_FPS)),
        ]
        for name, value in [mjpg, *rest] if sys.platform.startswith("linux") else [*rest, mjpg]:
            self._device.set(name, value)

    def _capture(self) -> None:
        number, failures, last = 0, 0, time.monotonic()
        while not self._stop.is_set():
            got, picture = self._device.read()
            captured_ns = time.perf_counter_ns()
            if not got or picture is None:
                failures += 1
                if failures >= FAILURES or time.monotonic() - last > SILENCE_S:
                    self._lose()
                    break
                self._stop.wait(0.02)
                continue
            failures, last = 0, time.monotonic()
            image = self._upright(_rgb(picture))
            if not self._slot.put(Frame(image, number, captured_ns, captured_ns)):
                break
            number += 1
        self._slot.finish()

    def _lose(self) -> None:
        if not self.faults and not self._stop.is_set():
            self.faults.append(f"the camera {self.name} stopped giving pictures")


def _rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """OpenCV's BGR (or grey, from infrared cameras) as RGB: the only place that swaps it."""
    code = cv2.COLOR_GRAY2RGB if picture.ndim == 2 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(picture, code), dtype=np.uint8)
