"""Person-specific calibration: a small correction of one person's gaze angles from k samples.

A person's errors have a part that stays: the angle between the visual and the optical axis, about
which a model can only know the average, and how far this person's eyes turn for a given picture.
With a = (pitch, yaw) as predicted, t as it is, and m the mean of the k predictions, the corrected
angles are

    a' = a + o + B^T (a - m)

where offset o (2) and gain B (2, 2) minimise, over the k samples i,

    sum |t_i - a_i - o - B^T (a_i - m)|^2 / NOISE^2 + |o|^2 / OFFSET^2 + |B|^2 / GAIN^2 .

That is ridge regression, or the likeliest o and B where errors of one sample, persons' offsets and
their gains are normal with those deviations. As the (a_i - m) sum to 0, the two are found apart:

    o = k / (k + NOISE^2 / OFFSET^2) mean(t_i - a_i)
    B = (X^T X + NOISE^2 / GAIN^2)^-1 X^T (t - a),    X the rows a_i - m .

Fewer than AFFINE_FROM samples get the offset only: three numbers for either angle cannot be told
from three points, and what is left to the prior is no knowledge of this person. Nothing is tuned on
the person's other samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.geometry import Array, angle_between, vector

NOISE = np.radians(3.0)
"""Deviation per axis of a sample's error about the person's own mean: about what models reach on
in-the-wild sets."""

OFFSET = np.radians(2.0)
"""Deviation per axis of that mean from person to person."""

GAIN = 0.1
"""Deviation from person to person of how much an angle is stretched or sheared. The three are
round guesses, fitted to no data set, and the same for all."""

AFFINE_FROM = 4
"""From so many samples on the gain is fitted, too."""


@dataclass(frozen=True)
class Correction:
    """Corrects one person's gaze angles, see above.

    Attributes:
        offset: (2,) radians.
        gain: (2, 2).
        middle: (2,) radians, m.
    """

    offset: Array
    gain: Array
    middle: Array

    def __call__(self, angles: Array) -> Array:
        """Corrected (N, 2) pitch and yaw, radians."""
        return np.asarray(angles + self.offset + (angles - self.middle) @ self.gain)


def fit(predicted: Array, true: Array) -> Correction:
    """The correction that k samples of a person call for; none of no samples.

    Args:
        predicted, true: (k, 2) pitch and yaw, radians.
    """
    k = len(predicted)
    if k == 0:
        return Correction(np.zeros(2), np.zeros((2, 2)), np.zeros(2))
    missed = true - predicted
    offset = k / (k + (NOISE / OFFSET) ** 2) * missed.mean(axis=0)
    middle = predicted.mean(axis=0)
    gain = np.zeros((2, 2))
    if k >= AFFINE_FROM:
        X = predicted - middle
        gain = np.linalg.solve(X.T @ X + (NOISE / GAIN) ** 2 * np.eye(2), X.T @ missed)
    return Correction(offset, gain, middle)


@dataclass(frozen=True)
class Person:
    """One person's samples, as one model saw them.

    Attributes:
        name: the person's.
        predicted, true: (M, 2) pitch and yaw, radians.
    """

    name: str
    predicted: Array
    true: Array


@dataclass(frozen=True)
class Calibrated:
    """What calibration brought.

    Attributes:
        rows: for each k: k, the mean error in degrees over persons and draws, and its standard
            deviation over draws.
        persons: how many were measured.
        draws: how often their samples were drawn.
        left_out: names of those with too few samples.
    """

    rows: list[tuple[int, float, float]]
    persons: int
    draws: int
    left_out: list[str]


def calibrate(
    persons: Sequence[Person], counts: Sequence[int], draws: int = 20, seed: int = 0
) -> Calibrated:
    """Mean error after calibration with k samples of each person.

    Of each person, as many samples as the largest k are drawn; a smaller k takes the first of them.
    All are measured on the same others, so that the rows can be compared. Every person counts
    alike. Samples are drawn singly: neighbours of a drawn frame in a film are among the others, and
    flatter the result.

    Args:
        persons: those to calibrate for, one that several models saw once for each; with fewer than
            twice the largest k samples they are left out and named.
        counts: each k; 0 is no calibration, and always among the rows.
        draws: how often to draw.
        seed: of the draws.
    """
    counts = sorted({0, *counts})
    most = counts[-1]
    enough = [person for person in persons if len(person.predicted) >= max(2 * most, 1)]
    left_out = sorted({p.name for p in persons if len(p.predicted) < max(2 * most, 1)})
    errors = np.empty((draws, len(enough), len(counts)))
    generator = np.random.default_rng(seed)
    for draw in range(draws):
        for i, person in enumerate(enough):
            order = generator.permutation(len(person.predicted))
            drawn, others = order[:most], order[most:]
            for j, k in enumerate(counts):
                correct = fit(person.predicted[drawn[:k]], person.true[drawn[:k]])
                corrected = correct(person.predicted[others])
                errors[draw, i, j] = angle_between(
                    vector(corrected), vector(person.true[others])
                ).mean()
    if not enough:
        return Calibrated([], 0, draws, left_out)
    means = np.degrees(errors.mean(axis=1))
    spread = means.std(axis=0, ddof=1) if draws > 1 else np.full(len(counts), np.nan)
    rows = [(k, float(means[:, j].mean()), float(spread[j])) for j, k in enumerate(counts)]
    return Calibrated(rows, len({p.name for p in enough}), draws, left_out)
