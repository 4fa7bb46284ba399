"""Pursuit: a dot that moves slowly over the whole screen, and which reading belongs to which place.

The dot moves with the frames' time, so by the time the eyes follow it and a frame shows them, it
has moved on: by the time that processing and the display take, and by how far the eyes lag. That
sum is measured from the readings themselves (`lag_of`), and each is given the place where the dot
was so long before.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.calibration.choreography.attendance import Attendance
from app.calibration.choreography.collecting import MEDIAN_OF_RAYLEIGH
from app.calibration.choreography.layout import Path, pixels_of
from app.calibration.choreography.scene import Dot
from app.calibration.choreography.target_pass import FIRST_SETTLE_S, SMALL
from app.calibration.look import Look
from app.calibration.reading import Reading, reading_of
from app.sample import Sample
from app.strings import tr
from model.geometry import Array
from model.screen import Screen

RAMP_S = 0.8
"""The dot takes so long to come to its speed."""

CATCH_UP_S = 0.5
"""After it starts to move, so long the eyes may be anywhere behind it."""

PIECE_S = 0.25
"""Seconds of the path that make one look: 2 degrees of it."""

LEAST_READINGS = 2
"""A piece with fewer readings is left out."""

PURSUIT_LAG_S = 0.08
"""By how much eyes lag behind a dot whose way they can guess: 43 ms once they know it, 121 ms at
first (Barnes, Barnes, Chakraborti, J Neurophysiol 84, 2340-2355, 2000)."""

DISPLAY_LAG_S = 0.03
"""From a scene to its light: waiting for the next picture of a 60 Hz screen, and showing it."""

LONGEST_LAG_S, LAG_STEP_S = 0.6, 0.01
"""Lags that are tried."""

LEAST_FOR_LAG = 60
"""With fewer readings than this the lag is taken as usual, not measured."""

TRUSTED = 0.8
"""Share of the readings, those that fit best, that decide about the lag: some were saccades."""

OFF_DEG, OFF_SPREADS = 4.0, 3.5
"""A reading farther off than both of these (the second in standard deviations) was elsewhere."""


class PursuitPass:
    """One pass over a path; like `TargetPass`, with the path as its only target.

    Attributes:
        total: 1.
        finished: the dot is at the path's end.
        lag_s: of the readings behind the dot, once finished.
    """

    total = 1

    def __init__(self, screen: Screen, path: Path, automatic: bool = True) -> None:
        self._screen, self._path = screen, path
        self._waiting = not automatic
        self._attendance = Attendance()
        self._begin()

    @property
    def done(self) -> int:
        """1 when finished."""
        return int(self.finished)

    @property
    def dot(self) -> Dot | None:
        """The dot to show; None when finished."""
        if self.finished:
            return None
        x, y = self._path.at(self._gone_s)
        shrunk = 0.0 if self._waiting else min(self._rested_s / FIRST_SETTLE_S, 1.0)
        progress = min(self._gone_s / self._path.seconds, 1.0)
        return Dot((float(x), float(y)), 1.0 - (1.0 - SMALL) * shrunk, progress)

    @property
    def message(self) -> str:
        """One small line that says what is missing, "" for nothing."""
        return self._attendance.message

    @property
    def looks(self) -> tuple[Look, ...]:
        """What was collected, one look for each piece of the path; none before it is finished."""
        return self._looks

    def go_on(self) -> None:
        """The user looks at the dot that waits."""
        self._waiting = False

    def update(self, sample: Sample) -> None:
        """One more frame."""
        if self.finished:
            return
        there = self._attendance
        there.update(sample)
        if there.rewound:
            self._begin()
        elif there.away:
            self._rested_s = self._moved_s = 0.0
        elif self._waiting:
            pass
        elif self._rested_s < FIRST_SETTLE_S:
            self._rested_s += there.elapsed_s if there.here else 0.0
        else:
            self._move(there.elapsed_s)
        self._times.append(sample.time_ns)
        self._ways.append(self._gone_s)
        if sample.latency_ns is not None:
            self._latencies.append(sample.latency_ns / 1e9)
        if self._moved_s >= CATCH_UP_S:
            self._frames.append((sample.time_ns, reading_of(sample)))
        there.say(sample, tr("Look at the dot and press Space.") if self._waiting else "")
        if self._gone_s >= self._path.seconds:
            self._finish()

    def _begin(self) -> None:
        self.finished = False
        self.lag_s = 0.0
        self._looks: tuple[Look, ...] = ()
        self._gone_s = self._moved_s = self._rested_s = 0.0
        self._times: list[int] = []
        self._ways: list[float] = []
        self._latencies: list[float] = []
        self._frames: list[tuple[int, Reading | None]] = []

    def _move(self, elapsed_s: float) -> None:
        self._moved_s += elapsed_s
        self._gone_s += elapsed_s * min(self._moved_s / RAMP_S, 1.0)

    def _finish(self) -> None:
        self.finished = True
        usual = PURSUIT_LAG_S + DISPLAY_LAG_S
        if self._latencies:
            usual += float(np.median(self._latencies))
        times = np.array(self._times, dtype=np.int64)
        ways = np.array(self._ways)
        seen = [reading for _, reading in self._frames if reading is not None]
        origins = np.array([r.origin for r in seen]).reshape(-1, 3)
        measured = self._screen.meet(origins, np.array([r.gaze for r in seen]).reshape(-1, 3))
        met = np.isfinite(measured).all(axis=-1)
        measured *= self._screen.mm_per_pixel
        seen_ns = np.array([r.time_ns for r in seen], dtype=np.int64)

        def dots(lag_s: float) -> Array:
            """(N, 2) mm, where the dot was that long before each reading that met the screen."""
            then = _way_at(seen_ns[met], times, ways, lag_s)
            return self._path.at(then) * np.array(self._screen.millimetres)

        self.lag_s = usual
        kept = met.copy()
        if met.sum() >= LEAST_FOR_LAG:
            found = lag_of(measured[met], dots)
            self.lag_s = usual if found is None else found
            depth = self._screen.distance(origins[met])
            residuals = _residuals(measured[met], dots(self.lag_s))
            off = np.degrees(np.arctan(np.linalg.norm(residuals, axis=-1) / depth))
            spread = float(np.median(off)) / MEDIAN_OF_RAYLEIGH
            kept[met] = off <= max(OFF_DEG, OFF_SPREADS * spread)
        good = {r.time_ns for r, stays in zip(seen, kept, strict=True) if stays}
        self._looks = self._pieces(good, times, ways)

    def _pieces(self, good: set[int], times: NDArray[np.int64], ways: Array) -> tuple[Look, ...]:
        """Looks of a quarter of a second each; `good` are the times of readings that count."""
        at = np.array([time_ns for time_ns, _ in self._frames], dtype=np.int64)
        then = _way_at(at, times, ways, self.lag_s)
        looks = []
        for piece in np.unique(np.floor(then / PIECE_S)):
            inside = np.flatnonzero(np.floor(then / PIECE_S) == piece)
            kept = [i for i in inside if self._frames[i][0] in good]
            if len(kept) < LEAST_READINGS:
                continue
            place = self._path.at(then[kept]).mean(axis=0)
            readings = tuple(r for i in kept if (r := self._frames[i][1]) is not None)
            looks.append(Look(pixels_of(place, self._screen), readings, len(inside) - len(kept)))
        return tuple(looks)


def lag_of(measured: Array, dots: Callable[[float], Array]) -> float | None:
    """By how many seconds gaze lags behind the dot: where it fits the dot's way best.

    Gaze need not be calibrated for it: whatever it is off by, and whatever its gain, is fitted
    along. At 9 degrees per second and 2 degrees of noise, 20 s tell it to about 10 ms.

    Args:
        measured: (N, 2) mm on the screen, where the uncorrected gaze met it.
        dots: gives the dot's places (N, 2) mm that many seconds before each of them.

    Returns:
        None where no lag between none and the longest one fits best.
    """
    lags = np.arange(0.0, LONGEST_LAG_S + LAG_STEP_S / 2.0, LAG_STEP_S)
    best = int(np.argmin([_misfit(measured, dots(float(lag))) for lag in lags]))
    return float(lags[best]) if best < len(lags) - 1 else None


def _misfit(measured: Array, dots: Array) -> float:
    """Mean square in mm of the best residuals."""
    squares = np.sort((_residuals(measured, dots) ** 2).sum(axis=-1))
    return float(squares[: max(int(TRUSTED * len(squares)), 1)].mean())


def _residuals(measured: Array, dots: Array) -> Array:
    """(N, 2) of an affine map from dot to gaze, fitted twice: the second time without the worst."""
    design = np.column_stack([dots, np.ones(len(dots))])
    trusted = np.arange(len(dots))
    residuals = measured
    for _ in range(2):
        found = np.linalg.lstsq(design[trusted], measured[trusted], rcond=None)[0]
        residuals = measured - design @ found
        order = np.argsort((residuals**2).sum(axis=-1))
        trusted = order[: max(int(TRUSTED * len(order)), 4)]
    return np.asarray(residuals)


def _way_at(
    at_ns: NDArray[np.int64], times_ns: NDArray[np.int64], ways: Array, lag_s: float
) -> Array:
    """How far along its path, in seconds, the dot was `lag_s` before each time."""
    start = times_ns[0]
    seconds = (at_ns - start) / 1e9 - lag_s
    return np.interp(seconds, (times_ns - start) / 1e9, ways)
