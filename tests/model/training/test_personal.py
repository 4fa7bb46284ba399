"""Person-specific calibration: what it can mend it mends, and it does no harm where nothing is."""

import numpy as np
import pytest

from model.training.personal import AFFINE_FROM, Person, calibrate, fit


def person(
    name: str = "p",
    count: int = 200,
    noise: float = 1.0,
    offset: tuple[float, float] = (3.0, -4.0),
    gain: float = 1.0,
    seed: int = 0,
) -> Person:
    """Somebody whose predictions are turned by an offset and shrunk by a gain; degrees."""
    generator = np.random.default_rng(seed)
    true = generator.uniform(-20.0, 20.0, (count, 2))
    said = gain * true - np.array(offset) + generator.normal(0.0, noise, true.shape)
    return Person(name, np.radians(said), np.radians(true))


def test_no_samples_change_nothing() -> None:
    angles = np.random.default_rng(0).normal(0.0, 0.2, (5, 2))
    np.testing.assert_array_equal(fit(np.zeros((0, 2)), np.zeros((0, 2)))(angles), angles)


def test_one_sample_takes_a_part_of_its_error_away() -> None:
    """Persons deviate by 2 degrees, samples by 3: of one sample's error 4 / 13 is the person's."""
    correct = fit(np.radians([[1.0, 2.0]]), np.radians([[5.0, 0.0]]))
    np.testing.assert_allclose(np.degrees(correct(np.zeros((1, 2)))), [[16.0 / 13.0, -8.0 / 13.0]])


def test_few_samples_give_an_offset_only() -> None:
    somebody = person(gain=0.7)
    k = AFFINE_FROM - 1
    correct = fit(somebody.predicted[:k], somebody.true[:k])
    assert not correct.gain.any()
    k += 1
    assert fit(somebody.predicted[:k], somebody.true[:k]).gain.any()


def test_the_solution_is_the_least_of_what_it_says_it_minimises() -> None:
    somebody = person(gain=0.8, noise=2.0)
    predicted, true = somebody.predicted[:9], somebody.true[:9]
    noise, offset, gain = np.radians(3.0), np.radians(2.0), 0.1

    def cost(o: np.ndarray, b: np.ndarray) -> float:
        left = true - predicted - o - (predicted - predicted.mean(axis=0)) @ b
        return float((left**2).sum() / noise**2 + (o**2).sum() / offset**2 + (b**2).sum() / gain**2)

    found = fit(predicted, true)
    least = cost(found.offset, found.gain)
    for i in range(2):
        for step in (-1e-4, 1e-4):
            moved = found.offset.copy()
            moved[i] += step
            assert cost(moved, found.gain) > least
            for j in range(2):
                turned = found.gain.copy()
                turned[i, j] += step
                assert cost(found.offset, turned) > least


def test_an_offset_and_a_gain_are_mended() -> None:
    found = calibrate([person(gain=0.8)], [1, 5, 16, 64], draws=10)
    errors = {k: mean for k, mean, _ in found.rows}
    assert list(errors) == [0, 1, 5, 16, 64]
    assert errors[0] > 5.0
    assert errors[0] > errors[1] > errors[5] > errors[16] > errors[64]
    assert errors[64] == pytest.approx(1.25 * np.sqrt(np.pi / 2.0), rel=0.15)  # the noise is left


def test_where_nothing_is_wrong_it_hardly_harms() -> None:
    found = calibrate([person(offset=(0.0, 0.0), noise=3.0, count=1000)], [9], draws=20)
    (_, before, _), (_, after, spread) = found.rows
    assert before < after < 1.12 * before
    assert spread > 0.0


def test_it_is_measured_on_other_samples_than_it_was_fitted_to() -> None:
    """Errors that are nothing but chance: on the samples fitted to, a third would go away."""
    people = [person(count=12, noise=10.0, offset=(0.0, 0.0), seed=seed) for seed in range(10)]
    rows = calibrate(people, [6], draws=50).rows
    assert rows[1][1] > 0.95 * rows[0][1]


def test_persons_with_too_few_samples_are_named() -> None:
    found = calibrate([person("many", 40), person("few", 31)], [16, 5], draws=3)
    assert found.left_out == ["few"]
    assert found.persons == 1
    assert [k for k, _, _ in found.rows] == [0, 5, 16]
    nobody = calibrate([person("few", 3)], [16])
    assert (nobody.rows, nobody.left_out) == ([], ["few"])


def test_a_seed_decides_the_draws() -> None:
    people = [person(seed=1), person(seed=2)]
    assert calibrate(people, [5], 5, seed=3) == calibrate(people, [5], 5, seed=3)
    assert calibrate(people, [5], 5, seed=3).rows[1] != calibrate(people, [5], 5, seed=4).rows[1]
    assert np.isnan(calibrate(people, [5], draws=1).rows[1][2])
