"""Runs a written file of any form over samples, and says how wrong it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model.card import OUTPUTS
from model.errors import UserError
from model.estimator import combine
from model.geometry import Array, angle_between
from model.patches import PatchSpec, to_camera
from model.training.datasets.patchset import PatchSet, crop_middle
from model.training.exporting.graph import Inputs
from model.training.metrics import Prediction

FACES = 16
"""Faces at once through a file that takes any number."""


def open_session(model: Path) -> Any:
    """ONNX Runtime on one thread of the CPU.

    Raises:
        UserError: if it cannot run the file.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        raise UserError(
            "ONNX Runtime cannot run the graph that was made: check the installed versions "
            f"against requirements-train.txt ({str(error).splitlines()[0]})"
        ) from error


def feeds(samples: PatchSet, spec: PatchSpec, faces: int | None) -> Iterator[Inputs]:
    """A file's inputs, so many samples at once as it takes; the last ones are filled up with
    repetitions."""
    at_once = faces or FACES
    images = crop_middle(samples.images, spec.height, spec.width)
    for start in range(0, len(samples), at_once):
        which = np.minimum(np.arange(start, start + at_once), len(samples) - 1)
        inputs: Inputs = {
            "patches": np.ascontiguousarray(images[which]).reshape(-1, *images.shape[2:]),
            "head": samples.head[which].reshape(-1, samples.head.shape[-1]),
        }
        if spec.kind == "eyes":
            inputs["used"] = np.ones(inputs["head"].shape[0], np.float32)
        yield inputs


def predict_file(
    model: Path, samples: PatchSet, spec: PatchSpec, faces: int | None = 1
) -> Prediction:
    """What a file says about samples with colour."""
    session = open_session(model)
    found = [session.run(list(OUTPUTS), inputs) for inputs in feeds(samples, spec, faces)]
    m, p = samples.images.shape[:2]
    gaze, sigma, words = (np.concatenate([one[i] for one in found])[: m * p] for i in range(3))
    return Prediction(gaze.reshape(m, p, 2), sigma.reshape(m, p), words.reshape(m, p, -1))


def camera_gaze(
    gaze: NDArray[Any], sigma: NDArray[Any], samples: PatchSet, used: NDArray[np.bool_]
) -> Array:
    """One gaze (M, 3) of each sample's patches, in the camera frame, as the app combines them.

    Args:
        gaze: (M, P, 2) pitch and yaw, radians, in the patches' normalised frames.
        sigma: (M, P) radians.
        samples: whose frames they are.
        used: (M, P), which patches count: at least one of each sample.
    """
    per_sample = gaze.shape[1]
    own = [
        to_camera(
            gaze[:, i].astype(np.float64),
            samples.rotation[:, i].astype(np.float64),
            samples.mirrored[i],
        )
        for i in range(per_sample)
    ]
    return combine(np.stack(own, axis=1), sigma, used)[0]


def angular_errors(prediction: Prediction, samples: PatchSet) -> Array:
    """Degrees between predicted and true gaze, of each sample with a usable patch."""
    judged = samples.usable.any(axis=1)
    used = np.where(judged[:, None], samples.usable, True)
    gaze = camera_gaze(prediction.gaze, prediction.sigma, samples, used)
    return np.degrees(angle_between(gaze, samples.gaze))[judged]
