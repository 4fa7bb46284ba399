"""Heads whose pose is known, for tests: the average head's landmarks seen by a pinhole camera."""

import numpy as np

from model.geometry import Array, camera_matrix, head_rotation, project
from model.landmarks import IRIS_CENTRES, IRIS_DIAMETER, IRIS_RINGS, Face, face_from_landmarks
from model.landmarks import face_template as template

CAMERA = camera_matrix(640, 480, 65)


def landmarks_at(R: Array, t: Array, scale: float = 1.0, camera: Array = CAMERA) -> Array:
    """FaceMesh's 478 landmarks of an average head, scaled, at a pose; irises face the camera."""
    points = np.zeros((478, 3))
    surface = template().landmarks * scale @ R.T + t
    points[:468, :2] = project(surface, camera)
    points[:468, 2] = (surface[:, 2] - t[2]) * camera[0, 0] / t[2]
    for eye in range(2):
        # The iris lies about 10.8 mm before the eyeball's centre.
        centre = (template().eye_centres[eye] * scale) @ R.T + t
        centre = centre + R @ np.array([0.0, 0.0, -10.8])
        points[IRIS_CENTRES[eye], :2] = project(centre, camera)
        r = IRIS_DIAMETER / 2.0
        for index, offset in zip(
            IRIS_RINGS[eye], ([r, 0, 0], [0, -r, 0], [-r, 0, 0], [0, r, 0]), strict=True
        ):
            points[index, :2] = project(centre + np.array(offset), camera)
    return points


def face_at(
    pitch: float = 0.0,
    yaw: float = 0.0,
    roll: float = 0.0,
    position: tuple[float, float, float] = (0.0, 0.0, 600.0),
    scale: float = 1.0,
) -> Face:
    """A `Face` at angles in degrees and a position in mm."""
    R = head_rotation(*np.radians([pitch, yaw, roll]))
    return face_from_landmarks(landmarks_at(R, np.array(position), scale), CAMERA)
