"""Lenses against optics done another way: rays bent where they cross, and opticians' formula."""

import numpy as np
import pytest

from model.geometry import Array, normalize
from model.training.synthetic.eyewear import STRONGEST, eyewear
from model.training.synthetic.glasses import GlassesStyle
from model.training.synthetic.optics import SpectacleLens, inside, seen_through

SQUARE = np.array([[-25.0, -20.0], [25.0, -20.0], [25.0, 20.0], [-25.0, 20.0]])


def lens(power: float) -> SpectacleLens:
    """Half a metre before a camera at the origin, which looks along its axis."""
    x, y, z = np.eye(3)
    return SpectacleLens(np.array([0.0, 0.0, 500.0]), -z, x, y, power, SQUARE)


@pytest.mark.parametrize("power", [-8.0, -2.0, 0.0, 3.0])
def test_what_lies_behind_is_magnified_as_opticians_say(power: float) -> None:
    behind = np.array([[0.0, 0.0, 515.0], [6.0, -4.0, 515.0]])
    image = lens(power).image(behind)
    magnification = 1.0 / (1.0 - 0.015 * power)
    np.testing.assert_allclose(image[:, :2], magnification * behind[:, :2], atol=1e-9)


def test_straight_lines_stay_straight_and_what_is_before_the_lens_stays() -> None:
    line = np.array([3.0, 1.0, 505.0]) + np.linspace(0.0, 1.0, 5)[:, None] * [10.0, -8.0, 40.0]
    bent = lens(-6.0).image(line)
    along = normalize(bent[1:] - bent[0])
    np.testing.assert_allclose(along, np.tile(along[0], (4, 1)), atol=1e-9)
    before = np.array([[5.0, 5.0, 480.0]])
    np.testing.assert_array_equal(lens(-6.0).image(before), before)


def refracted(at: Array, direction: Array, power: float) -> Array:
    """A ray through a thin lens in the plane z = 500, towards the camera: a step h off the axis
    turns it by h times the power."""
    slope = direction[:2] / -direction[2] - 1e-3 * power * at[:2]
    return np.append(slope, -1.0)


@pytest.mark.parametrize("power", [-7.0, 2.5])
def test_a_line_of_sight_meets_the_target_behind_the_lens(power: float) -> None:
    eye, target = np.array([1.0, 2.0, 528.0]), np.array([180.0, -90.0, 0.0])
    sight = lens(power).line_of_sight(eye, target)
    at = eye + sight * (500.0 - eye[2]) / sight[2]
    beyond = refracted(at, sight, power)
    met = at + beyond * (at[2] - target[2])
    np.testing.assert_allclose(met, target, atol=1e-6)
    # The short-sighted turn their eyes less than people without glasses, the far-sighted more.
    aside, aside_bare = (abs(v[0] / v[2]) for v in (sight, target - eye))
    assert (aside < aside_bare) == (power < 0.0)


def test_points_show_in_a_lens_where_it_covers_them() -> None:
    points = np.array(
        [[0.0, 0.0, 520.0], [24.0, 0.0, 520.0], [60.0, 0.0, 520.0], [0.0, 0.0, 400.0]]
    )
    short = lens(-5.0)
    seen = seen_through(points, (short,))
    np.testing.assert_allclose(seen[1], short.image(points[1]))
    np.testing.assert_array_equal(seen[2:], points[2:])  # beside the lens; before it
    assert inside(np.array([[0.0, 0.0], [24.9, 19.9], [25.1, 0.0]]), SQUARE).tolist() == [
        True,
        True,
        False,
    ]


def test_prescriptions_are_those_of_people() -> None:
    styles = [eyewear(k) for k in range(600)]
    powers = np.array([style.powers for style in styles])
    assert powers.min() >= STRONGEST[0]
    assert powers.max() <= STRONGEST[1]
    short = (powers.mean(axis=1) < -0.2).mean()
    assert 0.6 < short < 0.76
    assert 0.02 < (powers < -6.0).mean() < 0.15
    assert np.median(np.abs(np.diff(powers))) < 0.6  # both eyes are much alike
    assert {style.kind for style in styles} == {"framed", "rimless", "dark"}
    assert len({style.shape for style in styles}) == 8


def test_the_same_number_wears_the_same_glasses() -> None:
    def told(style: GlassesStyle) -> str:
        return repr(style)

    assert told(eyewear(5)) == told(eyewear(5)) != told(eyewear(6))
