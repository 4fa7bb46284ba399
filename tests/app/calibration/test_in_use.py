"""Points of gaze in use: raw and smoothed, valid or not, for every sample of a tracker."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.calibration.calibration import Calibration
from app.calibration.fitting import fit
from app.calibration.in_use import PointFinder
from app.sample import Sample
from app.tracker import Tracker
from model.estimator import Estimator
from model.geometry import pitch_yaw
from tests.app.calibration.people import PATCHES
from tests.app.calibration.sitting import SCREEN, Person, grid
from tests.app.test_tracker import Faces
from tests.material import estimate, frame
from tests.model.heads import face_at


@pytest.fixture(scope="module")
def bare() -> Calibration:
    """Geometry alone, so that a gaze's point is known."""
    return fit([Person(origin=np.array([0.0, 100.0, 600.0])).session(grid())], "h", rung="geometry")


def sample_at(target, number: int = 0, noise: float = 0.0) -> Sample:
    """A sample of someone 60 cm away who looks at a target."""
    face = face_at(position=(0.0, 100.0, 600.0))
    face.openness[:] = 0.9
    angles = pitch_yaw(SCREEN.in_camera(target) - face.translation) + noise
    return Sample(
        number, round(number * 1e9 / 30), 0, None, face, PATCHES, estimate(*angles), False
    )  # type: ignore[arg-type]


def test_the_point_is_where_the_gaze_meets_the_screen(bare):
    found = PointFinder(bare, 0.5).find(sample_at((700.0, 400.0)))
    assert found is not None
    np.testing.assert_allclose(found.pixel, (700.0, 400.0), atol=0.01)
    np.testing.assert_allclose(found.norm, (700.0 / 1920, 400.0 / 1080), atol=1e-4)
    assert found.inside
    assert found.calibration_id == bare.id
    assert found.distance == pytest.approx(float(sample_at((0, 0)).face.translation[2]))


def test_only_the_smoothed_point_is_smoothed(bare):
    finder = PointFinder(bare, 1.0)
    rng = np.random.default_rng(0)
    found = [finder.find(sample_at((700.0, 400.0), n, rng.normal(0.0, 0.02, 2))) for n in range(60)]
    raw = np.array([f.pixel for f in found])[20:].std(axis=0)
    smooth = np.array([f.pixel_smooth for f in found])[20:].std(axis=0)
    assert (smooth < 0.4 * raw).all()


def test_unrelated_pictures_are_not_smoothed(bare):
    finder = PointFinder(bare, 1.0, unrelated=True)
    finder.find(sample_at((100.0, 100.0), 0))
    found = finder.find(sample_at((1800.0, 900.0), 1))
    np.testing.assert_array_equal(found.pixel, found.pixel_smooth)


def test_closed_eyes_and_missing_faces_look_nowhere(bare):
    shut = replace(sample_at((700.0, 400.0)), blink=True)
    assert PointFinder(bare, 0.5).find(shut) is None
    assert PointFinder(bare, 0.5).find(Sample(0, 0, 0)) is None


def test_outside_the_calibrated_range_a_sample_is_not_valid(bare):
    within, without = sample_at((700.0, 400.0)), sample_at((4000.0, 400.0))
    finder = PointFinder(bare, 0.5)
    assert replace(within, screen=finder.find(within)).valid
    assert not replace(without, screen=finder.find(without)).valid


def test_a_tracker_uses_a_calibration_from_the_next_sample_on(tiny_model: Path, bare):
    tracker = Tracker(Faces(*[face_at(position=(0.0, 100.0, 600.0))] * 3), Estimator(tiny_model))  # type: ignore[arg-type]
    found = []
    for number, calibration in enumerate([None, bare, None]):
        tracker.use(calibration)
        found.append(tracker.sample(frame(number), tracker.find(frame(number))).screen)
    assert found[0] is found[2] is None
    assert found[1].calibration_id == bare.id
