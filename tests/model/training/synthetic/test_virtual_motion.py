from collections.abc import Callable

import numpy as np
import pytest

from model.screen import Screen, make_screen
from model.training.synthetic.virtual_motion import (
    FREE,
    STILL,
    Act,
    Manner,
    Motion,
    Posture,
    UserMoment,
)

SCREEN = make_screen((1920, 1080), (531.0, 299.0))
SEAT = np.array([10.0, 20.0, 620.0])
Place = tuple[float, float] | None


def motion(
    seed: int = 0,
    manner: Manner = STILL,
    posture: Posture | None = None,
    acts: tuple[Act, ...] = (),
    screen: Screen = SCREEN,
) -> Motion:
    return Motion([seed], screen, SEAT, np.zeros(3), manner, posture, acts=acts)


def play(
    of: Motion, target: Callable[[float], Place], seconds: float, fps: float = 30.0
) -> list[UserMoment]:
    times = np.arange(round(seconds * fps)) / fps
    return [of.at(float(time), target(float(time))) for time in times]


def shares(moments: list[UserMoment]) -> np.ndarray:
    return np.array([m.pixel / SCREEN.pixels for m in moments])


@pytest.mark.parametrize("seed", range(4))
def test_eyes_come_after_a_saccades_latency_and_rest_near_the_dot(seed: int) -> None:
    moments = play(motion(seed), lambda t: (0.1, 0.2) if t < 2.0 else (0.9, 0.8), 4.0, fps=100.0)
    x = shares(moments)[:, 0]
    arrived = np.flatnonzero(x > 0.5)[0] / 100.0 - 2.0
    assert 0.12 < arrived < 0.4
    resting = np.array([m.pixel for m in moments[300:]])
    eyes = np.array([m.position for m in moments[300:]])
    error = np.degrees(SCREEN.angle(eyes, resting, np.array([0.9, 0.8]) * SCREEN.pixels))
    assert 0.03 < error.mean() < 0.3
    assert error.max() < 0.8


def test_resting_eyes_are_never_quite_still() -> None:
    moments = play(motion(1), lambda _: (0.5, 0.5), 60.0)
    spread = shares(moments).std(axis=0) * SCREEN.millimetres / SEAT[2]
    assert (np.degrees(spread) > 0.05).all()
    assert (np.degrees(spread) < 0.2).all()


@pytest.mark.parametrize("fps", [10.0, 30.0])
def test_a_gliding_dot_is_pursued_with_a_lag(fps: float) -> None:
    def glide(time: float) -> Place:
        return (0.5 + 0.3 * np.sin(0.8 * time), 0.5)

    moments = play(motion(2), glide, 20.0, fps)
    x = shares(moments)[:, 0]
    times = np.arange(len(x)) / fps
    lags = np.arange(0.0, 0.4, 0.02)
    misfits = [np.abs(x - (0.5 + 0.3 * np.sin(0.8 * (times - lag))))[10:].mean() for lag in lags]
    assert 0.06 < lags[int(np.argmin(misfits))] < 0.16


def test_without_a_dot_eyes_stay_about_the_middle() -> None:
    seen = shares(play(motion(3), lambda _: None, 30.0))
    assert (np.abs(seen.mean(axis=0) - 0.5) < 0.1).all()
    assert (seen.std(axis=0) > 0.02).all()


def test_a_free_head_moves_centimetres_and_degrees_a_still_one_does_not() -> None:
    spans = {}
    for name, manner in (("still", STILL), ("free", FREE)):
        moments = play(motion(4, manner), lambda _: (0.5, 0.5), 90.0, fps=5.0)
        places = np.array([m.position for m in moments])
        angles = np.degrees([m.angles for m in moments])
        assert (np.abs(places - SEAT * [-1, 1, 1]) <= manner.reach).all()
        spans[name] = np.ptp(places, axis=0), np.ptp(angles, axis=0)
    assert (spans["still"][0] < 12.0).all()
    assert (spans["still"][1] < 3.0).all()
    assert (spans["free"][0] > 30.0).all()
    assert (spans["free"][1][:2] > 10.0).all()


def test_a_free_head_goes_along_with_the_gaze() -> None:
    manner = Manner((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.3, 0.3))
    moments = play(motion(5, manner), lambda t: (0.1, 0.5) if t < 3.0 else (0.9, 0.5), 6.0)
    before, after = moments[80].angles[1], moments[-1].angles[1]
    assert np.degrees(after - before) == pytest.approx(0.3 * 38.0, abs=1.5)  # own right: yaw > 0


def test_eyes_blink_as_often_as_people_do() -> None:
    closed = np.array([m.blink for m in play(motion(6), lambda _: (0.5, 0.5), 120.0, fps=15.0)])
    blinks = int((np.diff((closed > 0.5).astype(int)) == 1).sum())
    assert 18 <= blinks <= 50
    assert (closed > 0.02).mean() < 0.15


def test_a_posture_shifts_seat_and_head() -> None:
    slump = Posture(np.array([5.0, 30.0, -40.0]), np.radians([6.0, 0.0, -3.0]))
    before = play(motion(7), lambda _: (0.5, 0.5), 1.0)[-1]
    after = play(motion(7, posture=slump), lambda _: (0.5, 0.5), 1.0)[-1]
    assert after.position - before.position == pytest.approx([-5.0, 30.0, -40.0])
    assert np.degrees(after.angles[2] - before.angles[2]) == pytest.approx(-3.0)
    assert after.angles[0] > before.angles[0]


def test_acts_happen_between_their_times_only() -> None:
    acts = (Act(2.0, 4.0, "away"), Act(5.0, 6.0, "blink"), Act(7.0, 8.0, "gone"))
    moments = play(motion(8, acts=acts), lambda _: (0.5, 0.5), 9.0)
    off = np.abs(shares(moments) - 0.5).max(axis=1)
    assert off[75:120].min() > 0.5  # off the screen
    assert off[30:60].max() < 0.1
    assert off[150:].max() < 0.1
    assert all(m.blink == 1.0 for m in moments[150:180])
    assert [m.here for m in moments].count(False) == 30
    assert not any(m.here for m in moments[210:240])


def test_the_point_looked_at_lies_on_the_screen_as_it_stands() -> None:
    tilted = make_screen((1920, 1080), (531.0, 299.0), (250.0, -20.0), 0.1)
    for moment in play(motion(9, screen=tilted), lambda t: (0.2, 0.9), 1.0):
        assert moment.target == pytest.approx(tilted.in_camera(moment.pixel))
    # The eyes sit as far from the tilted screen as from the upright one.
    assert tilted.distance(moment.position) == pytest.approx(SEAT[2], abs=6.0)
    assert moment.target[0] > tilted.in_camera([1920.0, 0.0])[0]


def test_the_same_seed_moves_alike_and_another_does_not() -> None:
    def path(seed: int) -> np.ndarray:
        moments = play(motion(seed, FREE), lambda t: (0.1, 0.1) if t < 0.5 else None, 3.0)
        return np.array([[*m.pixel, *m.position, *m.angles, m.blink, m.mood] for m in moments])

    assert (path(10) == path(10)).all()
    assert np.abs(path(10) - path(11)).max() > 1.0
