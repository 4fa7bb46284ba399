"""Reads the annotation of raw MPIIFaceGaze: pNN/pNN.txt and pNN/Calibration/*.mat.

Each line tells of one picture, 28 columns with blanks between them, as the data set's readme says:
its path, where the person looked on the screen (2, pixels), six landmarks (12, pixels: four eye
corners, two corners of the mouth), the head's rotation vector and translation (6), the face's
centre (3), the point looked at (3), and an eye's name. The last twelve are in millimetres in the
camera frame, which has OpenCV's axes, as ours.
"""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from scipy.io import loadmat
from scipy.spatial.transform import Rotation

from model.errors import UserError
from model.geometry import FORWARD, Array, angle_between
from model.landmarks import EYE_CORNERS, face_template

COLUMNS = 28
HEAD_MODEL = np.array(
    [
        [-45.0968, -0.4838, 2.3970],
        [-21.3129, 0.4838, -2.3970],
        [21.3129, 0.4838, -2.3970],
        [45.0968, -0.4838, 2.3970],
        [-26.2996, 68.5950, 0.0],
        [26.2996, 68.5950, 0.0],
    ]
)
"""(6, 3) mm, the head whose pose the annotation tells: the person's right eye's outer and inner
corner, the left eye's inner and outer corner, the mouth's right and left corner (Sugano et al.
2014, "Learning-by-synthesis for appearance-based 3D gaze estimation"). Its origin is the mean of
the eyes' corners; the face's centre is the mean of all six."""

FACE_CENTRE_MM = 5.0
"""So far may the face's centre lie from where the head's pose puts it, in a person's median."""

WIDEST = math.radians(80.0)
"""No eye that a camera sees looks farther away from it."""


@dataclass(frozen=True)
class Annotation:
    """One picture.

    Attributes:
        file: path of the picture from the person's folder.
        line: in the person's text, counted from 1.
        landmarks: (6, 2) px of the picture as taken, in the order of HEAD_MODEL.
        rotation, translation: (3, 3) and (3,) mm, pose of HEAD_MODEL in the camera frame.
        target: (3,) mm, the point looked at, camera frame.
        target_px: (2,) on the screen.
        eye: "left" or "right", what the subset for evaluating eyes takes of it.
    """

    file: str
    line: int
    landmarks: Array
    rotation: Array
    translation: Array
    target: Array
    target_px: Array
    eye: str

    @property
    def eyes(self) -> Array:
        """(2, 3) mm, the eyeballs' centres in the camera frame, the right one first."""
        return np.asarray(eyes_in_head() @ self.rotation.T + self.translation)


@dataclass(frozen=True)
class Person:
    """One person's pictures and camera.

    Attributes:
        name: such as p00.
        camera: (3, 3).
        distortion: (n,) OpenCV's coefficients.
        screen_px: (width, height), None where unknown.
        annotations: in the order of the lines.
    """

    name: str
    camera: Array
    distortion: Array
    screen_px: tuple[int, int] | None
    annotations: tuple[Annotation, ...]


@cache
def eyes_in_head() -> Array:
    """(2, 3) mm, where the eyeballs' centres lie in the frame of HEAD_MODEL.

    HEAD_MODEL has corners of eyes only. So our average head, which has eyeballs, is laid onto its
    six points (least squares, Kabsch 1976).
    """
    template = face_template()
    points = template.landmarks[[*EYE_CORNERS[0], *EYE_CORNERS[1][::-1], 61, 291]]
    middle, of_model = points.mean(axis=0), HEAD_MODEL.mean(axis=0)
    turn, _ = Rotation.align_vectors(HEAD_MODEL - of_model, points - middle)
    return np.asarray(turn.apply(template.eye_centres - middle) + of_model)


def read_persons(root: Path) -> list[Person]:
    """Everybody in a folder of raw MPIIFaceGaze.

    Raises:
        UserError: if it holds nobody, or an annotation or calibration cannot be understood; by
            file and line.
    """
    folders = sorted(path for path in root.glob("p[0-9][0-9]") if path.is_dir())
    if not folders:
        raise UserError(
            f"{root} holds no folders p00, p01, ...: give the folder that raw MPIIFaceGaze was "
            "unpacked to"
        )
    return [read_person(folder) for folder in folders]


