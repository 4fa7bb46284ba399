"""Finds angles that are mirrored or swapped, by what faces in the pictures seem to do.

FaceMesh gives the direction of the head and the place of the irises between the corners of the
eyes. That is a bad measure of gaze, but one whose signs are sure.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from model.face import FaceTracker
from model.geometry import Array, head_angles
from model.landmarks import EYE_CORNERS, Face
from model.patches import PatchSpec

MARGIN = 0.25
"""Of the picture's size: FaceMesh finds half of the faces only that fill their picture."""

IRIS_TURN = math.radians(140.0)
"""By so much an eye turns while its iris moves by the eye's width: about 30 mm over a radius of
12 mm."""

FEWEST = 12
"""From fewer faces nothing is told."""

WEAKEST = 0.3
"""A correlation nearer to 0 tells nothing, however many the faces."""

CLEARLY = 0.15
"""By so much one correlation must be stronger than another to count as such."""

SMALLEST_SPREAD = math.radians(2.0)
"""Angles that vary by less (standard deviation) are hidden by FaceMesh's errors."""

AXES = ("pitch", "yaw")


@dataclass(frozen=True)
class Verdict:
    """What a comparison of labels and pictures says.

    Attributes:
        faces: how many were compared.
        correlation: (2, 2) of the labels' pitch and yaw (rows) with the pictures' (columns); NaN
            where there is none.
        problems: sentences about angles that are turned round.
        notes: sentences about what cannot be told.
    """

    faces: int
    correlation: Array
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def seen_angles(
    tracker: FaceTracker, image: NDArray[np.uint8], spec: PatchSpec
) -> tuple[float, float] | None:
    """Where the face in a face patch seems to look.

    Args:
        tracker: a static one.
        image: (H, W, 3) RGB, a face patch.
        spec: its virtual camera.

    Returns:
        Pitch and yaw, radians, biased and badly scaled; None where no face is found.
    """
    height, width = image.shape[:2]
    margin = round(MARGIN * max(height, width))
    framed = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    h, w = framed.shape[:2]
    camera = np.array(
        [[spec.focal, 0.0, (w - 1) / 2.0], [0.0, spec.focal, (h - 1) / 2.0], [0.0, 0.0, 1.0]]
    )
    face = tracker.find(np.asarray(framed, dtype=np.uint8), camera)
    return None if face is None else _seen(face)


def _seen(face: Face) -> tuple[float, float]:
    pitch, yaw, _ = head_angles(face.rotation)
    corners = face.landmarks[EYE_CORNERS, :2]
    widths = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1, keepdims=True)
    x, y = ((face.iris[:, :2] - corners.mean(axis=1)) / widths).mean(axis=0)
    return pitch - IRIS_TURN * float(y), yaw - IRIS_TURN * float(x)


def compare(labels: Array, seen: Array) -> Verdict:
    """Judge by correlation, which is the sign and share of a least squares fit.

    Args:
        labels: (N, 2) pitch and yaw, radians, as labelled.
        seen: (N, 2) pitch and yaw as the pictures show them, see `seen_angles`.
    """
    count = len(labels)
    nothing = np.full((2, 2), np.nan)
    if count < FEWEST:
        told = f"FaceMesh found {count} faces only: too few to tell whether angles are turned round"
        return Verdict(count, nothing, notes=[told])
    together = np.column_stack([labels, seen])
    spread = together.std(axis=0)
    notes = [
        f"{AXES[axis]} varies too little ({np.degrees(spread[axis]):.1f} degrees) to tell whether "
        "it is turned round"
        for axis in range(2)
        if spread[axis] < SMALLEST_SPREAD
    ]
    if notes or (spread < 1e-9).any():
        return Verdict(count, nothing, notes=notes)
    found = np.corrcoef(together.T)[:2, 2:]
    # Three standard errors of a correlation that is none.
    least = max(WEAKEST, 3.0 / math.sqrt(count))
    if _are_swapped(np.abs(found), least):
        return Verdict(count, found, [_swapped_sentence(found)])
    problems = []
    for axis, name in enumerate(AXES):
        own = found[axis, axis]
        told = f"labels and pictures correlate with {own:.2f} ({count} faces)"
        if own <= -least:
            problems.append(f"{name} seems mirrored: {told}")
        elif own < least:
            notes.append(f"whether {name} is turned round cannot be told: {told}")
    return Verdict(count, found, problems, notes)


def _are_swapped(strength: Array, least: float) -> bool:
    (pitch, pitch_with_yaw), (yaw_with_pitch, yaw) = strength
    # The pictures' yaw is the surer one of the two, so it decides.
    return bool(
        pitch_with_yaw >= least
        and pitch_with_yaw > pitch + CLEARLY
        and pitch_with_yaw > yaw + CLEARLY
        and yaw_with_pitch > yaw
    )


def _swapped_sentence(found: Array) -> str:
    pitch_with_yaw, yaw_with_pitch = float(found[0, 1]), float(found[1, 0])
    sentence = (
        "pitch and yaw seem swapped: the labels' pitch goes with the pictures' yaw "
        f"({pitch_with_yaw:.2f}), their yaw with the pictures' pitch ({yaw_with_pitch:.2f})"
    )
    mirrored = min(pitch_with_yaw, yaw_with_pitch) < 0.0
    return sentence + (", and mirrored" if mirrored else "")
