"""Blinks: when the lids hide too much of the eye for its gaze to be worth anything."""

import math

import numpy as np
from numpy.typing import NDArray

from model.estimator import USED_EYES, Eyes

CLOSED = 0.45
"""An eye is closed below this share of the person's own open level..."""

REOPENED = 0.8
"""... and open again above this one: lids take several frames to rise..."""

REOPENING_S = 0.1
"""... but no longer than this many seconds: whoever looks down after a blink has lowered lids."""

FALL, FALL_S = 0.2, 0.07
"""Lids that come down by this share of the open level within so many seconds, to below `REOPENED`,
are closing already: no gaze moves them as fast. FaceMesh sees half-closed lids three quarters open,
so waiting for `CLOSED` would let a blink's first frame pass."""

TYPICAL_LEVEL = 0.85
"""Openness of most people's open eyes: where the level starts, and what unrelated pictures get."""

LOWEST_LEVEL = 0.45
"""However narrow a person's eyes look, below this they are closing: reading must not lower it."""

ADAPTATION_S = 5.0
"""Time constant in seconds with which the level follows the openness of open eyes."""


class BlinkDetector:
    """Closed or open, from the openness of one frame after the other; no look ahead.

    People's open eyes differ twofold in openness, so the level they are measured against follows
    each person's own.

    Args:
        eyes: which eyes are used; with both, their mean counts. May be changed between frames.
        adaptive: follow the person; False for pictures that have nothing to do with each other.
    """

    def __init__(self, eyes: Eyes = "both", adaptive: bool = True) -> None:
        self.eyes = eyes
        self._adaptive = adaptive
        self.reset()

    def reset(self) -> None:
        """Forget the person."""
        self._level = TYPICAL_LEVEL
        self._closed_ns: int | None = None
        self._last_ns: int | None = None
        self._recent: list[tuple[int, float]] = []

    def update(self, openness: NDArray[np.float64], time_ns: int) -> bool:
        """Whether the eyes count as closed.

        Args:
            openness: (2,) of the user's right and left eye, 0 closed .. 1 open.
            time_ns: the frame's time.
        """
        now = float(openness[np.array(USED_EYES[self.eyes])].mean())
        if not self._adaptive:
            return now < CLOSED * self._level
        falling = self._falls(now, time_ns)
        if falling or now < CLOSED * self._level:
            self._closed_ns = time_ns
        reopening = self._closed_ns is not None and time_ns - self._closed_ns <= REOPENING_S * 1e9
        closed = now < (REOPENED if reopening else CLOSED) * self._level
        if self._last_ns is not None and not closed:
            elapsed_s = max((time_ns - self._last_ns) / 1e9, 0.0)
            self._level += (1.0 - math.exp(-elapsed_s / ADAPTATION_S)) * (now - self._level)
            self._level = max(self._level, LOWEST_LEVEL)
        self._last_ns = time_ns
        return closed

    def _falls(self, now: float, time_ns: int) -> bool:
        """Whether the lids have just come down as only a blink brings them down."""
        self._recent = [(t, o) for t, o in self._recent if time_ns - t <= FALL_S * 1e9]
        highest = max((o for _, o in self._recent), default=now)
        self._recent.append((time_ns, now))
        return now < REOPENED * self._level and highest - now > FALL * self._level
