"""Staleness: whether a person sits otherwise than when the calibration was made."""

from app.calibration.calibration import Calibration
from app.calibration.reading import reading_of
from app.sample import Sample

WINDOW_S = 6.0
"""A change of posture shows after so long: whoever reaches for a cup comes back."""

LONGEST_STEP_S = 0.25
"""A gap between two frames says no more than this about what happened meanwhile."""


class Posture:
    """Watches whether head and eyes are within what a calibration knows.

    A vessel of `WINDOW_S` seconds fills while they are outside and empties while they are inside.

    Args:
        calibration: in use.
    """

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._outside_s = 0.0
        self._last_ns: int | None = None
        self.changed = False

    def update(self, sample: Sample) -> bool:
        """Look at one more sample: whether the posture is another one by now."""
        last_ns, self._last_ns = self._last_ns, sample.time_ns
        elapsed_s = 0.0 if last_ns is None else (sample.time_ns - last_ns) / 1e9
        elapsed_s = min(max(elapsed_s, 0.0), LONGEST_STEP_S)
        reading = reading_of(sample)
        if reading is not None:
            inside = self._calibration.seen.holds(reading)
            filled = self._outside_s + (-elapsed_s if inside else elapsed_s)
            self._outside_s = min(max(filled, 0.0), WINDOW_S)
        if self._outside_s >= WINDOW_S:
            self.changed = True
        elif self._outside_s <= 0.0:
            self.changed = False
        return self.changed
