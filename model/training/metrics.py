"""Accuracy of predicted gaze: the same numbers for a network in training and an exported model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.estimator import combine, unmirror
from model.geometry import Array, angle_between, direction_index, pitch_yaw, vector
from model.patches import to_camera
from model.training.datasets.patchset import PatchSet
from model.training.error_groups import error_groups, warnings

CLEAR = np.radians(3.0)
"""How far from a border between two directions words must be right: nearer, either will do."""


@dataclass(frozen=True)
class Prediction:
    """What a model says about a `PatchSet` of M samples with P patches each.

    Attributes:
        gaze: (M, P, 2) pitch and yaw, radians, in the patches' normalised frames.
        sigma: (M, P) radians.
        probabilities: (M, P, 9) in the patches' frames.
    """

    gaze: NDArray[np.float32]
    sigma: NDArray[np.float32]
    probabilities: NDArray[np.float32]


def measure(prediction: Prediction, patches: PatchSet) -> dict[str, Any]:
    """Errors in degrees and what else describes them, as JSON.

    Samples of which no eye is open enough to tell are left out and counted. Slopes are those of
    the regression of predicted on true angles: 1 is right, less is shrinking to the middle.
    """
    count, per_sample = prediction.sigma.shape
    own = np.stack(
        [
            to_camera(
                prediction.gaze[:, i].astype(np.float64), patches.rotation[:, i].astype(np.float64),
                patches.mirrored[i],
            )
            for i in range(per_sample)
        ],
        axis=1,
    )  # fmt: skip
    judged = patches.usable.any(axis=1)
    gaze, sigma = combine(own[judged], prediction.sigma[judged], patches.usable[judged])
    truth = patches.gaze[judged]
    error = np.degrees(angle_between(gaze, truth))
    eye_error = np.degrees(_patch_errors(prediction, patches))[patches.usable]
    groups = error_groups(
        error, truth, {name: values[judged] for name, values in patches.traits.items()}
    )
    return {
        "samples": int(judged.sum()),
        "left_out": int(count - judged.sum()),
        "mean_deg": _round(error.mean()),
        "median_deg": _round(np.median(error)),
        "p90_deg": _round(np.percentile(error, 90.0)),
        "eye_mean_deg": _round(eye_error.mean()),
        "eye_median_deg": _round(np.median(eye_error)),
        **_axes(gaze, truth),
        **_zero_shot(prediction, patches),
        "sigma_ratio": _round(_sigma_ratio(error, np.degrees(sigma))),
        "groups": groups,
        "warnings": warnings(groups, float(error.mean())),
    }


def _patch_errors(prediction: Prediction, patches: PatchSet) -> Array:
    return angle_between(vector(prediction.gaze), vector(patches.target))


def _axes(gaze: Array, truth: Array) -> dict[str, float]:
    """Bias (degrees), slope and correlation for yaw and pitch in the camera frame."""
    predicted, true = np.degrees(pitch_yaw(gaze)), np.degrees(pitch_yaw(truth))
    found: dict[str, float] = {}
    for name, axis in (("pitch", 0), ("yaw", 1)):
        p, t = predicted[:, axis], true[:, axis]
        spread = float(t.var())
        covariance = float(((p - p.mean()) * (t - t.mean())).mean())
        found[f"{name}_bias_deg"] = _round((p - t).mean())
        found[f"{name}_slope"] = _round(covariance / spread if spread > 0 else np.nan)
        both = spread * float(p.var())
        found[f"{name}_correlation"] = _round(covariance / both**0.5 if both > 0 else np.nan)
    return found


def _zero_shot(prediction: Prediction, patches: PatchSet) -> dict[str, float]:
    """Share of patches for which the likeliest sentence is the right one of nine: of all, and of
    those whose gaze lies more than CLEAR from the border to another direction."""
    picked = unmirror(prediction.probabilities, patches.mirrored).argmax(axis=-1)
    target = patches.target.astype(np.float64) * np.where(
        patches.mirrored[:, None], [1.0, -1.0], [1.0, 1.0]
    )
    true = direction_index(target)
    clear = np.ones(true.shape, dtype=bool)
    for turn in np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False):
        aside = CLEAR * np.array([np.sin(turn), np.cos(turn)])
        clear &= direction_index(target + aside) == true
    right, usable = picked == true, patches.usable
    return {
        "zero_shot_accuracy": _round(right[usable].mean()),
        "zero_shot_clear": _round(right[usable & clear].mean()),
    }


def _sigma_ratio(error: Array, sigma: Array) -> float:
    """Root mean square of error / expected error: 1 where the model knows how wrong it is."""
    return float(np.sqrt(np.mean(np.square(error) / (2.0 * np.square(sigma)))))


def _round(value: Any) -> float:
    return round(float(value), 4)
