"""The ladder: what is fitted, which rung is chosen, what is refused."""

import math

import numpy as np
import pytest

from app.calibration.fitting import MirroredCameraError, fit, recentre
from app.calibration.validation import validate
from model.errors import UserError
from model.geometry import Array
from model.screen import make_screen
from tests.app.calibration.sitting import SCREEN, Person, grid, tilted

ELSEWHERE = grid(2, 2, margin=0.3)


def accuracy(calibration, person: Person, targets: Array = ELSEWHERE) -> float:
    """Degrees on targets that the fit did not see."""
    return validate(calibration, person.session(targets).looks).accuracy_deg


def test_nine_targets_take_offset_and_gain_away():
    person = Person(noise=0.5)
    calibration = fit([person.session(grid())], "hash")
    quiet = Person(noise=0.0)
    assert calibration.rung in ("affine", "second order", "ridge")
    assert accuracy(calibration, quiet) < 0.35
    bare = fit([person.session(grid())], "hash", rung="geometry")
    assert accuracy(bare, quiet) > 3.0


def test_every_rung_is_better_than_the_one_below_where_it_should():
    def curved(angles: Array) -> Array:
        pitch, yaw = angles
        return tilted(angles) + np.array([0.9 * yaw * yaw, 0.7 * pitch * yaw])

    person = Person(fault=curved, noise=0.1)
    session = person.session(grid())
    of_rung = {
        rung: accuracy(fit([session], "hash", rung=rung), Person(fault=curved))
        for rung in ("geometry", "offset", "affine", "second order")
    }
    assert of_rung["geometry"] > of_rung["offset"] > of_rung["affine"] > of_rung["second order"]


def test_a_person_without_faults_is_left_alone():
    person = Person(fault=lambda angles: angles, noise=0.5)
    calibration = fit([person.session(grid())], "hash")
    assert accuracy(calibration, Person(fault=lambda angles: angles)) < 0.3
    assert calibration.held_out_deg == pytest.approx(0.63, abs=0.15)  # what the noise leaves


def test_one_target_gives_an_offset_and_no_held_out_error():
    session = Person().session(grid()[4:5])
    calibration = fit([session], "hash")
    assert calibration.rung == "offset"
    assert calibration.held_out_deg is None
    assert accuracy(calibration, Person(), grid()[4:5]) < 0.1 * accuracy(
        fit([session], "hash", rung="geometry"), Person(), grid()[4:5]
    )


def test_one_frame_of_one_target_is_trusted_less_than_twenty():
    offsets = [
        np.linalg.norm(fit([Person().session(grid()[4:5], count=n)], "hash").correction.weights[0])
        for n in (1, 20)
    ]
    assert 0.8 < offsets[0] / offsets[1] < 0.95


def test_the_fit_is_deterministic():
    first, second = (fit([Person(noise=1.0).session(grid())], "hash") for _ in range(2))
    np.testing.assert_array_equal(first.correction.weights, second.correction.weights)


def test_a_step_aside_is_compensated():
    """The point of gaze starts from where the eyes are: the fit knows angles only."""
    calibration = fit([Person().session(grid())], "hash")
    moved = Person(origin=np.array([60.0, 20.0, 680.0]))
    assert accuracy(calibration, moved) < 0.5


def test_spoilt_frames_do_not_spoil_the_fit():
    session = Person(noise=0.3).session(grid())
    looks = list(session.looks)
    elsewhere = Person(noise=0.3).readings(grid()[8], SCREEN, 5)
    looks[0] = type(looks[0])(looks[0].target, (*looks[0].readings[:15], *elsewhere))
    spoilt = type(session)(session.screen, tuple(looks), session.camera)
    assert accuracy(fit([spoilt], "hash"), Person()) < 0.7


def test_sessions_before_two_screens_are_fitted_together():
    other = make_screen((1280, 800), (300.0, 190.0), (150.0, -5.0))
    person = Person(noise=0.3)
    calibration = fit([person.session(grid(screen=other), other), person.session(grid())], "hash")
    assert calibration.screen == SCREEN
    assert accuracy(calibration, Person()) < 0.5


def test_recentring_takes_away_what_has_shifted_and_nothing_else():
    calibration = fit([Person().session(grid())], "hash")

    def slipped(angles: Array) -> Array:
        return tilted(angles) + np.radians([1.5, -2.0])

    slid = Person(fault=slipped)
    centre = np.array(SCREEN.pixels) / 2.0
    again = recentre(calibration, [slid.look(centre)])
    assert accuracy(calibration, slid) > 2.0
    assert accuracy(again, slid) < 0.5
    assert again.recentred_from == calibration.id
    assert again.id != calibration.id
    np.testing.assert_array_equal(again.correction.weights[1:], calibration.correction.weights[1:])


def test_a_mirrored_camera_is_named():
    person = Person(fault=lambda angles: angles * (1.0, -1.0))
    with pytest.raises(MirroredCameraError, match="mirrored"):
        fit([person.session(grid())], "hash")


def test_a_picture_upside_down_is_named():
    person = Person(fault=lambda angles: angles * (-1.0, 1.0))
    with pytest.raises(UserError, match="went up when the targets went down"):
        fit([person.session(grid())], "hash")


def test_targets_in_a_line_are_refused():
    line = np.stack([np.linspace(100, 1800, 6), np.linspace(100, 1000, 6)], axis=1)
    with pytest.raises(UserError, match="one line"):
        fit([Person().session(line)], "hash")


@pytest.mark.parametrize("place", [(-5.0, 100.0), (100.0, 1081.0), (math.nan, 5.0)])
def test_targets_off_the_screen_are_refused(place: tuple[float, float]):
    session = Person().session(grid())
    looks = (*session.looks, type(session.looks[0])(np.array(place), session.looks[0].readings))
    with pytest.raises(UserError, match="target"):
        fit([type(session)(SCREEN, looks, session.camera)], "hash")


def test_too_few_targets_for_a_rung_are_refused():
    with pytest.raises(UserError, match="too few for second order"):
        fit([Person().session(grid(2, 2))], "hash", rung="second order")


def test_a_target_that_nobody_saw_is_refused():
    session = Person().session(grid())
    blank = type(session.looks[0])(session.looks[0].target, (), missed=20)
    with pytest.raises(UserError, match="no open eyes"):
        fit([type(session)(SCREEN, (blank, *session.looks[1:]), session.camera)], "hash")
    with pytest.raises(UserError, match="no targets"):
        fit([type(session)(SCREEN, (), session.camera)], "hash")


@pytest.mark.parametrize(
    ("side", "turn", "used"), [(5, 12.0, True), (5, 0.0, False), (3, 12.0, False)]
)
def test_the_head_counts_only_where_many_targets_saw_it_move(side: int, turn: float, used: bool):
    looks = []
    for number, target in enumerate(grid(side, side)):
        angle = math.radians(turn) * (-1) ** number
        looks.append(Person(noise=0.3, angles=(angle, -angle, 0.0)).look(target, count=5))
    session = Person().session(grid())
    calibration = fit([type(session)(SCREEN, tuple(looks), session.camera)], "hash", rung="ridge")
    assert ("head" in calibration.correction.groups) == used
