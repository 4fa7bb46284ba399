"""Accuracy, precision and loss, against what was put in."""

import numpy as np
import pytest

from app.calibration.fitting import fit
from app.calibration.look import Look
from app.calibration.validation import validate
from model.errors import UserError
from model.geometry import Array
from tests.app.calibration.sitting import Person, grid


def straight(angles: Array) -> Array:
    return angles


@pytest.fixture(scope="module")
def bare():
    """Geometry alone: what goes in comes out."""
    return fit([Person(fault=straight).session(grid())], "hash", rung="geometry")


def test_a_known_offset_is_the_accuracy(bare):
    person = Person(fault=lambda angles: angles + np.radians([0.0, 1.5]))
    report = validate(bare, person.session(grid(2, 2)).looks)
    assert report.accuracy_deg == pytest.approx(1.5 * np.cos(np.radians(13.0)), abs=0.01)
    # The targets lie some 13 degrees below the eyes, where 1.5 degrees of yaw are less of an angle.
    # 1.5 degrees at 61 cm are 16 mm, at the screen's edges a little more; 3.6 px a mm.
    assert 15.0 < report.accuracy_mm < 19.0
    assert report.accuracy_px == pytest.approx(report.accuracy_mm * 1920 / 531, rel=0.01)
    assert report.precision_rms_deg == pytest.approx(0.0, abs=1e-6)


def test_known_noise_is_the_precision(bare):
    """Of white noise with SD s per axis: SD is s sqrt 2, successive differences sqrt 2 of that."""
    person = Person(fault=straight, noise=0.5)
    report = validate(bare, person.session(grid(2, 2), count=400).looks)
    assert report.precision_sd_deg == pytest.approx(0.5 * 2**0.5, rel=0.06)
    assert report.precision_rms_deg == pytest.approx(1.0, rel=0.06)


def test_missed_frames_are_the_loss(bare):
    looks = [
        Look(look.target, look.readings, missed=10) for look in Person().session(grid(2, 2)).looks
    ]
    assert validate(bare, looks).loss == pytest.approx(10 / 30)


def test_a_target_without_any_reading_is_lost_and_does_not_end_it(bare):
    looks = [*Person().session(grid(2, 2)).looks, Look(np.array([50.0, 50.0]), (), missed=20)]
    report = validate(bare, looks)
    assert len(report.targets) == 4
    assert report.loss == pytest.approx(0.2)


def test_one_frame_a_target_has_no_precision(bare):
    report = validate(bare, Person().session(grid(2, 2), count=1).looks)
    assert report.precision_rms_deg is None
    assert report.to_json()["precision_sd_deg"] is None


def test_nothing_seen_is_told(bare):
    with pytest.raises(UserError, match="no target was seen"):
        validate(bare, [Look(np.array([1.0, 1.0]), (), missed=5)])
