"""What finds a virtual user's point of gaze, and how far off it is.

`gazeclip` is the calibration of `app.calibration`. Two obvious ones stand beside it: `landmarks`, a
ridge regression from the eyes' outline and the head's angles to pixels, which is what EyeTrax
(https://github.com/ck-zhang/EyeTrax) does; and `offset`, the gaze ray shifted by two angles.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.calibration.calibration import Calibration
from app.calibration.correction import RUNGS, Rung
from app.calibration.fitting import LEAST_TARGETS, fit, recentre
from app.calibration.look import Session
from app.calibration.reading import Reading
from benchmarks.virtual_readings import UserReadings
from model.errors import UserError
from model.geometry import Array, head_angles

METHODS = ("gazeclip", "landmarks", "offset")

RIDGE = 1.0
"""EyeTrax's, on standardised features."""

LOST_DEG = 45.0
"""What counts where there is no point of gaze: the ray misses the screen's plane, or nothing could
be fitted."""

Locate = Callable[[Sequence[Reading]], Array]
"""Points of gaze (N, 2) px of readings."""


@dataclass(frozen=True)
class Score:
    """One user's figures: the mean error, and the root mean square of the angles between successive
    points at a target, in degrees at the eyes."""

    accuracy_deg: float
    precision_deg: float


@dataclass(frozen=True)
class Outcome:
    """One user in one condition.

    Attributes:
        scores: by method, and "below" for the rung below the chosen one.
        rung: which was chosen, "" where nothing could be fitted.
        below: the one below it, "" where there is none.
        fit_s: seconds that the fit took.
        loss: share of the validation's frames without a reading.
        complaint: why nothing could be fitted.
    """

    user: int
    scores: dict[str, Score]
    rung: str
    below: str
    fit_s: float
    loss: float
    complaint: str = ""


def judge(readings: UserReadings, model_hash: str) -> Outcome:
    """Fit every method to a user's calibration, and measure it on the validation."""
    session = _seen(readings.calibration)
    complaint, rung, below, fit_s = "", "", "", 0.0
    methods: dict[str, Locate] = dict.fromkeys((*METHODS, "below"), _nowhere)
    try:
        started = time.perf_counter()
        calibration = fit([session], model_hash)
        fit_s = time.perf_counter() - started
        rung = calibration.correction.rung
        methods["gazeclip"] = _points(calibration)
        methods["offset"] = _points(fit([session], model_hash, rung="offset"))
        methods["landmarks"] = landmarks(session)
        lower = rung_below(calibration.correction.rung, len(session.looks))
        below = lower or ""
        if lower:
            methods["below"] = _points(fit([session], model_hash, rung=lower))
    except UserError as error:
        complaint = str(error)
    scores = {name: measure(readings, locate) for name, locate in methods.items()}
    if not below:
        del scores["below"]
    frames = sum(len(look.readings) + look.missed for look in readings.validation.looks)
    lost = sum(look.missed for look in readings.validation.looks)
    return Outcome(readings.user, scores, rung, below, fit_s, lost / frames, complaint)


@dataclass(frozen=True)
class Moved:
    """One user's mean error in degrees with five targets: before moving five centimetres, after it,
    and after one recentring look."""

    user: int
    before_deg: float
    after_deg: float
    recentred_deg: float


def judge_recentring(still: UserReadings, moved: UserReadings, model_hash: str) -> Moved:
    """Calibrate, move, recentre.

    Args:
        still: with the calibration, and the validation before.
        moved: with the look to recentre by, and the validation after.
    """
    assert moved.recentre is not None
    try:
        calibration = fit([_seen(still.calibration)], model_hash)
        recentred = _points(recentre(calibration, _seen(moved.recentre).looks))
        found = _points(calibration)
    except UserError:
        recentred = found = _nowhere
    return Moved(
        still.user,
        measure(still, found).accuracy_deg,
        measure(moved, found).accuracy_deg,
        measure(moved, recentred).accuracy_deg,
    )


def rung_below(rung: Rung, targets: int) -> Rung | None:
    """The next lower rung that so many targets allow."""
    lower = [r for r in RUNGS[: RUNGS.index(rung)] if LEAST_TARGETS[r] <= targets]
    return lower[-1] if lower else None


def measure(readings: UserReadings, locate: Locate) -> Score:
    """How far a method is off on the validation, seen from where the eyes truly are."""
    errors, steps = [], []
    for look, truth in zip(readings.validation.looks, readings.truth, strict=True):
        if not look.readings:
            continue
        found = locate(look.readings)
        screen, there = readings.screen, np.isfinite(found).all(axis=1)
        off = np.full(len(found), LOST_DEG)
        off[there] = np.degrees(screen.angle(truth.eyes[there], found[there], look.target))
        errors.append(off)
        step = np.degrees(screen.angle(truth.eyes[1:], found[1:], found[:-1]))
        steps.append(np.where(np.isfinite(step), step, LOST_DEG))
    all_steps = np.concatenate([*steps, []])
    return Score(
        float(np.concatenate(errors).mean()) if errors else LOST_DEG,
        float(np.sqrt(np.mean(all_steps**2))) if len(all_steps) else LOST_DEG,
    )


def landmarks(session: Session) -> Locate:
    """Ridge regression from landmarks to pixels."""
    rows = [reading for look in session.looks for reading in look.readings]
    known = _features(rows)
    middle, spread = known.mean(axis=0), known.std(axis=0)
    spread[spread == 0.0] = 1.0
    design = (known - middle) / spread
    wanted = np.repeat([look.target for look in session.looks],
                       [len(look.readings) for look in session.looks], axis=0)  # fmt: skip
    centre = wanted.mean(axis=0)
    size = design.shape[1]
    weights = np.linalg.solve(
        design.T @ design + RIDGE * np.eye(size), design.T @ (wanted - centre)
    )
    return lambda readings: (_features(readings) - middle) / spread @ weights + centre


def _features(readings: Sequence[Reading]) -> Array:
    return np.array([[*r.outline.ravel(), *head_angles(r.rotation)] for r in readings])


def _points(calibration: Calibration) -> Locate:
    return lambda readings: np.array([calibration.locate(r).pixel for r in readings])


def _nowhere(readings: Sequence[Reading]) -> Array:
    return np.full((len(readings), 2), np.nan)


def _seen(session: Session) -> Session:
    """Only looks with readings: the window would ask for the others again."""
    looks = tuple(look for look in session.looks if look.readings)
    return Session(session.screen, looks, session.camera)
