"""Is all well enough to track: three ticks, judged from what the engine's hints say. No widgets."""

from dataclasses import dataclass
from typing import Literal

from app.hints import HINTS
from app.live.state import View
from app.strings import tr

Standing = Literal["waiting", "good", "wrong"]
"""Of a check: not known yet, well, or in need of the person."""

ORDER = tuple(HINTS)
"""Codes, what hurts most first: a hint that shows says that none before it holds."""


@dataclass(frozen=True)
class Check:
    """One of the ticks.

    Attributes:
        name: of the check.
        label: what is well when it is ticked.
        codes: the hints that speak against it.
    """

    name: str
    label: str
    codes: frozenset[str]


CHECKS = (
    Check("face", "Your face is in the picture", frozenset({"covered", "no_face", "cut_off"})),
    Check(
        "light",
        "There is good light on your face",
        frozenset({"too_dark", "back_light", "too_bright", "glare", "slow_exposure"}),
    ),
    Check("distance", "The distance is good", frozenset({"too_near", "too_far", "eyes_small"})),
)


def judge(view: View | None, before: dict[str, Standing] | None = None) -> dict[str, Standing]:
    """How each check stands, by its name.

    Args:
        view: the latest one, None where there is none.
        before: how they stood, kept while a face is missed for a moment only.
    """
    nothing: dict[str, Standing] = {check.name: "waiting" for check in CHECKS}
    if view is None:
        return nothing
    hint = None if view.hint is None else view.hint.code
    if hint is None:
        if view.sample.face is None:
            return before or nothing
        return {check.name: "good" for check in CHECKS}
    known = ORDER.index(hint) if hint in ORDER else 0
    standings = dict(nothing)
    for check in CHECKS:
        if hint in check.codes:
            standings[check.name] = "wrong"
        elif view.sample.face is not None and all(
            ORDER.index(code) < known for code in check.codes
        ):
            standings[check.name] = "good"
    return standings


def distance_words(view: View | None) -> str:
    """How far the face is from the camera, "" where that is not known."""
    distance_mm = None if view is None else view.measures.distance_mm
    if distance_mm is None:
        return ""
    return tr("about {distance:.0f} cm").format(distance=distance_mm / 10)
