"""The item that every dataset reader yields: normalised patches with their gaze."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import Array

POINTS = ("iris", "eyeball")
"""Points of each eye that training knows: the iris's centre and the eyeball's rotation centre, in
half patch widths from the patch's middle, x to its right and y down."""

MIN_OPENNESS = 0.25
"""Below this an eye's lids hide where it looks: such patches are neither trained on nor judged."""


@dataclass(frozen=True)
class PatchSet:
    """M samples of P patches each (2 eyes, the user's right one first, or 1 face).

    Attributes:
        images: (M, P, H, W, C) uint8, C = 3 RGB or 1 grey; may be larger than the model's patch,
            with the same virtual camera: the margin is for augmentation.
        head: (M, P, 4) float32, see `model.patches.Patches.head`.
        target: (M, P, 2) float32 pitch and yaw in the patches' (mirrored) normalised frames.
        usable: (M, P) bool, False where the eye is too far shut to tell.
        rotation: (M, P, 3, 3) float32, camera frame to normalised frame.
        mirrored: (P,) bool.
        gaze: (M, 3) cyclopean gaze, unit vectors in the camera frame.
        points: (M, P, 2, 2) float32, where each of POINTS lies in the patches; NaN where nobody
            knows, as on photographs.
        traits: what else is known of each sample, by name, arrays (M, ...).
    """

    images: NDArray[np.uint8]
    head: NDArray[np.float32]
    target: NDArray[np.float32]
    usable: NDArray[np.bool_]
    rotation: NDArray[np.float32]
    mirrored: NDArray[np.bool_]
    gaze: Array
    points: NDArray[np.float32]
    traits: dict[str, NDArray[np.generic]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        m, p = self.images.shape[:2]
        shapes = [
            (self.head, (m, p, 4)),
            (self.target, (m, p, 2)),
            (self.usable, (m, p)),
            (self.rotation, (m, p, 3, 3)),
            (self.mirrored, (p,)),
            (self.gaze, (m, 3)),
            (self.points, (m, p, len(POINTS), 2)),
        ]
        for array, shape in shapes:
            if array.shape != shape:
                raise ValueError(f"a patch set of {m} x {p} holds an array of {array.shape}")

    def __len__(self) -> int:
        return len(self.images)


def join(sets: Sequence[PatchSet]) -> PatchSet:
    """One patch set of several; traits that not all of them have are left out."""
    if len(sets) == 1:
        return sets[0]
    common = set.intersection(*(set(s.traits) for s in sets))
    return PatchSet(
        images=np.concatenate([s.images for s in sets]),
        head=np.concatenate([s.head for s in sets]),
        target=np.concatenate([s.target for s in sets]),
        usable=np.concatenate([s.usable for s in sets]),
        rotation=np.concatenate([s.rotation for s in sets]),
        mirrored=sets[0].mirrored,
        gaze=np.concatenate([s.gaze for s in sets]),
        points=np.concatenate([s.points for s in sets]),
        traits={key: np.concatenate([s.traits[key] for s in sets]) for key in sorted(common)},
    )


def to_grey(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB pictures (..., H, W, 3) without colour (..., H, W, 1), by ITU-R BT.601's weights."""
    rows = np.ascontiguousarray(images).reshape(-1, images.shape[-2], 3)
    grey = np.asarray(cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return grey.reshape(*images.shape[:-1], 1)


def crop_middle(images: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """The middle (..., height, width, C) of pictures (..., H, W, C)."""
    top = (images.shape[-3] - height) // 2
    left = (images.shape[-2] - width) // 2
    return images[..., top : top + height, left : left + width, :]
