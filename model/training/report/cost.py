"""What a model costs: parameters, arithmetic, time."""

import json
import os
import platform
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from model.card import card_path
from model.errors import UserError
from model.training.checkpoint import load_checkpoint, trained_model, without_pretrained
from model.training.config import SCHEMA, config_from_json
from model.training.exporting.graph import Exported, write_onnx
from model.training.gazeclip import GazeCLIP

RUNS = 50
"""Runs that the latency is the median of."""

WARM_UP = 5


@dataclass(frozen=True)
class Cost:
    """What a model costs.

    Attributes:
        parameters: of the whole model as it was trained; None where an .onnx does not tell.
        deployed: of what is exported, the text tower left behind.
        flops: floating point operations for one face (of eyes: both), a multiply-add counting two,
            of matrix products and convolutions only; None where an .onnx does not tell.
        latency_ms: median time of one face in ONNX Runtime on one CPU thread.
        runs: that it is the median of.
        machine: where it was measured.
    """

    parameters: int | None
    deployed: int
    flops: int | None
    latency_ms: float
    runs: int
    machine: str


def cost_of(model: Path, runs: int = RUNS) -> Cost:
    """Measure a model; one that is not exported is exported for the occasion.

    Args:
        model: an .onnx file, or a training's folder or checkpoint.
        runs: how often it is timed.
    """
    if model.suffix == ".onnx":
        network = _described(model)
        deployed, latency = _weights(model), latency_ms(model, runs)
    else:
        network = trained_model(load_checkpoint(model))
        with tempfile.TemporaryDirectory() as folder:
            exported = Path(folder) / "model.onnx"
            write_onnx(Exported(network, (0.0, 0.0)).eval(), exported)
            latency = latency_ms(exported, runs)
        deployed = _without_text(network)
    return Cost(
        None if network is None else sum(p.numel() for p in network.parameters()),
        deployed,
        None if network is None else flops(network),
        latency,
        runs,
        machine(),
    )


def flops(model: GazeCLIP) -> int:
    """Operations of the exported part of a network for one face, see `Cost`."""
    spec = model.config.patch
    count = 2 if spec.kind == "eyes" else 1
    device = next(model.parameters()).device
    images = torch.zeros(count, model.channels, spec.height, spec.width, device=device)
    head = torch.zeros(count, 4, device=device)
    training, quick = model.training, torch.backends.mha.get_fastpath_enabled()
    model.eval()
    # The counter knows plain products only: attention's fused short cuts would count for nothing.
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
            text = model.text_features()
            counter = FlopCounterMode(display=False)
            with counter:
                model(images, head, text)
    finally:
        torch.backends.mha.set_fastpath_enabled(quick)
        model.train(training)
    return int(counter.get_total_flops())


def latency_ms(model: Path, runs: int = RUNS) -> float:
    """Median milliseconds of an .onnx for one face, on one CPU thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(0)
    each = 2 if any(node.name == "used" for node in session.get_inputs()) else 1
    inputs = {node.name: _example(node, each, generator) for node in session.get_inputs()}
    faces = len(inputs["patches"]) // each
    times = []
    for run in range(WARM_UP + runs):
        started = time.perf_counter()
        session.run(None, inputs)
        if run >= WARM_UP:
            times.append(time.perf_counter() - started)
    return 1000.0 * statistics.median(times) / faces


def machine() -> str:
    """Processor and system, in a few words."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    return f"{name}, {os.cpu_count()} cores, {platform.system()}"


def _described(model: Path) -> GazeCLIP | None:
    """The network that an exported model was, without its weights; None where its card does not
    tell the configuration, or tells one that this version cannot build."""
    config = json.loads(card_path(model).read_text(encoding="utf-8")).get("training", {})
    config = config.get("config")
    if not config:
        return None
    try:
        return GazeCLIP(config_from_json(without_pretrained({"schema": SCHEMA, **config})))
    except (ValueError, TypeError, KeyError, UserError):
        return None


def _without_text(network: GazeCLIP) -> int:
    """Parameters that are exported: the towers' text side stays behind, but for its 9 features."""
    return sum(
        parameter.numel()
        for name, parameter in network.named_parameters()
        if not name.startswith("clip.") or name.startswith("clip.visual.")
    )


def _weights(model: Path) -> int:
    """Numbers that an .onnx holds in floating point."""
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8,
             onnx.TensorProto.UINT8)  # fmt: skip
    return sum(
        int(np.prod(tensor.dims))
        for tensor in onnx.load(str(model)).graph.initializer
        if tensor.data_type in kinds
    )


def _example(node: Any, each: int, generator: np.random.Generator) -> Any:
    """Something to run on: one face where a model takes any number, else as many as it takes."""
    shape = [side if isinstance(side, int) else each for side in node.shape]
    if node.type == "tensor(uint8)":
        return generator.integers(0, 256, shape).astype(np.uint8)
    kind = np.float16 if node.type == "tensor(float16)" else np.float32
    return np.ones(shape, kind) if node.name == "used" else np.zeros(shape, kind)
