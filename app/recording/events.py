"""Events that follow from the samples themselves: blinks."""

from app.recording.columns import Event
from app.sample import Sample


class BlinkEvents:
    """Turns runs of samples with closed eyes into one event each.

    Args:
        start_ns: the recording's start on the source's clock.
    """

    def __init__(self, start_ns: int) -> None:
        self._start_ns = start_ns
        self._onset_ns: int | None = None
        self._last_ns = start_ns

    def add(self, sample: Sample) -> Event | None:
        """The blink that ended just before this sample, if one did."""
        self._last_ns = sample.time_ns
        if sample.blink:
            if self._onset_ns is None:
                self._onset_ns = sample.time_ns
            return None
        return self.finish()

    def finish(self) -> Event | None:
        """The blink that lasts until the last sample, if one does."""
        if self._onset_ns is None:
            return None
        onset_ns, self._onset_ns = self._onset_ns, None
        return Event(
            milliseconds(onset_ns - self._start_ns),
            "blink",
            milliseconds(self._last_ns - onset_ns),
        )


def milliseconds(nanoseconds: int) -> int:
    """Whole milliseconds, rounded."""
    return (nanoseconds + 500_000) // 1_000_000
