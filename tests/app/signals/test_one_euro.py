import math

import numpy as np
import pytest
from numpy.typing import NDArray

from app.signals.one_euro import OneEuro, one_euro_for

FPS = 30


def run(filter_: OneEuro, values: NDArray[np.float64], fps: float = FPS) -> NDArray[np.float64]:
    """The filter's output (N, D) for values (N, D) at a rate."""
    return np.array([filter_.update(value, round(n * 1e9 / fps)) for n, value in enumerate(values)])


def noise(frames: int = 600) -> NDArray[np.float64]:
    """A resting gaze: noise of 0.8 degrees, radians (N, 2)."""
    return np.radians(np.random.default_rng(0).normal(0.0, 0.8, (frames, 2)))


def reference(values: list[float], fps: float, cutoff: float, beta: float) -> list[float]:
    """The paper's algorithm 1 and 2, written out for a single number."""

    def alpha(hz: float) -> float:
        tau = 1.0 / (2.0 * math.pi * hz)
        return 1.0 / (1.0 + tau * fps)

    out, speed = [values[0]], 0.0
    for value in values[1:]:
        speed = alpha(1.0) * (value - out[-1]) * fps + (1.0 - alpha(1.0)) * speed
        share = alpha(cutoff + beta * abs(speed))
        out.append(share * value + (1.0 - share) * out[-1])
    return out


def test_it_is_the_paper_s_filter():
    values = noise(200)[:, 0] + np.linspace(0.0, 0.5, 200)
    expected = reference(values.tolist(), 50.0, 1.3, 7.0)
    found = run(OneEuro(1.3, 7.0), values[:, None], 50.0)[:, 0]
    # The times are whole nanoseconds here.
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_first_value_and_a_resting_one_come_out_as_they_are():
    out = run(one_euro_for(0.5), np.full((10, 2), 0.25))
    np.testing.assert_array_equal(out, 0.25)


def test_the_slider_goes_from_quick_to_steady():
    resting = [np.diff(run(one_euro_for(s), noise()), axis=0).std() for s in (0, 0.5, 1)]
    raw = np.diff(noise(), axis=0).std()
    assert resting[2] < 0.5 * resting[1] < 0.5 * resting[0] < 0.5 * raw
    ramp = np.radians(10.0) * np.arange(90)[:, None] / FPS  # 10 degrees per second
    lag = [(ramp - run(one_euro_for(s), ramp))[-1, 0] / ramp[FPS, 0] for s in (0, 0.5, 1)]
    assert lag[0] < lag[1] < lag[2] < 0.1  # seconds
    assert lag[0] < 0.02


def test_a_saccade_is_followed_within_a_few_frames_even_at_the_steady_end():
    step = np.zeros((60, 2))
    step[30:, 1] = np.radians(10.0)
    out = run(one_euro_for(1.0), step)
    assert out[34, 1] > 0.9 * np.radians(10.0)
    assert out.max() <= np.radians(10.0)  # no overshoot
    np.testing.assert_array_equal(out[:, 0], 0.0)


def test_components_share_one_speed():
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    path = np.cumsum(noise(100), axis=0)
    np.testing.assert_allclose(
        run(one_euro_for(0.7), path @ turn.T), run(one_euro_for(0.7), path) @ turn.T, atol=1e-12
    )


def test_it_begins_anew_after_a_gap_backwards_in_time_and_when_told():
    for time_ns in (2_000_000_000, -1, 0):
        filter_ = one_euro_for(1.0)
        filter_.update(np.zeros(2), 0)
        np.testing.assert_array_equal(filter_.update(np.ones(2), time_ns), 1.0)
    filter_ = one_euro_for(1.0)
    filter_.update(np.zeros(2), 0)
    assert (filter_.update(np.ones(2), 33_000_000) < 1.0).all()
    filter_.reset()
    np.testing.assert_array_equal(filter_.update(np.ones(2), 66_000_000), 1.0)


def test_what_is_missing_stays_missing_and_does_no_harm():
    filter_ = one_euro_for(1.0)
    first = filter_.update(np.array([0.1, 0.2]), 0)
    assert np.isnan(filter_.update(np.array([np.nan, 0.2]), 33_000_000)).any()
    after = filter_.update(np.array([0.1, 0.2]), 66_000_000)
    np.testing.assert_array_equal(after, first)


def test_nobody_changes_the_filter_through_what_it_gave_or_got():
    filter_ = one_euro_for(1.0)
    value = np.zeros(2)
    filter_.update(value, 0)[:] = 9.0
    value[:] = 9.0
    np.testing.assert_array_equal(filter_.update(np.zeros(2), 33_000_000), 0.0)


@pytest.mark.parametrize("numbers", [(0.0, 1.0), (1.0, -1.0), (1.0, 1.0, 0.0)])
def test_nonsense_is_refused(numbers: tuple[float, ...]):
    with pytest.raises(ValueError, match="above 0"):
        OneEuro(*numbers)
