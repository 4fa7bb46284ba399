"""The engine's smaller rooms, each alone."""

import dataclasses
import time

import numpy as np
import pytest

from app.live import telling
from app.live.measures import Meter
from app.live.shown import Steady
from app.live.trace import TraceRing
from app.sample import Sample
from app.source import Frame
from model.errors import UserError
from model.geometry import angle_between, vector
from tests.app.recording.samples import full_sample
from tests.material import estimate, picture
from tests.model.heads import face_at


def looking(number: int, pitch: float, yaw: float, blink: bool = False) -> Sample:
    """A sample at 30 per second; angles in radians."""
    parts = (face_at(), object(), estimate(pitch, yaw), blink)
    return Sample(number, round(number * 1e9 / 30), 0, None, *parts)  # type: ignore[arg-type]


def jitter(samples: list[Sample], smoothing: float) -> float:
    steady = Steady(smoothing)
    gaze = np.array([steady.update(sample).gaze for sample in samples])
    return float(gaze[30:].std())


def test_smoothing_steadies_what_is_shown_and_leaves_the_sample_alone():
    noise = np.random.default_rng(0).normal(0, 0.02, (90, 2))
    samples = [looking(n, *angles) for n, angles in enumerate(noise)]
    assert jitter(samples, 1.0) < 0.6 * jitter(samples, 0.0) < noise.std()
    steady = Steady(1.0)
    for sample, angles in zip(samples, noise, strict=True):
        shown = steady.update(sample)
        assert sample.estimate is not None
        np.testing.assert_array_equal(sample.estimate.gaze, vector(angles))
        assert shown.sample.face is sample.face


def test_both_eyes_are_smoothed_and_an_unused_one_stays_unused():
    steady = Steady(1.0)
    for number in range(20):
        sample = looking(number, 0.0, 0.1 * (number % 2))
        assert sample.estimate is not None
        sample.estimate.eye_gaze[0] = np.nan
        shown = steady.update(sample)
    found = shown.sample.estimate
    assert found is not None
    assert np.isnan(found.eye_gaze[0]).all()
    assert angle_between(found.eye_gaze[1], found.gaze) == pytest.approx(0, abs=1e-6)
    assert 0.0 < shown.gaze[1] < 0.1


def test_words_and_gaze_of_what_cannot_be_seen():
    steady = Steady(0.5)
    assert steady.update(looking(0, 0.2, 0.3)).words == "looking straight ahead"
    shut = steady.update(looking(1, -0.9, 0.3, blink=True))
    assert (shut.words, shut.gaze) == ("eyes closed", None)
    assert shut.sample.estimate is not None
    np.testing.assert_allclose(shut.sample.estimate.gaze, vector([0.2, 0.3]))  # held, not lids'
    nobody = steady.update(Sample(2, 66_666_667, 0))
    assert (nobody.words, nobody.gaze, nobody.confidence) == ("no face", None, None)
    again = steady.update(looking(3, -0.2, -0.3))
    assert again.gaze == pytest.approx([-0.2, -0.3])  # nothing of whoever was there before


def test_unrelated_pictures_are_not_smoothed():
    steady = Steady(1.0, unrelated=True)
    steady.update(looking(0, 0.2, 0.3))
    assert steady.update(looking(1, -0.2, -0.3)).gaze == pytest.approx([-0.2, -0.3])


def test_words_do_not_flicker():
    def described(number: int, index: int) -> Sample:
        sample = looking(number, 0.0, 0.0)
        likely = np.full(9, 0.01)
        likely[index] = 0.92
        made = dataclasses.replace(sample.estimate, probabilities=likely)  # type: ignore[type-var]
        return dataclasses.replace(sample, estimate=made)

    steady = Steady(0.5)
    words = [steady.update(described(n, 3 if n == 20 else 1)).words for n in range(40)]
    assert set(words) == {"looking left"}
    words = [steady.update(described(n, 3)).words for n in range(40, 60)]
    assert words[-1] == "looking up"


def test_the_trace_is_a_ring_of_the_last_ten_seconds():
    ring = TraceRing(rows=100)
    assert [len(column) for column in dataclasses.astuple(ring.trace())] == [0] * 5
    for number in range(250):
        sample = full_sample(number) if number % 2 else Sample(number, 0, 0)
        gaze = np.radians([1.0, number]) if number % 2 else None
        ring.add(number * 125_000_000, gaze, sample)
    trace = ring.trace()
    assert trace.time_s[0] == pytest.approx(-10)
    assert trace.time_s[-1] == 0
    assert len(trace.time_s) == 81
    assert np.isnan(trace.yaw_deg).tolist() == [n % 2 == 0 for n in range(169, 250)]
    assert trace.yaw_deg[-1] == pytest.approx(249)
    assert trace.pitch_deg[-1] == pytest.approx(1)
    assert np.isfinite(trace.right_openness[-1])
    ring.clear()
    assert len(ring.trace().time_s) == 0


def test_a_crowded_trace_keeps_its_size():
    ring = TraceRing(rows=50)
    for number in range(1000):
        ring.add(number, None, Sample(number, 0, 0))
    assert len(ring.trace().time_s) == 50


def test_rates_and_latency_are_measured():
    meter = Meter("x", "CPUExecutionProvider")
    assert meter.measures().source_fps is None
    begin_ns = time.perf_counter_ns()
    for number in range(0, 200, 2):  # every other frame is dropped
        captured_ns = begin_ns + number * 10_000_000
        measures = meter.add(Frame(picture(), number, captured_ns, captured_ns), full_sample())
    assert measures.source_fps == pytest.approx(100)
    assert measures.processed_fps == pytest.approx(50)
    assert measures.dropped == 99
    assert measures.provider == "CPU"
    assert measures.distance_mm == full_sample().distance
    meter.composed(time.perf_counter_ns() - 20_000_000)
    assert meter.measures().latency_ms == pytest.approx(20, abs=15)


def test_errors_become_sentences():
    assert telling.sentence("the camera is gone: plug it in") == "The camera is gone: plug it in."
    assert telling.sentence("Really?") == "Really?"
    told = telling.problem(UserError("the disk is full"))
    assert (told.sentence, told.details) == ("The disk is full.", "the disk is full")
    caused = UserError("the disk is full")
    caused.__cause__ = OSError(28, "No space left on device")
    assert "No space left" in telling.problem(caused).details
    assert "KeyError" in telling.problem(KeyError("x")).details


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (61, "1:01 min"), (3725, "1:02:05 h")],
)
def test_durations_as_people_read_them(seconds: float, text: str):
    assert telling.duration(seconds) == text


def test_bytes_as_people_read_them():
    assert telling.megabytes(1_250_000_000) == "1.2 GB"
    assert telling.megabytes(99_400_000) == "99 MB"
