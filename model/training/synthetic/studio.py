"""Takes one picture after another: person, scene, drawing, camera faults, landmarks, patches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.face import FaceTracker
from model.geometry import Array, camera_matrix, project
from model.landmarks import face_from_landmarks
from model.patches import EYE_PATCH_WIDE, FACE_PATCH, cut_patches, patch_points, patch_rotations
from model.training.synthetic.extras import with_extras
from model.training.synthetic.figure import Figure, pose
from model.training.synthetic.landmarks import (
    eye_distance,
    eye_middles,
    slipped,
    true_landmarks,
)
from model.training.synthetic.person import Person, random_person
from model.training.synthetic.photo import photograph, put_before_background
from model.training.synthetic.portrait import Portraits
from model.training.synthetic.presets import Preset, identity_number
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import Scene, random_scene
from model.training.synthetic.traits import traits

Road = Literal["mediapipe", "projected"]
Wanted = Literal["eyes", "face", "both"]
_SCENE_STREAM, _EXTRAS_STREAM = 11, 23

MAX_SLIP = 0.25
"""Share of the eye distance: landmarks farther off than that are not of this face."""

SUPERSAMPLING, LEAST_DENSITY, MOST_DENSITY = 1.5, 1.3, 2.2
"""Pixels drawn per pixel of the picture, and its limits in pixels per mm."""

FACE_DENSITY = 1.0
"""Pixels per mm drawn away from the eyes where only FaceMesh looks (at about 0.8 per mm)."""

Detail = Literal["frame", "face", "eyes", "eyes only"]
"""What is drawn finely: the whole frame; all of the head; the eyes, in a head drawn coarsely; or
nothing but the eyes is drawn at all."""


@dataclass(frozen=True)
class Shot:
    """A finished picture of the part of a frame around the head, and all that is true of it.

    Attributes:
        picture: (h, w, 3) RGB.
        box: left, top, right, bottom of it in the full frame, pixels.
        camera: (3, 3) of this part.
        landmarks: (478, 3) true ones, pixels of the full frame.
    """

    picture: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    camera: Array
    person: Person
    scene: Scene
    figure: Figure
    landmarks: Array


class Studio:
    """Renders samples; everything follows from preset, seed and index.

    Args:
        tracker: makes a FaceTracker for the road through MediaPipe, when first needed.
        portraits: where given, a share of the people is drawn from them.
    """

    def __init__(
        self,
        rig: Rig,
        renderer: Renderer,
        tracker: Callable[[], FaceTracker] | None = None,
        portraits: Portraits | None = None,
    ) -> None:
        self._rig = rig
        self._renderer = renderer
        self._make_tracker = tracker or (lambda: FaceTracker(static=True))
        self._tracker: FaceTracker | None = None
        self._portraits = portraits
        self._person: Person | None = None
        self._head = np.flatnonzero(rig.neutral[:, 1] < 150.0)

    def person(self, identity: int) -> Person:
        """The person of an identity; the latest one is kept."""
        if self._person is None or self._person.identity != identity:
            self._person = random_person(self._rig, identity, self._portraits)
        return self._person

    def shoot(
        self,
        preset: Preset,
        seed: int,
        index: int,
        detail: Detail = "face",
        arrange: Callable[[Scene], Scene] | None = None,
    ) -> Shot:
        """Take the picture of a sample.

        Args:
            arrange: puts something right in the scene that was drawn at random.
        """
        rng = np.random.default_rng([_SCENE_STREAM, preset.first_identity, seed, index])
        person = self.person(identity_number(preset, seed, index))
        scene = random_scene(rng, preset)
        own = np.random.default_rng([_EXTRAS_STREAM, preset.first_identity, seed, index])
        scene = with_extras(own, preset, person, scene)
        if arrange is not None:
            scene = arrange(scene)
        figure = pose(self._rig, person, scene)
        landmarks = true_landmarks(self._rig, person, scene, figure)
        eyes = self._eye_box(scene, landmarks)
        if detail == "frame":
            box = (0, 0, scene.width, scene.height)
        else:
            box = eyes if detail == "eyes only" else self._head_box(scene, figure, eyes)
        density = scene.camera[0, 0] / scene.position[2]
        fine = np.clip(SUPERSAMPLING * density, LEAST_DENSITY, MOST_DENSITY)
        coarse = FACE_DENSITY if detail == "eyes" else fine
        hole = eyes if detail == "eyes" else None
        drawn = self._renderer.draw(figure.drawing, scene.camera, box, coarse / density, hole)
        if detail == "eyes":
            rows = slice(eyes[1] - box[1], eyes[3] - box[1])
            columns = slice(eyes[0] - box[0], eyes[2] - box[0])
            drawn[rows, columns] = self._renderer.draw(
                figure.drawing, scene.camera, eyes, fine / density
            )
        picture = put_before_background(rng, drawn, scene.lighting.backlight)
        picture = photograph(rng, picture, preset.severity, density)
        camera = scene.camera.copy()
        camera[:2, 2] -= box[:2]
        return Shot(picture, box, camera, person, scene, figure, landmarks)

    def _head_box(
        self, scene: Scene, figure: Figure, eyes: tuple[int, int, int, int]
    ) -> tuple[int, int, int, int]:
        x, y, z = figure.vertices.T.take(self._head, axis=1).astype(np.float64)
        slopes = np.stack([x / z, y / z])
        # Projection keeps their order: only the extremes need it.
        extremes = np.array([[*slopes.min(axis=1), 1.0], [*slopes.max(axis=1), 1.0]])
        flat = np.vstack([project(extremes, scene.camera), np.reshape(eyes, (2, 2))])
        low, high = flat.min(axis=0), flat.max(axis=0)
        margin = 0.12 * (high - low)
        return _box(scene, low - margin, high + margin)

    @staticmethod
    def _eye_box(scene: Scene, landmarks: Array) -> tuple[int, int, int, int]:
        per_mm = scene.camera[0, 0] / scene.position[2]
        middles = eye_middles(landmarks)
        reach = np.array([46.0, 38.0]) * per_mm
        return _box(scene, middles.min(axis=0) - reach, middles.max(axis=0) + reach)

    def find_landmarks(self, shot: Shot) -> Array | None:
        """FaceMesh's landmarks in pixels of the full frame; None where it fails or goes astray."""
        if self._tracker is None:
            self._tracker = self._make_tracker()
        found = self._tracker.find_landmarks(shot.picture)
        if found is None:
            return None
        landmarks = found + np.array([shot.box[0], shot.box[1], 0.0])
        slip = np.linalg.norm(eye_middles(landmarks) - eye_middles(shot.landmarks), axis=1)
        return None if slip.max() > MAX_SLIP * eye_distance(shot.landmarks) else landmarks

    def sample(
        self, preset: Preset, seed: int, index: int, road: Road, wanted: Wanted
    ) -> dict[str, NDArray[Any]] | None:
        """The arrays of one sample, as shards hold them; None where FaceMesh finds no face."""
        detail: Detail = "face"
        if wanted == "eyes":
            detail = "eyes" if road == "mediapipe" else "eyes only"
        shot = self.shoot(preset, seed, index, detail)
        if road == "mediapipe":
            landmarks = self.find_landmarks(shot)
            if landmarks is None:
                return None
        else:
            rng = np.random.default_rng([_SCENE_STREAM + 1, preset.first_identity, seed, index])
            landmarks = slipped(rng, shot.landmarks)
        offset = np.array([shot.box[0], shot.box[1], 0.0])
        scene, person = shot.scene, shot.person
        rng = np.random.default_rng([_SCENE_STREAM + 2, preset.first_identity, seed, index])
        assumed = scene.fov if rng.random() < preset.fov_known else assumed_fov(rng, scene.fov)
        believed = believed_camera(shot.camera, scene, assumed)
        face = face_from_landmarks(landmarks - offset, believed)
        # What the eye shows is its turn from the ray on which the camera really sees it.
        truly = (
            face if assumed == scene.fov else face_from_landmarks(landmarks - offset, shot.camera)
        )
        arrays: dict[str, NDArray[Any]] = {
            "gaze": _single(scene.gaze()),
            "eye_gaze": _single(scene.eye_gaze(person)),
            "head_angles": _single(scene.angles),
            "head_position": _single(scene.position),
            "openness": _single(shot.figure.openness),
            "landmarks": _single(landmarks),
            "image_size": np.array([scene.width, scene.height], dtype=np.int32),
            "fov": np.array(scene.fov, dtype=np.float32),
            "fov_assumed": np.array(assumed, dtype=np.float32),
            **traits(person, scene, shot.figure),
            "identity": np.array(person.identity, dtype=np.int64),
            "index": np.array(index, dtype=np.int64),
        }
        if wanted in ("eyes", "both"):
            eyes = cut_patches(shot.picture, face, EYE_PATCH_WIDE)
            arrays["eyes"] = eyes.images
            arrays["eyes_rotation"] = _single(patch_rotations(truly, EYE_PATCH_WIDE))
            arrays["eyes_head"] = eyes.head
            points = np.stack([shot.figure.iris_centres, scene.eye_positions(person)], axis=1)
            shown = np.stack([shot.figure.seen_eye(e, points[e]) for e in range(2)])
            seen = project(shown, shot.camera)
            arrays["eyes_points"] = _single(patch_points(face, EYE_PATCH_WIDE, seen))
        if wanted in ("face", "both"):
            whole = cut_patches(shot.picture, face, FACE_PATCH)
            arrays["face"] = whole.images[0]
            arrays["face_rotation"] = _single(patch_rotations(truly, FACE_PATCH)[0])
            arrays["face_head"] = whole.head[0]
        return arrays

    def close(self) -> None:
        """Release the tracker."""
        if self._tracker is not None:
            self._tracker.close()
            self._tracker = None


def assumed_fov(rng: np.random.Generator, fov: float) -> float:
    """A field of view, degrees, that somebody may believe a camera of another one to have."""
    return float(np.clip(fov * np.exp(rng.normal(0.0, 0.25)), 40.0, 100.0))


def believed_camera(camera: Array, scene: Scene, fov: float) -> Array:
    """The camera matrix (3, 3) of a cut-out, for a field of view in degrees that may be wrong."""
    believed = camera.copy()
    focal = camera_matrix(scene.width, scene.height, fov)[0, 0]
    believed[0, 0] = believed[1, 1] = focal
    return believed


def _single(values: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _box(scene: Scene, low: Array, high: Array) -> tuple[int, int, int, int]:
    left, top = np.clip(np.floor(low), 0, [scene.width - 16, scene.height - 16]).astype(int)
    right, bottom = np.clip(np.ceil(high), [left + 16, top + 16], [scene.width, scene.height])
    return int(left), int(top), int(right), int(bottom)
