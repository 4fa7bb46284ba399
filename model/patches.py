"""Normalised patches: what the model sees. The app and training cut them with this same code.

Data normalisation after Zhang, Sugano, Bulling, "Revisiting data normalization for
appearance-based gaze estimation" (ETRA 2018): a virtual camera looks straight at the eye (or the
face) from a fixed distance and is rolled so that the head's x axis is level; gaze is rotated by R
only. Ours differs in one thing: the virtual camera looks at the point midway between the eye's
corners as found in the picture, not at the generic head's eye, so that a person's own proportions
do not shift the patch (docs/decisions/0002-patches.md).
"""

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import FORWARD, Array, normalize, pitch_yaw, pixel_ray, vector
from model.landmarks import EYE_CORNERS, Face

MAX_SUPERSAMPLING = 4


@dataclass(frozen=True)
class PatchSpec:
    """The virtual camera of a patch.

    Attributes:
        kind: "eyes" for one patch per eye, "face" for one of the face.
        width, height: size of the patch in pixels.
        focal: focal length of the virtual camera in pixels.
        distance: its distance from the eye or face in mm, on the scale of the average head.
    """

    kind: Literal["eyes", "face"]
    width: int
    height: int
    focal: float
    distance: float

    def __post_init__(self) -> None:
        if self.kind not in ("eyes", "face"):
            raise ValueError(f"a patch is of kind 'eyes' or 'face', not {self.kind!r}")
        if not (isinstance(self.width, int) and isinstance(self.height, int)):
            raise ValueError("a patch's width and height are whole numbers")
        if min(self.width, self.height, self.focal, self.distance) <= 0:
            raise ValueError("a patch's width, height, focal length and distance are positive")

    def matrix(self, supersampling: int = 1) -> Array:
        """Pinhole matrix (3, 3) of the virtual camera, for a patch drawn that many times larger."""
        f, k = self.focal * supersampling, supersampling
        return np.array(
            [
                [f, 0.0, (self.width * k - 1) / 2.0],
                [0.0, f, (self.height * k - 1) / 2.0],
                [0.0, 0.0, 1.0],
            ]
        )


EYE_PATCH = PatchSpec("eyes", 72, 48, 960.0, 600.0)
"""45 x 30 mm around an eye."""

EYE_PATCH_WIDE = PatchSpec("eyes", 96, 64, 960.0, 600.0)
"""The same virtual camera with more margin: what shards store, so that training can shift it."""

FACE_PATCH = PatchSpec("face", 224, 224, 960.0, 600.0)
"""The paper's setting: 140 x 140 mm of the face."""


@dataclass(frozen=True)
class Patches:
    """The patches of one face, N = 2 (the user's right eye, left eye) or 1 (face).

    Attributes:
        images: (N, height, width, 3) RGB uint8. The right eye is flipped left-right, so that one
            network serves both eyes.
        rotation: (N, 3, 3), camera frame to the virtual camera's frame.
        mirrored: (N,) bool, whether the image is flipped.
        head: (N, 4) float32, what the model is told beside the pixels: the head's pitch and yaw in
            the patch's own (where flipped: mirrored) frame in radians, log(distance / 600 mm), and
            log(camera pixels per patch pixel), which says how much detail the patch can hold.
    """

    images: NDArray[np.uint8]
    rotation: Array
    mirrored: NDArray[np.bool_]
    head: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.images)
        shapes = (self.rotation.shape, self.mirrored.shape, self.head.shape)
        if self.images.ndim != 4 or shapes != ((n, 3, 3), (n,), (n, 4)):
            raise ValueError(f"patches of {self.images.shape} do not go with {shapes}")


def cut_patches(image: NDArray[np.uint8], face: Face, spec: PatchSpec) -> Patches:
    """Cut the patches of a face out of a frame.

    Args:
        image: (H, W, 3) RGB.
        face: the face found in it.
        spec: which patches, and how large.
    """
    centres, mirrored = _centres(face, spec)
    images, rotations, heads = [], [], []
    for centre, flip in zip(centres, mirrored, strict=True):
        R = _rotation(centre, face)
        distance = float(np.linalg.norm(centre))
        detail = face.camera[0, 0] * spec.distance / (spec.focal * distance)
        patch = _warp(image, R, face.camera, distance, spec, detail)
        images.append(patch[:, ::-1] if flip else patch)
        rotations.append(R)
        pitch, yaw = pitch_yaw(R @ face.rotation @ FORWARD)
        heads.append(
            [pitch, -yaw if flip else yaw, math.log(distance / spec.distance), math.log(detail)]
        )
    return Patches(
        np.stack(images),
        np.stack(rotations),
        np.array(mirrored),
        np.array(heads, dtype=np.float32),
    )


