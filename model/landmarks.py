"""Landmarks: what geometry makes of FaceMesh's 478 points, without MediaPipe and without state.

Head pose in millimetres, the eyes, their openness. Code that brings its own landmarks, such as the
renderer on a machine without MediaPipe, comes in here; `model.face` finds landmarks in frames.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, project

RIGHT, LEFT = 0, 1
"""Index of the user's own right and left eye in every array of two eyes."""

EYE_CORNERS = np.array([[33, 133], [263, 362]])
"""(2, 2) FaceMesh indices: per eye the outer and the inner corner."""

EYE_CONTOURS = np.array(
    [
        [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
        [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
    ]
)
"""(2, 16) indices around each eye: outer corner, upper lid, inner corner, lower lid."""

LIDS = np.array(
    [
        [[160, 144], [159, 145], [158, 153]],
        [[387, 373], [386, 374], [385, 380]],
    ]
)
"""(2, 3, 2) per eye three pairs of an upper and a lower lid landmark, facing each other."""

IRIS_CENTRES = np.array([468, 473])
IRIS_RINGS = np.array([[469, 470, 471, 472], [474, 475, 476, 477]])
BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
POSE_ANCHORS = (1, 6, 10, 33, 133, 152, 168, 234, 263, 362, 454)

POSE_ITERATIONS = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 10, 1e-6)
"""Ten steps take any start to within 0.01 degrees of where a hundred would."""

IRIS_DIAMETER = 11.7
"""mm across in nearly all adults (+- 0.5), see https://doi.org/10.1016/j.optom.2016.05.002."""

IRIS_TRUST = 0.5
"""How far one face's iris may move its scale away from the average head's: both vary by about 4 %
between people (and the iris is measured on ten pixels), so the truth lies midway."""

OPENNESS_CLOSED, OPENNESS_OPEN = 0.02, 0.34
"""Lid gap over eye width that count as closed (0) and wide open (1); most people show 0.3."""

TEMPLATE_PATH = Path(__file__).with_name("face_template.json")


@dataclass(frozen=True)
class Face:
    """What was found in one frame. Eyes come in the order (user's right, user's left).

    Attributes:
        landmarks: (478, 3) float, x and y in pixels of the frame, z on the same scale.
        rotation: (3, 3) head frame to camera frame.
        translation: (3,) mm, the point midway between the eyeball centres, camera frame.
        eye_centres: (2, 3) mm, eyeball centres, camera frame.
        openness: (2,) 0 closed .. 1 open.
        iris: (2, 3) px: centre x, y and radius.
        box: (4,) px: left, top, right, bottom of the landmarks.
        confidence: 0..1, how well the landmarks fit a rigid head.
        scale: this head's size over the average head's, as its irises tell.
        camera: (3, 3) the camera matrix that all of it rests on.
    """

    landmarks: Array
    rotation: Array
    translation: Array
    eye_centres: Array
    openness: Array
    iris: Array
    box: Array
    confidence: float
    scale: float
    camera: Array

    def __post_init__(self) -> None:
        expected = {
            "landmarks": (478, 3), "rotation": (3, 3), "translation": (3,), "eye_centres": (2, 3),
            "openness": (2,), "iris": (2, 3), "box": (4,), "camera": (3, 3),
        }  # fmt: skip
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"Face.{name} is {getattr(self, name).shape}, not {shape}")


@dataclass(frozen=True)
class FaceTemplate:
    """The average head: landmarks (468, 3) and eyeball centres (2, 3) in mm, head frame.

    `rigid` are the landmarks that keep their place when a face moves: no lips, chin, lids, brows.
    """

    landmarks: Array
    eye_centres: Array
    rigid: NDArray[np.int64]


@cache
def face_template() -> FaceTemplate:
    """The template that lies beside this file (made by ``main.py synth template``)."""
    stored = json.loads(TEMPLATE_PATH.read_text(encoding="utf-8"))
    landmarks = np.array(stored["landmarks"], dtype=np.float64)
    lower_face = landmarks[:, 1] > landmarks[2, 1]  # below the nose's base
    mobile = set(EYE_CONTOURS.ravel()) - set(EYE_CORNERS.ravel()) | set(BROWS)
    rigid = [i for i in range(468) if not lower_face[i] and i not in mobile]
    # Neighbours err together: half of them place the head as well in half the time.
    return FaceTemplate(landmarks, np.array(stored["eye_centres"]), np.array(rigid[::2]))


