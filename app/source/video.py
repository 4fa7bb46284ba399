"""VideoSource: every frame of a video file at its presentation time."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from av.stream import Disposition

from app.source.base import SMALLEST, Decoded, FileSource, Image, Kind
from model.errors import UserError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

NANOSECONDS = 1_000_000_000
DEFAULT_FPS = 30.0


class VideoSource(FileSource):
    """A video file, decoded by PyAV.

    A file that breaks off gives all frames up to the break, then ends and says so in `faults`.

    Args:
        path: the file.
        mirrored: the video shows a mirror image.
        kind: "demo" for the demo clip.

    Raises:
        UserError: no such file, not a video, or not one frame in it can be decoded.
    """

    def __init__(self, path: Path, mirrored: bool = False, kind: Kind = "video") -> None:
        super().__init__(mirrored)
        self.kind, self.name, self._path = kind, path.name, path
        try:
            self._container: InputContainer = av.open(str(path))
        except (av.error.FFmpegError, OSError) as error:
            raise UserError(
                f"{path} cannot be read as a video ({_reason(error)}): "
                "give a video file that a player can play"
            ) from error
        stream = _moving_picture(self._container)
        if stream is None:
            self._container.close()
            raise UserError(f"{path} holds no video, only other data: give a video file")
        self._stream: VideoStream = stream
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = 2
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate else DEFAULT_FPS
        self._declared_s = declared_duration(self._container, self._stream)
        self.length = self._stream.frames or None
        if self.length is None and self._declared_s is not None:
            self.length = max(round(self._declared_s * self.fps), 1)
        size = self._start()
        if size is None:
            self.close()
            raise UserError(f"not one frame of {path} can be decoded: give another video file")
        if min(size) < SMALLEST:
            self.close()
            raise UserError(
                f"the frames of {path} are smaller than {SMALLEST} x {SMALLEST} pixels: "
                "give another video file"
            )
        self.size = size

    def close(self) -> None:
        super().close()
        self._container.close()

    def _decode(self) -> Iterator[Decoded]:
        stream, period = self._stream, 1.0 / (self.fps or DEFAULT_FPS)
        time_base = stream.time_base or Fraction(1, 1_000_000)
        number, undecodable = 0, 0
        first_ns, last_ns = 0, -1
        broken = False
        packets = self._container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.error.FFmpegError, OSError):
                broken = True
                break
            if packet.is_corrupt:  # what the break left of a frame
                broken = True
                continue
            try:
                decoded = packet.decode()
            except av.error.FFmpegError:
                undecodable += 1
                number += 1
                continue
            for frame in decoded:
                if frame.pts is None:
                    time_ns = last_ns + int(period * NANOSECONDS)
                else:
                    time_ns = int(frame.pts * time_base * NANOSECONDS)
                if last_ns == -1 and number == 0:
                    first_ns = time_ns
                else:  # files with times that stand still or step back do exist
                    time_ns = max(time_ns, last_ns + 1)
                last_ns = time_ns
                yield to_image(frame), number, time_ns, None
                number += 1
        if number == 0:
            return
        seen_s = (last_ns - first_ns) / NANOSECONDS + period
        short = self._declared_s is not None and seen_s < self._declared_s - 1.5 * period
        if broken or short:
            of = f" of {self.length}" if self.length else ""
            self.faults.append(
                f"{self.name} breaks off after {number} frames{of}: "
                "everything before the break was tracked"
            )
        elif undecodable:
            self.faults.append(f"{undecodable} frames of {self.name} are damaged and were left out")


def to_image(frame: "VideoFrame") -> Image:
    """A decoded frame as (H, W, 3) RGB, turned upright where a phone stored it lying."""
    if frame.format.name == "yuv420p" and frame.width % 2 == 0 and frame.height % 2 == 0:
        # Webcam video is nearly always this, and OpenCV converts it in half of swscale's time.
        image = cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2RGB_I420)
    else:
        image = frame.to_ndarray(format="rgb24")
    return turned(np.asarray(image, dtype=np.uint8), frame.rotation)


def turned(image: Image, degrees: float) -> Image:
    """A picture turned counterclockwise by the quarter turns nearest to an angle in degrees."""
    quarters = round(degrees / 90.0) % 4
    return np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image


def declared_duration(container: "InputContainer", stream: "VideoStream") -> float | None:
    """Seconds of video that the file's header promises, None where it promises nothing exact."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    stated = stream.metadata.get("DURATION", "")  # Matroska: 00:00:03.017000000
    try:
        hours, minutes, seconds = stated.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        pass
    # The container's own duration is that of its longest stream, so with sound it proves nothing.
    if container.duration is None or container.streams.audio:
        return None
    return container.duration / 1_000_000


def _moving_picture(container: "InputContainer") -> "VideoStream | None":
    """The video of a file: not the cover of a song, nor libav's rendering of a text file."""
    if container.format.name == "tty":
        return None
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def _reason(error: BaseException) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return str(reason)[:1].lower() + str(reason)[1:]
