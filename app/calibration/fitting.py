"""fit: from looks at targets to a calibration, on the rung that held-out targets choose.

The ladder of guide and literature: geometry; an offset; an affine correction; a second-order one;
ridge regression on gaze and the eyes' outline. Each is a penalised least-squares fit, that is, the
posterior mean of weights that are expected near zero, so that few targets change little. Readings
are weighted so that every target counts the same, surer readings more (1 / (sigma^2 + 2 deg^2)),
and those far off less (Huber, Robust Estimation of a Location Parameter, 1964).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.calibration.calibration import (
    Calibration,
    Kind,
    all_readings,
    head_range,
    new_id,
)
from app.calibration.correction import GROUPS, RUNGS, Correction, Rung, features, needed
from app.calibration.look import Look, Session
from model.errors import UserError
from model.geometry import Array, angle_between, pitch_yaw, vector

STRENGTHS: dict[Rung, tuple[float, ...]] = {
    "geometry": (0.0,),
    "offset": (0.0,),
    "affine": (0.3, 3.0),
    "second order": (1.0, 5.0),
    "ridge": (0.1, 0.3, 1.0),
}
"""Strengths of the penalty that are tried, in shares of one target's weight per unit of feature."""

LEAST_TARGETS: dict[Rung, int] = {
    "geometry": 0, "offset": 1, "affine": 4, "second order": 9, "ridge": 5,
}  # fmt: skip

OFFSET_SPREAD, TARGET_SPREAD, FRAME_SPREAD = 4.0, 1.0, 1.5
"""Degrees, standard deviations on rendered people: of the model's offset from person to person,
of its error from target to target, and from frame to frame."""

HUBER = np.radians(2.0)
"""Radians beyond which a reading's residual counts less than its square."""

STEPS = 4
"""Of reweighting; the weights hardly move after three."""

SURE = np.radians(2.0)
"""Added to a reading's own sigma before it is weighted: targets differ by as much anyway."""

WORTH = 0.97
"""A higher rung has to bring the held-out error down to this share of the lower one's."""

HEAD_VARIETY = np.radians(4.0)
"""Standard deviation of the head's angles that a fit needs before it may use them."""

MOST_FOLDS = 16
"""Looks are left out one by one up to so many, beyond in as many neighbouring lots."""

CLOSE_PX = 1.0
"""Looks at places nearer than that are looks at one target."""

MIRRORED = -0.3
"""Slope of the yaw needed on the yaw read below which a camera must be mirrored."""


class MirroredCameraError(UserError):
    """Gaze went left when it should have gone right."""


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
    """A rung with its strength, and its held-out error in radians (NaN where none was measured)."""

    rung: Rung
    strength: float
    error: float


def fit(
    sessions: Sequence[Session],
    model_hash: str,
    kind: Kind = "targets",
    rung: Rung | None = None,
) -> Calibration:
    """Fit a calibration.

    Args:
        sessions: one or several sittings of one person. The last one's screen and camera become the
            calibration's.
        model_hash: SHA-256 of the model that read the gaze.
        kind: where the looks come from.
        rung: the rung to stand on; None for the one that held-out targets choose.

    Raises:
        MirroredCameraError: gaze goes against the targets.
        UserError: targets are too few, in a line, off the screen or not finite, or were not seen.
    """
    check(sessions)
    table = tabulate(sessions)
    count = int(table.target.max()) + 1
    if rung is not None and count < LEAST_TARGETS[rung]:
        raise UserError(
            f"{count} target(s) are too few for {rung}, which needs {LEAST_TARGETS[rung]}: "
            "look at more targets"
        )
    _check_spread(sessions, count)
    _check_mirrored(table)
    tried = choices(table, [rung] if rung else _possible(count))
    chosen = choose(tried)
    correction = solve(table, chosen.rung, chosen.strength, groups_of(chosen.rung, table))
    looks = [look for session in sessions for look in session.looks]
    identity, made = new_id()
    last = sessions[-1]
    return Calibration(
        id=identity,
        made=made,
        kind=kind,
        screen=last.screen,
        camera=last.camera,
        model_hash=model_hash,
        correction=correction,
        held_out_deg=float(np.degrees(chosen.error)) if np.isfinite(chosen.error) else None,
        targets=np.array([look.target for look in last.looks]),
        seen=head_range(all_readings(looks)),
    )


