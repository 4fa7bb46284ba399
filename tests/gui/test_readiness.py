"""The three ticks of the first start say what is known, and no more."""

import pytest

from app.gui.readiness import CHECKS, distance_words, judge
from app.hints import HINTS
from tests.gui.views import make_view


def test_every_hint_about_face_light_or_distance_has_its_check() -> None:
    named = [code for check in CHECKS for code in check.codes]

    assert len(named) == len(set(named))
    assert set(HINTS) - set(named) == {"head_turned"}


def test_nothing_is_known_without_a_view_or_a_face() -> None:
    waiting = {"face": "waiting", "light": "waiting", "distance": "waiting"}

    assert judge(None) == waiting
    assert judge(make_view(face=False)) == waiting


def test_all_is_well_with_a_face_and_no_hint() -> None:
    assert set(judge(make_view()).values()) == {"good"}


def test_a_face_missed_for_a_moment_changes_nothing() -> None:
    before = judge(make_view())

    assert judge(make_view(face=False), before) == before


@pytest.mark.parametrize(
    ("hint", "face", "expected"),
    [
        ("no_face", False, ("wrong", "waiting", "waiting")),
        ("covered", False, ("wrong", "waiting", "waiting")),
        ("too_dark", False, ("waiting", "wrong", "waiting")),
        ("too_far", True, ("good", "waiting", "wrong")),  # glare would not have shown
        ("glare", True, ("good", "wrong", "good")),
        ("head_turned", True, ("good", "waiting", "good")),
    ],
)
def test_a_hint_speaks_against_its_check(
    hint: str, face: bool, expected: tuple[str, str, str]
) -> None:
    standings = judge(make_view(hint=hint, face=face))

    assert tuple(standings[check.name] for check in CHECKS) == expected


def test_the_distance_is_said_in_centimetres() -> None:
    assert distance_words(make_view(distance_mm=583.0)) == "about 58 cm"
    assert distance_words(make_view(distance_mm=None)) == ""
    assert distance_words(None) == ""
