import cv2
import numpy as np
import pytest

from app.calibration.choreography.layout import (
    LAYOUTS,
    MARGIN,
    MOST_VALIDATION,
    PURSUIT_SPEED,
    calibration_places,
    pixels_of,
    pursuit_path,
    shuffled,
    validation_places,
)
from model.geometry import Array
from model.screen import make_screen

LAPTOP = make_screen((1920, 1080), (310.0, 174.0))
DESK = make_screen((2560, 1440), (597.0, 336.0))
WIDE = make_screen((3440, 1440), (800.0, 335.0))
EYES = np.array([0.0, 80.0, 600.0])


def inside_hull(points: Array, of: Array) -> bool:
    hull = cv2.convexHull(of.astype(np.float32))
    tests = [cv2.pointPolygonTest(hull, (float(x), float(y)), True) for x, y in points]
    return min(tests) >= 0


@pytest.mark.parametrize("count", LAYOUTS)
def test_a_layout_has_its_targets_within_the_margins(count: int):
    places = calibration_places(count)
    assert places.shape == (count, 2)
    assert len(np.unique(places, axis=0)) == count
    assert places.min() == MARGIN
    assert places.max() == 1.0 - MARGIN
    assert np.allclose(places.mean(axis=0), 0.5)


def test_a_larger_layout_holds_the_smaller_ones():
    for small, large in ((5, 9), (9, 13)):
        held = {tuple(p) for p in calibration_places(large)}
        assert {tuple(p) for p in calibration_places(small)} < held


@pytest.mark.parametrize("count", [0, 4, 10])
def test_other_layouts_are_refused(count: int):
    with pytest.raises(ValueError, match="5, 9, 13"):
        calibration_places(count)


@pytest.mark.parametrize("count", [0, MOST_VALIDATION + 1])
def test_other_numbers_of_validation_targets_are_refused(count: int):
    with pytest.raises(ValueError, match="1 to"):
        validation_places(count)


def test_no_validation_target_is_near_any_calibration_target():
    for screen in (LAPTOP, DESK, WIDE):
        for a in pixels_of(validation_places(MOST_VALIDATION), screen):
            for b in pixels_of(calibration_places(13), screen):
                assert np.degrees(screen.angle(EYES, a, b)) > 2.5


@pytest.mark.parametrize("count", LAYOUTS)
def test_validation_targets_lie_inside_the_calibrated_hull(count: int):
    assert inside_hull(validation_places(MOST_VALIDATION), calibration_places(count))


@pytest.mark.parametrize("count", range(4, MOST_VALIDATION + 1))
def test_validation_targets_are_well_spread(count: int):
    places = validation_places(count)
    assert np.abs(places.mean(axis=0) - 0.5).max() < 0.06
    assert np.ptp(places, axis=0).min() > 0.6


def test_the_order_is_chance_but_the_same_for_the_same_seed():
    places = calibration_places(9)
    orders = {tuple(map(tuple, shuffled(places, seed))) for seed in range(5)}
    assert len(orders) == 5
    assert all(set(order) == set(map(tuple, places)) for order in orders)
    assert np.array_equal(shuffled(places, 3), shuffled(places, 3))


@pytest.mark.parametrize("screen", [LAPTOP, DESK, WIDE])
@pytest.mark.parametrize("seed", range(4))
def test_the_pursuit_is_slow_everywhere_and_covers_the_screen(screen, seed: int):
    path = pursuit_path(screen, seed)
    assert 15.0 <= path.seconds <= 45.0
    times = np.arange(0.0, path.seconds, 0.02)
    places = path.at(times)
    assert places.min() >= MARGIN - 1e-9
    assert places.max() <= 1.0 - MARGIN + 1e-9
    steps = screen.angle(EYES, pixels_of(places[1:], screen), pixels_of(places[:-1], screen))
    assert np.degrees(steps).max() / 0.02 <= PURSUIT_SPEED * 1.01
    assert inside_hull(validation_places(MOST_VALIDATION), places)
    # Nowhere within the margins is the dot much farther than half the way from row to row.
    ys, xs = np.mgrid[MARGIN : 1 - MARGIN : 9j, MARGIN : 1 - MARGIN : 9j]
    grid = np.stack([xs.ravel(), ys.ravel()], axis=-1)
    away = np.linalg.norm(grid[:, None] - places[None], axis=-1).min(axis=1)
    assert away.max() < 0.17


def test_the_pursuit_has_no_sharp_turn():
    path = pursuit_path(DESK)
    mm = path.at(np.arange(0.0, path.seconds, 0.1)) * np.array(DESK.millimetres)
    ways = np.diff(mm, axis=0)
    cosines = (ways[1:] * ways[:-1]).sum(axis=-1)
    cosines /= np.linalg.norm(ways[1:], axis=-1) * np.linalg.norm(ways[:-1], axis=-1)
    assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).max() < 30.0


def test_before_and_after_the_path_the_dot_rests_at_its_ends():
    path = pursuit_path(DESK)
    assert np.array_equal(path.at(-1.0), path.at(0.0))
    assert np.array_equal(path.at(path.seconds + 1.0), path.at(path.seconds))
