"""Desk: takes orders for recordings, has them made one after the other, and tells how they went."""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from app.live import telling
from app.live.recorder import Order, Recorder
from app.live.state import Listener, RecordingState, RecordingSummary
from app.recording.about import describe, describe_calibration, describe_end
from app.recording.writer import check_profile
from app.sample import Sample
from app.source import Source
from app.source.base import Image
from app.tracker import Tracker
from model.errors import UserError

TELL_S = 0.5
"""How often the window hears of a running recording."""

FINISH_S = 60.0
"""How long closing waits for recordings to be finished."""

_log = logging.getLogger(__name__)


class Desk:
    """At most one recording at a time is made, while others may still be finished.

    Args:
        listener: told of beginnings, ends and failures.

    Attributes:
        order: of the recording that shall begin with the next frame, None where none shall.
        validation: of the calibration in force, for recording.json; None where there is none.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.order: Order | None = None
        self.validation: Mapping[str, Any] | None = None
        self._recorder: Recorder | None = None
        self._source: Source | None = None
        self._warnings: list[str] = []
        self._finishing: list[threading.Thread] = []
        self._told_s = 0.0

    @property
    def recording(self) -> bool:
        """A recording is being made."""
        return self._recorder is not None

    @property
    def busy(self) -> bool:
        """A recording is being made, or shall begin with the next frame."""
        return self.recording or self.order is not None

    def take(self, order: Order) -> bool:
        """Take an order; False where it will not do, which the person was told."""
        try:
            check_profile(order.profile)
        except UserError as error:
            self._listener.problem(telling.problem(error))
            return False
        self.order = order
        return True

    def state(self) -> RecordingState | None:
        """Of the recording that is being made."""
        return self._recorder.state() if self._recorder else None

    def begin(self, source: Source, tracker: Tracker, start_ns: int) -> None:
        """Begin the recording that was ordered, if one was.

        Args:
            source, tracker: where its samples come from.
            start_ns: time of its first row on the source's clock.
        """
        order, self.order = self.order, None
        if order is None:
            return
        try:
            about = describe(source, tracker, self.validation)
            self._recorder = Recorder(order, source, about, start_ns, self._listener.problem)
        except UserError as error:
            self._listener.problem(telling.problem(error))
            self._listener.recording_changed(None)
            return
        _log.info("recording %s into %s", source.name, self._recorder.folder)
        self._source, self._warnings = source, []
        self._tell()

    def add(self, sample: Sample, image: Image | None) -> None:
        """One row for the recording that is being made, if one is."""
        if self._recorder is not None:
            try:
                self._recorder.add(sample, image)
            except UserError as error:
                self._fail(error)

    def event(self, time_ns: int, kind: str, message: str = "") -> None:
        """An event at a time on the source's clock."""
        if self._recorder is not None:
            try:
                self._recorder.event(time_ns, kind, message)
            except UserError as error:
                self._fail(error)

    def calibrated(self, tracker: Tracker) -> None:
        """The tracker has another calibration: what is said of it is that of the latest one."""
        if self._recorder is not None and tracker.calibration is not None:
            try:
                self._recorder.amend(describe_calibration(tracker, self.validation))
            except UserError as error:
                self._fail(error)

    def warn(self, sentence: str) -> None:
        """Something that recording.json shall tell."""
        self._warnings.append(sentence)

    def look(self) -> None:
        """Look after the disk, and tell the window how it goes."""
        if self._recorder is None:
            return
        try:
            self._recorder.look()
        except UserError as error:
            self._fail(error)
            return
        if time.monotonic() - self._told_s >= TELL_S:
            self._tell()

    def finish(self, complete: bool = True, again: bool = False) -> None:
        """Finish the recording that is being made, if one is.

        Args:
            complete: as far as can be known here; a source with faults makes it incomplete.
            again: begin another one like it with the next frame.
        """
        recorder, self._recorder = self._recorder, None
        source, self._source = self._source, None
        if recorder is None or source is None:
            return
        self.order = recorder.order if again else None
        about = describe_end(source)
        if source.kind == "camera":
            about["warnings"] = self._warnings
        else:
            complete = complete and not source.faults and not source.skipped
        self._finishing = [thread for thread in self._finishing if thread.is_alive()]
        self._finishing.append(recorder.finish(complete, about, self._finished))
        self._listener.recording_changed(None)

    def wait(self) -> None:
        """Wait until everything is finished."""
        deadline = time.monotonic() + FINISH_S
        for thread in self._finishing:
            thread.join(max(deadline - time.monotonic(), 0.0))

    def _fail(self, error: UserError) -> None:
        self._listener.problem(telling.problem(error))
        self.finish(complete=False)

    def _finished(self, summary: RecordingSummary) -> None:
        _log.info("%s %s", summary.folder, summary.message)
        self._listener.recording_finished(summary)

    def _tell(self) -> None:
        state = self.state()
        if state is not None:
            self._told_s = time.monotonic()
            self._listener.recording_changed(state)
