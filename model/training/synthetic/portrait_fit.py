"""Fits the morphable head to photographs of people who look into the camera.

Only the training half of the London faces is ever opened: `training_photographs` lists it, and
`read_training_photograph` refuses every other file. The report half stays unseen, as in evaluation.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from tqdm import tqdm

from model.errors import UserError
from model.face import FaceTracker
from model.geometry import Array, camera_matrix, normalize, pixel_ray, project
from model.landmarks import BROWS, EYE_CONTOURS, EYE_CORNERS, IRIS_CENTRES, IRIS_RINGS
from model.training.photographs import find_photographs, read_photograph
from model.training.synthetic.eyes import EYE_X, lid_gap, smoothstep
from model.training.synthetic.lid_edges import lid_edges
from model.training.synthetic.portrait import Portrait
from model.training.synthetic.portrait_iris import find_iris
from model.training.synthetic.portrait_lids import find_lids
from model.training.synthetic.portrait_texture import portrait_skin
from model.training.synthetic.rig import Floats, Rig
from model.training.synthetic.template import embedding

PEOPLE = 68
FOV = 20.0
"""Degrees across these photographs. Unknown; 15 to 25 leave the smallest residuals (a flat minimum:
1.13 mm in the mean, 1.14 at 40 degrees, 1.17 at 60)."""

LANDMARK_SIGMA = 1.0
"""mm by which FaceMesh's points err; the prior of the identity modes is one standard deviation."""
EXPRESSION_SIGMA = 0.3
_MISPLACED = [323]
"""Landmarks whose place in the embedding is a centimetre off."""
MOVING = ("mouth", "jaw", "cheek", "brow", "noseSneer")
"""Expressions that may explain a photograph; lids are warped instead."""

WORST_RESIDUAL = 2.0
"""mm, root mean square over the face: a worse fit is not the person's face."""
IRIS_RADII = (5.0, 6.9)
"""mm: outside, either the iris was misjudged or the head's size."""

LEAST_GAP = 6.5
"""mm between the lids, as `lid_gap` counts: below, a smile has hidden the whites."""
INNER_CORNER, OUTER_CORNER = 1.4, 0.3
"""mm by which the mesh's opening ends before the corners of the eye: what is beyond, the caruncle
and the outer angle, stays as photographed."""

_STEPS = 8


def training_photographs(data: Path) -> list[Path]:
    """The photographs of the training half, in both expressions; nothing is opened.

    Args:
        data: the folder that holds london-faces.

    Raises:
        UserError: where the London faces are not there, or not all of them: the halves, which go
            by the order of names, would be others.
    """
    faces = data / "london-faces"
    kinds = ("neutral", "smiling")
    if not all((faces / kind).is_dir() for kind in kinds):
        raise UserError(
            f"no London faces in {data}: it should hold a folder london-faces with the folders "
            "neutral and smiling"
        )
    people = {p.stem for paths in find_photographs(faces, "all").values() for p in paths}
    if len(people) != PEOPLE:
        raise UserError(
            f"{faces} shows {len(people)} people, the London faces are {PEOPLE}: give all of them, "
            "or the report half cannot be told from the other"
        )
    found = find_photographs(faces, "train")
    return [path for kind in kinds for path in found.get(kind, [])]


def read_training_photograph(path: Path) -> NDArray[np.uint8]:
    """A photograph of the training half as (H, W, 3) RGB; every other is refused unopened.

    Raises:
        UserError: where it is not of the training half, or no picture.
    """
    if path not in training_photographs(path.parents[2]):
        raise UserError(f"{path} is of the report half, from which nothing may be learnt")
    return read_photograph(path)


@dataclass(frozen=True)
class Fit:
    """A head laid over a photograph.

    Attributes:
        shape: (V, 3) mm in the head frame of the mean head.
        rotation: (3, 3) head to camera frame.
        position: (3,) mm.
        camera: (3, 3).
        residual: mm, root mean square over the landmarks before the warp.
    """

    shape: Floats
    rotation: Array
    position: Array
    camera: Array
    residual: float

    def pixels(self, points: NDArray[np.floating]) -> Array:
        """(..., 2) where points (..., 3) of the head frame are seen."""
        return project(points @ self.rotation.T + self.position, self.camera)

    @property
    def px_per_mm(self) -> float:
        """At the depth of the eyes."""
        return float(self.camera[0, 0] / self.position[2])


