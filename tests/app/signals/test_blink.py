import numpy as np
import pytest

from app.signals.blink import BlinkDetector

FPS = 30


def closed(openness: list[float], **options: object) -> list[bool]:
    detector = BlinkDetector(**options)  # type: ignore[arg-type]
    return [
        detector.update(np.array([value, value]), round(n * 1e9 / FPS))
        for n, value in enumerate(openness)
    ]


BLINK = [0.9, 0.2, 0.0, 0.0, 0.25, 0.7, 0.95]


@pytest.mark.parametrize("level", [0.55, 0.8, 1.0], ids=["narrow eyes", "usual", "wide eyes"])
def test_a_blink_is_seen_whatever_the_person_s_eyes_are_like(level: float):
    found = closed([level] * 90 + [level * share for share in BLINK] + [level] * 30)
    assert not any(found[:90])
    assert all(found[91:95])
    assert not any(found[98:])


def test_reading_is_not_blinking():
    looking_down = [0.8] * 60 + list(np.linspace(0.8, 0.45, 30)) + [0.45] * 600
    assert not any(closed(looking_down))


def test_lids_that_fall_fast_are_closing_before_they_look_closed():
    found = closed([0.95] * 60 + [0.69, 0.2, 0.3, 0.69, 0.95] + [0.95] * 30)
    assert found[60:64] == [True] * 4
    assert not any(found[64:])


def test_a_glance_down_is_not_a_blink():
    assert not any(closed([0.95] * 60 + [0.82] * 30 + [0.95] * 30))


def test_looking_down_after_a_blink_is_not_blinking():
    found = closed([0.9] * 90 + [0.1] * 4 + [0.45] * 300)
    assert all(found[90:94])
    assert not any(found[98:])


def test_long_closed_eyes_stay_closed():
    found = closed([0.8] * 60 + [0.02] * 900)
    assert all(found[60:])


def test_the_same_frames_give_the_same_answer_and_no_frame_looks_ahead():
    openness = list(np.random.default_rng(3).uniform(0, 1, 300))
    assert closed(openness)[:100] == closed(openness[:100])


def test_only_the_used_eye_counts():
    detector = BlinkDetector("left")
    assert not detector.update(np.array([0.0, 0.9]), 0)
    assert detector.update(np.array([0.9, 0.0]), 1)


def test_unrelated_pictures_do_not_influence_each_other():
    detector = BlinkDetector(adaptive=False)
    answers = [detector.update(np.array([v, v]), n) for n, v in enumerate([0.0, 0.5, 0.0, 0.5])]
    assert answers == [True, False, True, False]
