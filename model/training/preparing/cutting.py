"""From a frame with a face and a known gaze to a sample, as the app would feed it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, head_angles, pitch_yaw
from model.landmarks import Face
from model.patches import FACE_PATCH, cut_patches, patch_rotations, to_normalised
from model.training.datasets.item import Item, Labels, View, unknown_points
from model.training.datasets.patchset import MIN_OPENNESS, to_grey


def cut_item(
    image: NDArray[np.uint8],
    face: Face,
    view: View,
    gaze: Array,
    eye_gaze: Array,
    open_only: bool,
) -> Item:
    """Cut a sample out of a frame.

    Args:
        image: (H, W, 3) RGB.
        face: found in it.
        view: what of it is wanted.
        gaze: (3,) unit vector in the camera frame, from midway between the eyeballs.
        eye_gaze: (2, 3) of each eye, the user's right one first.
        open_only: whether patches of closed eyes are of no use; False where the data set vouches
            for its samples.
    """
    patches = cut_patches(image, face, view.spec)
    if view.spec.kind == "eyes":
        own, opening = eye_gaze, face.openness
    else:
        own, opening = gaze[None], face.openness.mean(keepdims=True)
    usable = opening >= MIN_OPENNESS
    return Item(
        images=to_grey(patches.images) if view.grey else patches.images,
        head=patches.head,
        target=to_normalised(own, patches.rotation, patches.mirrored).astype(np.float32),
        usable=usable if open_only else np.ones_like(usable),
        rotation=patches.rotation.astype(np.float32),
        gaze=gaze,
        points=unknown_points(len(own)),
    )


def label(
    face: Face, gaze: Array, person: str, place: str, size: tuple[int, int], **traits: Any
) -> Labels:
    """What is known of one sample.

    Args:
        face: found in its frame.
        gaze: (3,) unit vector in the camera frame.
        person, place: see `Labels`.
        size: (width, height) of the frame.
        traits: more of them, each of one sample.
    """
    rotation = patch_rotations(face, FACE_PATCH)
    known = {
        "head_angles": np.array(head_angles(face.rotation), np.float32),
        "head_position": face.translation.astype(np.float32),
        "openness": face.openness.astype(np.float32),
        "image_size": np.array(size, np.int32),
        "gaze_angles": pitch_yaw(gaze),
        **traits,
    }
    return Labels(
        gaze=to_normalised(gaze[None], rotation),
        person=np.array([person]),
        subset=np.array([""]),
        place=np.array([place]),
        traits={name: np.asarray(value)[None] for name, value in known.items()},
    )
