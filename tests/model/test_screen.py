"""The screen's plane, its pixels and millimetres, and the camera on it."""

import math

import numpy as np
import pytest

from model.screen import Screen, make_screen, screen_from_json

SCREEN = make_screen((2560, 1440), (597.0, 336.0))


def test_a_screen_points_right_is_the_users_right():
    """Conventions: a screen point to the user's right has the smaller camera x."""
    left, right = SCREEN.in_camera([[100.0, 700.0], [2000.0, 700.0]])
    assert right[0] < left[0]
    assert right[1] == pytest.approx(left[1])


def test_the_camera_is_centred_above_by_default():
    assert SCREEN.camera_mm == (298.5, -10.0)
    np.testing.assert_allclose(SCREEN.in_camera([1280.0, 0.0]), [0.0, 10.0, 0.0], atol=1e-9)


@pytest.mark.parametrize("tilt", [-20.0, 0.0, 15.0])
def test_rays_to_points_on_the_screen_meet_them_again(tilt: float):
    screen = make_screen((2560, 1440), (597.0, 336.0), (250.0, 350.0), math.radians(tilt))
    pixels = np.array([[0.0, 0.0], [2560.0, 1440.0], [700.0, 200.0]])
    eyes = np.array([[40.0, -80.0, 550.0]] * 3)
    met = screen.meet(eyes, screen.in_camera(pixels) - eyes)
    np.testing.assert_allclose(met, pixels, atol=1e-6)


def test_a_camera_that_looks_up_sees_the_screens_lower_edge_behind_itself():
    """Tilted up by 20 degrees, its optical axis rises, so what is below it lies at z < 0."""
    screen = make_screen((1000, 1000), (300.0, 300.0), camera_tilt=math.radians(20.0))
    below = screen.in_camera([500.0, 1000.0])
    assert below[1] == pytest.approx(310.0 * math.cos(math.radians(20.0)))
    assert below[2] == pytest.approx(-310.0 * math.sin(math.radians(20.0)))


def test_a_gaze_away_from_the_screen_meets_nothing():
    away = SCREEN.meet([0.0, 0.0, 600.0], [0.0, 0.0, 1.0])
    level = SCREEN.meet([0.0, 0.0, 600.0], [1.0, 0.0, 0.0])
    assert np.isnan(away).all()
    assert np.isnan(level).all()


def test_one_centimetre_at_57_is_one_degree():
    ten_mm = 10.0 / SCREEN.mm_per_pixel[0]
    eyes = SCREEN.in_camera([1280.0, 720.0]) + np.array([0.0, 0.0, 573.0])
    angle = SCREEN.angle(eyes, [1280.0, 720.0], [1280.0 + ten_mm, 720.0])
    assert math.degrees(float(angle)) == pytest.approx(1.0, abs=0.001)


def test_distance_is_to_the_plane():
    assert float(SCREEN.distance([300.0, 200.0, 640.0])) == pytest.approx(640.0)


def test_json_gives_the_same_screen_back():
    screen = Screen((1920, 1080), (531.0, 299.0), (100.0, 310.0), 0.0, "HDMI-1", 1.25)
    assert screen_from_json(screen.to_json()) == screen
    tilted = Screen((1920, 1080), (531.0, 299.0), (100.0, 310.0), 0.1)
    assert screen_from_json(tilted.to_json()).camera_tilt == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("pixels", "millimetres"), [((0, 100), (10.0, 10.0)), ((100, 100), (10.0, math.nan))]
)
def test_impossible_screens_are_refused(pixels: tuple[int, int], millimetres: tuple[float, float]):
    with pytest.raises(ValueError, match="screen"):
        make_screen(pixels, millimetres, (0.0, 0.0))
