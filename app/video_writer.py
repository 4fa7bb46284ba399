"""VideoWriter: frames into an H.264 file."""

import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from app.source.base import Image
from model.errors import UserError

CLOCK_HZ = 90_000  # ticks per second of the file's time stamps, as is usual for video

QUALITY = {"preset": "veryfast", "crf": "20"}


class FrameFile:
    """Writes pictures at their own times into a file that `close` makes whole.

    Args:
        path: the file; an older one is replaced.
        size: (width, height) of the first picture; later ones of other sizes are fitted into it.
        fps: frames per second to state.
        container: its format as FFmpeg calls it.
        quality: options of the encoder.
        options: options of the container.
        clock_hz: ticks per second of its time stamps.

    Raises:
        UserError: the file cannot be written (any method).
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: float,
        container: str = "mp4",
        quality: Mapping[str, str] = QUALITY,
        options: Mapping[str, str] | None = None,
        clock_hz: int = CLOCK_HZ,
    ) -> None:
        self._path, self._clock_hz = path, clock_hz
        self._size = (size[0] // 2 * 2, size[1] // 2 * 2)  # H.264 stores even sizes only
        self._last = -1
        self._first_ns: int | None = None
        try:
            self._container = av.open(str(path), "w", format=container, options=dict(options or {}))
        except (av.error.FFmpegError, OSError) as error:
            raise self._failed(error) from error
        rate = Fraction(fps).limit_denominator(1001)
        self._stream: VideoStream = self._container.add_stream("libx264", rate, dict(quality))
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, clock_hz)

    def add(self, image: Image, time_ns: int) -> None:
        """Write a picture (H, W, 3) RGB with its time."""
        # OpenCV converts in a third of swscale's time.
        yuv = cv2.cvtColor(_fitted(image, self._size), cv2.COLOR_RGB2YUV_I420)
        frame = VideoFrame.from_ndarray(np.asarray(yuv, dtype=np.uint8), format="yuv420p")
        if self._first_ns is None:
            self._first_ns = time_ns
        ticks = (time_ns - self._first_ns) * self._clock_hz // 1_000_000_000
        self._last = frame.pts = max(ticks, self._last + 1)
        frame.time_base = Fraction(1, self._clock_hz)
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.error.FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Write what waits and finish the file."""
        try:
            try:
                if self._first_ns is not None:
                    self._container.mux(self._stream.encode(None))
            finally:
                self._container.close()
        except (av.error.FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def __enter__(self) -> "FrameFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _failed(self, error: Exception) -> UserError:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        return UserError(f"the video {self._path} cannot be written ({reason}): give another place")


class VideoWriter(FrameFile):
    """Writes pictures at their own times into an mp4.

    Args:
        path: the file, ending in .mp4.
        size: (width, height) of the first picture; later ones of other sizes are fitted into it.
        fps: frames per second to state.

    Raises:
        UserError: the file cannot be written (any method).
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        check_video_path(path)
        super().__init__(path, size, fps)


def check_video_path(path: Path) -> None:
    """Raise UserError unless a video may be written to that path."""
    if path.suffix.lower() != ".mp4":
        raise UserError(f"the overlay's file must end in .mp4, unlike {path}")
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise UserError(f"the overlay cannot be written to {path}: give a file in a folder that is")
    existing = path if path.exists() else path.resolve().parent
    if not os.access(existing, os.W_OK):
        raise UserError(f"the overlay cannot be written to {path}: it is not yours to write")


def _fitted(image: Image, size: tuple[int, int]) -> Image:
    """A picture of that (width, height): odd edges cut off, other sizes scaled, bars around."""
    width, height = size
    if image.shape[0] // 2 * 2 == height and image.shape[1] // 2 * 2 == width:
        return np.ascontiguousarray(image[:height, :width])
    scale = min(width / image.shape[1], height / image.shape[0])
    w, h = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    fitted = np.zeros((height, width, 3), dtype=np.uint8)
    x, y = (width - w) // 2, (height - h) // 2
    fitted[y : y + h, x : x + w] = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
    return fitted
