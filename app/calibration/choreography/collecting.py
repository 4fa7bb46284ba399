"""Collecting: the frames of one try at one target, and whether they are good enough."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from app.calibration.look import Look
from app.calibration.reading import Reading
from model.geometry import Array
from model.screen import Screen

COLLECT_S = 1.0
"""Seconds of usable frames that a target asks for."""

LEAST_S, LEAST_READINGS = 0.4, 4
"""With less than either of these a target has nothing worth keeping."""

SPREAD_DEG = 4.0
"""Standard deviation of gaze per axis up to which a target has settled. A webcam's own noise,
unfiltered, is 0.5 to 2.5 degrees."""

HOPELESS_DEG = 8.0
"""Gaze that spreads wider than this was anywhere but at the target."""

JUMP_DEG, JUMP_SPREADS = 3.0, 3.5
"""Gaze that lies off the target's other readings by more than both of these (the second in standard
deviations) was on its way elsewhere: a saccade away."""

MEDIAN_OF_RAYLEIGH = math.sqrt(2.0 * math.log(2.0))
"""Median distance from the centre over the standard deviation per axis, of two normal axes."""


@dataclass(frozen=True)
class Judged:
    """What the frames of one try are worth.

    Attributes:
        readings: those that hold together, in order of time.
        missed: frames of the same time that do not count.
        seconds: that the readings stand for.
        spread: degrees, robust standard deviation of gaze per axis.
        point: (2,) px where the uncorrected gaze met the screen, the median.
        jumped: the latest frame is a jump.
    """

    readings: tuple[Reading, ...]
    missed: int
    seconds: float
    spread: float
    point: Array
    jumped: bool

    @property
    def settled(self) -> bool:
        """Enough frames, close together."""
        return self.complete and self.spread <= SPREAD_DEG

    @property
    def complete(self) -> bool:
        """Enough frames."""
        # Sums of frame periods: 30 thirtieths fall short of a second by a hair.
        return self.seconds >= COLLECT_S - 1e-6 and len(self.readings) >= LEAST_READINGS

    @property
    def usable(self) -> bool:
        """Better than nothing."""
        enough = self.seconds >= LEAST_S - 1e-6 and len(self.readings) >= LEAST_READINGS
        return enough and self.spread <= HOPELESS_DEG

    def look(self, target: Array) -> Look:
        """As the fit takes it, empty where it is not usable; target (2,) px."""
        if self.usable:
            return Look(target, self.readings, self.missed)
        return Look(target, (), self.missed + len(self.readings))


NOTHING = Judged((), 0, 0.0, math.inf, np.full(2, np.nan), False)


class Collecting:
    """The frames of one try, judged anew with each."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._frames: deque[tuple[float, Reading | None, Array]] = deque()
        self.judged = NOTHING

    def add(self, reading: Reading | None, seconds: float) -> Judged:
        """One more frame: its reading, None where it gave none, and the time it stands for.

        Where gaze does not hold together the oldest frames go as new ones come, so that somebody
        who settles late need not be asked again.
        """
        point = np.full(2, np.nan)
        if reading is not None:
            point = self._screen.meet(reading.origin, reading.gaze)
        self._frames.append((seconds, reading, point))
        self.judged = self._judge()
        while self.judged.complete and not self.judged.settled:
            oldest = self._frames.popleft()
            fewer = self._judge()
            if not fewer.complete:
                self._frames.appendleft(oldest)
                break
            self.judged = fewer
        return self.judged

    def _judge(self) -> Judged:
        pointed = [i for i, (_, _, point) in enumerate(self._frames) if np.isfinite(point).all()]
        jumped = self._frames[-1][1] is not None
        if not pointed:
            return Judged((), len(self._frames), 0.0, math.inf, np.full(2, np.nan), jumped)
        points = np.array([self._frames[i][2] for i in pointed])
        readings = [reading for i in pointed if (reading := self._frames[i][1]) is not None]
        centre = np.median(points, axis=0)
        origins = np.array([reading.origin for reading in readings])
        off = np.degrees(self._screen.angle(origins, points, centre))
        spread = float(np.median(off)) / MEDIAN_OF_RAYLEIGH
        near = off <= max(JUMP_DEG, JUMP_SPREADS * spread)
        seconds = sum(self._frames[i][0] for i, kept in zip(pointed, near, strict=True) if kept)
        kept = tuple(reading for reading, stays in zip(readings, near, strict=True) if stays)
        return Judged(
            readings=kept,
            missed=len(self._frames) - len(kept),
            seconds=seconds,
            spread=spread,
            point=np.median(points[near], axis=0),
            jumped=jumped and not (pointed[-1] == len(self._frames) - 1 and near[-1]),
        )
