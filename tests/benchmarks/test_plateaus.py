"""Plateaus are found where gaze rests, with the trembling that was put in."""

import numpy as np
import pytest

from benchmarks.plateaus import find_plateaus, longest_at_each_place

PLACES = ((-10.0, 5.0), (12.0, -3.0), (0.0, 8.0))
FPS = 30.0


def looks(seconds: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """A look at each place in turn, there and back, at 30 samples a second."""
    generator = np.random.default_rng(4)
    each = round(seconds * FPS)
    gaze = np.repeat(np.array([*PLACES, PLACES[0]]), each, axis=0)
    return np.arange(len(gaze)) / FPS, gaze + generator.normal(0.0, noise, gaze.shape)


def test_each_look_is_a_plateau() -> None:
    time, gaze = looks(2.0, 0.25)
    gaze[70:74] = np.nan  # a blink
    found = find_plateaus(time, gaze)
    assert len(found) == 4
    for plateau, place in zip(found, (*PLACES, PLACES[0]), strict=True):
        assert plateau.mean == pytest.approx(place, abs=0.4)
        assert plateau.deviation == pytest.approx((0.25, 0.25), abs=0.1)
        assert plateau.seconds == pytest.approx(2.0, abs=0.3)
    assert len(longest_at_each_place(found)) == 3


def test_looks_too_short_to_rest_are_none() -> None:
    assert find_plateaus(*looks(0.4, 0.1)) == []
