"""A recording's video: one frame of H.264 for every row, safe against crashes."""

import contextlib
import os
import shutil
import threading
from pathlib import Path

import av
import numpy as np

from app.channel import Channel, Finished
from app.source.base import Image
from app.video_writer import FrameFile
from model.errors import UserError

VIDEO, FINAL = "video.mkv", "video.mp4"
"""While recording, since Matroska can be read up to wherever it breaks off; and afterwards."""

QUALITY = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20", "threads": "1"}
"""A quarter of a core at 720p and 30 frames per second; the rest belongs to tracking."""

CRASH_SAFE = {"flush_packets": "1", "cluster_time_limit": "1000"}
"""Every frame goes to the system at once, and a kill takes no more than a second with it."""

CLOCK_HZ = 1000  # Matroska's own

WAITING = 16
"""Frames that may wait to be encoded; 1080p frames take 6 MB each."""

SPARE_BYTES = 200_000_000
"""The mp4 is made only where so much stays free while both files are there."""


class RowVideo:
    """Writes the pictures of a recording's rows; a thread of its own encodes them.

    Not mirrored, and nothing drawn in: what the camera saw. A row without a picture gets a black
    one.

    Args:
        folder: the recording's.
        size: (width, height) of the pictures; those of other sizes are fitted in.
        fps: frames per second to state.

    Raises:
        UserError: the file cannot be written; not yet on beginning, but from the first rows on.
    """

    def __init__(self, folder: Path, size: tuple[int, int], fps: float) -> None:
        self._folder = folder
        self._blank = np.zeros((size[1], size[0], 3), dtype=np.uint8)
        self._file = FrameFile(folder / VIDEO, size, fps, "matroska", QUALITY, CRASH_SAFE, CLOCK_HZ)
        self.frames = 0
        self._error: Exception | None = None
        self._queue: Channel[tuple[Image, int]] = Channel(WAITING)
        self._thread = threading.Thread(target=self._encode, name="video", daemon=True)
        self._thread.start()

    def add(self, image: Image | None, time_ns: int) -> None:
        """One row's picture (H, W, 3) RGB, or None where it has none; waits for a slow encoder."""
        self._queue.put((self._blank if image is None else image, time_ns))
        self._raise_if_failed()

    def close(self) -> None:
        """Encode what waits and finish the file; a second call does nothing."""
        self._queue.finish()
        self._thread.join()
        self._raise_if_failed()

    def to_mp4(self) -> Path:
        """After `close`: make the mp4 that every player knows, and take the Matroska file away.

        Returns:
            The mp4, or the Matroska file where the disk has no room for both, even for a moment.

        Raises:
            UserError: the mp4 cannot be written; the Matroska file is left as it is.
        """
        source = self._folder / VIDEO
        if shutil.disk_usage(self._folder).free < source.stat().st_size + SPARE_BYTES:
            return source
        return remux(source, self._folder / FINAL)

    def _raise_if_failed(self) -> None:
        if self._error is not None:
            raise self._error

    def _encode(self) -> None:
        try:
            try:
                while True:
                    image, time_ns = self._queue.get()
                    self._file.add(image, time_ns)
                    self.frames += 1
            except Finished:
                pass
            finally:
                self._file.close()
        except Exception as error:  # noqa: BLE001  raised where the next picture is added
            self._error = error
            self._queue.cancel()


def remux(source: Path, target: Path) -> Path:
    """Move a video's frames into an mp4 without encoding them again; the source then goes away.

    The mp4 appears under its name once it is whole.

    Raises:
        UserError: it cannot be written; the source is left as it is.
    """
    temporary = target.with_name(target.name + ".new")
    try:
        with av.open(str(source)) as reader, av.open(str(temporary), "w", format="mp4") as writer:
            stream = reader.streams.video[0]
            copy = writer.add_stream_from_template(stream)
            for packet in reader.demux(stream):
                if packet.dts is None:
                    continue
                packet.stream = copy
                writer.mux(packet)
        os.replace(temporary, target)
    except (av.error.FFmpegError, OSError) as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UserError(f"{target.name} could not be made ({reason}): use {source.name}") from error
    source.unlink(missing_ok=True)
    return target
