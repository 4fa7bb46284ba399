import numpy as np
import pytest

from app.calibration.choreography.layout import pixels_of, pursuit_path
from app.calibration.choreography.pursuit import LONGEST_LAG_S, PIECE_S, PursuitPass
from app.calibration.choreography.scene import Dot
from app.calibration.look import Look
from app.hints import HINTS
from model.geometry import Array
from tests.app.calibration.people import SCREEN, Deed, Person, walk

PATH = pursuit_path(SCREEN, 1)


def pursued(person: Person, automatic: bool = True) -> PursuitPass:
    over = PursuitPass(SCREEN, PATH, automatic)
    walk(over, person)
    return over


def truth(person: Person, look: Look) -> Array:
    """Where a person without noise looked, px: undoes what the model got wrong."""
    found = []
    for reading in look.readings:
        x, y, z = reading.gaze
        read = np.degrees([np.arcsin(-y), np.arctan2(-x, -z)])
        pitch, yaw = np.radians((read - person.bias) / person.gain)
        gaze = np.array(
            [-np.cos(pitch) * np.sin(yaw), -np.sin(pitch), -np.cos(pitch) * np.cos(yaw)]
        )
        found.append(SCREEN.meet(reading.origin, gaze))
    return np.mean(found, axis=0)


def error_deg(person: Person, looks: tuple[Look, ...]) -> float:
    """Mean angle between where the looks say that the user looked and where that was."""
    off = [SCREEN.angle(person.eyes, look.target, truth(person, look)) for look in looks]
    return float(np.degrees(np.mean(off)))


@pytest.mark.parametrize("reaction_s", [0.1, 0.3])
@pytest.mark.parametrize("fps", [10.0, 60.0])
def test_readings_are_given_the_place_where_the_dot_was_when_it_was_looked_at(
    reaction_s: float, fps: float
):
    person = Person(noise=0.0, reaction_s=reaction_s, fps=fps)
    over = pursued(person)
    # A frame shows the dot of the frame before.
    assert over.lag_s == pytest.approx(reaction_s + 1.0 / fps, abs=0.02)
    assert error_deg(person, over.looks) < 0.2


def test_the_lag_is_measured_through_noise_blinks_and_glances():
    def human(time_s: float, dot: Dot | None) -> Deed:
        if time_s % 3.1 < 0.2:
            return "blink"
        return (0.5, -0.3) if time_s % 7.3 < 0.3 else "dot"

    for seed in range(3):
        over = pursued(Person(human, noise=2.0, reaction_s=0.2, seed=seed))
        assert over.lag_s == pytest.approx(0.2 + 1 / 30, abs=0.04)


def test_without_compensation_the_error_would_be_larger(monkeypatch: pytest.MonkeyPatch):
    person = Person(noise=0.0, reaction_s=0.25)
    with_it = error_deg(person, pursued(person).looks)
    monkeypatch.setattr("app.calibration.choreography.pursuit.lag_of", lambda measured, dots: 0.0)
    twin = Person(noise=0.0, reaction_s=0.25)
    without = error_deg(twin, pursued(twin).looks)
    assert with_it < 0.25 * without
    assert without > 1.0


def test_the_looks_cover_the_screen_in_short_pieces_in_order():
    over = pursued(Person())
    looks = over.looks
    assert len(looks) == pytest.approx(PATH.seconds / PIECE_S, rel=0.1)
    targets = np.array([look.target for look in looks])
    assert np.ptp(targets, axis=0) / SCREEN.pixels == pytest.approx([0.84, 0.84], abs=0.06)
    starts = [look.readings[0].time_ns for look in looks]
    assert starts == sorted(starts)
    assert np.median([len(look.readings) for look in looks]) == pytest.approx(30 * PIECE_S, abs=1)


def test_glances_away_are_missed_not_taken():
    def glancing(time_s: float, dot: Dot | None) -> Deed:
        return (0.5, -0.5) if 8.0 <= time_s < 9.0 else "dot"

    person = Person(glancing, noise=0.0)
    looks = pursued(person).looks
    during = [
        reading for look in looks for reading in look.readings if 8.4e9 < reading.time_ns < 8.9e9
    ]
    assert not during
    assert error_deg(person, looks) < 0.3


def test_the_dot_waits_for_who_leaves_and_goes_on_from_there():
    def leaving(time_s: float, dot: Dot | None) -> Deed:
        return "gone" if 10.0 <= time_s < 20.0 else "dot"

    over, person = PursuitPass(SCREEN, PATH), Person(leaving, noise=0.0)
    seen: list[tuple[float, Dot]] = []
    while not over.finished:
        over.update(person.sample(over.dot))
        if over.dot:
            seen.append((person.time_s, over.dot))
        if 11.0 < person.time_s < 19.9:
            assert over.message == HINTS["no_face"].sentence
    assert len({dot.place for time_s, dot in seen if 10.5 < time_s < 21.0}) == 1
    steps = np.diff([dot.place for _, dot in seen], axis=0)
    assert np.abs(steps).max() < 0.02  # it never leaps
    looks = over.looks
    assert len(looks) == pytest.approx(PATH.seconds / PIECE_S, rel=0.15)
    assert error_deg(person, looks) < 0.3


def test_it_begins_by_space_and_says_so():
    over, person = PursuitPass(SCREEN, PATH, automatic=False), Person()
    for _ in range(60):
        over.update(person.sample(over.dot))
    assert over.message == "Look at the dot and press Space."
    assert over.dot == Dot(tuple(PATH.at(0.0)), 1.0, 0.0)
    over.go_on()
    for _ in range(120):
        over.update(person.sample(over.dot))
    assert over.dot.progress > 0.0
    assert over.message == ""


def test_a_user_who_is_hardly_seen_gives_little_but_breaks_nothing():
    def blinking(time_s: float, dot: Dot | None) -> Deed:
        return "dot" if time_s % 1.0 < 0.08 else "blink"

    over = pursued(Person(blinking))
    assert over.finished
    assert over.looks == () or all(look.missed for look in over.looks)


def test_who_looks_at_one_place_is_no_reason_to_break():
    over = pursued(Person(lambda time_s, dot: (0.5, 0.5), noise=0.0))
    assert 0.0 <= over.lag_s <= LONGEST_LAG_S


def test_time_that_goes_back_begins_anew():
    over, person = PursuitPass(SCREEN, PATH), Person()
    for _ in range(300):
        over.update(person.sample(over.dot))
    assert over.dot.progress > 0.2
    person.rewind()
    over.update(person.sample(over.dot))
    assert over.dot.progress == 0.0
    walk(over, person)
    assert len(over.looks) == pytest.approx(PATH.seconds / PIECE_S, rel=0.1)


def test_all_targets_lie_on_the_path():
    line = pixels_of(PATH.at(np.arange(0.0, PATH.seconds, 0.01)), SCREEN)
    for look in pursued(Person()).looks:
        assert np.linalg.norm(line - look.target, axis=-1).min() < 30.0
