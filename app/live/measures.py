"""Measures of how the engine is doing: rates, latency, dropped frames."""

import logging
import time
from collections import deque

from app.live.state import Measures
from app.sample import Sample
from app.source import Frame

WINDOW_NS = 1_500_000_000
"""Rates are taken over so long."""

MOST_FRAMES = 512
"""... but over no more frames than this."""

LOG_S = 1.0
"""Dropped frames are logged together, at most so often."""

GLIDE = 0.1
"""Share that each frame has in the latency shown."""

_log = logging.getLogger(__name__)


class Meter:
    """Measures one source from its first frame on.

    Args:
        name: the source's, for the log.
        provider: what the model runs on, None where that is not known.
    """

    def __init__(self, name: str, provider: str | None) -> None:
        self._name = name
        self._provider = None if provider is None else provider.removesuffix("ExecutionProvider")
        self._frames: deque[tuple[int, int]] = deque(maxlen=MOST_FRAMES)  # (captured_ns, number)
        self._last_number: int | None = None
        self._dropped = 0
        self._gaps: list[tuple[int, int]] = []  # emptied whenever it is logged
        self._logged_s = time.monotonic()
        self._latency_ms: float | None = None

    def add(self, frame: Frame, sample: Sample) -> Measures:
        """Count a frame that was processed."""
        last, self._last_number = self._last_number, frame.number
        if last is not None and frame.number > last + 1:
            self._dropped += frame.number - last - 1
            self._gaps.append((last + 1, frame.number - 1))
        self._frames.append((frame.captured_ns, frame.number))
        while frame.captured_ns - self._frames[0][0] > WINDOW_NS:
            self._frames.popleft()
        if time.monotonic() - self._logged_s >= LOG_S:
            self.log_dropped()
        return self.measures(sample.distance)

    def composed(self, captured_ns: int) -> None:
        """A frame's picture is ready to draw; called on the thread that made it."""
        latency_ms = (time.perf_counter_ns() - captured_ns) / 1e6
        before = latency_ms if self._latency_ms is None else self._latency_ms
        self._latency_ms = before + GLIDE * (latency_ms - before)

    def measures(self, distance_mm: float | None = None) -> Measures:
        """What is known by now."""
        source_fps = processed_fps = None
        if len(self._frames) > 1:
            (first_ns, first), (last_ns, last) = self._frames[0], self._frames[-1]
            if last_ns > first_ns:
                seconds = (last_ns - first_ns) / 1e9
                source_fps = (last - first) / seconds
                processed_fps = (len(self._frames) - 1) / seconds
        return Measures(
            source_fps, processed_fps, self._latency_ms, self._provider, distance_mm, self._dropped
        )

    def log_dropped(self) -> None:
        """Write to the log which frames were dropped since the last time."""
        self._logged_s = time.monotonic()
        if not self._gaps:
            return
        count = sum(last - first + 1 for first, last in self._gaps)
        numbers = ", ".join(
            str(first) if first == last else f"{first}-{last}" for first, last in self._gaps
        )
        _log.info("%s: %d frames dropped: %s", self._name, count, numbers)
        self._gaps.clear()