class HeadFitter:
    """The morphable head as FaceMesh's landmarks see it."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        names = [n for n in rig.expression if n.startswith(MOVING)]
        modes = [*rig.identity.reshape(len(rig.identity), -1, 3)]
        self._modes = np.stack([*modes, *(rig.expression[n] for n in names)])
        self._sigma = np.concatenate([np.ones(len(modes)), np.full(len(names), EXPRESSION_SIGMA)])
        points = embedding()
        self._mean = points.points(rig, rig.neutral)
        self._moves = np.stack([points.points(rig, mode) for mode in self._modes])
        self._trust = np.ones(len(self._mean))
        self._trust[np.setdiff1d(EYE_CONTOURS, EYE_CORNERS)] = 0.3
        self._trust[_MISPLACED] = 0.0

    def fit(self, landmarks: Array, camera: Array) -> Fit:
        """Fit identity, expression and pose to landmarks (478, 3) px.

        Regularised linear least squares for the shape, in turns with the pose.
        """
        pixels = np.ascontiguousarray(landmarks[: len(self._mean), :2])
        weights = np.zeros(len(self._modes))
        undistorted = np.zeros(5)
        rvec, tvec = np.zeros((3, 1)), np.array([[0.0], [0.0], [camera[0, 0] / 2.5]])
        for _ in range(_STEPS):
            points = self._mean + np.tensordot(weights, self._moves, 1)
            _, turn, place = cv2.solvePnP(
                points, pixels, camera, undistorted, rvec, tvec, useExtrinsicGuess=True
            )
            rvec, tvec = np.asarray(turn, np.float64), np.asarray(place, np.float64)
            R = np.asarray(cv2.Rodrigues(rvec)[0], dtype=np.float64)
            placed = points @ R.T + tvec.ravel()
            gap = (pixels - project(placed, camera)) * placed[:, 2:] / camera[0, 0]  # mm
            # A mode's motion on the picture: across the ray of each point.
            turned = self._moves @ R.T
            rays = (placed / placed[:, 2:])[None]
            across = (turned - turned[..., 2:] * rays)[..., :2]
            trust = np.repeat(np.sqrt(self._trust), 2) / LANDMARK_SIGMA
            A = across.reshape(len(weights), -1).T * trust[:, None]
            b = (gap.ravel() + across.reshape(len(weights), -1).T @ weights) * trust
            weights = np.linalg.solve(A.T @ A + np.diag(self._sigma**-2.0), A.T @ b)
        shape = self._rig.neutral + np.tensordot(weights.astype(np.float32), self._modes, 1)
        residual = float(np.sqrt((gap**2).sum(axis=1).mean()))
        return Fit(shape.astype(np.float32), R, tvec.ravel(), camera, residual)


def _lid_pins(
    rig: Rig, fit: Fit, landmarks: Array, eye: int, lids: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Pixels of the mesh's lid edges (N, 2), and where in the photograph they belong (N, 2)."""
    across = fit.rotation[:2, 0] * (-1.0 if eye == 0 else 1.0)
    across /= np.linalg.norm(across)
    edges = [fit.pixels(fit.shape[index]) for index in lid_edges(rig)[eye]]
    inner, outer = np.sort(np.concatenate(edges) @ across)[[0, -1]]
    corners = landmarks[EYE_CORNERS[eye], :2] @ across
    to = (corners[1] + INNER_CORNER * fit.px_per_mm, corners[0] - OUTER_CORNER * fit.px_per_mm)
    goals = []
    for edge, curve in zip(edges, lids, strict=True):
        at = to[0] + (edge @ across - inner) / (outer - inner) * (to[1] - to[0])
        order = np.argsort(curve @ across)
        goals.append(
            np.stack([np.interp(at, (curve @ across)[order], curve[order, k]) for k in (0, 1)], 1)
        )
    return np.concatenate(edges), np.concatenate(goals)


def opening(rig: Rig, fit: Fit, eye: int) -> Array:
    """(N, 2) px, the outline of the opening between the lids of the mesh."""
    upper, lower = lid_edges(rig)[eye]
    return fit.pixels(fit.shape[np.concatenate([upper, lower[::-1]])])


def eye_distance_mm(rig: Rig) -> Array:
    """(V,) mm on the mean head from the middle of the nearer eye, seen from the front."""
    x, y = np.abs(rig.neutral[:, 0]) - EYE_X, rig.neutral[:, 1]
    return np.asarray(np.hypot(x, y), dtype=np.float64)


