"""Frame and Source: what every place that frames come from has in common."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from app.channel import Channel, Finished

Image = NDArray[np.uint8]
"""(H, W, 3) RGB."""

Kind = Literal["camera", "video", "pictures", "demo"]


@dataclass(frozen=True)
class Frame:
    """One picture of a source.

    Attributes:
        image: (H, W, 3) RGB uint8, as seen by the camera (never mirrored).
        number: the source's own count from 0; a gap is a frame that was dropped.
        time_ns: strictly rising. Camera: perf_counter at capture; video: presentation time;
            pictures: number / fps.
        captured_ns: perf_counter at capture, or when the frame was taken from a file's thread, to
            tell latency.
        file: the picture's file name, for folders of pictures only.
        fresh: the source begins anew with this frame, as a clip does that is played again; what
            was known from the frames before it counts no more.
    """

    image: Image
    number: int
    time_ns: int
    captured_ns: int
    file: str | None = None
    fresh: bool = False

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"a frame's image is (H, W, 3) uint8, not {self.image.shape}")


class Source(ABC):
    """Frames, one after the other. Opening one raises UserError where no frame can be had.

    Attributes:
        kind: what sort of source.
        name: the camera's or file's name.
        size: (width, height) in pixels of the first frame.
        fps: frames per second that the source states, None where it states none.
        fps_asked: what was asked of it, None where nothing was.
        length: how many frames are to come in all, None where that is unknown.
        faults: sentences about frames that should have come and did not.
        skipped: names of the pictures that could not be read.
    """

    kind: Kind
    name: str
    size: tuple[int, int]
    fps: float | None
    fps_asked: float | None = None
    length: int | None = None

    def __init__(self, mirrored: bool = False) -> None:
        self.mirrored = mirrored
        self.faults: list[str] = []
        self.skipped: list[str] = []

    @property
    def live(self) -> bool:
        """Frames come when they come, and the latest counts."""
        return self.kind == "camera"

    @property
    def unrelated(self) -> bool:
        """One frame says nothing about the next."""
        return self.kind == "pictures"

    @abstractmethod
    def read(self) -> Frame | None:
        """The next frame (the latest, for a camera), waiting for it; None after the last."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the device or file; `read` then returns None."""

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.read()) is not None:
            yield frame

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _upright(self, image: Image) -> Image:
        """The picture as the camera sees the world, whatever the device delivers."""
        return np.asarray(cv2.flip(image, 1), dtype=np.uint8) if self.mirrored else image


SMALLEST = 32
"""Pixels on the shorter side of a frame: a face in less than that has eyes of one pixel."""

Decoded = tuple[Image, int, int, str | None]
"""Image, number, time_ns and file name of a frame."""


class FileSource(Source):
    """A source whose frames are read ahead on a thread of its own, each of them handed out.

    Subclasses yield (image, number, time_ns, file) from `_decode` and call `_start` when ready.
    """

    AHEAD = 3  # frames; a 1080p frame takes 6 MB

    def __init__(self, mirrored: bool = False) -> None:
        super().__init__(mirrored)
        self._channel: Channel[Decoded] = Channel(self.AHEAD)
        self._first: Decoded | None = None
        self._thread = threading.Thread(target=self._produce, name="read", daemon=True)

    @abstractmethod
    def _decode(self) -> Iterator[Decoded]:
        """Frame after frame."""

    def _start(self) -> tuple[int, int] | None:
        """Begin to read: (width, height) of the first frame, or None where there is none."""
        self._thread.start()
        try:
            self._first = self._channel.get()
        except Finished:
            return None
        height, width = self._first[0].shape[:2]
        return width, height

    def read(self) -> Frame | None:
        try:
            decoded = self._first or self._channel.get()
        except Finished:
            return None
        self._first = None
        image, number, time_ns, file = decoded
        return Frame(image, number, time_ns, time.perf_counter_ns(), file)

    def close(self) -> None:
        self._channel.cancel()
        if self._thread.ident is not None:
            self._thread.join()

    def _produce(self) -> None:
        try:
            for image, number, time_ns, file in self._decode():
                if not self._channel.put((self._upright(image), number, time_ns, file)):
                    break
        except Exception as error:  # noqa: BLE001  handed on to the thread that reads
            self._channel.finish(error)
        else:
            self._channel.finish()
