"""Puts an adaptation into the last layer of an exported model."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from model.errors import UserError
from model.training.finetuning.fit import Adaptation

WEIGHT = "head.out.weight"
BIAS = "finetuned_bias"
OFFSETS = "finetuned_offsets"
BEFORE = "gaze_before_finetuning"


def read_adaptable(model: Path) -> onnx.ModelProto:
    """An exported model whose last layer can be adapted.

    Raises:
        UserError: if it is broken or quantised, or has no such layer.
    """
    try:
        loaded = onnx.load(str(model))
    except DecodeError as error:
        raise UserError(f"{model} is no ONNX file: give a model that export wrote") from error
    if any(node.op_type in ("QuantizeLinear", "DequantizeLinear") for node in loaded.graph.node):
        raise UserError(
            f"{model} is quantised to int8, whose loss was measured as it is: fine-tune the fp32 "
            "or fp16 file"
        )
    _last_layer(loaded.graph, str(model))
    return loaded


def adapt(model: onnx.ModelProto, adaptation: Adaptation, scale: float) -> None:
    """Change a model so that it adds an adaptation to its gaze.

    What is common to a face's patches goes into the last layer's weights and bias. Where they have
    different offsets, what is left is added at the end, to each its own.

    Args:
        model: from `read_adaptable`.
        adaptation: to put in.
        scale: radians of gaze per unit of the last layer's first two outputs.
    """
    graph = model.graph
    layer = _last_layer(graph, "the model")
    common = adaptation.offset.mean(axis=0)
    if len(layer.input) == 2:  # exporting leaves a bias of zeros away
        rows = next(c.dims[0] for c in graph.initializer if c.name == layer.input[1])
        bias = numpy_helper.from_array(np.zeros(rows, np.float32), BIAS)
        graph.initializer.append(bias)
        layer.input.append(BIAS)
    _change(graph, layer, 1, adaptation.slopes.T / scale)
    _change(graph, layer, 2, common / scale)
    own = adaptation.offset - common
    if len(own) > 1 and np.any(own):
        _add_offsets(graph, own)


def _last_layer(graph: onnx.GraphProto, name: str) -> onnx.NodeProto:
    """The node that turns the embedding into gaze: embedding, weight and, mostly, bias.

    Raises:
        UserError: if there is none.
    """
    for node in graph.node:
        if node.op_type == "Gemm" and WEIGHT in node.input[1]:
            return node
    raise UserError(f"{name} has no last layer {WEIGHT} to adapt: give a model that export wrote")


def _change(graph: onnx.GraphProto, layer: onnx.NodeProto, i: int, change: NDArray[Any]) -> None:
    """Add to the first two rows of a layer's constant. Exporting lets nodes share constants that
    are equal, so another node's is left as it is."""
    name = layer.input[i]
    constant = next(c for c in graph.initializer if c.name == name)
    old = numpy_helper.to_array(constant)
    values = old.astype(np.float64)
    values[:2] += change
    if sum(name in node.input for node in graph.node) > 1:
        layer.input[i] = name = f"{name}_own"
        constant = graph.initializer.add()
    constant.CopyFrom(numpy_helper.from_array(values.astype(old.dtype), name))


def _add_offsets(graph: onnx.GraphProto, own: NDArray[Any]) -> None:
    """gaze + own, patch by patch, for any number of faces."""
    known = next((c for c in graph.initializer if c.name == OFFSETS), None)
    if known is not None:  # fine-tuned before
        values = numpy_helper.to_array(known) + own[None]
        known.CopyFrom(numpy_helper.from_array(values.astype(np.float32), OFFSETS))
        return
    for node in graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name == "gaze":
                    names[i] = BEFORE
    graph.initializer.extend(
        [
            numpy_helper.from_array(own[None].astype(np.float32), OFFSETS),
            numpy_helper.from_array(np.array([-1, len(own), 2], np.int64), f"{OFFSETS}_faces"),
            numpy_helper.from_array(np.array([-1, 2], np.int64), f"{OFFSETS}_patches"),
        ]
    )
    faces, moved = f"{OFFSETS}_by_face", f"{OFFSETS}_added"
    for kind, inputs, output in (
        ("Reshape", [BEFORE, f"{OFFSETS}_faces"], faces),
        ("Add", [faces, OFFSETS], moved),
        ("Reshape", [moved, f"{OFFSETS}_patches"], "gaze"),
    ):
        graph.node.append(helper.make_node(kind, inputs, [output], name=f"node_{output}"))
