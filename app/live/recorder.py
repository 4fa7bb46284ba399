"""Recorder: one recording while it is being made, with its video, its disk and its end."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.live import telling
from app.live.state import Problem, RecordingState, RecordingSummary
from app.recording.columns import Event
from app.recording.video import VIDEO, RowVideo
from app.recording.writer import RecordingWriter
from app.sample import Sample
from app.source import Source
from app.source.base import Image
from app.strings import tr
from model.errors import UserError

SCARCE_BYTES = 1_000_000_000
"""Below so much free space the person is warned..."""

FULL_BYTES = 100_000_000
"""... and below this the recording stops while everything can still be finished."""

LOOK_S = 1.0
"""How often the free space is looked at."""

DEFAULT_FPS = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What a person wants recorded.

    Attributes:
        root: folder that recordings lie in.
        profile: whose it is, part of the folder's name.
        session, note: what the person calls it and says about it.
        video: record a video too.
    """

    root: Path
    profile: str = "default"
    session: str = ""
    note: str = ""
    video: bool = False


class Recorder:
    """Writes samples, events and, where wanted, a video; all methods but the first are quick.

    Args:
        order: what to record.
        source: where the samples come from.
        about: what recording.json says of them, see `app.recording.about.describe`.
        start_ns: time of the first row on the source's clock.
        failed: told of what goes wrong without ending the recording.

    Raises:
        UserError: the recording cannot be begun, or (`add`, `event`, `amend`, `look`) cannot go on.
    """

    def __init__(
        self,
        order: Order,
        source: Source,
        about: Mapping[str, Any],
        start_ns: int,
        failed: Callable[[Problem], None],
    ) -> None:
        self.order, self._failed = order, failed
        self._free = check_space(order.root)
        self._writer = RecordingWriter(
            order.root,
            order.profile,
            start_ns,
            {**about, "video": VIDEO if order.video else None},
            pictures=source.unrelated,
            fps=source.fps,
            session=order.session,
            note=order.note,
        )
        self._video: RowVideo | None = None
        self._video_fault = ""
        if order.video:
            try:
                self._video = RowVideo(self.folder, source.size, source.fps or DEFAULT_FPS)
            except UserError:
                self._writer.discard()
                raise
        self._start_ns = self._last_ns = start_ns
        self._looked_s = time.monotonic()

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._writer.folder

    def add(self, sample: Sample, image: Image | None) -> None:
        """Write one row and, into the video, its picture (H, W, 3) RGB; None where it has none."""
        self._last_ns = sample.time_ns
        self._writer.add(sample)
        if self._video is not None:
            try:
                self._video.add(image, sample.time_ns)
            except UserError as error:
                self._lose_video(error)

    def event(self, time_ns: int, kind: str, message: str = "") -> None:
        """Write an event that happened at a time on the source's clock."""
        onset = max(self._writer.since_start_ms(time_ns), 0)
        self._writer.add_event(Event(onset, kind, message=message))

    def amend(self, about: Mapping[str, Any]) -> None:
        """Say in recording.json what became known meanwhile."""
        self._writer.amend(about)

    def look(self) -> None:
        """Look at the free space now and then.

        Raises:
            UserError: it is time to stop.
        """
        if time.monotonic() - self._looked_s < LOOK_S:
            return
        self._looked_s = time.monotonic()
        try:
            self._free = free_bytes(self.folder)
        except OSError as error:
            raise UserError(
                tr("the folder {folder} cannot be reached any more: connect its disk again").format(
                    folder=self.folder
                )
            ) from error
        if self._free < FULL_BYTES:
            raise UserError(
                tr(
                    "the recording stopped because its disk is nearly full ({free} left); "
                    "everything so far is kept: free some space or choose another folder"
                ).format(free=telling.megabytes(self._free))
            )

    def state(self) -> RecordingState:
        """How it goes."""
        warning = ""
        if self._free < SCARCE_BYTES:
            warning = tr("Only {free} are left on the disk: the recording stops at {full}.").format(
                free=telling.megabytes(self._free), full=telling.megabytes(FULL_BYTES)
            )
        counted = self._writer.statistics
        return RecordingState(
            self.folder,
            max(self._last_ns - self._start_ns, 0) / 1e9,
            counted.rows,
            counted.dropped,
            self._free,
            warning,
            self._video is not None,
        )

    def finish(
        self,
        complete: bool,
        about: Mapping[str, Any],
        finished: Callable[[RecordingSummary], None],
    ) -> threading.Thread:
        """Finish it on a thread of its own: the disk, and the video, may take their time.

        Args:
            complete: it came to a clean stop or to its source's end.
            about: what became known meanwhile, for recording.json.
            finished: told how it turned out, on that thread.
        """
        thread = threading.Thread(
            target=self._finish, args=(complete, about, finished), name="finish", daemon=True
        )
        thread.start()
        return thread

    def _finish(
        self,
        complete: bool,
        about: Mapping[str, Any],
        finished: Callable[[RecordingSummary], None],
    ) -> None:
        if self._video_fault:
            about = {**about, "warnings": [*about.get("warnings", []), self._video_fault]}
        try:
            self._writer.close(complete, about)
        except Exception as error:  # noqa: BLE001  the person is told
            if complete:  # else this is what ended it, and was told when it did
                self._failed(telling.problem(error))
            complete = False
        if self._video is not None:
            try:
                self._video.close()
                if complete:
                    self._writer.amend({"video": self._video.to_mp4().name})
            except Exception as error:  # noqa: BLE001  the person is told
                if complete:
                    self._failed(telling.problem(error))
                else:  # what ended the recording was told, and is not to be talked over
                    _log.warning("%s", error)
        counted = self._writer.statistics
        told = (counted.span_s, counted.rows, counted.valid_share, counted.dropped, complete)
        finished(RecordingSummary(self.folder, *told, telling.summary(*told)))

    def _lose_video(self, error: UserError) -> None:
        """The rows go on without the video."""
        self._video, self._video_fault = None, str(error)
        said = tr("{error}; the rows are still recorded").format(error=error)
        self._failed(Problem(telling.sentence(said), telling.problem(error).details))


def free_bytes(folder: Path) -> int:
    """What is left on the disk of a folder. Raises OSError where the folder is not there."""
    return shutil.disk_usage(folder).free


def check_space(root: Path) -> int:
    """Free bytes for a recording below a folder, which need not be there yet.

    Raises:
        UserError: too few, or the folder's disk does not answer.
    """
    place = next((p for p in (root, *root.absolute().parents) if p.is_dir()), root)
    try:
        free = free_bytes(place)
    except OSError as error:
        raise UserError(
            tr("no recording can be made in {root} ({reason}): choose another folder").format(
                root=root, reason=(error.strerror or str(error)).lower()
            )
        ) from error
    if free < FULL_BYTES:
        raise UserError(
            tr(
                "no recording can be made in {root}: only {free} are left on its disk; free some "
                "space or choose another folder"
            ).format(root=root, free=telling.megabytes(free))
        )
    return free
