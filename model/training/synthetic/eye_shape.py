"""Where FaceMesh puts the iris and the lids of an eye, and how bright its patch is: figures in
which rendered eyes and photographed ones can be compared."""

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.landmarks import EYE_CORNERS, IRIS_CENTRES, IRIS_RINGS, LEFT, LIDS, RIGHT

NAMES = ("iris_x", "iris_y", "upper", "lower", "opening", "iris", "brightness", "contrast")
"""Of the figures, in order. Lengths are in widths of the eye from corner to corner, from the point
midway between the corners: of the iris's centre, x towards the temple and y down; of the upper and
the lower lid (the mean of three points each), down; lower minus upper; the diameter of the iris.
Brightness and contrast are the mean and the standard deviation of the patch's grey levels, 0..255.
"""


def eye_shape(landmarks: Array) -> Array:
    """The first six figures of both eyes, (2, 6), from landmarks (478, 3) in pixels."""
    rows = []
    for e, hand in ((RIGHT, 1.0), (LEFT, -1.0)):
        outer, inner = landmarks[EYE_CORNERS[e], :2]
        width = float(np.linalg.norm(outer - inner))
        temple = (outer - inner) / width
        down = hand * np.array([temple[1], -temple[0]])
        middle = (outer + inner) / 2.0
        iris = (landmarks[IRIS_CENTRES[e], :2] - middle) / width
        upper, lower = ((landmarks[LIDS[e], :2] - middle) @ down / width).mean(axis=0)
        ring = landmarks[IRIS_RINGS[e], :2]
        diameter = float(np.linalg.norm(ring[:2] - ring[2:], axis=-1).mean()) / width
        rows.append([iris @ temple, iris @ down, upper, lower, lower - upper, diameter])
    return np.array(rows)


def patch_levels(images: NDArray[np.uint8]) -> Array:
    """Brightness and contrast (N, 2) of patches (N, h, w, 3) RGB."""
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    return np.array([[g.mean(), g.std()] for g in grey])
