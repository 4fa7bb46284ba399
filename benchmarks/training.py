"""How fast a configuration trains, and how much memory that takes.

    python -m benchmarks.training --config gazeclip-rn50 --batch 16 --precision bf16

Steps on noise, whose speed is that of real pictures once they are read; random CLIP weights.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import machine
from model.errors import UserError
from model.training.batches import MemoryBatches, Share
from model.training.config import GazeClipConfig, changed, load_config
from model.training.datasets.patchset import PatchSet
from model.training.trainer import Budget, Options, Trainer

WARM_UP = 2


def main() -> int:
    """Train some steps and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--config", default="gazeclip-rn50")
    parser.add_argument("--batch", type=int, help="patches in a step, else the configuration's")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--precision", choices=("fp32", "bf16", "fp16"), default="fp32")
    parser.add_argument("--threads", type=int, help="of the CPU; else as many as cores")
    arguments = parser.parse_args()
    if arguments.threads is not None:
        torch.set_num_threads(arguments.threads)
    try:
        config = changed(load_config(arguments.config), ["clip.pretrained=null"])
        if arguments.batch is not None:
            config = changed(config, [f"training.batch={arguments.batch}"])
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        options = Options(Path(folder), Budget(epochs=1000.0), precision=arguments.precision)
        data = _noise(config)
        share = Share(len(data))
        trainer = Trainer(config, MemoryBatches(data, share, []), options)
        seconds = []
        for _ in range(WARM_UP + arguments.steps):
            started = time.perf_counter()
            float(trainer.train_step()["loss"])
            seconds.append(time.perf_counter() - started)
    step = statistics.median(seconds[WARM_UP:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    parameters = sum(p.numel() for p in trainer.model.parameters())
    learning = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    print(machine())
    print(
        f"{config.name}, {arguments.precision}, {config.training.batch} patches a step on "
        f"{trainer.device.type}: {step:.2f} s a step, {config.training.batch / step:.1f} patches/s"
    )
    print(
        f"{parameters / 1e6:.1f} M parameters, {learning / 1e6:.1f} M of them learn; "
        f"peak memory {peak:.1f} GiB"
    )
    if trainer.device.type == "cuda":
        print(f"peak on the GPU {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    return 0


def _noise(config: GazeClipConfig) -> PatchSet:
    """As many samples as a step sees."""
    each = 2 if config.patch.kind == "eyes" else 1
    count = max(config.training.batch // each, 1)
    generator = np.random.default_rng(0)
    channels = 1 if config.grey else 3
    shape = (count, each, config.patch.height, config.patch.width, channels)
    target = generator.normal(0.0, 0.2, (count, each, 2)).astype(np.float32)
    return PatchSet(
        images=generator.integers(0, 256, shape).astype(np.uint8),
        head=np.zeros((count, each, 4), np.float32),
        target=target,
        usable=np.ones((count, each), dtype=bool),
        rotation=np.tile(np.eye(3, dtype=np.float32), (count, each, 1, 1)),
        mirrored=np.array([True, False] if each == 2 else [False]),
        gaze=np.tile([0.0, 0.0, -1.0], (count, 1)),
        points=np.full((count, each, 2, 2), np.nan, dtype=np.float32),
    )


if __name__ == "__main__":
    sys.exit(main())