def recentre(calibration: Calibration, looks: Sequence[Look]) -> Calibration:
    """A calibration shifted so that it is right at one to three targets, all else untouched.

    Raises:
        UserError: nothing was seen, or a target is off the screen.
    """
    session = Session(calibration.screen, tuple(looks), calibration.camera)
    check([session])
    shifts = []
    for look in looks:
        origins = np.array([r.origin for r in look.readings])
        need = needed(origins, calibration.screen.in_camera(look.target))
        shifts.append(np.median(need - calibration.correction.angles(look.readings), axis=0))
    frames = float(np.mean([len(look.readings) for look in looks]))
    shift = np.mean(shifts, axis=0) * len(shifts) / (len(shifts) + offset_penalty(frames))
    identity, made = new_id()
    seen = head_range(all_readings(looks))
    known = calibration.seen
    return Calibration(
        id=identity,
        made=made,
        kind="recentre",
        screen=calibration.screen,
        camera=calibration.camera,
        model_hash=calibration.model_hash,
        correction=calibration.correction.shifted(shift),
        held_out_deg=calibration.held_out_deg,
        targets=calibration.targets,
        seen=type(known)(_joined(known.origin, seen.origin), _joined(known.angles, seen.angles)),
        recentred_from=calibration.id,
    )


def _joined(a: Array, b: Array) -> Array:
    return np.stack([np.minimum(a[0], b[0]), np.maximum(a[1], b[1])])


# What can be wrong


def check(sessions: Sequence[Session]) -> None:
    """Raise UserError unless all targets lie on their screens and were seen."""
    looks = [(session.screen, look) for session in sessions for look in session.looks]
    if not looks:
        raise UserError("there are no targets to fit: look at one target at least")
    for screen, look in looks:
        if not np.isfinite(look.target).all():
            raise UserError("a target's place is not a number: give its x and y in pixels")
        x, y = look.target
        if not (0 <= x <= screen.pixels[0] and 0 <= y <= screen.pixels[1]):
            width, height = screen.pixels
            raise UserError(
                f"the target {x:g}, {y:g} lies off the screen of {width} x {height} pixels: give "
                "physical pixels from the screen's top left corner"
            )
        if not look.readings:
            raise UserError(
                f"no open eyes were seen while the target {x:g}, {y:g} was looked at: look again, "
                "or leave this target out"
            )


def _check_spread(sessions: Sequence[Session], count: int) -> None:
    """Refuse targets in a line: they say nothing about the other direction."""
    if count < LEAST_TARGETS["affine"]:
        return
    mm = np.concatenate([
        np.array([look.target for look in s.looks]) * s.screen.mm_per_pixel for s in sessions
    ])  # fmt: skip
    spread = np.linalg.svd(mm - mm.mean(axis=0), compute_uv=False)
    if spread[1] < 0.05 * spread[0] or spread[0] == 0.0:
        raise UserError(
            "all targets lie on one line: use targets spread over the screen's width and height"
        )


def _check_mirrored(table: Table) -> None:
    need, read = _means(table, table.need)[:, 1], _means(table, table.read)[:, 1]
    need, read = need - need.mean(), read - read.mean()
    if len(need) < 4 or read @ read == 0.0 or np.degrees(np.ptp(need)) < 3.0:
        return
    slope = float(need @ read / (read @ read))
    together = float(need @ read / np.sqrt(max((need @ need) * (read @ read), 1e-12)))
    if slope < MIRRORED and together < -0.5:
        raise MirroredCameraError(
            "the gaze went left when the targets went right: the camera seems to deliver a "
            'mirrored picture, so switch "mirrored" (--mirrored) on, or off where it is on'
        )


