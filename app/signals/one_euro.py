"""One-Euro filter: steady while the signal rests, quick while it moves.

Casiez, Roussel, Vogel, "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems" (CHI 2012). Only for what is shown; what is logged as gaze is never filtered.
"""

import math

import numpy as np

from model.geometry import Array

LONGEST_GAP_S = 0.5
"""After a longer gap (a blink, a face lost) the filter begins anew instead of gliding over it."""

QUICK_HZ, STEADY_HZ = 10.0, 0.3
"""Cut-off at rest at the two ends of the slider."""

QUICK_BETA, STEADY_BETA = 12.0, 2.5
"""By how many Hz the cut-off rises with each rad/s of movement, at the two ends."""


class OneEuro:
    """Filters vectors of any one length; all their components alike, by the vector's own speed.

    Args:
        min_cutoff: Hz, cut-off at rest: lower is steadier, and lags more behind slow movements.
        beta: Hz of cut-off more per unit per second of movement: higher is quicker.
        d_cutoff: Hz, cut-off of the speed itself.
    """

    def __init__(self, min_cutoff: float, beta: float, d_cutoff: float = 1.0) -> None:
        if not (min_cutoff > 0 and beta >= 0 and d_cutoff > 0):
            raise ValueError("cut-offs are above 0, beta is not below")
        self.min_cutoff, self.beta, self.d_cutoff = min_cutoff, beta, d_cutoff
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next value comes out as it goes in."""
        self._value: Array | None = None
        self._speed: Array | None = None
        self._time_ns = 0

    def update(self, value: Array, time_ns: int) -> Array:
        """The filtered value.

        Args:
            value: (N,). Where it is not finite it comes back as it is, and nothing is learnt.
            time_ns: of the value; after a gap, or going back, the filter begins anew.
        """
        value = np.asarray(value, dtype=np.float64)
        if not np.isfinite(value).all():
            return value
        elapsed_s = (time_ns - self._time_ns) / 1e9
        if self._value is None or not 0 < elapsed_s <= LONGEST_GAP_S:
            self._value, self._speed = value.copy(), np.zeros_like(value)
        else:
            assert self._speed is not None
            # As in the paper: the speed is that from the last filtered value to the new raw one.
            speed = (value - self._value) / elapsed_s
            self._speed = self._speed + _share(self.d_cutoff, elapsed_s) * (speed - self._speed)
            cutoff = self.min_cutoff + self.beta * float(np.linalg.norm(self._speed))
            self._value = self._value + _share(cutoff, elapsed_s) * (value - self._value)
        self._time_ns = time_ns
        return self._value.copy()


def one_euro_for(smoothing: float) -> OneEuro:
    """The filter for gaze angles in radians at a place of the slider: 0 quick .. 1 steady."""
    place = min(max(smoothing, 0.0), 1.0)
    return OneEuro(
        min_cutoff=QUICK_HZ * (STEADY_HZ / QUICK_HZ) ** place,
        beta=QUICK_BETA * (STEADY_BETA / QUICK_BETA) ** place,
    )


def _share(cutoff: float, elapsed_s: float) -> float:
    """How much of the way to the new value a low-pass of that cut-off goes in one step."""
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff * elapsed_s))
