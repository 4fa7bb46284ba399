"""Conductor: the whole way from a face before the camera to a calibration with its error.

Placement, a pass over targets, the fit, a pass over other targets, the report; then the user takes
it, leaves it or asks again for what came out worst. Two shorter ones: `ValidationConductor`
measures a calibration that there is, `RecentreConductor` shifts it by one look at one dot.
"""

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from app.calibration import fitting, validation
from app.calibration.calibration import Calibration, Kind
from app.calibration.choreography.conducting import Conducting, Pass, Work, aside, at_once
from app.calibration.choreography.layout import (
    calibration_places,
    pixels_of,
    pursuit_path,
    shuffled,
    validation_places,
)
from app.calibration.choreography.plan import Plan
from app.calibration.choreography.pursuit import PursuitPass
from app.calibration.choreography.target_pass import TargetPass
from app.calibration.fitting import MirroredCameraError
from app.calibration.look import CameraUsed, Look, Session
from app.calibration.validation import Report
from app.strings import tr
from model.errors import UserError
from model.geometry import Array
from model.screen import Screen

__all__ = [
    "Conductor", "Plan", "RecentreConductor", "ValidationConductor", "aside", "at_once",
]  # fmt: skip

WORST = 2
"""So many validation targets "redo worst" asks again."""

NEIGHBOURS = 2
"""So many calibration targets next to each of those are asked again with it."""

Validate = Callable[[Calibration, Sequence[Look]], Report]
Recentre = Callable[[Calibration, Sequence[Look]], Calibration]


class Fit(Protocol):
    """Like `app.calibration.fitting.fit`."""

    def __call__(self, sessions: Sequence[Session], model_hash: str, kind: Kind) -> Calibration: ...


class ValidationConductor(Conducting):
    """Measures a calibration: placement, a pass over validation targets, the report.

    Args:
        screen: that is looked at.
        plan: its `validation`, `automatic` and `seed` count.
        calibration: what is measured; None where it is made first (`Conductor`).
        validate: like `app.calibration.validation.validate`.
        changed, run: see `Conducting`.
    """

    def __init__(
        self,
        screen: Screen,
        plan: Plan,
        calibration: Calibration | None,
        validate: Validate = validation.validate,
        changed: Callable[[], None] | None = None,
        run: Callable[[Work], None] = aside,
    ) -> None:
        super().__init__(
            plan.automatic, "calibration" if calibration is None else "validation", changed, run
        )
        self._screen, self._plan, self._validate = screen, plan, validate
        self._made = calibration
        self._validation_looks: tuple[Look, ...] = ()
        self._places = shuffled(validation_places(plan.validation), plan.seed + 1)

    @property
    def validation_looks(self) -> tuple[Look, ...]:
        """What was collected at the validation's targets, once it is accepted."""
        return self._validation_looks if self._scene.phase == "accepted" else ()

    def _begin(self) -> None:
        self._begin_validation(self._places)

    def _begin_validation(self, places: Array) -> None:
        self._look("validation", TargetPass(self._screen, places, self._automatic))

    def _finish_pass(self, finished: Pass) -> None:
        self._validation_looks = replaced(self._validation_looks, finished.looks)
        calibration, looks = self._made, self._validation_looks
        assert calibration is not None
        self._do(lambda: self._validate(calibration, looks), self._show)

    def _show(self, report: Report) -> None:
        self._measured, self._phase = report, "report"

    def _redo_worst(self) -> None:
        self._begin_validation(self._worst())

    def _worst(self) -> Array:
        """(W, 2) places of the validation targets with the largest errors."""
        assert self._measured is not None
        errors = {_key(t.target): t.accuracy_deg for t in self._measured.targets}

        def error(place: Array) -> float:
            found = errors.get(_key(pixels_of(place, self._screen)), math.inf)
            return math.inf if math.isnan(found) else found  # what was not seen is worst

        ordered = sorted(self._places, key=error, reverse=True)
        return np.array(ordered[:WORST])


