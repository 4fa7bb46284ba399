"""Layout: where on the screen the targets lie, and the path of the dot for smooth pursuit."""

import math
from dataclasses import dataclass

import numpy as np

from model.geometry import Array
from model.screen import Screen

LAYOUTS = (5, 9, 13)
"""Numbers of targets that a calibration may have."""

MARGIN = 0.08
"""Share of the screen's width and height between its edge and the outermost targets."""

_LOW, _MIDDLE, _HIGH = MARGIN, 0.5, 1.0 - MARGIN
_CORNERS = [(_LOW, _LOW), (_HIGH, _LOW), (_LOW, _HIGH), (_HIGH, _HIGH)]
_EDGES = [(_MIDDLE, _LOW), (_LOW, _MIDDLE), (_HIGH, _MIDDLE), (_MIDDLE, _HIGH)]
_CELLS = [(x, y) for y in (0.29, 0.71) for x in (0.29, 0.71)]

_PLACES = {
    5: [(_MIDDLE, _MIDDLE), *_CORNERS],
    9: [(_MIDDLE, _MIDDLE), *_CORNERS, *_EDGES],
    13: [(_MIDDLE, _MIDDLE), *_CORNERS, *_EDGES, *_CELLS],
}

_VALIDATION = [
    (0.18, 0.30), (0.82, 0.70), (0.64, 0.18), (0.36, 0.82), (0.42, 0.61),
    (0.82, 0.30), (0.18, 0.70), (0.60, 0.40), (0.36, 0.18),
]  # fmt: skip
"""So ordered that the first few are well spread by themselves. All lie between the calibration's
targets, and at least 2.5 degrees off each of them on a laptop's screen."""

MOST_VALIDATION = len(_VALIDATION)

PURSUIT_SPEED = 9.0
"""Degrees per second of the pursuit's dot at most, seen from `PURSUIT_DISTANCE_MM`: slow enough
that eyes follow smoothly and seldom need a saccade to catch up."""

PURSUIT_DISTANCE_MM = 600.0

PURSUIT_S = 20.0
"""Seconds that the path takes at least; on a large screen it takes longer."""

PURSUIT_ROWS = 4
TURN_MM = 30.0
"""Radius of the path's turns: eyes fall behind where a dot turns sharply."""


def calibration_places(count: int) -> Array:
    """(count, 2) shares of the screen's width and height of a calibration's targets.

    Raises:
        ValueError: there is no such layout.
    """
    if count not in _PLACES:
        raise ValueError(f"a calibration has {', '.join(map(str, LAYOUTS))} targets, not {count}")
    return np.array(_PLACES[count])


def validation_places(count: int) -> Array:
    """(count, 2) shares of targets that no calibration uses, inside the hull of those that it does.

    Raises:
        ValueError: there are not so many, or none are asked for.
    """
    if not 1 <= count <= MOST_VALIDATION:
        raise ValueError(f"a validation has 1 to {MOST_VALIDATION} targets, not {count}")
    return np.array(_VALIDATION[:count])


def shuffled(places: Array, seed: int) -> Array:
    """The same places (N, 2) in an order of chance that the seed decides."""
    return np.asarray(places[np.random.default_rng(seed).permutation(len(places))])


def pixels_of(places: Array, screen: Screen) -> Array:
    """Physical pixels (..., 2) of shares (..., 2) of the screen's width and height."""
    return np.asarray(places * np.array(screen.pixels, dtype=np.float64))


@dataclass(frozen=True)
class Path:
    """A way over the screen at constant speed.

    Attributes:
        seconds: how long it takes.
        places: (N, 2) shares of the screen's width and height, evenly spread in time.
    """

    seconds: float
    places: Array

    def at(self, seconds: Array | float) -> Array:
        """Shares (..., 2) of the screen at so many seconds (...) since the start, ends held."""
        share = np.asarray(seconds, dtype=np.float64) / self.seconds
        along = np.linspace(0.0, 1.0, len(self.places))
        return np.stack([np.interp(share, along, self.places[:, i]) for i in range(2)], axis=-1)


def pursuit_path(screen: Screen, seed: int = 0) -> Path:
    """Row by row over the screen in rounded turns; the seed decides in which corner it starts."""
    size = np.array(screen.millimetres)
    corners = []
    for row, y in enumerate(np.linspace(_LOW, _HIGH, PURSUIT_ROWS)):
        ends = [(_LOW, y), (_HIGH, y)]
        corners += ends if row % 2 == 0 else ends[::-1]
    # Chance may turn it round about either axis, as people are not alike in all directions.
    flip = np.random.default_rng(seed).integers(0, 2, 2).astype(bool)
    shares = np.where(flip, 1.0 - np.array(corners), np.array(corners))
    line = _rounded(shares * size, TURN_MM)
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=-1))])
    even = np.linspace(0.0, gone[-1], 1000)
    places = np.stack([np.interp(even, gone, line[:, i]) for i in range(2)], axis=-1) / size
    speed = PURSUIT_DISTANCE_MM * math.radians(PURSUIT_SPEED)  # mm/s, straight before the eyes
    return Path(max(PURSUIT_S, float(gone[-1]) / speed), places)


def _rounded(corners: Array, radius: float) -> Array:
    """A line (M, 2) through corners (N, 2) mm whose right angles are quarters of a circle."""
    line = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        back, on = before - corner, after - corner
        shortest = min(np.linalg.norm(back), np.linalg.norm(on))
        r = min(radius, shortest / 2.0)
        u, v = r * back / np.linalg.norm(back), r * on / np.linalg.norm(on)
        centre = corner + u + v
        line += [centre - v * math.cos(a) - u * math.sin(a) for a in np.linspace(0, math.pi / 2, 9)]
    return np.array([*line, corners[-1]])
