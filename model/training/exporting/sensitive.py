"""Which parts of a graph keep full precision whatever the form: where small differences count."""

from collections.abc import Collection, Iterable

import onnx

OUTPUTS = ("gaze", "sigma", "description")

FENCE = frozenset({"Conv", "Softmax"})
"""Where the way back from the outputs ends: the key points' heat maps, and the picture's tower."""

WEIGHTED = frozenset({"Conv", "Gemm", "MatMul", "Softmax"})
"""Where the way back from a similarity with the text ends."""


def last_steps(graph: onnx.GraphProto) -> set[str]:
    """Names of the nodes from the embedding (and the key points) to gaze, sigma and description."""
    makers = _makers(graph)
    return _backwards(OUTPUTS, makers, FENCE, stop_at={"embedding"})


def text_steps(graph: onnx.GraphProto, copies: Collection[str]) -> set[str]:
    """Names of the nodes that read the text features, and of what scales the features that they
    are compared with.

    Args:
        graph: of the model.
        copies: names of the constants that are the text features.
    """
    makers = _makers(graph)
    found: set[str] = set()
    for node in graph.node:
        if any(name in copies for name in node.input):
            found.add(node.name)
            found |= _backwards(node.input, makers, WEIGHTED)
    return found


def first_steps(graph: onnx.GraphProto) -> set[str]:
    """Names of the nodes from the pixels to the first convolution: the normalisation."""
    reached, found = {"patches"}, set()
    for node in graph.node:  # in the order of computation
        if any(name in reached for name in node.input) and node.op_type != "Conv":
            found.add(node.name)
            reached.update(node.output)
        if node.op_type == "Conv":
            break
    return found


def _makers(graph: onnx.GraphProto) -> dict[str, onnx.NodeProto]:
    return {name: node for node in graph.node for name in node.output}


def _backwards(
    tensors: Iterable[str],
    makers: dict[str, onnx.NodeProto],
    fence: Collection[str],
    stop_at: Collection[str] = (),
) -> set[str]:
    found: set[str] = set()
    waiting = list(tensors)
    while waiting:
        name = waiting.pop()
        node = makers.get(name)
        if node is None or name in stop_at or node.name in found:
            continue
        if node.op_type in fence and name not in OUTPUTS:
            continue
        found.add(node.name)
        waiting.extend(node.input)
    return found
