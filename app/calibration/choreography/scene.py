"""Scene: all that the calibration window shows now; the window draws it and computes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from app.calibration.calibration import Calibration
    from app.calibration.validation import Report

Phase = Literal[
    "placement", "looking", "fitting", "report", "accepted", "discarded", "aborted", "failed"
]
Stage = Literal["calibration", "validation"]


@dataclass(frozen=True)
class Dot:
    """The one thing to look at.

    Attributes:
        place: share of the screen's width and height, 0..1.
        size: share of its full size: 1 when it appears, small when it collects.
        progress: 0..1 of what it collects.
    """

    place: tuple[float, float]
    size: float = 1.0
    progress: float = 0.0


@dataclass(frozen=True)
class Scene:
    """All that the calibration window shows now.

    Attributes:
        phase: what goes on.
        dot: None where there is nothing to look at.
        message: one small line that says what is missing, "" for nothing.
        ready: in placement: the face is well placed.
        stage: which pass this is, or was last.
        done: targets of this pass that are done with.
        total: targets of this pass.
        report: of the validation, in the phases "report" and "accepted".
        calibration: what the fit made, from "report" on.
        problem: why it failed, one sentence.
        asked: a question to the person, such as whether the camera's pictures are mirrored.
    """

    phase: Phase
    dot: Dot | None = None
    message: str = ""
    ready: bool = False
    stage: Stage = "calibration"
    done: int = 0
    total: int = 0
    report: Report | None = None
    calibration: Calibration | None = None
    problem: str = ""
    asked: str = ""