def warp(rig: Rig, fit: Fit, landmarks: Array, lids: list[tuple[Array, Array]]) -> Fit:
    """Lay lid margins and brows exactly where the photograph has them, parallel to its plane.

    Args:
        landmarks: (478, 3) px.
        lids: per eye the margins (N, 2) px of the upper and of the lower lid.
    """
    per_mm = fit.px_per_mm
    on_head = fit.pixels(embedding().points(rig, fit.shape))
    reference = embedding().points(rig, rig.neutral)
    radius = np.hypot(np.abs(reference[:, 0]) - EYE_X, reference[:, 1])
    near = np.flatnonzero(radius < 45.0)
    near = np.setdiff1d(near, EYE_CONTOURS)
    pins, goals, slack = [on_head[near]], [landmarks[near, :2]], [np.full(len(near), 6.0)]
    slack[0][np.isin(near, BROWS)] = 1.5
    for eye in range(2):
        pin, goal = _lid_pins(rig, fit, landmarks, eye, lids[eye])
        pins.append(pin)
        goals.append(goal)
        slack.append(np.full(len(pin), 0.003))
    pinned = np.concatenate(pins)
    field = RBFInterpolator(
        pinned / per_mm,
        np.concatenate(goals) - pinned,
        smoothing=np.concatenate(slack),
        kernel="thin_plate_spline",
    )
    local = (1.0 - smoothstep(32.0, 58.0, eye_distance_mm(rig))) * (rig.neutral[:, 2] < 45.0)
    moved = np.flatnonzero(local > 0.0)
    placed = fit.shape[moved] @ fit.rotation.T + fit.position
    shift = field(fit.pixels(fit.shape[moved]) / per_mm) * local[moved, None]
    shift = np.column_stack([shift * placed[:, 2:] / fit.camera[0, 0], np.zeros(len(moved))])
    shape = fit.shape.copy()
    shape[moved] += (shift @ fit.rotation).astype(np.float32)
    # The window of an eyeball stays a sphere; it goes along as a whole.
    for index in rig.eyeballs:
        shape[index] = fit.shape[index] + np.median(shape[index] - fit.shape[index], axis=0)
    return Fit(shape, fit.rotation, fit.position, fit.camera, fit.residual)


def make_portraits(rig: Rig, files: list[Path]) -> list[Portrait]:
    """Portraits of the photographs of the training half in which a face is found and fits.

    Raises:
        UserError: where one is not of the training half, where none fits, or without MediaPipe.
    """
    fitter, made = HeadFitter(rig), []
    with FaceTracker(static=True) as tracker:
        for path in tqdm(files, unit="photograph", desc="portraits"):
            image = read_training_photograph(path)
            landmarks = tracker.find_landmarks(image)
            name = f"{path.parent.name}/{path.stem}"
            if landmarks is not None:
                made.append(fit_portrait(rig, fitter, name, image, landmarks))
    portraits = [portrait for portrait in made if portrait is not None]
    if not portraits:
        raise UserError("no photograph shows a face that the head fits: are they the London faces?")
    return portraits


def _irises(image: NDArray[np.uint8], landmarks: Array) -> Array:
    """(2, 3) px: centres and radii."""
    found = []
    for eye in range(2):
        ring = landmarks[IRIS_RINGS[eye], :2]
        radius = float(np.linalg.norm(ring[:2] - ring[2:], axis=1).mean() / 2.0)
        centre, radius = find_iris(image, landmarks[IRIS_CENTRES[eye], :2], radius)
        found.append([*centre, radius])
    return np.array(found)


def fit_portrait(
    rig: Rig, fitter: HeadFitter, name: str, image: NDArray[np.uint8], landmarks: Array
) -> Portrait | None:
    """The portrait of a photograph (H, W, 3) RGB with its landmarks (478, 3) px; None where the
    head does not fit it."""
    camera = camera_matrix(image.shape[1], image.shape[0], FOV)
    fit = fitter.fit(landmarks, camera)
    irises = _irises(image, landmarks)
    lids = [find_lids(image, landmarks, e, irises[e], fit.px_per_mm) for e in range(2)]
    fit = warp(rig, fit, landmarks, lids)
    radius = float(irises[:, 2].mean() / fit.px_per_mm)
    if fit.residual > WORST_RESIDUAL or not IRIS_RADII[0] < radius < IRIS_RADII[1]:
        return None
    if lid_gap(rig, fit.shape).min() < LEAST_GAP:
        return None
    openings = [opening(rig, fit, eye) for eye in range(2)]
    skin, texture, tone, sclera = portrait_skin(rig, fit, image, openings, irises)
    return Portrait(
        name=name,
        shape=fit.shape,
        camera=-fit.rotation.T @ fit.position,
        iris_rays=normalize(pixel_ray(irises[:, :2], camera) @ fit.rotation),
        iris_radius=radius,
        skin=skin,
        texture=texture,
        tone=tone,
        sclera=sclera,
    )
