"""A fit and a validation that keep what they were asked, for tests of conductors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.calibration.choreography.conductor import (
    Conductor,
    Plan,
    at_once,
)
from app.calibration.look import Look, Session
from tests.app.calibration.people import CAMERA, SCREEN


@dataclass(frozen=True)
class FakeCalibration:
    number: int
    sessions: tuple[Session, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class FakeTarget:
    target: np.ndarray
    accuracy_deg: float


@dataclass(frozen=True)
class FakeReport:
    of: FakeCalibration
    targets: tuple[FakeTarget, ...]


class Fakes:
    """A fit and a validation that keep what they were asked; validation errors come by target."""

    def __init__(self) -> None:
        self.fits: list[FakeCalibration] = []
        self.validations: list[tuple[Look, ...]] = []
        self.errors: dict[tuple[float, float], float] = {}
        self.refusals: list[Exception] = []

    def fit(self, sessions: Sequence[Session], model_hash: str, kind: str) -> FakeCalibration:
        assert model_hash == "hash"
        if self.refusals:
            raise self.refusals.pop()
        self.fits.append(FakeCalibration(len(self.fits), tuple(sessions), kind))
        return self.fits[-1]

    def validate(self, calibration: FakeCalibration, looks: Sequence[Look]) -> FakeReport:
        if self.refusals:
            raise self.refusals.pop()
        self.validations.append(tuple(looks))
        found = []
        for look in looks:
            x, y = np.round(look.target / SCREEN.pixels, 4)
            found.append(FakeTarget(look.target, self.errors.get((float(x), float(y)), 1.0)))
        return FakeReport(calibration, tuple(found))


def conductor_of(fakes: Fakes, plan: Plan | None = None, **options) -> Conductor:
    options = {"run": at_once, **options}
    plan = plan or Plan()
    return Conductor(SCREEN, plan, CAMERA, "hash", fakes.fit, fakes.validate, **options)


def targets_of(looks: Sequence[Look]) -> set[tuple[float, float]]:
    return {tuple(np.round(look.target / SCREEN.pixels, 4)) for look in looks}


def places_of(places) -> set[tuple[float, float]]:
    return {tuple(np.round(place, 4)) for place in places}