def patch_rotations(face: Face, spec: PatchSpec) -> Array:
    """(N, 3, 3) camera frame to the frames of the virtual cameras, of a face's patches."""
    return np.stack([_rotation(centre, face) for centre in _centres(face, spec)[0]])


def patch_points(face: Face, spec: PatchSpec, pixels: Array) -> Array:
    """Where points of the frame lie in a face's patches.

    Args:
        face: the face that the patches are cut from.
        spec: of the patches.
        pixels: (N, K, 2) points of each patch in pixels of the frame.

    Returns:
        (N, K, 2) pixels of the patches, flipped where the patch is.
    """
    centres, mirrored = _centres(face, spec)
    placed = np.empty((len(centres), *np.shape(pixels)[1:]))
    for i, (centre, flip) in enumerate(zip(centres, mirrored, strict=True)):
        distance = float(np.linalg.norm(centre))
        W = _warping(_rotation(centre, face), face.camera, distance, spec)
        flat = np.column_stack([pixels[i], np.ones(len(pixels[i]))]) @ W.T
        placed[i] = flat[:, :2] / flat[:, 2:]
        if flip:
            placed[i, :, 0] = spec.width - 1 - placed[i, :, 0]
    return placed


def to_normalised(
    gaze: Array, rotation: Array, mirrored: NDArray[np.bool_] | bool = False
) -> Array:
    """Gaze vectors (N, 3), camera frame, as (N, 2) pitch and yaw in the patches' own frames."""
    angles = pitch_yaw(np.einsum("nij,nj->ni", rotation, gaze))
    angles[..., 1] *= np.where(mirrored, -1.0, 1.0)
    return angles


def to_camera(angles: Array, rotation: Array, mirrored: NDArray[np.bool_] | bool = False) -> Array:
    """The inverse of `to_normalised`: (N, 2) pitch and yaw to unit vectors (N, 3), camera frame."""
    unmirrored = np.array(angles, dtype=np.float64)
    unmirrored[..., 1] *= np.where(mirrored, -1.0, 1.0)
    return np.asarray(np.einsum("nji,nj->ni", rotation, vector(unmirrored)))


def _centres(face: Face, spec: PatchSpec) -> tuple[list[Array], list[bool]]:
    """Points in mm that the virtual cameras look at, at the average head's scale, which the pose
    gives: the iris-refined scale of `Face` is noisier from frame to frame, and would make the patch
    breathe."""
    if spec.kind == "face":
        return [face.translation / face.scale], [False]
    corners = face.landmarks[EYE_CORNERS, :2].mean(axis=1)
    rays = pixel_ray(corners, face.camera)
    depth = face.eye_centres[:, 2] / face.scale
    return [ray * z / ray[2] for ray, z in zip(rays, depth, strict=True)], [True, False]


def _rotation(centre: Array, face: Face) -> Array:
    """Zhang et al. 2018, section 3: z towards the centre, x along the head's x axis."""
    z = normalize(centre)
    y = normalize(np.cross(z, face.rotation[:, 0]))
    return np.stack([np.cross(y, z), y, z])


def _warping(R: Array, camera: Array, distance: float, spec: PatchSpec, k: int = 1) -> Array:
    """(3, 3) from pixels of the frame to those of a patch drawn k times larger: W of Zhang et al.
    2018."""
    S = np.diag([1.0, 1.0, spec.distance / distance])
    return np.asarray(spec.matrix(k) @ S @ R @ np.linalg.inv(camera))


def _warp(
    image: NDArray[np.uint8],
    R: Array,
    camera: Array,
    distance: float,
    spec: PatchSpec,
    detail: float,
) -> NDArray[np.uint8]:
    # Where the camera has more pixels than the patch, draw larger and average: no aliasing.
    k = min(max(math.ceil(detail - 0.25), 1), MAX_SUPERSAMPLING)
    W = _warping(R, camera, distance, spec, k)
    size = (spec.width * k, spec.height * k)
    drawn = cv2.warpPerspective(
        image, W, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if k > 1:
        drawn = cv2.resize(drawn, (spec.width, spec.height), interpolation=cv2.INTER_AREA)
    return np.asarray(drawn, dtype=np.uint8)
