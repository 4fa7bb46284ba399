"""The fit: a ridge regression of what the model gets wrong on what it saw."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.training.finetuning.looks import Looks

STRENGTHS = (*np.geomspace(1e-3, 1e4, 15).tolist(), math.inf)
"""Penalties tried, for features of unit spread and targets of unit weight; infinite: offsets only.
"""


@dataclass(frozen=True)
class Adaptation:
    """What is added to the gaze of a patch: `embedding @ slopes + offset[patch]`, radians.

    Attributes:
        slopes: (E, 2).
        offset: (P, 2): the two eyes of a person need not be alike.
        strength: the penalty it was fitted with.
    """

    slopes: Array
    offset: Array
    strength: float

    def apply(self, looks: Looks) -> Array:
        """The gaze (M, P, 2) that the adapted model hands out."""
        return looks.gaze + looks.embedding @ self.slopes + self.offset


def fit(looks: Looks, which: NDArray[np.bool_], strength: float) -> Adaptation:
    """Fit to some frames.

    Each target counts the same however many frames it has; within a target, patches count by
    1 / sigma^2. The penalty is on the slopes, whose features are all scaled by one number: a unit
    of the last layer that hardly ever moves shall not move the gaze.

    Args:
        looks: of recordings.
        which: (M,) frames to fit to.
        strength: of the penalty; see STRENGTHS.
    """
    patches = looks.gaze.shape[1]
    rows = which[:, None] & looks.usable
    frame, patch = np.nonzero(rows)
    weights = _weights(looks, rows)[rows]
    features, wrong = looks.embedding[rows], (looks.truth - looks.gaze)[rows]
    own = np.eye(patches)[patch]
    total = own.T @ weights
    seen = total > 0
    totals = np.where(seen, total, 1.0)[:, None]
    # Offsets go without a penalty: what is left is the regression about each patch's own mean.
    centre = (own.T @ (features * weights[:, None])) / totals
    middle = (own.T @ (wrong * weights[:, None])) / totals
    slopes = np.zeros((features.shape[1], 2))
    x, y = features - centre[patch], wrong - middle[patch]
    spread = math.sqrt(float(weights @ np.square(x).mean(axis=1)) / float(weights.sum()))
    if math.isfinite(strength) and spread > 0:
        x = x / spread
        left = x.T @ (x * weights[:, None])
        penalty = strength * len(np.unique(looks.target[frame])) * np.eye(len(left))
        slopes = np.linalg.solve(left + penalty, x.T @ (y * weights[:, None])) / spread
    offset = middle - centre @ slopes
    if not seen.all():  # an eye that was never open gets what the other one got
        offset[~seen] = offset[seen].mean(axis=0)
    return Adaptation(slopes, offset, strength)


def _weights(looks: Looks, rows: NDArray[np.bool_]) -> Array:
    """(M, P): 1 / sigma^2 scaled so that each target's add up to 1; 0 outside of rows."""
    weights = np.where(rows, looks.sigma**-2.0, 0.0)
    totals = np.bincount(looks.target, weights.sum(axis=1))
    return np.asarray(weights / np.where(totals > 0, totals, 1.0)[looks.target][:, None])


def choose(looks: Looks, which: NDArray[np.bool_]) -> tuple[float, dict[float, float]]:
    """A strength by its error on what a fit has not seen: each target left out in turn or, where
    there are several recordings, each recording.

    The strongest penalty is taken whose error is within a standard error of the least (of their
    differences from target to target): where it hardly matters, less is changed.

    Args:
        looks: of recordings.
        which: (M,) frames to choose by.

    Returns:
        The strength, and for each of STRENGTHS the mean error over targets, degrees.
    """
    several = len(np.unique(looks.recording[which])) > 1
    group = looks.recording if several else looks.target
    targets = np.unique(looks.target[which])
    errors = {}
    for strength in STRENGTHS:
        found = np.zeros(len(looks))
        for left_out in np.unique(group[which]):
            judged = which & (group == left_out)
            adapted = fit(looks, which & (group != left_out), strength).apply(looks)
            found[judged] = looks.errors(adapted)[judged]
        errors[strength] = looks.by_target(found, targets)
    scores = {strength: float(e.mean()) for strength, e in errors.items()}
    least = errors[min(scores, key=lambda strength: scores[strength])]
    worse = {strength: e - least for strength, e in errors.items()}
    doubt = {s: float(e.std(ddof=1)) / math.sqrt(len(targets)) for s, e in worse.items()}
    return max(s for s in STRENGTHS if worse[s].mean() <= doubt[s]), scores
