"""Correction: from the gaze that the model reads to the gaze that this person means.

Linear in features, fitted as the difference between the pitch and yaw that a target needs from
where the eyes are and those that were read. Being about angles, not pixels, it stays right when
the person moves: the corrected ray starts from where the eyes are now.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from app.calibration.reading import Reading
from model.geometry import Array, head_angles, pitch_yaw

Rung = Literal["geometry", "offset", "affine", "second order", "ridge"]
"""The ladder, lowest first: nothing fitted; two numbers; six; twelve; all that is known."""

RUNGS: tuple[Rung, ...] = get_args(Rung)

GAZE_UNIT = np.radians(8.0)
"""Radians that count as one: about the spread of gaze over a screen."""


@dataclass(frozen=True)
class Group:
    """Features that come and go together.

    Attributes:
        measure: of readings (N) to (N, K).
        unit: what counts as 1. A larger unit makes a feature count less in a regularised fit.
    """

    measure: Callable[[Sequence[Reading]], Array]
    unit: float


def _gaze(readings: Sequence[Reading]) -> Array:
    return pitch_yaw(np.array([r.gaze for r in readings]).reshape(-1, 3))


def _squares(readings: Sequence[Reading]) -> Array:
    pitch, yaw = _gaze(readings).T
    return np.stack([pitch * pitch, pitch * yaw, yaw * yaw], axis=-1)


def _outline(readings: Sequence[Reading]) -> Array:
    return np.array([r.outline.ravel() for r in readings]).reshape(-1, 84)


def _head(readings: Sequence[Reading]) -> Array:
    return np.array([head_angles(r.rotation) for r in readings]).reshape(-1, 3)


def _embedding(readings: Sequence[Reading]) -> Array:
    return np.array([r.embedding for r in readings]).reshape(len(readings), -1 if readings else 0)


GROUPS = {
    "gaze": Group(_gaze, GAZE_UNIT),
    "squares": Group(_squares, 2.0 * GAZE_UNIT**2),
    "outline": Group(_outline, 0.24),  # eye widths
    "head": Group(_head, np.radians(12.0)),
    "embedding": Group(_embedding, 4.0),
}
"""Units were chosen on rendered people whom no reported figure comes from."""


def features(readings: Sequence[Reading], groups: Sequence[str]) -> Array:
    """(N, F) features of readings, each in its group's unit."""
    if not groups:
        return np.zeros((len(readings), 0))
    return np.concatenate([GROUPS[g].measure(readings) / GROUPS[g].unit for g in groups], axis=1)


@dataclass(frozen=True)
class Correction:
    """What was fitted.

    Attributes:
        rung: its place on the ladder.
        groups: names of `GROUPS`.
        centre: (F,) what is subtracted from the features.
        weights: (1 + F, 2) radians of pitch and yaw to add: constant, and per unit of feature.
        strength: of the regularisation.
    """

    rung: Rung
    groups: tuple[str, ...]
    centre: Array
    weights: Array
    strength: float

    def __post_init__(self) -> None:
        if self.rung not in RUNGS or not set(self.groups) <= set(GROUPS):
            raise ValueError(f"no correction is called {self.rung} with {self.groups}")
        if self.weights.shape != (1 + len(self.centre), 2):
            raise ValueError("a correction's weights do not belong to its features")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.centre).all()):
            raise ValueError("a correction's numbers are finite")

    def angles(self, readings: Sequence[Reading]) -> Array:
        """(N, 2) corrected pitch and yaw, radians."""
        moved = features(readings, self.groups) - self.centre
        return _gaze(readings) + self.weights[0] + moved @ self.weights[1:]

    def shifted(self, offset: Array) -> "Correction":
        """The same with a constant (2,), radians, added to pitch and yaw."""
        weights = self.weights.copy()
        weights[0] += offset
        return Correction(self.rung, self.groups, self.centre, weights, self.strength)

    def to_json(self) -> dict[str, Any]:
        """As a profile holds it."""
        return {
            "rung": self.rung,
            "groups": list(self.groups),
            "centre": self.centre.tolist(),
            "weights": self.weights.tolist(),
            "strength": self.strength,
        }


def correction_from_json(content: dict[str, Any]) -> Correction:
    """The correction that `Correction.to_json` wrote.

    Raises:
        ValueError, TypeError, KeyError: it makes no sense.
    """
    return Correction(
        content["rung"],
        tuple(content["groups"]),
        np.array(content["centre"], dtype=np.float64),
        np.array(content["weights"], dtype=np.float64).reshape(-1, 2),
        float(content["strength"]),
    )


def needed(reading_origins: Array, points: Array) -> Array:
    """(N, 2) pitch and yaw, radians, from origins (N, 3) to points (N, 3), both camera frame."""
    return pitch_yaw(points - reading_origins)
