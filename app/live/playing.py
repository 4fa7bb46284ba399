"""Playing: one open source, the pipeline that tracks it, and what is known only while it plays."""

from dataclasses import replace

from app.hints import Hints
from app.live.measures import Meter
from app.live.opening import Opened, Trackers
from app.live.shown import Steady
from app.live.state import SourceState
from app.pipeline import Pipeline, Tracked
from app.source.paced import PacedSource


class Playing:
    """A source from its opening to its end.

    Args:
        opened: the source and its tracker.
        trackers: where the tracker goes back to.
        smoothing: of what is shown, 0 quick .. 1 steady.
        keep_all: a file shall wait for the tracker, so that no frame of it is dropped.

    Attributes:
        number_shift: added to the frames' own numbers: a camera that came back counts on.
        last: the last frame that was tracked, None before the first one.
        closed: it plays no more.
    """

    def __init__(
        self, opened: Opened, trackers: Trackers, smoothing: float, keep_all: bool
    ) -> None:
        self.opened, self.source, self.tracker = opened, opened.source, opened.tracker
        self._trackers = trackers
        self.closed = False
        self.is_file = isinstance(self.source, PacedSource)
        self.keep_all(keep_all)
        self.meter = Meter(self.source.name, self.tracker.estimator.provider)
        self.hints = Hints()
        self.smooth(smoothing)
        self.number_shift = 0
        self.last: Tracked | None = None
        self._pipeline = Pipeline(self.source, self.tracker)

    def get(self, timeout: float) -> Tracked:
        """The next tracked frame; see `Pipeline.get`."""
        tracked = self._pipeline.get(timeout)
        if tracked.frame.fresh:
            self.steady.reset()
            self.hints.reset()
        self.last = tracked
        return tracked

    def renumbered(self, tracked: Tracked) -> Tracked:
        """The same with the number that the recording counts it by."""
        if not self.number_shift:
            return tracked
        sample = replace(tracked.sample, frame=tracked.sample.frame + self.number_shift)
        return replace(tracked, sample=sample)

    def keep_all(self, wanted: bool) -> None:
        """Drop no frame of a file any more, or again those that come too fast."""
        if isinstance(self.source, PacedSource):
            self.source.keep_all = wanted

    def smooth(self, smoothing: float) -> None:
        """Smooth what is shown that much from now on."""
        self.steady = Steady(smoothing, self.source.unrelated)

    def source_time(self, stamp_ns: int) -> int:
        """A moment on perf_counter as ns on the source's clock."""
        if not self.is_file or self.last is None:
            return stamp_ns
        frame = self.last.frame
        return frame.time_ns + stamp_ns - frame.captured_ns

    def state(self) -> SourceState:
        """For the window."""
        source, opened = self.source, self.opened
        return SourceState(
            "running", source.kind, source.name, source.size, source.fps, opened.message,
            opened.demo_instead,
        )  # fmt: skip

    def close(self) -> None:
        """Stop tracking and let go of the source; a second call does nothing."""
        if self.closed:
            return
        self.closed = True
        self.meter.log_dropped()
        self._pipeline.close()
        self._trackers.give_back(self.tracker)
