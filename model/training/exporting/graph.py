"""The model as a graph of ONNX: what it computes, how it is written, and inputs to try it on."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.geometry import DIRECTIONS
from model.training.config import GazeClipConfig
from model.training.exporting.form import patches_per_face
from model.training.gazeclip import GazeCLIP, sigma_of

OPSET = 18

MEANINGS = {
    "gaze": "pitch and yaw in radians in the patch's normalised frame, mirrored where the patch is",
    "sigma": "standard deviation of gaze per axis in radians",
    "description": "probabilities of: " + ", ".join(DIRECTIONS) + " (in the patch's frame)",
    "embedding": "last hidden layer",
}

ANY = "N"
"""What the first dimension is called where it may be any."""

TRACED_FACES = 3
"""Faces with which a graph for any number is traced: one would be taken for a constant."""

Inputs = dict[str, NDArray[Any]]


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


def write_onnx(exported: Exported, path: Path, faces: int | None = 1) -> None:
    """Write the model, its weights inside the one file that the card hashes.

    Args:
        exported: the model, in inference mode.
        path: of the file.
        faces: how many the graph takes at once; None for any number.
    """
    config = exported.model.config
    inputs = example(config, np.random.default_rng(0), faces or TRACED_FACES)
    tensors = tuple(torch.from_numpy(array) for array in inputs.values())
    with _silence():
        program: Any = exported
        if faces is None:
            face = torch.export.Dim("faces")
            first = 2 * face if patches_per_face(config.patch) == 2 else face
            with torch.no_grad():
                program = torch.export.export(
                    exported,
                    tensors,
                    dynamic_shapes=tuple({0: first} for _ in tensors),
                    # Without it, len() of a tensor would become a constant.
                    strict=True,
                )
        torch.onnx.export(
            program,
            () if faces is None else tensors,
            str(path),
            input_names=list(inputs),
            output_names=list(MEANINGS),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    _tidy(path, faces is None)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The exporter's own notes and warnings are about its internals, not ours to mend."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _tidy(path: Path, dynamic: bool) -> None:
    """Take out where in our source each node comes from (paths, and bulk), and name what later
    steps look up by name."""
    written = onnx.load(str(path))
    del written.metadata_props[:]
    for number, node in enumerate(written.graph.node):
        del node.metadata_props[:]
        node.doc_string = ""
        node.name = node.name or f"node_{number}"
    if dynamic:
        del written.graph.value_info[:]  # their sizes have names that nobody knows
        for value in [*written.graph.input, *written.graph.output]:
            value.type.tensor_type.shape.dim[0].dim_param = ANY
    onnx.save(written, str(path))


def example(config: GazeClipConfig, generator: np.random.Generator, faces: int = 1) -> Inputs:
    """Inputs by name to try a model on: patches half noise, half smooth; of eyes any used ones."""
    each = patches_per_face(config.patch)
    count = each * faces
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
    inputs: Inputs = {"patches": patches.astype(np.uint8), "head": head.astype(np.float32)}
    if each == 2:
        inputs["used"] = generator.integers(0, 2, count).astype(np.float32)
    return inputs


def shapes_of(path: Path) -> dict[str, list[int | str]]:
    """Sizes of a file's inputs and outputs by name; "N" where any number will do."""
    graph = onnx.load(str(path), load_external_data=False).graph
    return {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in [*graph.input, *graph.output]
    }


def text_copies(path: Path, text: NDArray[np.float32]) -> list[str]:
    """Names of a file's constants that are the text features (9, F), or these turned over.

    Args:
        path: of an .onnx file.
        text: the features.
    """
    found = []
    for constant in onnx.load(str(path)).graph.initializer:
        if tuple(constant.dims) not in (text.shape, text.T.shape):
            continue
        values = as_features(onnx.numpy_helper.to_array(constant))
        if values.shape == text.shape and np.allclose(values, text, atol=1e-3):
            found.append(constant.name)
    return found


def as_features(values: NDArray[Any]) -> NDArray[np.float32]:
    """A constant as text features (9, F), whichever way round it is stored."""
    turned = values if len(values) == len(DIRECTIONS) else values.T
    return np.asarray(turned, dtype=np.float32)
