"""Redo worst, validation alone, recentre; and all of it with the real fit."""

import math

import numpy as np
import pytest

from app.calibration.choreography.conductor import (
    Conductor,
    Plan,
    RecentreConductor,
    ValidationConductor,
    at_once,
    replaced,
)
from app.calibration.choreography.layout import calibration_places, validation_places
from app.calibration.choreography.scene import Dot, Scene
from app.calibration.fitting import fit, recentre
from app.calibration.look import Look
from app.calibration.reading import reading_of
from tests.app.calibration.fakes import FakeCalibration, Fakes, conductor_of, places_of, targets_of
from tests.app.calibration.people import CAMERA, SCREEN, Person, conduct, pixels

# Once more


def test_redo_worst_asks_for_the_worst_and_their_neighbours_only(fakes: Fakes):
    bad, worse = (0.82, 0.7), (0.64, 0.18)
    fakes.errors = {bad: 3.0, worse: math.nan}
    conductor, person = conductor_of(fakes), Person()
    conduct(conductor, person, "report")
    asked: set[tuple[str, tuple[float, float]]] = set()
    conductor.redo_worst()
    assert conductor.scene.phase == "looking"
    assert conductor.scene.report is None
    since_ns = person.time_s * 1e9
    while conductor.scene.phase != "report":
        conductor.update(person.sample(conductor.scene.dot))
        if conductor.scene.dot:
            asked.add((conductor.scene.stage, conductor.scene.dot.place))
    again = {place for stage, place in asked if stage == "calibration"}
    assert 2 <= len(again) <= 4
    assert (0.92, 0.92) in again or (0.92, 0.5) in again
    assert (0.5, 0.08) in again
    assert {place for stage, place in asked if stage == "validation"} == {bad, worse}
    looks = fakes.fits[1].sessions[0].looks
    assert targets_of(looks) == places_of(calibration_places(9))
    new = [look for look in looks if look.readings[0].time_ns > since_ns]
    assert targets_of(new) == again
    measured = fakes.validations[1]
    assert targets_of(measured) == places_of(validation_places(5))
    assert targets_of([look for look in measured if look.readings[0].time_ns > since_ns]) == {
        bad, worse,
    }  # fmt: skip
    conductor.accept()
    assert conductor.calibration is fakes.fits[1]


def test_redo_worst_after_a_pursuit_adds_targets(fakes: Fakes):
    conductor, person = conductor_of(fakes, Plan(targets="pursuit")), Person()
    conduct(conductor, person, "report")
    conductor.redo_worst()
    conduct(conductor, person, "report")
    first, second = (made.sessions[0].looks for made in fakes.fits)
    assert len(first) < len(second) <= len(first) + 4


def test_aborting_a_second_try_leaves_nothing_either(fakes: Fakes):
    conductor, person = conductor_of(fakes), Person()
    conduct(conductor, person, "report")
    conductor.redo_worst()
    conductor.abort()
    assert conductor.calibration is None


def test_an_empty_look_does_not_stand_for_an_older_one():
    person, dot = Person(), Dot((0.5, 0.5))
    reading = reading_of(person.sample(dot))
    here, there = pixels((0.5, 0.5), (0.2, 0.2))
    old = (Look(here, (reading,)), Look(there, ()))
    new = (Look(here, (), 30), Look(there, (reading,)))
    assert replaced(old, new) == (old[0], new[1])


# Shorter ways


def test_validation_alone_measures_the_calibration_that_there_is(fakes: Fakes):
    known = FakeCalibration(7)
    plan = Plan(validation=6)
    conductor = ValidationConductor(SCREEN, plan, known, fakes.validate, run=at_once)
    assert conductor.scene == Scene("placement", stage="validation")
    person = Person()
    conduct(conductor, person, "report")
    assert not fakes.fits
    assert conductor.scene.report.of is known
    assert targets_of(fakes.validations[0]) == places_of(validation_places(6))
    conductor.redo_worst()
    conduct(conductor, person, "report")
    assert targets_of(fakes.validations[1]) == places_of(validation_places(6))
    conductor.accept()
    assert conductor.report is conductor.scene.report
    assert conductor.calibration is known