class Conductor(ValidationConductor):
    """The whole of a calibration.

    Args:
        screen: that is looked at.
        plan: what is asked of the user.
        camera: that the samples come from.
        model_hash: SHA-256 of the model that reads the gaze.
        fit, validate: like those of `app.calibration.fitting` and `app.calibration.validation`.
        changed, run: see `Conducting`.
    """

    def __init__(
        self,
        screen: Screen,
        plan: Plan,
        camera: CameraUsed,
        model_hash: str,
        fit: Fit = fitting.fit,
        validate: Validate = validation.validate,
        changed: Callable[[], None] | None = None,
        run: Callable[[Work], None] = aside,
    ) -> None:
        super().__init__(screen, plan, None, validate, changed, run)
        self._camera, self._model_hash, self._fit = camera, model_hash, fit
        self._looks: tuple[Look, ...] = ()
        self._to_validate = self._places

    @property
    def session(self) -> Session | None:
        """All looks that the calibration was fitted on, once it is accepted."""
        if self._scene.phase != "accepted":
            return None
        return self._session()

    def _session(self) -> Session:
        return Session(self._screen, self._looks, self._camera)

    def _begin(self) -> None:
        if self._stage == "validation":  # it failed there, and is tried again from there
            self._begin_validation(self._to_validate)
            return
        plan, seed = self._plan, self._plan.seed
        self._looks, self._validation_looks, self._to_validate = (), (), self._places
        if plan.targets == "pursuit":
            over: Pass = PursuitPass(self._screen, pursuit_path(self._screen, seed), plan.automatic)
        else:
            places = shuffled(calibration_places(plan.targets), seed)
            over = TargetPass(self._screen, places, plan.automatic, find_odd=True)
        self._look("calibration", over)

    def _finish_pass(self, finished: Pass) -> None:
        if self._stage == "validation":
            super()._finish_pass(finished)
            return
        self._looks = replaced(self._looks, [look for look in finished.looks if look.readings])
        session = self._session()
        kind: Kind = "pursuit" if self._plan.targets == "pursuit" else "targets"
        self._do(lambda: self._fit([session], self._model_hash, kind), self._fitted)

    def _fitted(self, calibration: Calibration) -> None:
        self._made = calibration
        self._begin_validation(self._to_validate)

    def _fail(self, error: Exception) -> None:
        super()._fail(error)
        if isinstance(error, MirroredCameraError):
            self._asked = tr("Are the camera's pictures mirrored?")

    def _redo_worst(self) -> None:
        """Ask again for the calibration targets next to the worst validation targets, fit anew, and
        measure anew: those validation targets on new looks, the others on the looks there are."""
        self._to_validate = self._worst()
        count = self._plan.targets
        places = calibration_places(9 if count == "pursuit" else count)
        size = np.array(self._screen.millimetres)
        chosen: list[int] = []
        for worst in self._to_validate:
            away = np.linalg.norm((places - worst) * size, axis=-1)
            chosen += [i for i in np.argsort(away)[:NEIGHBOURS] if i not in chosen]
        self._look("calibration", TargetPass(self._screen, places[chosen], self._automatic))


class RecentreConductor(Conducting):
    """One look at one dot shifts a calibration; no placement, no questions.

    It ends "accepted" by itself, with the shifted calibration, or "failed".

    Args:
        screen: that is looked at.
        calibration: what is shifted.
        recentre: like `app.calibration.fitting.recentre`.
        place: of the dot, shares of the screen's width and height.
        changed, run: see `Conducting`.
    """

    def __init__(
        self,
        screen: Screen,
        calibration: Calibration,
        recentre: Recentre = fitting.recentre,
        place: tuple[float, float] = (0.5, 0.5),
        changed: Callable[[], None] | None = None,
        run: Callable[[Work], None] = aside,
    ) -> None:
        super().__init__(True, "calibration", changed, run)
        self._screen, self._place_of_dot = screen, place
        self._old, self._recentre = calibration, recentre
        self._looks: tuple[Look, ...] = ()
        self._begin()
        self._scene = self._draw()

    @property
    def session(self) -> Session | None:
        """The look, for the profile; None until it is accepted."""
        if self.calibration is None:
            return None
        return Session(self._screen, self._looks, self._old.camera)

    def _begin(self) -> None:
        self._look("calibration", TargetPass(self._screen, np.array([self._place_of_dot])))

    def _try_again(self) -> None:
        self._begin()

    def _finish_pass(self, finished: Pass) -> None:
        looks = self._looks = tuple(look for look in finished.looks if look.readings)

        def make() -> Calibration:
            if not looks:
                raise UserError("the gaze did not come to rest on the dot: try again")
            return self._recentre(self._old, looks)

        self._do(make, self._take)

    def _take(self, calibration: Calibration) -> None:
        self._made, self._phase = calibration, "accepted"


def replaced(old: Sequence[Look], new: Sequence[Look]) -> tuple[Look, ...]:
    """All looks; a newer one at the same target stands for the older, unless it is empty."""
    found = {_key(look.target): look for look in old}
    for look in new:
        if look.readings or _key(look.target) not in found:
            found[_key(look.target)] = look
    return tuple(found.values())


def _key(target: Array) -> tuple[int, int]:
    """A target's place, alike for places that are the same but for rounding."""
    x, y = np.round(target * 16.0)
    return int(x), int(y)
