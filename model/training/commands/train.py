"""`train`: its flags, and what it starts."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from model.command_line import count, share
from model.errors import UserError
from model.training.datasets.opening import NAMES

if TYPE_CHECKING:
    from model.training.config import GazeClipConfig
    from model.training.trainer import Options


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser(
        "train", help="train a GazeCLIP on rendered shards or a gaze data set"
    )
    parser.add_argument(
        "--config", metavar="NAME", help="gazeclip-s, gazeclip-rn50, ..., or a JSON file"
    )
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--shards", metavar="DIR", nargs="+", type=Path, help="rendered by `synth render`"
    )
    data.add_argument("--dataset", choices=NAMES, help="train on a gaze data set instead")
    parser.add_argument("--root", metavar="DIR", type=Path, help="of --dataset: its folder")
    parser.add_argument(
        "--fold", metavar="NAME", default="all",
        help="of --dataset: the fold to train (default: all), each in its own folder in --out",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=count, default=2, help="of --dataset: processes that read (default 2)"
    )
    parser.add_argument(
        "--allow-bad", metavar="SHARE", type=share, default=0.01,
        help="of --dataset: share of samples that may be unusable (default 0.01)",
    )  # fmt: skip
    parser.add_argument(
        "--validation", metavar="DIR", type=Path, help="of --shards: more of them, to validate on"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--minutes", type=float, help="train that long in all")
    parser.add_argument("--epochs", type=float, help="or so many times through the shards")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=count, help="CPU threads; as many as cores by default")
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16", "fp16"),
        default="fp32",
        help="bf16 is nearly twice as quick on CPUs and GPUs that have it; fp16 for older GPUs",
    )
    parser.add_argument(
        "--checkpoint-minutes", type=float, default=5.0, help="between checkpoints (default 5)"
    )
    parser.add_argument(
        "--patience", type=count, metavar="N",
        help="stop after N validations that were no better than the best",
    )  # fmt: skip
    parser.add_argument(
        "--set", dest="settings", metavar="KEY=VALUE", nargs="+", default=[],
        help="change the configuration, such as fusion.kind=concatenation text.use=none",
    )  # fmt: skip
    parser.add_argument(
        "--pretrained", metavar="TAG|FILE|none", help="CLIP weights instead of the configuration's"
    )
    parser.add_argument(
        "--start", metavar="DIR", type=Path, help="begin with the weights of another training"
    )
    parser.add_argument("--resume", action="store_true", help="go on from --out's checkpoint")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    import torch

    from model.training.material import Material, ShardMaterial
    from model.training.train import train
    from model.training.trainer import Budget, Options

    options = Options(
        out=arguments.out,
        budget=Budget(arguments.minutes, arguments.epochs),
        seed=arguments.seed,
        precision=arguments.precision,
        checkpoint_minutes=arguments.checkpoint_minutes,
        patience=arguments.patience,
        command=_command_line(),
        start=arguments.start,
    )
    if arguments.threads is not None:
        torch.set_num_threads(max(1, arguments.threads))
    config = _config(arguments)
    if arguments.shards is not None:
        material: Material = ShardMaterial(arguments.shards, arguments.validation)
        train(config, material, options, arguments.resume)
    else:
        _train_folds(arguments, config, options)
    return 0


def _config(arguments: argparse.Namespace) -> "GazeClipConfig | None":
    from model.training.config import changed, load_config

    if arguments.config is None:
        return None
    config = changed(load_config(arguments.config), arguments.settings)
    if arguments.pretrained is not None:
        chosen = None if arguments.pretrained == "none" else arguments.pretrained
        clip = dataclasses.replace(config.clip, pretrained=chosen)
        config = dataclasses.replace(config, clip=clip)
    return config


def _train_folds(
    arguments: argparse.Namespace, config: "GazeClipConfig | None", options: "Options"
) -> None:
    """Train the asked folds one after the other; with --resume those that are finished stay."""
    from model.training.checkpoint import FILE
    from model.training.material import DataPlace, FoldMaterial, fold_names
    from model.training.train import is_finished, train

    if arguments.root is None:
        raise UserError(f"say where {arguments.dataset} lies: --root DIR")
    if config is None:
        raise UserError("say which configuration to train: --config NAME")
    place = DataPlace(arguments.dataset, arguments.root, arguments.workers, arguments.allow_bad)
    known = fold_names(place, config)
    for name in known if arguments.fold == "all" else [arguments.fold]:
        out = arguments.out / name
        if arguments.resume and is_finished(out):
            print(f"fold {name}: finished already", flush=True)
            continue
        print(f"fold {name} of {len(known)}", flush=True)
        path = train(
            config,
            FoldMaterial(place, name),
            dataclasses.replace(options, out=out),
            resume=arguments.resume and (out / FILE).is_file(),
        )
        if not is_finished(path.parent):
            return


def _command_line() -> str:
    """The command as typed, for the model card."""
    return "python main.py " + " ".join(word for word in sys.argv[1:] if word != "--resume")
