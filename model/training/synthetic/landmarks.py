"""FaceMesh's landmarks without FaceMesh: projected from the posed head, and made to err alike."""

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, normalize, project
from model.landmarks import EYE_CORNERS
from model.training.synthetic.figure import Figure
from model.training.synthetic.person import Person
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import Scene
from model.training.synthetic.template import embedding

# How FaceMesh's landmarks differ from the projected ones on rendered pictures, as shares of the
# distance between the outer corners of the eyes: measured on 150 samples of the validation preset
# by their median absolute deviations (middle of an eye 0.012-0.014 in common, 0.020 and 0.010
# between the two; iris against eye 0.018; a corner against the other 0.023 and 0.017).
SHIFT = np.array([0.013, 0.011])
SCALE = 0.016
ROLL = np.radians(0.9)
OWN = np.array([0.013, 0.009])
IRIS_OWN = 0.013
POINT_OWN = 0.006
TAIL = 0.45


def true_landmarks(rig: Rig, person: Person, scene: Scene, figure: Figure) -> Array:
    """(478, 3) where FaceMesh's points would lie if it never erred: glasses show some elsewhere.

    x and y in pixels; z, like FaceMesh's, is depth from the eyes on the scale of x.
    """
    surface = embedding().points(rig, figure.vertices)
    rings = [figure.seen_eye(e, _iris_points(scene, person, figure, e)) for e in range(2)]
    points = np.concatenate([figure.seen(surface), *rings])
    landmarks = np.empty((len(points), 3))
    landmarks[:, :2] = project(points, scene.camera)
    depth = points[:, 2] - scene.position[2]
    landmarks[:, 2] = depth * scene.camera[0, 0] / scene.position[2]
    return landmarks


def _iris_points(scene: Scene, person: Person, figure: Figure, e: int) -> Array:
    """(5, 3) mm: centre of an iris, and its edge to image right, top, left and bottom."""
    axis = figure.optical[e]
    centre = figure.iris_centres[e]
    to_camera = -normalize(centre)
    # FaceMesh sees a circle: the disc as it would look head on.
    right = normalize(np.cross(scene.rotation[:, 1], to_camera))
    up = np.cross(right, to_camera)
    radius = person.eyes.iris_radius * (0.5 + 0.5 * abs(float(axis @ to_camera)))
    nasal_first = right if e == 0 else -right
    return np.stack(
        [
            centre,
            centre + radius * nasal_first,
            centre + radius * up,
            centre - radius * nasal_first,
            centre - radius * up,
        ]
    )


def eye_distance(landmarks: Array) -> float:
    """Pixels between the outer corners of the eyes, in depth too."""
    return float(np.linalg.norm(landmarks[EYE_CORNERS[0, 0]] - landmarks[EYE_CORNERS[1, 0]]))


def eye_middles(landmarks: Array) -> Array:
    """(2, 2) px, midway between the corners of each eye."""
    return np.asarray(landmarks[EYE_CORNERS, :2].mean(axis=1))


def slipped(rng: np.random.Generator, landmarks: Array) -> Array:
    """Landmarks (478, 3) with errors like FaceMesh's: a common shift, scale and roll, and slips of
    neighbourhoods of the face."""
    # Some pictures are much harder than others: log-normal with spread TAIL.
    unit = eye_distance(landmarks) * np.exp(rng.normal(0.0, TAIL))
    flat = landmarks[:, :2]
    middle = flat[:468].mean(axis=0)
    hardness = unit / eye_distance(landmarks)
    roll, scale = rng.normal(0.0, ROLL) * hardness, 1.0 + rng.normal(0.0, SCALE) * hardness
    turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    moved = (flat - middle) @ turn.T + middle + rng.normal(size=2) * SHIFT * unit
    moved[:468] += _smooth_slips(rng, landmarks[:468] * hardness / unit) * OWN * unit
    moved[:468] += rng.normal(0.0, POINT_OWN * unit, (468, 2))
    # Each iris slips as a whole.
    for first in (468, 473):
        moved[first : first + 5] += rng.normal(0.0, IRIS_OWN * unit, 2)
    result = landmarks.copy()
    result[:, :2] = moved
    return result


def _smooth_slips(rng: np.random.Generator, points: NDArray[np.float64]) -> Array:
    """(N, 2) unit normal errors that neighbours share: random waves over the face."""
    slips = np.zeros((len(points), 2))
    waves = 12
    for _ in range(waves):
        wave = rng.normal(0.0, 7.0, 3)
        phase = points @ wave + rng.uniform(0.0, 6.283)
        slips += np.sqrt(2.0 / waves) * np.sin(phase)[:, None] * rng.normal(size=2)
    return slips
