"""Which samples are hard to see gaze in: weights so far err most in them, as their cards tell."""

import math

import numpy as np
from numpy.typing import NDArray

from model.training.datasets.patchset import PatchSet
from model.training.error_groups import GLARE

COARSE = math.log(0.5)
"""log(camera pixels per patch pixel) below which detail is missing: beyond 63 cm from a camera of
640 columns and 65 degrees."""


def hard_cases(data: PatchSet) -> NDArray[np.bool_]:
    """(M,) whether a sample has few pixels, or glare over an iris where shards tell of it."""
    hard = data.head[:, :, 3].max(axis=1) < COARSE
    if "glare" in data.traits:
        hard = hard | (np.asarray(data.traits["glare"], np.float64).max(axis=1) > GLARE)
    return np.asarray(hard)
