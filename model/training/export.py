"""Exports a trained GazeCLIP as ONNX, checks it against torch, and writes its card."""

import contextlib
import io
import json
import logging
import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.card import ModelCard, card_path, file_hash
from model.errors import UserError
from model.geometry import DIRECTIONS
from model.training.checkpoint import load_checkpoint, trained_model
from model.training.config import GazeClipConfig
from model.training.gazeclip import GazeCLIP, sigma_of

OPSET = 18
PARITY = 1e-4
"""Largest difference between torch and ONNX Runtime in any output; radians for gaze and sigma."""

PARITY_DRAWS = 32
"""How many random patches the two are compared on."""

MEANINGS = {
    "gaze": "pitch and yaw in radians in the patch's normalised frame, mirrored where the patch is",
    "sigma": "standard deviation of gaze per axis in radians",
    "description": "probabilities of: " + ", ".join(DIRECTIONS) + " (in the patch's frame)",
    "embedding": "last hidden layer",
}

NORMALISATION = {
    "standardise": "each patch to zero mean and unit variance, inside the model",
    "clip": "CLIP's means and standard deviations, inside the model",
}


class Exported(nn.Module):
    """The model as it is exported: pixels as they are in, four named outputs out.

    The text features are constants here; the text tower stays behind.
    """

    text: Tensor
    zero_point: Tensor

    def __init__(self, model: GazeCLIP, zero_point: tuple[float, float]) -> None:
        """
        Args:
            model: in inference mode.
            zero_point: (pitch, yaw), radians, that the model says where it should say (0, 0).
        """
        super().__init__()
        self.model = model
        with torch.no_grad():
            self.register_buffer("text", model.text_features().clone())
        self.register_buffer("zero_point", torch.tensor([zero_point], dtype=torch.float32))

    def forward(
        self, patches: Tensor, head: Tensor, used: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Gaze, sigma, description and embedding of patches (N, H, W, 3) uint8, head (N, 4) and, of
        eyes, which may be heard by their others (N,)."""
        pixels = self.model.normalise(patches.permute(0, 3, 1, 2).float() / 255.0)
        output = self.model(pixels, head, self.text, used)
        gaze = output.gaze - self.zero_point
        description = output.logits.softmax(dim=-1)
        return gaze, sigma_of(output.log_width), description, output.embedding


def export(
    checkpoint: Path,
    out: Path,
    zero_point: Path | None = None,
    share: float = 1.0,
    errors: Sequence[Path] = (),
) -> ModelCard:
    """Write `out` and its card.

    Args:
        checkpoint: of a training, or its folder.
        out: path of the .onnx file to write.
        zero_point: file that `evaluate --write-zero-point` wrote, to fold into the model.
        share: how much of it: rendered and real people may disagree about where zero is.
        errors: files that `evaluate --json` wrote, for the card, under their names.

    Raises:
        UserError: if something cannot be read, or torch and ONNX Runtime disagree.
    """
    if out.suffix != ".onnx":
        raise UserError(f"--out must end in .onnx, which {out} does not")
    content = load_checkpoint(checkpoint)
    pitch, yaw = read_zero_point(zero_point)
    measured = {path.stem: read_errors(path) for path in errors}
    exported = Exported(trained_model(content), (share * pitch, share * yaw)).eval()
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial")
    write_onnx(exported, partial)
    difference = parity(exported, partial)
    if difference > PARITY:
        partial.unlink()
        raise UserError(
            f"torch and ONNX Runtime differ by {difference:.1e}, more than {PARITY:.0e}: "
            "nothing was exported; check the installed versions against requirements-train.txt"
        )
    partial.replace(out)
    card = replace(_card(exported, out, content, difference), errors=measured)
    card.write(card_path(out))
    return card


def write_onnx(exported: Exported, path: Path) -> None:
    """Write the model with fixed shapes, its weights inside the one file that the card hashes."""
    example = _example(exported.model.config, np.random.default_rng(0))
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    silent = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(silent):
        warnings.simplefilter("ignore")  # the exporter's own internals, not ours to mend
        try:
            torch.onnx.export(
                exported,
                tuple(torch.from_numpy(array) for array in example.values()),
                str(path),
                input_names=list(example),
                output_names=list(MEANINGS),
                opset_version=OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
        finally:
            logger.setLevel(level)
    written = onnx.load(str(path))
    del written.metadata_props[:]
    for node in written.graph.node:  # where in our source each node comes from: paths, and bulk
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.save(written, str(path))


def parity(exported: Exported, path: Path) -> float:
    """Largest difference between torch and the written file, over all outputs.

    Compared on noise and on smooth pictures like real patches, in every kind of light.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(1)
    largest = 0.0
    for _ in range(PARITY_DRAWS):
        example = _example(exported.model.config, generator)
        found = session.run(list(MEANINGS), example)
        with torch.inference_mode():
            expected = exported(*(torch.from_numpy(array) for array in example.values()))
        for one, other in zip(found, expected, strict=True):
            largest = max(largest, float(np.abs(one - other.numpy()).max()))
    return largest


def read_zero_point(path: Path | None) -> tuple[float, float]:
    """(pitch, yaw) in radians of a file that `evaluate --write-zero-point` wrote; (0, 0) of None.

    Raises:
        UserError: if the file is no such file.
    """
    if path is None:
        return (0.0, 0.0)
    try:
        pitch, yaw = (float(angle) for angle in _read_json(path)["zero_point"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} holds no zero point: write it with evaluate") from error
    if not math.hypot(pitch, yaw) < math.radians(20.0):
        raise UserError(f"the zero point in {path} is farther than 20 degrees off: measure it anew")
    return (pitch, yaw)


def read_errors(path: Path) -> dict[str, Any]:
    """What `evaluate --json` wrote into a file.

    Raises:
        UserError: if the file is no such file.
    """
    found = _read_json(path)
    if "samples" not in found or "mean_deg" not in found:
        raise UserError(f"{path} holds no errors: write it with evaluate --json")
    return found


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path} cannot be read: give a file that evaluate wrote") from error


def _example(
    config: GazeClipConfig, generator: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    """Inputs by name to try a model on: patches half noise, half smooth; of eyes any used ones."""
    count = 2 if config.patch.kind == "eyes" else 1
    height, width = config.patch.height, config.patch.width
    if generator.random() < 0.5:
        patches = generator.integers(0, 256, (count, height, width, 3))
    else:
        x, y = np.arange(width) / width, np.arange(height)[:, None] / height
        waves = generator.normal(0.0, 6.0, (count, 3, 2))
        patches = np.stack(
            [
                np.stack([127.5 + 127.0 * np.sin(a * x + b * y) for a, b in colours], axis=-1)
                for colours in waves
            ]
        )
    head = generator.normal(0.0, 0.3, (count, 4))
    example: dict[str, NDArray[np.generic]] = {
        "patches": patches.astype(np.uint8),
        "head": head.astype(np.float32),
    }
    if count == 2:
        example["used"] = generator.integers(0, 2, count).astype(np.float32)
    return example


def _card(
    exported: Exported,
    out: Path,
    content: dict[str, Any],
    difference: float,
) -> ModelCard:
    config = exported.model.config
    count = 2 if config.patch.kind == "eyes" else 1
    graph = onnx.load(str(out)).graph
    shapes = {
        value.name: [d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in [*graph.input, *graph.output]
    }
    pitch, yaw = exported.zero_point.flatten().tolist()
    inputs = {
        "patches": {
            "shape": shapes["patches"],
            "type": "uint8",
            "meaning": f"{count} RGB patch(es)"
            + ("; the user's right eye first, flipped left-right" if count == 2 else ""),
        },
        "head": {
            "shape": shapes["head"],
            "type": "float32",
            "meaning": "head pitch and yaw (radians, patch's frame), log(distance / 600 mm), "
            "log(camera pixels per patch pixel)",
        },
    }
    if count == 2:
        inputs["used"] = {
            "shape": shapes["used"],
            "type": "float32",
            "meaning": "1 where an eye may help to read the other one, 0 where it must not",
        }
    return ModelCard(
        name=config.name,
        patch=config.patch,
        inputs=inputs,
        outputs={
            name: {"shape": shapes[name], "meaning": meaning} for name, meaning in MEANINGS.items()
        },
        normalisation=("colour dropped; " if config.grey else "")
        + NORMALISATION[config.normalisation],
        zero_point=(pitch, yaw),
        sha256=file_hash(out),
        data=content.get("data", []),
        training={
            **content["training"],
            "command": _portable(content["training"]["command"]),
            "config": asdict(config),
            "exported": datetime.now(UTC).isoformat(timespec="seconds"),
            "parity": float(f"{difference:.2e}"),
        },
    )


def _portable(command: str) -> str:
    """A command line for a card, which travels: of absolute paths, which mean something on one
    machine only, the last part."""
    return " ".join(
        Path(word).name if Path(word).is_absolute() else word for word in command.split()
    )