def _means(table: Table, values: Array) -> Array:
    return np.array([values[table.target == t].mean(axis=0) for t in np.unique(table.target)])


# The fit


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
    """The features of a rung; of the head only where the calibration moved it."""
    groups: dict[Rung, tuple[str, ...]] = {
        "geometry": (),
        "offset": (),
        "affine": ("gaze",),
        "second order": ("gaze", "squares"),
        "ridge": ("gaze", "squares", "outline"),
    }
    head = table.columns["head"] * GROUPS["head"].unit
    moved = bool((head.std(axis=0) > HEAD_VARIETY).any())
    return (*groups[rung], "head") if rung == "ridge" and moved else groups[rung]


def solve(table: Table, rung: Rung, strength: float, groups: tuple[str, ...]) -> Correction:
    """Fit one rung to all rows."""
    columns = table.matrix(groups)
    size = columns.shape[1]
    if rung == "geometry":
        return Correction(rung, (), np.zeros(0), np.zeros((1, 2)), strength)
    centre = np.average(columns, axis=0, weights=table.weight) if size else np.zeros(0)
    design = np.concatenate([np.ones((len(columns), 1)), columns - centre], axis=1)
    rest = table.need - table.read
    frames = len(columns) / len(np.unique(table.target))
    penalty = np.diag([offset_penalty(frames), *[strength] * size])
    weight = table.weight
    for _ in range(STEPS):
        weighted = design * weight[:, None]
        solution = np.linalg.solve(weighted.T @ design + penalty, weighted.T @ rest)
        residual = np.linalg.norm(rest - design @ solution, axis=1)
        weight = table.weight * np.minimum(1.0, HUBER / np.maximum(residual, 1e-9))
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


def errors(correction: Correction, table: Table) -> Array:
    """(N,) radians between corrected gaze and target."""
    return angle_between(vector(predict(correction, table)), vector(table.need))


# The choice


def _possible(count: int) -> list[Rung]:
    return [rung for rung in RUNGS if count >= LEAST_TARGETS[rung]]


def choices(table: Table, rungs: Sequence[Rung]) -> list[Choice]:
    """Each rung with its best strength, judged on targets left out in turn."""
    found = []
    for rung in rungs:
        groups = groups_of(rung, table)
        of_rung = [Choice(rung, s, held_out(table, rung, s, groups)) for s in STRENGTHS[rung]]
        found.append(min(of_rung, key=lambda c: (np.isnan(c.error), c.error)))
    return found


def choose(tried: Sequence[Choice]) -> Choice:
    """The lowest rung that no higher one beats by enough to be worth it."""
    best = tried[0]
    for choice in tried[1:]:
        # What one target says of an offset cannot be held out, and is still better than nothing.
        if np.isnan(choice.error) or choice.error < WORTH * best.error:
            best = choice
    return best


def held_out(table: Table, rung: Rung, strength: float, groups: tuple[str, ...]) -> float:
    """Mean error, radians, on targets that the fit did not see; NaN for fewer than two targets.

    Every target counts the same, readings by their weights, and one spoilt target does not decide:
    errors count up to three times their median.
    """
    folds = _folds(table)
    if len(folds) < 2:
        return float("nan")
    means = np.full(int(table.target.max()) + 1, np.nan)
    for left_out in folds:
        aside = np.isin(table.target, left_out)
        fitted = solve(table.rows(~aside), rung, strength, groups)
        rows = table.rows(aside)
        error = errors(fitted, rows)
        for t in left_out:
            of_it = rows.target == t
            means[t] = np.average(error[of_it], weights=rows.weight[of_it])
    return float(np.minimum(means, 3.0 * np.median(means)).mean())


def _folds(table: Table) -> list[NDArray[np.int64]]:
    targets = np.unique(table.target)
    return np.array_split(targets, min(len(targets), MOST_FOLDS))
