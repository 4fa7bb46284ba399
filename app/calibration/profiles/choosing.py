"""Choosing: which calibration of a profile can be used here and now, or why none can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.calibration.calibration import Calibration
from app.calibration.profiles.refitting import suited
from app.calibration.profiles.store import ProfileStore
from app.calibration.profiles.suiting import fits_screen
from model.card import load_card
from model.errors import UserError
from model.estimator import Estimator
from model.screen import Screen


@dataclass(frozen=True)
class Chosen:
    """What a profile offers.

    Attributes:
        calibration: to use, None where there is none.
        report: its validation as the profile holds it, None where there was none.
        note: what was done to be able to use it, "" for nothing.
        problem: why none can be used, "" where one is, or where there simply is none yet.
    """

    calibration: Calibration | None = None
    report: Mapping[str, Any] | None = None
    note: str = ""
    problem: str = ""


def newest(store: ProfileStore, name: str, screens: Sequence[Screen], model: Path) -> Chosen:
    """The newest calibration of a profile, for one of these screens and this model.

    Where it was made with another model and eye patches were kept, it is made anew from them.

    Args:
        store: the profiles.
        name: the profile; it need not exist.
        screens: those of this computer, the likeliest first.
        model: the .onnx file in use.
    """
    try:
        if name not in store:
            return Chosen()
        entries = store.load(name).entries
        if not entries:
            return Chosen()
        latest, report, note = entries[-1].calibration, entries[-1].report, ""
        if latest.model_hash != load_card(model).sha256:
            latest, note = suited(store, name, Estimator(model, "cpu"))
            report = None  # what is made anew was never measured
        return Chosen(latest.on(_fitting(latest, screens)), report, note)
    except UserError as error:
        return Chosen(problem=str(error))


def _fitting(calibration: Calibration, screens: Sequence[Screen]) -> Screen:
    """The calibrated screen as it is now: by its name first, then by its looks.

    Raises:
        UserError: none of these is it.
    """
    first: UserError | None = None
    for screen in sorted(screens, key=lambda screen: screen.name != calibration.screen.name):
        try:
            return fits_screen(calibration, screen)
        except UserError as error:
            first = first or error
    raise first or UserError("there is no screen: connect one")
