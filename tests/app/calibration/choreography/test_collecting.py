"""Collecting at one target, and the line of words under it."""

import numpy as np

from app.calibration.choreography.collecting import LEAST_READINGS, Collecting
from app.calibration.choreography.line import Line
from app.calibration.choreography.scene import Dot
from app.calibration.reading import reading_of
from tests.app.calibration.people import SCREEN, Person, pixels

DOT = Dot((0.5, 0.5))


def test_a_second_of_good_frames_is_complete_and_settled():
    collecting, person = Collecting(SCREEN), Person(noise=1.0)
    for number in range(30):
        judged = collecting.add(reading_of(person.sample(DOT)), 1 / 30)
        assert judged.settled == (number == 29)
    assert 0.6 < judged.spread < 1.5
    look = judged.look(pixels((0.5, 0.5))[0])
    assert look.readings == judged.readings


def test_frames_without_a_reading_are_counted():
    collecting, person = Collecting(SCREEN), Person(noise=0.5)
    for number in range(20):
        reading = reading_of(person.sample(DOT))
        judged = collecting.add(None if number % 4 == 0 else reading, 0.05)
    assert judged.missed == 5
    assert len(judged.readings) == 15
    assert np.isclose(judged.seconds, 0.75)
    assert not judged.complete
    assert judged.usable


def test_a_few_frames_are_not_usable_however_long_they_last():
    collecting, person = Collecting(SCREEN), Person(noise=0.1)
    for _ in range(LEAST_READINGS - 1):
        judged = collecting.add(reading_of(person.sample(DOT)), 0.5)
    assert not judged.usable
    assert judged.look(pixels((0.5, 0.5))[0]).readings == ()
    assert judged.look(pixels((0.5, 0.5))[0]).missed == LEAST_READINGS - 1


def test_gaze_that_misses_the_screens_plane_is_missed():
    collecting = Collecting(SCREEN)
    person = Person(bias=(0.0, 170.0))
    for _ in range(20):
        judged = collecting.add(reading_of(person.sample(Dot((0.5, 0.5)))), 0.1)
    assert judged.readings == ()
    assert judged.missed == 20
    assert judged.jumped


def test_the_line_waits_half_a_second_and_does_not_flicker():
    line = Line()
    assert line.update("a", 0) == ""
    assert line.update("a", 400_000_000) == ""
    assert line.update("a", 500_000_000) == "a"
    for frame in range(100):
        assert line.update("b" if frame % 2 else "", 600_000_000 + frame * 33_000_000) == "a"
    assert line.update("", 5_000_000_000) == "a"
    assert line.update("", 5_600_000_000) == ""
