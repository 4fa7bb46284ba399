"""Staleness: whether a person sits otherwise, or in another light, than when they calibrated."""

import math
from collections.abc import Callable

from app.calibration.calibration import Calibration
from app.calibration.reading import Reading, reading_of
from app.sample import Sample

WINDOW_S = 6.0
"""A change shows after so long: whoever reaches for a cup comes back."""

LONGEST_STEP_S = 0.25
"""A gap between two frames says no more than this about what happened meanwhile."""

LIGHT_FACTOR = 1.8
"""So many times brighter or darker eyes are another light; a page that turns white makes them 1.3
times as bright in a dim room, and cameras even out what they can."""


class Change:
    """Watches whether something is otherwise than in a calibration.

    A vessel of `WINDOW_S` seconds fills while it is and empties while it is not.

    Args:
        differs: whether it is, of a reading.

    Attributes:
        there: whether it is, by now.
    """

    def __init__(self, differs: Callable[[Reading], bool]) -> None:
        self._differs = differs
        self._filled_s = 0.0
        self._last_ns: int | None = None
        self.there = False

    def update(self, sample: Sample) -> bool:
        """Look at one more sample: whether it is otherwise by now."""
        last_ns, self._last_ns = self._last_ns, sample.time_ns
        elapsed_s = 0.0 if last_ns is None else (sample.time_ns - last_ns) / 1e9
        elapsed_s = min(max(elapsed_s, 0.0), LONGEST_STEP_S)
        reading = reading_of(sample)
        if reading is not None:
            filled = self._filled_s + (elapsed_s if self._differs(reading) else -elapsed_s)
            self._filled_s = min(max(filled, 0.0), WINDOW_S)
        if self._filled_s >= WINDOW_S:
            self.there = True
        elif self._filled_s <= 0.0:
            self.there = False
        return self.there


def posture(calibration: Calibration) -> Change:
    """Watches whether head and eyes are where a calibration does not know them."""
    return Change(lambda reading: not calibration.seen.holds(reading))


def light(calibration: Calibration) -> Change:
    """Watches whether the eyes are much brighter or darker than in a calibration."""
    then = calibration.light

    def differs(reading: Reading) -> bool:
        if then is None or then <= 0.0 or not reading.light > 0.0:
            return False
        return abs(math.log(reading.light / then)) > math.log(LIGHT_FACTOR)

    return Change(differs)
