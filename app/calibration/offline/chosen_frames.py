"""The frames that TARGETS.csv speaks of, as sources: named pictures, and spans of a video."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.recording.targets_file import LEAD_IN_MS, WINDOW_MS, TargetRow
from app.source.base import Decoded, FileSource, Frame, Source
from app.source.pictures import DEFAULT_FPS, read_picture
from app.source.video import VideoSource
from model.errors import UserError


class NamedPictures(FileSource):
    """Pictures of a folder in the order in which they are named, and no others.

    Args:
        folder: that the names are relative to.
        names: of pictures that exist.
        mirrored: the pictures are mirror images.

    Raises:
        UserError: none of them can be used.
    """

    kind = "pictures"

    def __init__(self, folder: Path, names: Sequence[str], mirrored: bool = False) -> None:
        super().__init__(mirrored)
        self.name, self.fps = folder.name or str(folder), DEFAULT_FPS
        self._folder, self._names = folder, names
        self.length = len(names)
        size = self._start()
        if size is None:
            self.close()
            raise UserError(
                f"none of the {len(names)} pictures that are named can be used: each is damaged "
                "or no picture"
            )
        self.size = size

    def _decode(self) -> Iterator[Decoded]:
        for number, name in enumerate(self._names):
            image = read_picture(self._folder / name)
            if image is None:
                self.skipped.append(name)
            else:
                yield image, number, round(number * 1e9 / DEFAULT_FPS), name


class Spans(Source):
    """The frames of a video that rows of TARGETS.csv need, and those leading up to them.

    Args:
        video: opened; closed with this.
        rows: with times, in order of time.

    Attributes:
        last_ms: the time of the last frame read.
        ended: the video has no more frames.
    """

    def __init__(self, video: VideoSource, rows: Sequence[TargetRow]) -> None:
        super().__init__(video.mirrored)
        self.kind, self.name, self.size, self.fps = "video", video.name, video.size, video.fps
        self._video = video
        self._times = [row.time_ms or 0.0 for row in rows]
        self._next = 0
        self.start_ns: int | None = None
        self.last_ms = 0.0
        self.ended = False
        self.faults = video.faults

    def read(self) -> Frame | None:
        while (frame := self._video.read()) is not None:
            self.last_ms = self.since_start_ms(frame.time_ns)
            while self._next < len(self._times):
                ahead = self._times[self._next] - self.last_ms
                if ahead >= -WINDOW_MS:
                    break
                self._next += 1
            if self._next == len(self._times):
                return None
            if ahead <= WINDOW_MS + LEAD_IN_MS:
                return frame
        self.ended = True
        return None

    def since_start_ms(self, time_ns: int) -> float:
        """A frame's time in ms from the video's first frame."""
        self.start_ns = time_ns if self.start_ns is None else self.start_ns
        return (time_ns - self.start_ns) / 1e6

    def close(self) -> None:
        self._video.close()
