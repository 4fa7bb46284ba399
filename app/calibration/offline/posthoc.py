"""Calibration without a person present: from sittings that were recorded to calibration and errors.

What the commands do, for Python; docs/calibration.md has an example.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from app.calibration.calibration import Calibration
from app.calibration.fitting import fit
from app.calibration.fitting import recentre as shift
from app.calibration.ladder import CLOSE_PX
from app.calibration.look import Look, Session
from app.calibration.offline.measured import Measured, measure
from app.calibration.offline.sitting import Collected, Sitting, collect
from app.calibration.profiles.suiting import fits_screen
from model.errors import UserError
from model.geometry import Array

__all__ = [
    "Collected", "Sitting", "calibrate", "collect", "leave_one_out", "recentre", "validate",
]  # fmt: skip

LEAST_TARGETS = 4
"""Of a calibration: an affine correction needs as many. Fewer are good for recentring only."""

MOST_RECENTRING = 3
"""Targets that recentring takes; with more of them a calibration is better."""

Steps = Callable[[Iterable[int]], Iterable[int]]
"""Shows how far one is while handing through."""


def calibrate(collected: Sequence[Collected], model_hash: str) -> Calibration:
    """Fit a calibration to one or several sittings; the last one's screen and camera count.

    Args:
        collected: the sittings.
        model_hash: SHA-256 of the model that tracked them.

    Raises:
        UserError: too few targets were seen, or as `fit` does.
    """
    sessions = _sessions(collected)
    _check_count(sessions)
    return fit(sessions, model_hash, "frames")


def leave_one_out(
    collected: Sequence[Collected], model_hash: str, steps: Steps = lambda folds: folds
) -> Measured:
    """Errors at each target of calibrations fitted on all the others, each on a rung of its own.

    A place that was looked at in several sittings is left out of all of them.

    Raises:
        UserError: too few targets were seen, or as `fit` does.
    """
    sessions = _sessions(collected)
    _check_count(sessions)
    targets = _targets(sessions)
    fitted: dict[int, Calibration] = {}
    for fold in steps(range(len(targets))):
        before, target = targets[fold]
        rest = [_without(session, before, target) for session in sessions]
        try:
            fitted[fold] = fit([s for s in rest if s.looks], model_hash, "frames")
        except UserError as error:
            raise UserError(
                f"with the target {target[0]:g}, {target[1]:g} left out, {error}"
            ) from error
    used: list[list[Calibration | None]] = []
    for one in collected:
        of_looks: list[Calibration | None] = []
        for look in one.session.looks:
            same = [k for k, of in enumerate(targets) if _same(*of, one.session, look)]
            # Corrections are of angles: it is this sitting's screen that they are met with.
            here = replace(fitted[same[0]], screen=one.session.screen) if same else None
            of_looks.append(here if look.readings else None)
        used.append(of_looks)
    return measure("leave one target out", collected, used)


def validate(calibration: Calibration, collected: Sequence[Collected]) -> Measured:
    """Errors of a calibration at targets that it never saw.

    Raises:
        UserError: a sitting was before another screen, or no target was seen with open eyes.
    """
    used = []
    for one in collected:
        here = calibration.on(fits_screen(calibration, one.session.screen))
        used.append([here if look.readings else None for look in one.session.looks])
    return measure("validation", collected, used, calibration.id)


def recentre(calibration: Calibration, collected: Sequence[Collected]) -> Calibration:
    """A calibration shifted to be right at one to three targets.

    Raises:
        UserError: there are more targets, or a sitting was before another screen.
    """
    sessions = _sessions(collected)
    looks = [look for session in sessions for look in session.looks]
    if len(looks) > MOST_RECENTRING:
        raise UserError(
            f"recentring takes one to three targets, not {len(looks)}: take some out, or calibrate"
        )
    screens = [fits_screen(calibration, session.screen) for session in sessions]
    if any(screen != screens[0] for screen in screens):
        raise UserError("the screens are not the same: give one")
    return shift(calibration.on(screens[0]), looks)


def _sessions(collected: Sequence[Collected]) -> list[Session]:
    return [one.fit_for_use for one in collected]


def _check_count(sessions: Sequence[Session]) -> None:
    count = len(_targets(sessions))
    if count < LEAST_TARGETS:
        raise UserError(
            f"{count} target(s) with open eyes are too few for a calibration: look at "
            f"{LEAST_TARGETS} at least (9 are better); one to three recentre a calibration"
        )


def _targets(sessions: Sequence[Session]) -> list[tuple[Session, Array]]:
    """The places that were looked at, each once, and a session in which that was."""
    found: list[tuple[Session, Array]] = []
    for session in sessions:
        for look in session.looks:
            if not any(_same(other, target, session, look) for other, target in found):
                found.append((session, look.target))
    return found


def _same(first: Session, target: Array, second: Session, look: Look) -> bool:
    """Whether a look was at a target of a session, or of another one before such a screen."""
    sizes = [(s.screen.pixels, s.screen.millimetres) for s in (first, second)]
    return sizes[0] == sizes[1] and bool(np.abs(target - look.target).max() < CLOSE_PX)


def _without(session: Session, first: Session, target: Array) -> Session:
    looks = tuple(look for look in session.looks if not _same(first, target, session, look))
    return replace(session, looks=looks)
