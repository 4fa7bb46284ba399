import math

import numpy as np
import pytest

from model import geometry as g

DEGREES = math.pi / 180.0


@pytest.mark.parametrize(
    ("name", "vector", "pitch", "yaw"),
    [
        ("into the camera", (0, 0, -1), 0, 0),
        ("to the user's own right, the image's left", (-1, 0, -1), 0, 45),
        ("to the user's own left", (1, 0, -1), 0, -45),
        ("up", (0, -1, -1), 45, 0),
        ("down", (0, 1, -1), -45, 0),
    ],
)
def test_signs_of_pitch_and_yaw(
    name: str, vector: tuple[float, ...], pitch: float, yaw: float
) -> None:
    assert np.degrees(g.pitch_yaw(vector)) == pytest.approx([pitch, yaw])
    assert g.vector(np.radians([pitch, yaw])) == pytest.approx(g.normalize(vector))


@pytest.mark.parametrize(
    ("pitch", "yaw", "roll"), [(0, 0, 0), (20, 0, 0), (0, -30, 0), (0, 0, 15), (-12, 25, -8)]
)
def test_head_angles_invert_head_rotation(pitch: float, yaw: float, roll: float) -> None:
    R = g.head_rotation(pitch * DEGREES, yaw * DEGREES, roll * DEGREES)
    assert np.degrees(g.head_angles(R)) == pytest.approx([pitch, yaw, roll])
    assert np.degrees(g.pitch_yaw(R @ g.FORWARD)) == pytest.approx([pitch, yaw])


def test_positive_roll_tilts_to_the_users_own_right_shoulder() -> None:
    crown = g.head_rotation(0, 0, 0.3) @ np.array([0.0, -1.0, 0.0])
    assert crown[0] < 0  # the user's right is the image's left


@pytest.mark.parametrize(
    ("pitch", "yaw", "words"),
    [
        (0, 0, "straight ahead"),
        (7.4, 0, "straight ahead"),
        (7.6, 0, "up"),
        (0, -20, "left"),
        (0, 20, "right"),
        (15, -15, "up left"),
        (-15, 15, "down right"),
        (-20, 0, "down"),
        (20, 21, "up right"),
        (-15, -15, "down left"),
    ],
)
def test_descriptions_are_the_users_own_directions(pitch: float, yaw: float, words: str) -> None:
    assert g.DIRECTIONS[int(g.direction_index(np.radians([pitch, yaw])))] == words


def test_mirroring_swaps_left_and_right_words() -> None:
    for i, words in enumerate(g.DIRECTIONS):
        swapped = {"left": "right", "right": "left"}
        expected = " ".join(swapped.get(w, w) for w in words.split())
        assert g.DIRECTIONS[g.MIRRORED[i]] == expected


def test_angle_between_is_exact_for_tiny_angles() -> None:
    a = g.vector([0.0, 0.0])
    assert float(g.angle_between(a, g.vector([0.0, 1e-9]))) == pytest.approx(1e-9, rel=1e-6)


def test_pixels_and_rays_are_inverse() -> None:
    K = g.camera_matrix(640, 480, 65)
    pixels = np.array([[0.0, 0.0], [319.5, 239.5], [600.0, 100.0]])
    assert g.project(g.pixel_ray(pixels, K) * 700, K) == pytest.approx(pixels)
    assert g.pixel_ray([319.5, 239.5], K) == pytest.approx([0, 0, 1])
    left, right = g.pixel_ray([-0.5, 239.5], K), g.pixel_ray([639.5, 239.5], K)
    assert np.degrees(float(g.angle_between(left, right))) == pytest.approx(65)