def face_from_landmarks(
    landmarks: Array, camera: Array, scale: float | None = None, guess: "Face | None" = None
) -> Face:
    """Head pose, eyes and openness from landmarks; no MediaPipe, no state.

    The pose is that of the average head (solvePnP on the rigid landmarks), which gives the distance
    up to the head's true size; the size of the irises then refines that (`IRIS_TRUST`).

    Args:
        landmarks: (478, 3) px.
        camera: (3, 3).
        scale: the head's scale where it is known from earlier frames; else from this one.
        guess: the same head a moment ago, a start for the pose.
    """
    template = face_template()
    model = np.ascontiguousarray(template.landmarks[template.rigid])
    pixels = np.ascontiguousarray(landmarks[template.rigid, :2], dtype=np.float64)
    undistorted = np.zeros(5)  # webcams correct their lenses well enough for a face's pose
    if guess is None:
        anchors = np.array(POSE_ANCHORS)
        _, rvec, tvec = cv2.solvePnP(
            template.landmarks[anchors],
            np.ascontiguousarray(landmarks[anchors, :2], dtype=np.float64),
            camera,
            undistorted,
            flags=cv2.SOLVEPNP_SQPNP,
        )
    else:
        rvec = cv2.Rodrigues(guess.rotation)[0]
        tvec = (guess.translation / guess.scale).reshape(3, 1).copy()
    rvec, tvec = cv2.solvePnPRefineLM(
        model, pixels, camera, undistorted, rvec, tvec, POSE_ITERATIONS
    )
    R = np.asarray(cv2.Rodrigues(rvec)[0], dtype=np.float64)
    t = np.asarray(tvec, dtype=np.float64).ravel()
    eyes = template.eye_centres @ R.T + t

    rings = landmarks[IRIS_RINGS, :2]
    diameters = np.linalg.norm(rings[:, [0, 1]] - rings[:, [2, 3]], axis=-1).mean(axis=-1)
    iris = np.column_stack([landmarks[IRIS_CENTRES, :2], diameters / 2.0])
    if scale is None:
        scale = iris_scale(diameters, eyes[:, 2], camera[0, 0])

    residual = np.linalg.norm(project(model @ R.T + t, camera) - pixels, axis=-1).mean()
    eye_distance = camera[0, 0] * np.ptp(template.eye_centres[:, 0]) / t[2]
    return Face(
        landmarks=np.asarray(landmarks, dtype=np.float64),
        rotation=R,
        translation=t * scale,
        eye_centres=eyes * scale,
        openness=_openness(landmarks, R, eyes, camera[0, 0]),
        iris=iris,
        box=np.concatenate([landmarks[:468, :2].min(axis=0), landmarks[:468, :2].max(axis=0)]),
        # A face fits the average head to about 4 % of its eye distance; a wrong one far worse.
        confidence=float(np.exp(-((residual / eye_distance / 0.15) ** 2))),
        scale=scale,
        camera=camera,
    )


def iris_scale(diameters: Array, depths: Array, focal: float) -> float:
    """Scale of a head over the average one, from iris diameters (2,) in px at depths (2,) in mm."""
    seen = float(np.mean(diameters * depths)) / focal  # mm, were the head of average size
    return float(np.clip((IRIS_DIAMETER / seen) ** IRIS_TRUST, 0.85, 1.15))


def _openness(landmarks: Array, R: Array, eyes: Array, focal: float) -> Array:
    """Lid gap over eye width, foreshortening undone, mapped to 0..1.

    Both lengths are taken along the head's own axes as they appear in the picture: dividing by the
    axes' projected lengths undoes what turning or nodding the head shortens.
    """
    width = np.linalg.norm(np.diff(landmarks[EYE_CORNERS, :2], axis=1)[:, 0], axis=-1)
    gaps = landmarks[LIDS[:, :, 1], :2] - landmarks[LIDS[:, :, 0], :2]  # (2, 3, 2) upper to lower
    down, right = R[:2, 1], R[:2, 0]
    height = (gaps @ (down / np.linalg.norm(down))).mean(axis=1) / np.linalg.norm(down)
    width = width / max(float(np.linalg.norm(right)), 0.5)
    # The template's eye width steadies the measured one, which collapses for the far eye.
    expected = focal / eyes[:, 2] * _template_eye_width()
    ratio = height / (0.5 * width + 0.5 * expected)
    return np.asarray(
        np.clip((ratio - OPENNESS_CLOSED) / (OPENNESS_OPEN - OPENNESS_CLOSED), 0.0, 1.0)
    )


@cache
def _template_eye_width() -> float:
    corners = face_template().landmarks[EYE_CORNERS]
    return float(np.linalg.norm(corners[:, 0] - corners[:, 1], axis=-1).mean())
