"""Half precision: weights and arithmetic in 16 bits, but for what would suffer.

ONNX Runtime's own converter rounds between any two nodes that it was told to keep, too, and names
two nodes alike where both read one tensor; hence this one, which leaves such stretches whole.
"""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model.training.exporting.sensitive import first_steps, last_steps, text_steps

HALVED = frozenset(
    (
        "Conv", "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "Relu", "Erf", "Sigmoid",
        "Concat", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Slice", "Gather", "Split",
        "Expand", "Flatten", "MaxPool", "AveragePool", "GlobalAveragePool", "Identity",
    )
)  # fmt: skip
"""Operators that 16 bits do not hurt. Any other stays in 32: softmax, norms, means, powers."""


def to_half(source: Path, out: Path, text: list[str]) -> None:
    """Write a model in half precision, with the same inputs and outputs.

    In 32 bits stay the pixels' normalisation, the operators that are not in HALVED, the comparison
    with the text, and everything from the embedding and the key points to the outputs.

    Args:
        source: the model in full precision.
        out: path of the file to write.
        text: names of the constants that are the text features.
    """
    model = onnx.shape_inference.infer_shapes(onnx.load(str(source)))
    graph = model.graph
    kept = first_steps(graph) | last_steps(graph) | text_steps(graph, text)
    halved = {
        name
        for node in graph.node
        if node.op_type in HALVED and node.name not in kept
        for name in node.output
    }
    _Halving(graph, halved).run()
    del graph.value_info[:]  # the types of before
    onnx.save(model, str(out))


class _Halving:
    """Rewrites a graph so that the nodes that make some tensors work in 16 bits."""

    def __init__(self, graph: onnx.GraphProto, halved: Collection[str]) -> None:
        """
        Args:
            graph: whose tensors' types are known.
            halved: names of the tensors that nodes in 16 bits make.
        """
        self._graph = graph
        values = [*graph.input, *graph.output, *graph.value_info]
        self._floats = {v.name for v in values if v.type.tensor_type.elem_type == TensorProto.FLOAT}
        self._halved = set(halved)
        self._weights = {c.name: c for c in graph.initializer if c.data_type == TensorProto.FLOAT}
        self._handed_out = {value.name for value in graph.output}
        self._cast: set[str] = set()
        self._nodes: list[onnx.NodeProto] = []

    def run(self) -> None:
        """Rewrite it."""
        for node in list(self._graph.node):
            if any(name in self._halved for name in node.output):
                self._halve(node)
            else:
                for i, name in enumerate(node.input):
                    if name in self._halved and name in self._floats:
                        node.input[i] = self._as(name, TensorProto.FLOAT)
                self._nodes.append(node)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        read = {name for node in self._nodes for name in node.input}
        used = [constant for constant in self._graph.initializer if constant.name in read]
        del self._graph.initializer[:]
        self._graph.initializer.extend(used)

    def _halve(self, node: onnx.NodeProto) -> None:
        for i, name in enumerate(node.input):
            if name in self._weights:
                node.input[i] = self._light(name)
            elif name in self._floats and name not in self._halved:
                node.input[i] = self._as(name, TensorProto.FLOAT16)
            elif name in self._handed_out:
                node.input[i] = _inner(name)
        self._nodes.append(node)
        for i, name in enumerate(node.output):
            if name in self._handed_out and name in self._floats:
                node.output[i] = _inner(name)
                self._cast_to(_inner(name), name, TensorProto.FLOAT)

    def _as(self, name: str, kind: int) -> str:
        """A tensor as another type: one cast for all that read it."""
        if name in self._handed_out and kind == TensorProto.FLOAT:
            return name  # which is cast already
        cast = f"{name}_{'whole' if kind == TensorProto.FLOAT else 'half'}"
        if cast not in self._cast:
            self._cast.add(cast)
            self._cast_to(name, cast, kind)
        return cast

    def _cast_to(self, name: str, cast: str, kind: int) -> None:
        self._nodes.append(helper.make_node("Cast", [name], [cast], f"{cast}_cast", to=kind))

    def _light(self, name: str) -> str:
        """A constant in 16 bits."""
        light = f"{name}_half"
        if light not in self._cast:
            self._cast.add(light)
            limit = float(np.finfo(np.float16).max)
            values = numpy_helper.to_array(self._weights[name]).clip(-limit, limit)
            self._graph.initializer.append(numpy_helper.from_array(values.astype("f2"), light))
        return light


def _inner(name: str) -> str:
    return f"{name}_half_inside"
