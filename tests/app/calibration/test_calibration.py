"""A calibration: where it counts as valid, and what of it a file keeps."""

import json
from dataclasses import replace

import numpy as np
import pytest

from app.calibration.calibration import calibration_from_json, new_id
from app.calibration.fitting import fit
from model.geometry import head_rotation
from model.screen import make_screen
from tests.app.calibration.sitting import SCREEN, Person, grid, turned_away


@pytest.fixture(scope="module")
def calibration():
    return fit([Person(noise=0.2).session(grid())], "hash")


def reading_at(target, person: Person | None = None):
    return (person or Person()).readings(np.asarray(target, float), SCREEN, 1)[0]


def test_the_whole_screen_counts_as_calibrated_and_far_outside_does_not(calibration):
    for corner in [(5, 5), (1915, 5), (5, 1075), (1915, 1075), (960, 540)]:
        assert calibration.locate(reading_at(corner)).inside
    assert not calibration.locate(reading_at((2900, 540))).inside
    assert not calibration.locate(reading_at((960, -700))).inside


def test_five_targets_in_the_middle_do_not_vouch_for_the_corners():
    middle = fit([Person().session(grid(3, 3, margin=0.35))], "hash")
    assert middle.locate(reading_at((960, 540))).inside
    assert not middle.locate(reading_at((20, 20))).inside


def test_a_head_far_from_where_it_was_is_outside(calibration):
    near = Person(origin=np.array([60.0, 60.0, 650.0]))
    far = Person(origin=np.array([10.0, 60.0, 1000.0]))
    turned = replace(reading_at((960, 540)), rotation=head_rotation(0.0, 0.7, 0.0))
    assert calibration.locate(reading_at((960, 540), near)).inside
    assert not calibration.locate(reading_at((960, 540), far)).inside
    assert not calibration.locate(turned).inside


def test_a_gaze_that_misses_the_plane_has_no_point(calibration):
    away = replace(reading_at((960, 540)), gaze=turned_away())
    point = calibration.locate(away)
    assert np.isnan(point.pixel).all()
    assert not point.inside


def test_json_gives_the_same_points_back(calibration):
    text = json.dumps(calibration.to_json(), allow_nan=False)
    again = calibration_from_json(json.loads(text))
    readings = Person(noise=1.0).readings(np.array([700.0, 300.0]), SCREEN, 10)
    np.testing.assert_array_equal(again.points(readings), calibration.points(readings))
    assert (again.id, again.made, again.rung) == (
        calibration.id, calibration.made, calibration.rung,
    )  # fmt: skip


@pytest.mark.parametrize("key", ["screen", "correction", "seen", "targets", "model_sha256"])
def test_a_hand_edited_calibration_is_refused(calibration, key: str):
    content = calibration.to_json()
    content[key] = "nonsense"
    if key == "model_sha256":
        del content[key]
    with pytest.raises((ValueError, TypeError, KeyError)):
        calibration_from_json(content)


def test_the_same_panel_with_other_pixels_moves_nothing_but_the_pixels(calibration):
    other = make_screen((3840, 2160), (531.0, 299.0), name="test")
    reading = reading_at((700, 300))
    np.testing.assert_allclose(
        calibration.on(other).locate(reading).pixel, 2.0 * calibration.locate(reading).pixel
    )


def test_ids_sort_by_time_and_do_not_repeat():
    ids = [new_id()[0] for _ in range(50)]
    assert len(set(ids)) == 50
    assert ids[0].split("-")[0] <= ids[-1].split("-")[0]
