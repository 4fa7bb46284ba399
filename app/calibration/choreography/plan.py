"""Plan: what a calibration asks of the user."""

from dataclasses import dataclass
from typing import Literal

from app.calibration.choreography.layout import LAYOUTS, MOST_VALIDATION

Targets = Literal[5, 9, 13, "pursuit"]


@dataclass(frozen=True)
class Plan:
    """What a calibration asks of the user.

    Attributes:
        targets: how many dots, or one that moves.
        validation: how many other targets its error is measured on.
        automatic: go on by itself; else every dot waits for Space.
        seed: decides the order of the targets.

    Raises:
        ValueError: there is no such layout, or no validation.
    """

    targets: Targets = 9
    validation: int = 5
    automatic: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.targets != "pursuit" and self.targets not in LAYOUTS:
            raise ValueError(f"a plan has 5, 9, 13 or pursuit as its targets, not {self.targets}")
        if not 1 <= self.validation <= MOST_VALIDATION:
            raise ValueError(f"a plan has 1 to {MOST_VALIDATION} validation targets")
