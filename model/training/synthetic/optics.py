"""Lenses of glasses: where what lies behind them is seen, and how far an eye turns behind them.

A thin lens of power F, in dioptres, shows a point that lies s metres behind it at s / (1 - s F),
its distance from the optical axis enlarged by the same number (W. J. Smith, Modern Optical
Engineering, section 2.4; with s the distance from the lens to the eye's entrance pupil this is the
spectacle magnification that opticians speak of). Straight lines stay straight, so whatever lies
behind a lens can be drawn by moving its vertices, and a ray can be followed by moving its ends.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, normalize

MOST_BENDING = 0.5
"""Largest s F: beyond it thin lenses of no thickness are no model of glasses."""


@dataclass(frozen=True)
class SpectacleLens:
    """One lens as a plane; all in one frame, in mm.

    Attributes:
        vertex: (3,) its optical centre.
        forward: (3,) unit vector along its optical axis, away from the eye.
        right, down: (3,) unit vectors in its plane.
        power: dioptres, below 0 for the short-sighted.
        outline: (N, 2) its edge, mm from `vertex` along `right` and `down`.
    """

    vertex: Array
    forward: Array
    right: Array
    down: Array
    power: float
    outline: Array

    def placed(self, rotation: Array, position: Array) -> "SpectacleLens":
        """The same lens in the frame that a rotation (3, 3) and a position (3,) lead to."""
        return replace(
            self,
            vertex=rotation @ self.vertex + position,
            forward=rotation @ self.forward,
            right=rotation @ self.right,
            down=rotation @ self.down,
        )

    def image(self, points: Array) -> Array:
        """Where points (..., 3) behind the lens are seen; those before it stay."""
        offset = np.asarray(points) - self.vertex
        depth = np.maximum(-(offset @ self.forward), 0.0)
        bending = np.minimum(1e-3 * depth * self.power, MOST_BENDING)
        return np.asarray(self.vertex + offset / (1.0 - bending)[..., None])

    def crossing(self, origin: Array, points: Array) -> Array:
        """Where lines from an origin (3,) to points (..., 3) cross the plane of the lens."""
        along = np.asarray(points) - origin
        share = ((self.vertex - origin) @ self.forward) / (along @ self.forward)
        return np.asarray(origin + share[..., None] * along)

    def covers(self, points: Array) -> NDArray[np.bool_]:
        """Which of (..., 3) a camera at the origin sees through the lens, where they seem to be."""
        points = np.asarray(points)
        offset = self.crossing(np.zeros(3), points) - self.vertex
        flat = np.stack([offset @ self.right, offset @ self.down], axis=-1)
        behind = (points - self.vertex) @ self.forward < 0.0
        return np.asarray(behind & inside(flat, self.outline))

    def line_of_sight(self, eye: Array, target: Array) -> Array:
        """(3,) unit vector from a point of the eye in the direction in which it must look so that
        its sight, bent by the lens, meets the target (3,).

        Seen from the target, the eye's point seems to lie at its image: so sight crosses the lens
        where the line between the two does.
        """
        crossing = self.crossing(self.image(eye), np.asarray(target))
        return normalize(crossing - eye)


def inside(points: Array, outline: Array) -> NDArray[np.bool_]:
    """Which of points (..., 2) lie within a closed outline (N, 2), by counting crossings."""
    x, y = points[..., :1], points[..., 1:]
    x0, y0 = outline.T
    x1, y1 = np.roll(outline, -1, axis=0).T
    spans = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        meets = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return np.asarray((spans & (x < meets)).sum(axis=-1) % 2 == 1)


def seen_through(points: Array, lenses: tuple[SpectacleLens, ...]) -> Array:
    """Where a camera at the origin sees points (N, 3): at their image those that show in a lens."""
    seen = np.array(points, dtype=np.float64)
    for lens in lenses:
        image = lens.image(points)
        covered = lens.covers(image)
        seen[covered] = image[covered]
    return seen
