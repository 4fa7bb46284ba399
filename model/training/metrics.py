"""Accuracy of predicted gaze: the same numbers for a network in training and an exported model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.estimator import combine, unmirror
from model.geometry import DIRECTIONS, Array, angle_between, direction_index, pitch_yaw, vector
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


@dataclass(frozen=True)
class Truth:
    """What a model is judged by: a `PatchSet`, its attributes named alike, without its pictures,
    of which a large data set has more than fit into memory."""

    target: NDArray[np.float32]
    usable: NDArray[np.bool_]
    rotation: NDArray[np.float32]
    mirrored: NDArray[np.bool_]
    gaze: Array
    traits: dict[str, NDArray[np.generic]]

    @classmethod
    def of(cls, patches: PatchSet) -> "Truth":
        """What a patch set tells beside its pictures."""
        return cls(
            patches.target, patches.usable, patches.rotation, patches.mirrored, patches.gaze,
            patches.traits,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.gaze)


def join_predictions(parts: Sequence[Prediction]) -> Prediction:
    """What a model says about several patch sets, as about one."""
    return Prediction(
        np.concatenate([part.gaze for part in parts]),
        np.concatenate([part.sigma for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
    )


def join_truths(parts: Sequence[Truth]) -> Truth:
    """What several patch sets tell, as one; traits that not all of them have are left out."""
    common = set.intersection(*(set(part.traits) for part in parts))
    return Truth(
        target=np.concatenate([part.target for part in parts]),
        usable=np.concatenate([part.usable for part in parts]),
        rotation=np.concatenate([part.rotation for part in parts]),
        mirrored=parts[0].mirrored,
        gaze=np.concatenate([part.gaze for part in parts]),
        traits={key: np.concatenate([p.traits[key] for p in parts]) for key in sorted(common)},
    )


@dataclass(frozen=True)
class Judgement:
    """One gaze for each of the J samples that can be judged.

    Attributes:
        judged: (M,) bool, which samples those are: one usable patch is enough.
        gaze, truth: (J, 3) unit vectors in the camera frame, predicted and true.
        sigma: (J,) degrees, what the model expects per axis.
        error: (J,) degrees between the two.
    """

    judged: NDArray[np.bool_]
    gaze: Array
    truth: Array
    sigma: Array
    error: Array


def judge(prediction: Prediction, truth: Truth | PatchSet) -> Judgement:
    """One gaze for each sample, combined as the app does it, beside the true one."""
    own = np.stack(
        [
            to_camera(
                prediction.gaze[:, i].astype(np.float64), truth.rotation[:, i].astype(np.float64),
                truth.mirrored[i],
            )
            for i in range(prediction.sigma.shape[1])
        ],
        axis=1,
    )  # fmt: skip
    judged = truth.usable.any(axis=1)
    gaze, sigma = combine(own[judged], prediction.sigma[judged], truth.usable[judged])
    true = truth.gaze[judged]
    return Judgement(judged, gaze, true, np.degrees(sigma), np.degrees(angle_between(gaze, true)))


def measure(prediction: Prediction, truth: Truth | PatchSet) -> dict[str, Any]:
    """Errors in degrees and what else describes them, as JSON.

    Samples of which no eye is open enough to tell are left out and counted. Slopes are those of
    the regression of predicted on true angles: 1 is right, less is shrinking to the middle.
    "confusion" counts usable patches: rows are true directions, columns picked ones, both in the
    order of `model.geometry.DIRECTIONS`. Where the trait "person" tells who is who, "persons" holds
    number of samples and mean error of each.
    """
    found = judge(prediction, truth)
    judged, error = found.judged, found.error
    traits = {name: values[judged] for name, values in truth.traits.items()}
    eye_error = np.degrees(_patch_errors(prediction, truth))[truth.usable]
    groups = error_groups(error, found.truth, traits)
    numbers = {
        "samples": int(judged.sum()),
        "left_out": int(len(judged) - judged.sum()),
        "mean_deg": _round(error.mean()),
        "median_deg": _round(np.median(error)),
        "p90_deg": _round(np.percentile(error, 90.0)),
        "eye_mean_deg": _round(eye_error.mean()),
        "eye_median_deg": _round(np.median(eye_error)),
        **_axes(found.gaze, found.truth),
        **_zero_shot(prediction, truth),
        "sigma_ratio": _round(_sigma_ratio(error, found.sigma)),
        "groups": groups,
        "warnings": warnings(groups, float(error.mean())),
    }
    if "person" in traits:
        numbers["persons"] = persons(error, traits["person"])
    return numbers


def persons(error: Array, person: NDArray[np.generic]) -> dict[str, dict[str, Any]]:
    """Number of samples and mean error of each person; (M,) degrees and names."""
    found = {}
    for name in np.unique(person):
        own = error[person == name]
        found[str(name)] = {"samples": len(own), "mean_deg": _round(own.mean())}
    return found


def _patch_errors(prediction: Prediction, truth: Truth | PatchSet) -> Array:
    return angle_between(vector(prediction.gaze), vector(truth.target))


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


def _zero_shot(prediction: Prediction, truth: Truth | PatchSet) -> dict[str, Any]:
    """Share of patches for which the likeliest sentence is the right one of nine: of all, and of
    those whose gaze lies more than CLEAR from the border to another direction; and how often which
    one was picked for which."""
    picked = unmirror(prediction.probabilities, truth.mirrored).argmax(axis=-1)
    target = truth.target.astype(np.float64) * np.where(
        truth.mirrored[:, None], [1.0, -1.0], [1.0, 1.0]
    )
    true = direction_index(target)
    clear = np.ones(true.shape, dtype=bool)
    for turn in np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False):
        aside = CLEAR * np.array([np.sin(turn), np.cos(turn)])
        clear &= direction_index(target + aside) == true
    right, usable = picked == true, truth.usable
    confusion = np.zeros((len(DIRECTIONS), len(DIRECTIONS)), dtype=np.int64)
    np.add.at(confusion, (true[usable], picked[usable]), 1)
    sure = usable & clear
    return {
        "zero_shot_accuracy": _round(right[usable].mean()),
        "zero_shot_clear": _round(right[sure].mean() if sure.any() else np.nan),
        "confusion": confusion.tolist(),
    }


def _sigma_ratio(error: Array, sigma: Array) -> float:
    """Root mean square of error / expected error: 1 where the model knows how wrong it is."""
    return float(np.sqrt(np.mean(np.square(error) / (2.0 * np.square(sigma)))))


def _round(value: Any) -> float:
    return round(float(value), 4)
