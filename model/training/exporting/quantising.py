"""int8: static quantisation for the CPU, and what it costs."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from tqdm import tqdm

from model.geometry import angle_between
from model.patches import PatchSpec
from model.training.datasets.patchset import PatchSet
from model.training.exporting.graph import Inputs
from model.training.exporting.running import (
    angular_errors,
    camera_gaze,
    feeds,
    predict_file,
)
from model.training.exporting.samples import Halves
from model.training.exporting.sensitive import last_steps, text_steps

KINDS = ("Conv", "MatMul", "Gemm")
WORTH_IT = 4096
"""Weights below which a layer stays as it is: there is nothing to save."""

ALLOWED = 0.1
"""Degrees that int8 may cost before a warning is due."""


def quantise(
    source: Path, out: Path, text: list[str], samples: PatchSet, spec: PatchSpec, faces: int | None
) -> None:
    """Write a model whose convolutions and large matrices are in 8 bits: QDQ, each output channel
    with a scale of its own, activations by the range that they take on samples.

    Args:
        source: the model in full precision.
        out: path of the file to write.
        text: names of the constants that are the text features, whose comparison stays whole.
        samples: to take the ranges from.
        spec: patches of the model.
        faces: how many the file takes at once; None for any number.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    chosen = _worth_it(source, text)
    with _silence():
        quantize_static(
            str(source),
            str(out),
            _Reader(samples, spec, faces),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(KINDS),
            nodes_to_quantize=chosen,
        )


def _worth_it(source: Path, text: list[str]) -> list[str]:
    graph = onnx.load(str(source)).graph
    kept = last_steps(graph) | text_steps(graph, text)
    sizes = {constant.name: int(np.prod(constant.dims)) for constant in graph.initializer}
    return [
        node.name
        for node in graph.node
        if node.op_type in KINDS
        and node.name not in kept
        and any(sizes.get(name, 0) >= WORTH_IT for name in node.input)
    ]


class _Reader:
    """Hands samples to ONNX Runtime's calibration, with progress."""

    def __init__(self, samples: PatchSet, spec: PatchSpec, faces: int | None) -> None:
        inputs = list(feeds(samples, spec, faces))
        bar = tqdm(inputs, unit="batch", desc="ranges", disable=None, leave=False)
        self._rest: Iterator[Inputs] = iter(bar)

    def get_next(self) -> Inputs | None:
        """The next inputs; None after the last."""
        return next(self._rest, None)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    level = logging.root.level
    logging.root.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.root.setLevel(level)


def cost(
    whole: Path, small: Path, halves: Halves, spec: PatchSpec, faces: int | None
) -> dict[str, Any]:
    """What int8 costs on samples of people whom the ranges were not taken from, for the card.

    Args:
        whole: the model in full precision.
        small: the quantised one.
        halves: of the samples.
        spec: patches of the model.
        faces: how many the files take at once.
    """
    held = halves.held_out
    before, after = (predict_file(path, held, spec, faces) for path in (whole, small))
    used = np.ones_like(held.usable)
    apart = angle_between(
        camera_gaze(before.gaze, before.sigma, held, used),
        camera_gaze(after.gaze, after.sigma, held, used),
    )
    fp32, int8 = (float(angular_errors(found, held).mean()) for found in (before, after))
    return {
        "method": "static, QDQ, per channel, weights int8, activations uint8",
        "source": halves.source,
        "calibration": {"samples": len(halves.calibration), "people": halves.people[0]},
        "held_out": {
            "samples": int(held.usable.any(axis=1).sum()),
            "people": halves.people[1],
            "fp32_mean_deg": round(fp32, 4),
            "int8_mean_deg": round(int8, 4),
            "loss_deg": round(int8 - fp32, 4),
            "mean_difference_deg": round(float(np.degrees(apart).mean()), 4),
        },
        "bytes": {"fp32": whole.stat().st_size, "int8": small.stat().st_size},
    }


def warning(quantisation: dict[str, Any]) -> str | None:
    """A sentence where int8 costs more than ALLOWED."""
    loss = quantisation["held_out"]["loss_deg"]
    if loss <= ALLOWED:
        return None
    return (
        f"int8 costs {loss:.2f} degrees on held-out samples, more than {ALLOWED:g}: keep the fp32 "
        "or fp16 file"
    )
