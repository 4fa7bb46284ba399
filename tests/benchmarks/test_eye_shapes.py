"""Spreads among people come out as they were put in, errors of measuring apart."""

import numpy as np
import pytest

from benchmarks.eye_shapes import beyond_lids, own_spread


def test_two_photographs_tell_people_from_errors() -> None:
    generator = np.random.default_rng(5)
    people = generator.normal(0.0, 2.0, (4000, 1, 4))
    pairs = people + generator.normal(0.0, 1.5, (4000, 2, 4))
    assert own_spread(pairs) == pytest.approx(2.0, abs=0.1)


def test_what_the_lids_tell_is_no_spread_beyond_them() -> None:
    generator = np.random.default_rng(6)
    shapes = generator.normal(0.0, 1.0, (4000, 4))
    shapes[:, 1] = 0.7 * shapes[:, 2] - 0.2 * shapes[:, 3] + generator.normal(0.0, 0.5, 4000)
    across, height = beyond_lids(shapes)
    assert across == pytest.approx(1.0, abs=0.05)
    assert height == pytest.approx(0.5, abs=0.03)
