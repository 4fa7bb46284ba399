"""Measures a model: on rendered people, and on photographs of people looking into the camera."""

import dataclasses
import json
import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.card import card_path, load_card
from model.errors import UserError
from model.estimator import Estimator, Provider
from model.face import FaceTracker
from model.geometry import Array, angle_between, camera_matrix, normalize, pitch_yaw
from model.patches import cut_patches
from model.training.checkpoint import load_checkpoint, trained_model
from model.training.config import config_from_json
from model.training.datasets import synthgaze
from model.training.metrics import measure
from model.training.photographs import Half, find_photographs, read_photograph
from model.training.predict import predict, predict_exported

GROUP_WIDTH = 28
NESTED = ("folds", "datasets")
"""Parts of what was found on data sets that hold numbers of the same kind again."""


def evaluate_shards(
    model: Path, shards: list[Path], provider: Provider = "auto", limit: int | None = None
) -> dict[str, Any]:
    """Errors of a model on rendered shards, see `model.training.metrics.measure`.

    Args:
        model: an exported .onnx, or a training's folder or checkpoint.
        shards: folders.
        provider: for an exported model.
        limit: use no more than about so many samples.
    """
    if model.suffix == ".onnx":
        estimator = Estimator(model, provider)
        patches = synthgaze.load(shards, estimator.spec, limit=limit)
        found = measure(predict_exported(estimator, patches), patches)
    else:
        network = trained_model(load_checkpoint(model))
        patches = synthgaze.load(shards, network.config.patch, network.config.grey, limit)
        found = measure(predict(network, patches), patches)
    return {"data": [synthgaze.summary(folder) for folder in shards], **found}


@dataclass(frozen=True)
class Rendering:
    """What `synth render` is asked for: a preset, a seed, a number of samples, and the folder of
    the head model (None: where GAZECLIP_DATA says)."""

    preset: str
    seed: int
    count: int
    data: Path | None


def evaluate_preset(
    model: Path, rendering: Rendering, provider: Provider = "auto"
) -> dict[str, Any]:
    """Errors of a model on people rendered for the occasion, as `evaluate_shards`."""
    from model.training.synthetic.presets import PRESETS
    from model.training.synthetic.shards import Job, render_shards

    if rendering.preset not in PRESETS:
        raise UserError(f"there is no preset {rendering.preset}: known are {', '.join(PRESETS)}")
    if rendering.count < 1 or rendering.seed < 0:
        raise UserError("--count must be at least 1 and --seed at least 0")
    if model.suffix == ".onnx":
        kind = load_card(model).patch.kind
    else:
        kind = config_from_json(load_checkpoint(model)["config"]).patch.kind
    with tempfile.TemporaryDirectory() as folder:
        job = Job(
            preset=rendering.preset,
            seed=rendering.seed,
            count=rendering.count,
            out=Path(folder),
            data=rendering.data,
            road="mediapipe",
            wanted=kind,
        )
        if not render_shards(job, os.cpu_count() or 1):
            raise UserError("the rendering was stopped before it was whole: evaluate again")
        return evaluate_shards(model, [Path(folder)], provider)


def evaluate_faces(
    model: Path, folder: Path, half: Half, fov: float, provider: Provider = "auto"
) -> dict[str, Any]:
    """Errors of an exported model on pictures of people who look straight into the camera.

    The error is the angle between the predicted gaze and the direction from the midpoint of the
    eyes to the camera.

    Args:
        model: an exported .onnx.
        folder, half: see `model.training.photographs.find_photographs`.
        fov: horizontal field of view of the pictures, degrees.
        provider: to run on.

    Returns:
        Under "groups" what was found for each expression; the same numbers for all of them; and
        "zero_point", the mean of what the model says, (pitch, yaw) in radians, in the patches'
        mirrored frames, as it was before any zero point was folded into the model.

    Raises:
        UserError: if the model was not exported, or there is no face.
    """
    if model.suffix != ".onnx":
        raise UserError(f"--faces judges exported models, and {model} is none: export it first")
    groups = find_photographs(folder, half)
    estimator = Estimator(model, provider)
    errors: dict[str, list[float]] = {}
    offsets: dict[str, list[Array]] = {}
    own: list[Array] = []
    missed: list[str] = []
    with FaceTracker(static=True) as tracker:
        for name, paths in groups.items():
            errors[name], offsets[name] = [], []
            for path in paths:
                image = read_photograph(path)
                camera = camera_matrix(image.shape[1], image.shape[0], fov)
                face = tracker.find(image, camera)
                if face is None:
                    missed.append(f"{name}/{path.name}")
                    continue
                patches = cut_patches(image, face, estimator.spec)
                gaze = estimator.estimate(patches).gaze
                own.append(estimator.infer(patches.images, patches.head).gaze.mean(axis=0))
                truth = -normalize(face.translation)
                errors[name].append(math.degrees(float(angle_between(gaze, truth))))
                offsets[name].append(np.degrees(pitch_yaw(gaze) - pitch_yaw(truth)))
    if not own:
        raise UserError(f"no face was found in any picture in {folder}")
    everything = [e for group in errors.values() for e in group]
    all_offsets = [o for group in offsets.values() for o in group]
    return {
        "half": half,
        "fov_deg": fov,
        **_face_numbers(everything, all_offsets),
        "groups": {name: _face_numbers(errors[name], offsets[name]) for name in groups},
        "without_face": missed,
        "zero_point": (np.mean(own, axis=0) + estimator.card.zero_point).tolist(),
    }


def _face_numbers(errors: list[float], offsets: list[Array]) -> dict[str, Any]:
    if not errors:
        return {"samples": 0}
    pitch, yaw = np.mean(offsets, axis=0)
    return {
        "samples": len(errors),
        "mean_deg": round(float(np.mean(errors)), 4),
        "median_deg": round(float(np.median(errors)), 4),
        "pitch_offset_deg": round(float(pitch), 4),
        "yaw_offset_deg": round(float(yaw), 4),
    }


def write_json(path: Path, found: dict[str, Any]) -> None:
    """Write what was found, also for `export --zero-point` to read."""
    try:
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error


def record(model: Path, name: str, found: dict[str, Any]) -> None:
    """Put what was found into the card of an exported model, under a name of its own.

    Raises:
        UserError: if the model has no card: only exported ones do.
    """
    card = load_card(model)
    errors = {**card.errors, name: _brief(found)}
    dataclasses.replace(card, errors=errors).write(card_path(model))


def _brief(found: dict[str, Any]) -> dict[str, Any]:
    """Without what is bulky and interests nobody who reads a card."""
    return {
        key: {name: _brief(part) for name, part in value.items()} if key in NESTED else value
        for key, value in found.items()
        if key not in ("confusion", "persons") or isinstance(value, int)
    }


def table(found: dict[str, Any]) -> str:
    """What was found, for people to read."""
    lines = []
    for key, value in found.items():
        if isinstance(value, int | float | str):
            lines.append(f"{key:{GROUP_WIDTH}} {value}")
    for name, group in found.get("groups", {}).items():
        numbers = ", ".join(f"{key} {value}" for key, value in group.items())
        lines.append(f"  {name:{GROUP_WIDTH - 2}} {numbers}")
    lines += [f"warning: {sentence}" for sentence in found.get("warnings", [])]
    return "\n".join(lines)
