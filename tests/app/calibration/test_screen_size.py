"""A screen's size from what people can tell, and where its camera sits."""

import math
from typing import Any

import pytest

from app.calibration.screen_size import (
    CARD_MM,
    CameraPlace,
    Told,
    believable,
    card_pixels,
    diagonal,
    guess,
    of_card,
    of_diagonal,
    told_from_json,
    told_of,
    upright,
)
from model.screen import make_screen

WQHD = (2560, 1440)
MM_27 = (597.7, 336.2)
"""A 27 inch screen of 16 : 9."""


def test_a_diagonal_gives_width_and_height() -> None:
    assert of_diagonal(WQHD, 27.0) == pytest.approx(MM_27, abs=0.1)
    assert diagonal(of_diagonal((1080, 1920), 24.0)) == pytest.approx(24.0, abs=1e-3)


def test_a_card_gives_the_same_size_as_a_ruler() -> None:
    pixels = card_pixels(WQHD, MM_27)
    assert pixels / WQHD[0] == pytest.approx(CARD_MM[0] / MM_27[0])
    assert of_card(WQHD, pixels) == pytest.approx(MM_27, abs=0.1)


@pytest.mark.parametrize(
    ("pixels", "millimetres", "can_be"),
    [
        (WQHD, MM_27, True),
        ((1920, 1080), (1600, 900), False),  # a projector that says 160 x 90 cm: 30 dpi
        ((1920, 1080), (0, 0), False),
        ((3840, 2160), (160, 90), False),  # 610 dpi
        ((1920, 1080), (160, 90), True),
        ((1920, 1080), (480, 360), False),  # 4 : 3 for a wide one
        (WQHD, (math.nan, 336.0), False),
    ],
)
def test_nonsense_is_not_believed(pixels: Any, millimetres: Any, can_be: bool) -> None:
    assert believable(pixels, millimetres) is can_be
    assert believable(pixels, guess(pixels))


def test_a_turned_screen_has_its_size_turned() -> None:
    assert upright((1080, 1920), (527.0, 296.0)) == (296.0, 527.0)
    assert upright((1920, 1080), (527.0, 296.0)) == (527.0, 296.0)
    assert upright((1000, 1000), (300.0, 301.0)) == (300.0, 301.0)


@pytest.mark.parametrize(
    ("place", "camera_mm"),
    [
        (CameraPlace(), (300.0, -10.0)),
        (CameraPlace("below", 25.0, -40.0), (260.0, 425.0)),
        (CameraPlace("left", 30.0, 5.0), (-30.0, 205.0)),
        (CameraPlace("right", 30.0, -5.0), (630.0, 195.0)),
    ],
)
def test_the_camera_is_told_from_an_edge(place: CameraPlace, camera_mm: Any) -> None:
    assert place.on((600.0, 400.0)) == pytest.approx(camera_mm)


def test_by_default_the_camera_is_where_the_model_has_it() -> None:
    assert make_screen(WQHD, MM_27).camera_mm == pytest.approx(CameraPlace().on(MM_27))


def test_what_was_told_comes_back() -> None:
    told = Told(MM_27, CameraPlace("below", 4.0, -12.5), -7.0)
    assert told_from_json(told.to_json()) == told
    assert told_from_json(Told().to_json()) == Told() == told_from_json({})
    assert told_of({"one": told.to_json()}, "one") == told
    assert told_of({"one": told.to_json()}, "other") == Told()


@pytest.mark.parametrize(
    "content",
    [
        None,
        7,
        {"millimetres": [600]},
        {"millimetres": ["a", 3]},
        {"millimetres": [0, 300]},
        {"millimetres": [math.nan, 300.0]},
        {"camera": {"edge": "behind"}},
        {"camera": {"away_mm": 1e9}},
        {"camera": []},
        {"camera_tilt_deg": True},
        {"camera_tilt_deg": 90},
    ],
)
def test_nonsense_is_refused(content: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each says something else
        told_from_json(content)
    assert told_of({"s": content}, "s") == Told()
