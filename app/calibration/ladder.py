"""The ladder: features, penalties and held-out errors; which rung looks carry.

Geometry; an offset; an affine correction; a second-order one; ridge regression on gaze, the eyes'
outline and the model's embedding. Each is a penalised least-squares fit, that is, the posterior
mean of weights that are expected near zero, so that few targets change little. Readings are
weighted so that every target counts the same, surer readings more (1 / (sigma^2 + 2 deg^2)), and
those far off less (Huber, Robust Estimation of a Location Parameter, 1964).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.calibration.correction import GROUPS, RUNGS, Correction, Rung, features, needed
from app.calibration.look import Session
from model.geometry import Array, pitch_yaw

STRENGTHS: dict[Rung, tuple[float, ...]] = {
    "geometry": (0.0,),
    "offset": (0.0,),
    "affine": (0.3, 3.0),
    "second order": (1.0, 5.0),
    "ridge": (0.03,),
}
"""Strengths of the penalty that are tried, in shares of one target's weight per unit of feature. Of
the highest rung one will do: nine targets are too few to choose it by."""

LEAST_TARGETS: dict[Rung, int] = {
    "geometry": 0, "offset": 1, "affine": 4, "second order": 9, "ridge": 5,
}  # fmt: skip

OFFSET_SPREAD, TARGET_SPREAD, FRAME_SPREAD = 4.0, 1.0, 1.5
"""Degrees, standard deviations on rendered people: of the model's offset from person to person,
of its error from target to target, and from frame to frame."""

HUBER = np.radians(2.0)
"""Radians beyond which a reading's residual counts less than its square."""

STEPS = 3
"""Of reweighting; after these the weights hardly move."""

SURE = np.radians(2.0)
"""Added to a reading's own sigma before it is weighted: targets differ by as much anyway."""

DOUBT = 0.7
"""By this share over the root of the number of targets a held-out error may be larger than the
least one on the ladder so far, and its rung still be chosen. A target at the edge that is left out
asks for more than the fit is ever used for, most of all where targets are few. On 30 rendered
people the highest rung was right throughout: without doubt, choosing cost 0.08 degrees with nine
targets and 0.18 with five; with it 0.03 and 0.06."""

HEAD_TARGETS = 25
"""Targets that a fit needs before it may use the head's angles: with nine or five, people who moved
freely were 0.03 and 0.1 degrees worse off with them."""

HEAD_VARIETY = np.radians(4.0)
"""Standard deviation of the head's angles that a fit needs before it may use them."""

MOST_FOLDS = 16
"""Looks are left out one by one up to so many, beyond in as many neighbouring lots."""

CLOSE_PX = 1.0
"""Looks at places nearer than that are looks at one target."""


@dataclass(frozen=True)
class Table:
    """Readings as arrays, N rows.

    Attributes:
        need: (N, 2) pitch and yaw that the target asks for, radians.
        read: (N, 2) those that were read.
        target: (N,) number of the target.
        weight: (N,) of a reading; those of one target sum to 1.
        columns: (N, F) features by group.
    """

    need: Array
    read: Array
    target: NDArray[np.int64]
    weight: Array
    columns: dict[str, Array]

    def rows(self, which: NDArray[np.bool_]) -> "Table":
        """Some of the rows."""
        columns = {name: values[which] for name, values in self.columns.items()}
        return Table(
            self.need[which], self.read[which], self.target[which], self.weight[which], columns
        )

    def matrix(self, groups: Sequence[str]) -> Array:
        """(N, F) the features of some groups."""
        return np.concatenate(
            [np.zeros((len(self.need), 0))] + [self.columns[g] for g in groups], 1
        )


@dataclass(frozen=True)
class Choice:
    """A rung with its strength, and its errors on targets left out in turn.

    Attributes:
        rung, strength: see `Correction`.
        error: radians from targets to where their readings lie on average: what rungs are chosen
            by. NaN where it could not be measured.
        accuracy: radians from targets to their readings, on average: what a person can expect.
    """

    rung: Rung
    strength: float
    error: float
    accuracy: float


def tabulate(sessions: Sequence[Session]) -> Table:
    """All readings of sessions as arrays."""
    looks = [(session.screen, look) for session in sessions for look in session.looks]
    readings = [reading for _, look in looks for reading in look.readings]
    counts = [len(look.readings) for _, look in looks]
    number: list[int] = []
    places: list[tuple[int, Array]] = []  # two looks at one place of one screen are one target
    for session_number, session in enumerate(sessions):
        for look in session.looks:
            same = [
                k for k, (of, place) in enumerate(places)
                if of == session_number and np.abs(place - look.target).max() < CLOSE_PX
            ]  # fmt: skip
            number.append(same[0] if same else len(places))
            if not same:
                places.append((session_number, look.target))
    target = np.repeat(number, counts)
    points = np.repeat([screen.in_camera(look.target) for screen, look in looks], counts, axis=0)
    need = needed(np.array([r.origin for r in readings]), points)
    weight = 1.0 / (np.array([r.sigma for r in readings]) ** 2 + SURE**2)
    for t in range(len(places)):
        weight[target == t] /= weight[target == t].sum()
    read = pitch_yaw(np.array([r.gaze for r in readings]))
    return Table(need, read, target, weight, {g: features(readings, [g]) for g in GROUPS})


