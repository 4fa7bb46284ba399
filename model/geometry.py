"""Vectors, angles, rotations and cameras: the only place where a sign is decided.

Camera frame: OpenCV's axes in millimetres, x to the image's right, y down, z away from the camera.
Head frame: x to the user's own left, y down, z into the head, so that a head facing the camera
straight on has the identity as its rotation. Angles are radians and come in the order
(pitch, yaw): ``yaw = atan2(-x, -z)`` is positive towards the user's own right,
``pitch = asin(-y)`` is positive upwards.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

FORWARD = np.array([0.0, 0.0, -1.0])
"""Where a face points in its own frame, and where a user looks who looks along the camera axis."""

DIRECTIONS = (
    "straight ahead",
    "left",
    "up left",
    "up",
    "up right",
    "right",
    "down right",
    "down",
    "down left",
)
"""The nine coarse descriptions; left and right are the user's own."""

MIRRORED = (0, 5, 4, 3, 2, 1, 8, 7, 6)
"""``DIRECTIONS[MIRRORED[i]]`` is ``DIRECTIONS[i]`` seen in a mirror."""

DEFAULT_FOV = 65.0
"""Horizontal degrees of the full frame, as most webcams have."""

STRAIGHT_AHEAD = math.radians(7.5)
"""Half-angle of the cone that counts as straight ahead, radians."""


def normalize(vectors: ArrayLike) -> Array:
    """Scale vectors (..., 3) to unit length."""
    v = np.asarray(vectors, dtype=np.float64)
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def pitch_yaw(vectors: ArrayLike) -> Array:
    """Angles (..., 2), radians, of direction vectors (..., 3) of any length."""
    v = normalize(vectors)
    return np.stack(
        [np.arcsin(np.clip(-v[..., 1], -1.0, 1.0)), np.arctan2(-v[..., 0], -v[..., 2])], axis=-1
    )


def vector(angles: ArrayLike) -> Array:
    """Unit vectors (..., 3) of angles (..., 2) in radians; the inverse of `pitch_yaw`."""
    a = np.asarray(angles, dtype=np.float64)
    pitch, yaw = a[..., 0], a[..., 1]
    return np.stack(
        [-np.cos(pitch) * np.sin(yaw), -np.sin(pitch), -np.cos(pitch) * np.cos(yaw)], axis=-1
    )


def angle_between(a: ArrayLike, b: ArrayLike) -> Array:
    """Angle (...), radians, between vectors (..., 3); exact also where they nearly coincide.

    Kahan's form, ``2 atan2(|a - b|, |a + b|)`` on unit vectors: acos loses half its digits near 0.
    """
    u, v = normalize(a), normalize(b)
    return np.asarray(
        2.0 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1))
    )


def rotation_x(angle: float) -> Array:
    """Right-handed rotation (3, 3) about x by an angle in radians."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def rotation_y(angle: float) -> Array:
    """Right-handed rotation (3, 3) about y by an angle in radians."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def rotation_z(angle: float) -> Array:
    """Right-handed rotation (3, 3) about z by an angle in radians."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def head_rotation(pitch: float, yaw: float, roll: float) -> Array:
    """Rotation (3, 3), head to camera frame; roll > 0 tilts to the user's own right shoulder."""
    return rotation_y(yaw) @ rotation_x(-pitch) @ rotation_z(-roll)


def head_angles(rotation: ArrayLike) -> tuple[float, float, float]:
    """(pitch, yaw, roll) in radians of a head rotation (3, 3); the inverse of `head_rotation`."""
    R = np.asarray(rotation, dtype=np.float64)
    pitch, yaw = (float(a) for a in pitch_yaw(R @ FORWARD))
    unrolled = rotation_x(pitch) @ rotation_y(-yaw) @ R
    return pitch, yaw, math.atan2(-unrolled[1, 0], unrolled[0, 0])


def focal_length(width: int, fov: float) -> float:
    """Focal length in pixels of a picture of that width, from its horizontal field in degrees."""
    return width / (2.0 * math.tan(math.radians(fov) / 2.0))


def camera_matrix(width: int, height: int, fov: float) -> Array:
    """Pinhole matrix (3, 3) with square pixels and the principal point in the picture's middle.

    Pixel coordinates name pixel centres, so the middle of a picture w wide is (w - 1) / 2.
    """
    f = focal_length(width, fov)
    return np.array([[f, 0.0, (width - 1) / 2.0], [0.0, f, (height - 1) / 2.0], [0.0, 0.0, 1.0]])


def project(points: ArrayLike, camera: ArrayLike) -> Array:
    """Pixels (..., 2) of camera-frame points (..., 3) in mm."""
    p = np.asarray(points, dtype=np.float64)
    K = np.asarray(camera, dtype=np.float64)
    return p[..., :2] / p[..., 2:] * np.array([K[0, 0], K[1, 1]]) + K[:2, 2]


def pixel_ray(pixels: ArrayLike, camera: ArrayLike) -> Array:
    """Unit vectors (..., 3) from the camera through pixels (..., 2)."""
    p = np.asarray(pixels, dtype=np.float64)
    K = np.asarray(camera, dtype=np.float64)
    xy = (p - K[:2, 2]) / np.array([K[0, 0], K[1, 1]])
    return normalize(np.concatenate([xy, np.ones((*xy.shape[:-1], 1))], axis=-1))


def direction_index(angles: ArrayLike) -> NDArray[np.int64]:
    """Index (...) into `DIRECTIONS` of gaze angles (..., 2), radians, relative to the ray from the
    eyes to the camera: straight ahead within 7.5 degrees, else one of eight sectors of 45 degrees.
    """
    v = vector(angles)
    sector = np.round(np.arctan2(-v[..., 1], v[..., 0]) / (math.pi / 4.0)).astype(np.int64) % 8
    return np.where(angle_between(v, FORWARD) <= STRAIGHT_AHEAD, 0, sector + 1)