def test_recentre_is_one_look_at_one_dot():
    known, asked = FakeCalibration(7), []

    def recentre(calibration, looks):
        asked.append((calibration, looks))
        return FakeCalibration(8)

    conductor = RecentreConductor(SCREEN, known, recentre, run=at_once)
    assert conductor.scene.dot == Dot((0.5, 0.5))
    assert conduct(conductor, Person(), "accepted") < 3.0
    assert conductor.calibration == FakeCalibration(8)
    (calibration, looks) = asked[0]
    assert calibration is known
    assert np.array_equal([look.target for look in looks], pixels((0.5, 0.5)))
    assert len(looks[0].readings) >= 29


def test_recentre_that_never_settles_fails_and_may_be_tried_again():
    def recentre(calibration, looks):
        return FakeCalibration(8)

    conductor = RecentreConductor(SCREEN, FakeCalibration(7), recentre, run=at_once)
    conduct(conductor, Person(noise=20.0), "failed")
    assert conductor.scene.problem == "The gaze did not come to rest on the dot: try again."
    assert conductor.calibration is None
    conductor.go_on()
    conduct(conductor, Person(), "accepted")


def test_recentre_can_be_aborted():
    conductor = RecentreConductor(SCREEN, FakeCalibration(7), lambda c, k: c, run=at_once)
    conductor.update(Person().sample(conductor.scene.dot))
    conductor.abort()
    assert conductor.scene.phase == "aborted"
    assert conductor.calibration is None


# With the real fit


@pytest.mark.parametrize("targets", [5, 9, "pursuit"])
def test_with_the_real_fit_a_biased_gaze_finds_its_targets(targets):
    plan = Plan(targets=targets, seed=4)
    conductor = Conductor(SCREEN, plan, CAMERA, "hash", run=at_once)
    person = Person(noise=1.0, bias=(3.0, -4.0), gain=(0.8, 0.85))
    conduct(conductor, person, "report")
    conductor.accept()
    report, calibration = conductor.report, conductor.calibration
    assert len(report.targets) == 5
    # The noise alone makes 1.25 degrees of it, the mean of a Rayleigh distribution.
    assert report.accuracy_deg < 1.7
    for target in report.targets:
        off = np.degrees(SCREEN.angle(person.eyes, target.point, target.target))
        assert off < 1.0
    assert report.loss < 0.05
    assert calibration.kind == ("pursuit" if targets == "pursuit" else "targets")
    assert calibration.model_hash == "hash"
    again = fit([conductor.session], "hash", calibration.kind)
    assert np.array_equal(again.correction.weights, calibration.correction.weights)


def test_with_the_real_fit_recentre_takes_out_an_offset():
    person = Person(noise=0.5)
    conductor = Conductor(SCREEN, Plan(), CAMERA, "hash", run=at_once)
    conduct(conductor, person, "report")
    conductor.accept()
    person.bias = person.bias + np.array([2.0, 3.0])
    drifted = ValidationConductor(SCREEN, Plan(), conductor.calibration, run=at_once)
    conduct(drifted, person, "report")
    recentring = RecentreConductor(SCREEN, conductor.calibration, run=at_once)
    conduct(recentring, person, "accepted")
    after = ValidationConductor(SCREEN, Plan(), recentring.calibration, run=at_once)
    conduct(after, person, "report")
    assert drifted.scene.report.accuracy_deg > 3.0
    assert after.scene.report.accuracy_deg < 1.0
    assert recentring.calibration.recentred_from == conductor.calibration.id
    again = recentre(conductor.calibration, recentring.session.looks)  # the profile can do it again
    assert np.array_equal(again.correction.weights, recentring.calibration.correction.weights)


def test_with_the_real_fit_a_mirrored_camera_is_noticed():
    conductor = Conductor(SCREEN, Plan(), CAMERA, "hash", run=at_once)
    conduct(conductor, Person(gain=(0.9, -0.9)), "failed")
    assert conductor.scene.asked
