"""What parts of GazeCLIP are worth: trained with and without them, on one budget.

    python -m benchmarks.ablations text --shards DIR --validation DIR --out DIR
    python -m benchmarks.ablations sweep --shards DIR --validation DIR --out DIR

`text`: with and without it, joined in different ways. `sweep`: patch size, colour, tower, width.
Every variant is trained with the same budget on the same rendered samples, once for each seed, and
measured on people that no training saw. A run that was stopped goes on where it was. Prints a table
for docs/benchmarks.md.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import machine
from model.errors import UserError
from model.training.checkpoint import load_checkpoint, trained_model
from model.training.config import GazeClipConfig, changed, load_config
from model.training.datasets import synthgaze
from model.training.datasets.patchset import PatchSet
from model.training.material import ShardMaterial
from model.training.metrics import measure
from model.training.predict import predict
from model.training.train import is_finished, train
from model.training.trainer import Budget, Options


@dataclass(frozen=True)
class Variant:
    """One way to build the model: its name, and what it changes in the configuration."""

    name: str
    settings: tuple[str, ...]


TEXT = (
    Variant("text picked by similarity, cross-attention", ()),
    Variant("no text", ("text.use=none",)),
    Variant("text concatenated", ("fusion.kind=concatenation",)),
    Variant("text picked by a learned layer", ("text.use=learned",)),
    Variant("text in the loss only", ("fusion.kind=none",)),
)
"""The paper's way first."""

SWEEP = (
    Variant("gazeclip-s: 72 x 48, grey", ()),
    Variant("colour", ("grey=false", "clip.architecture=gazeclip-eye-colour")),
    Variant("60 x 40: cut closer", ("patch.width=60", "patch.height=40")),
    Variant("84 x 56: cut wider", ("patch.width=84", "patch.height=56")),
    Variant("deeper tower", ("clip.architecture=gazeclip-eye-deep",)),
    Variant("half as wide a head", ("fusion.width=48", "fusion.hidden=80", "fusion.spatial=16")),
    Variant("twice as wide a head", ("fusion.width=192", "fusion.hidden=320", "fusion.spatial=64")),
)

GROUPS = {"text": TEXT, "sweep": SWEEP}

FIGURES = (
    ("mean_deg", "mean error, degrees"),
    ("median_deg", "median"),
    ("zero_shot_clear", "words right where clear"),
)


def main() -> int:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("group", choices=tuple(GROUPS))
    parser.add_argument("--config", default="gazeclip-s")
    parser.add_argument("--shards", nargs="+", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=4.0)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = []
    try:
        base = load_config(arguments.config)
        for variant in GROUPS[arguments.group]:
            config = changed(base, variant.settings)
            judged = synthgaze.load([arguments.validation], config.patch, config.grey)
            found = [_one(arguments, variant, config, seed, judged) for seed in arguments.seeds]
            rows.append((variant, found))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{machine()}; {arguments.epochs:g} epochs, seeds {arguments.seeds}")
    print("| | " + " | ".join(title for _, title in FIGURES) + " |")
    print("|---|" + "---|" * len(FIGURES))
    for variant, found in rows:
        cells = []
        for key, _ in FIGURES:
            values = np.array([one[key] for one in found])
            spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
            cells.append(f"{values.mean():.2f}{spread}")
        print(f"| {variant.name} | " + " | ".join(cells) + " |")
    return 0


def _one(
    arguments: argparse.Namespace,
    variant: Variant,
    config: GazeClipConfig,
    seed: int,
    judged: PatchSet,
) -> dict[str, float]:
    """Train one variant with one seed, unless that is done, and measure it."""
    name = "-".join(setting.partition("=")[2] for setting in variant.settings) or "whole"
    out = arguments.out / f"{name}-{seed}"
    options = Options(
        out, Budget(epochs=arguments.epochs), seed=seed, precision=arguments.precision,
        command="benchmarks.ablations", checkpoint_minutes=2.0,
    )  # fmt: skip
    if not is_finished(out):
        material = ShardMaterial(arguments.shards)
        train(config, material, options, resume=(out / "checkpoint.pt").is_file())
        if not is_finished(out):
            raise UserError("stopped before it was done: run the same command again")
    model = trained_model(load_checkpoint(out))
    found = measure(predict(model, judged), judged)
    print(f"{variant.name}, seed {seed}: {found['mean_deg']:.2f} degrees", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