def groups_of(rung: Rung, table: Table) -> tuple[str, ...]:
    """The features of a rung; the head's angles only where many targets saw it move."""
    groups: dict[Rung, tuple[str, ...]] = {
        "geometry": (),
        "offset": (),
        "affine": ("gaze",),
        "second order": ("gaze", "squares"),
        "ridge": ("gaze", "outline", "embedding"),
    }
    head = table.columns["head"] * GROUPS["head"].unit
    moved = bool((head.std(axis=0) > HEAD_VARIETY).any())
    enough = moved and len(np.unique(table.target)) >= HEAD_TARGETS
    return (*groups[rung], "head") if rung == "ridge" and enough else groups[rung]


def solve(table: Table, rung: Rung, strength: float, groups: tuple[str, ...]) -> Correction:
    """Fit one rung to all rows, robustly."""
    return _solve(table, _trusted(table, rung, strength, groups), rung, strength, groups)


def _trusted(table: Table, rung: Rung, strength: float, groups: tuple[str, ...]) -> Array:
    """(N,) weights of the rows, less for those that a fit to all of them leaves far off."""
    weight = table.weight
    for _ in range(STEPS):
        fitted = _solve(table, weight, rung, strength, groups)
        residual = np.linalg.norm(predict(fitted, table) - table.need, axis=1)
        weight = table.weight * np.minimum(1.0, HUBER / np.maximum(residual, 1e-9))
    return weight


def _solve(
    table: Table, weight: Array, rung: Rung, strength: float, groups: tuple[str, ...]
) -> Correction:
    """Fit one rung to rows of a weight (N,)."""
    if rung == "geometry":
        return Correction(rung, (), np.zeros(0), np.zeros((1, 2)), strength)
    columns = table.matrix(groups)
    size = columns.shape[1]
    centre = np.average(columns, axis=0, weights=table.weight) if size else np.zeros(0)
    design = np.concatenate([np.ones((len(columns), 1)), columns - centre], axis=1)
    frames = len(columns) / len(np.unique(table.target))
    penalty = np.diag([offset_penalty(frames), *[strength] * size])
    weighted = design * weight[:, None]
    solution = np.linalg.solve(
        weighted.T @ design + penalty, weighted.T @ (table.need - table.read)
    )
    return Correction(rung, groups, centre, solution, strength)


def offset_penalty(frames: float) -> float:
    """What shrinks an offset that targets of so many frames each tell, in targets.

    The posterior mean of a normal offset: one target with one frame is trusted to five sixths, one
    with many frames to fifteen sixteenths, nine of these to all but a hundredth.
    """
    return (TARGET_SPREAD**2 + FRAME_SPREAD**2 / frames) / OFFSET_SPREAD**2


def predict(correction: Correction, table: Table) -> Array:
    """(N, 2) corrected pitch and yaw, radians."""
    moved = table.matrix(correction.groups) - correction.centre
    return table.read + correction.weights[0] + moved @ correction.weights[1:]


# The choice


def possible(count: int) -> list[Rung]:
    """The rungs that so many targets carry, lowest first."""
    return [rung for rung in RUNGS if count >= LEAST_TARGETS[rung]]


def choices(table: Table, rungs: Sequence[Rung]) -> list[Choice]:
    """Each rung with its best strength, judged on targets left out in turn."""
    found = []
    for rung in rungs:
        groups = groups_of(rung, table)
        of_rung = [Choice(rung, s, *held_out(table, rung, s, groups)) for s in STRENGTHS[rung]]
        found.append(min(of_rung, key=lambda c: (np.isnan(c.error), c.error)))
    return found


def choose(tried: Sequence[Choice], targets: int) -> Choice:
    """The highest rung whose held-out error is the least so far, give or take `DOUBT`.

    Args:
        tried: lowest rung first.
        targets: how many targets the errors are means of.
    """
    allowance = 1.0 + DOUBT / math.sqrt(targets)
    best, least = tried[0], tried[0].error
    for choice in tried[1:]:
        # What one target says of an offset cannot be held out, and is still better than nothing.
        if math.isnan(choice.error) or choice.error < allowance * least:
            best = choice
        least = min(least, choice.error)
    return best


def held_out(
    table: Table, rung: Rung, strength: float, groups: tuple[str, ...]
) -> tuple[float, float]:
    """Error and accuracy, see `Choice`, at targets that the fit did not see.

    Rungs are chosen by where a target's readings lie on average, since their noise would hide what
    the rungs differ in. Every target counts the same, but one that is spoilt does not decide: it
    counts up to three times the median.
    """
    folds = _folds(table)
    if len(folds) < 2:
        return float("nan"), float("nan")
    error, accuracy = np.full((2, int(table.target.max()) + 1), np.nan)
    trusted = _trusted(table, rung, strength, groups)  # once: it is what takes the time
    for left_out in folds:
        aside = np.isin(table.target, left_out)
        fitted = _solve(table.rows(~aside), trusted[~aside], rung, strength, groups)
        rows = table.rows(aside)
        missed = predict(fitted, rows) - rows.need
        missed[:, 1] *= np.cos(rows.need[:, 0])  # a degree of yaw is less of an angle high or low
        for t in left_out:
            weight, off = rows.weight[rows.target == t], missed[rows.target == t]
            error[t] = np.linalg.norm(np.average(off, axis=0, weights=weight))
            accuracy[t] = np.average(np.linalg.norm(off, axis=1), weights=weight)
    return float(np.minimum(error, 3.0 * np.median(error)).mean()), float(accuracy.mean())


def _folds(table: Table) -> list[NDArray[np.int64]]:
    targets = np.unique(table.target)
    return np.array_split(targets, min(len(targets), MOST_FOLDS))