def read_person(folder: Path) -> Person:
    """One person's folder; see `read_persons`."""
    camera = _variable(folder / "Calibration" / "Camera.mat", "cameraMatrix", 9).reshape(3, 3)
    distortion = _variable(folder / "Calibration" / "Camera.mat", "distCoeffs", None).ravel()
    screen = folder / "Calibration" / "screenSize.mat"
    screen_px = None
    if screen.is_file():
        width, height = (_variable(screen, f"{side}_pixel", 1) for side in ("width", "height"))
        screen_px = (round(float(width.item())), round(float(height.item())))
    path = folder / f"{folder.name}.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: unpack raw MPIIFaceGaze again") from error
    rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise UserError(f"{path} is empty: unpack raw MPIIFaceGaze again")
    found = [_annotation(path, number, cells) for number, cells in rows]
    _check_heads(path, [annotation for annotation, _ in found], [centre for _, centre in found])
    return Person(folder.name, camera, distortion, screen_px, tuple(a for a, _ in found))


def _annotation(path: Path, number: int, cells: list[str]) -> tuple[Annotation, Array]:
    """A line, and the face's centre in it."""
    if len(cells) != COLUMNS:
        raise UserError(
            f"{path}, line {number}, has {len(cells)} columns instead of {COLUMNS}: it is cut off "
            "or of another data set; unpack raw MPIIFaceGaze again"
        )
    try:
        values = np.array([float(cell) for cell in cells[1:-1]])
    except ValueError:
        values = np.full(COLUMNS - 2, np.nan)
    if not np.isfinite(values).all():
        raise UserError(
            f"{path}, line {number}, holds something that is no number: correct the line or take "
            "it out"
        )
    translation, target = values[17:20], values[23:26]
    if translation[2] <= 0 or angle_between(target - translation, FORWARD) > WIDEST:
        raise UserError(
            f"{path}, line {number}: the face is not before the camera, or looks more than "
            f"{math.degrees(WIDEST):.0f} degrees past it; correct the line or take it out"
        )
    rotation = np.asarray(cv2.Rodrigues(values[14:17])[0], dtype=np.float64)
    annotation = Annotation(
        cells[0], number, values[2:14].reshape(6, 2), rotation, translation, target, values[:2],
        cells[-1],
    )  # fmt: skip
    return annotation, values[20:23]


def _check_heads(path: Path, annotations: list[Annotation], centres: list[Array]) -> None:
    """Whether the poses are of HEAD_MODEL: else the gaze would start from the wrong place."""
    middle = HEAD_MODEL.mean(axis=0)
    expected = [a.rotation @ middle + a.translation for a in annotations]
    off = float(np.median(np.linalg.norm(np.array(expected) - np.array(centres), axis=1)))
    if off > FACE_CENTRE_MM:
        raise UserError(
            f"{path}: the centres of the faces lie {off:.0f} mm from where the heads' poses put "
            "them, so these poses are not those of MPIIFaceGaze's own head model: use the "
            "annotation as it was published"
        )


def _variable(path: Path, name: str, size: int | None) -> Array:
    """A variable of a .mat file."""
    if not path.is_file():
        raise UserError(f"there is no {path}: unpack raw MPIIFaceGaze again")
    try:
        value = np.asarray(loadmat(path)[name], dtype=np.float64)
    except KeyError as error:
        raise UserError(f"{path} has no {name}: unpack raw MPIIFaceGaze again") from error
    except Exception as error:  # scipy raises many kinds over damaged files
        raise UserError(f"{path} cannot be read: unpack raw MPIIFaceGaze again") from error
    if not np.isfinite(value).all() or (size is not None and value.size != size):
        raise UserError(f"{path}: {name} makes no sense; unpack raw MPIIFaceGaze again")
    return value
