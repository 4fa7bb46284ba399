"""Finds eyes that are exchanged: looks where in the face an eye's picture was cut out."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.patches import FACE_PATCH, PatchSpec
from model.training.check.counting import spread
from model.training.datasets.item import BadSample, View
from model.training.datasets.opening import open_dataset

EYES = View(PatchSpec("eyes", 60, 36, 960.0, 600.0), grey=True)
"""As GazeHub stores them, so that their sides keep their proportion."""

SCALES = np.geomspace(0.35, 1.8, 14)
"""Pixels of a face of 224 x 224 per pixel of an eye."""

ALIKE = 0.6
"""From this correlation on, a place in the face counts as the eye's."""

APART = 0.1
"""Of the face's width: two places nearer to one another are the same eye."""

FEWEST, LOOKED_AT = 12, 60
SHARE = 0.8


@dataclass(frozen=True)
class Order:
    """Where eyes were found.

    Attributes:
        pairs: in how many faces both were.
        share: of them with the user's right eye at the picture's left, as it must be; NaN of none.
        problems, notes: see `turned.Verdict`.
    """

    pairs: int
    share: float
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_order(name: str, root: Path) -> Order | None:
    """Which eye a data set's first patch is; None of sets without pictures of both kinds."""
    try:
        faces, eyes = (
            open_dataset(name, root, View(FACE_PATCH, True)),
            open_dataset(name, root, EYES),
        )
    except UserError:
        return None
    if not hasattr(faces, "pictures"):
        return None
    right_first: list[bool] = []
    for number in spread(len(faces.labels), LOOKED_AT):
        try:
            face, pair = faces.read(int(number)).images[0], eyes.read(int(number)).images
        except BadSample:
            continue
        right, left = _place(face, pair[0][:, ::-1]), _place(face, pair[1])
        if right is not None and left is not None and abs(right - left) > APART:
            right_first.append(right < left)
    pairs = len(right_first)
    share = float(np.mean(right_first)) if pairs else float("nan")
    if pairs < FEWEST:
        told = f"in {pairs} faces only both eyes were found again: whether left and right are "
        return Order(pairs, share, notes=[told + "exchanged cannot be told"])
    if share <= 1.0 - SHARE:
        told = f"left and right eyes seem exchanged: in {1.0 - share:.0%} of {pairs} faces the "
        return Order(pairs, share, [told + "user's right eye lies at the picture's right"])
    if share < SHARE:
        told = f"left and right eyes change places: in {share:.0%} of {pairs} faces the user's "
        return Order(pairs, share, [told + "right eye lies at the picture's left"])
    return Order(pairs, share)


def _place(face: NDArray[np.uint8], eye: NDArray[np.uint8]) -> float | None:
    """Where between left (0) and right (1) an eye (36, 60, 1) is in a face (h, w, 1)."""
    best, place = ALIKE, None
    width = face.shape[1]
    for scale in SCALES * (width / FACE_PATCH.width):
        size = (round(eye.shape[1] * scale), round(eye.shape[0] * scale))
        small = np.ascontiguousarray(cv2.resize(np.ascontiguousarray(eye), size))
        match = cv2.matchTemplate(face, small, cv2.TM_CCOEFF_NORMED)
        _, value, _, (x, _) = cv2.minMaxLoc(match)
        if value > best:
            best, place = value, (x + size[0] / 2.0) / width
    return place
