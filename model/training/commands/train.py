"""`train`: its flags, and what it starts."""

import argparse
import dataclasses
import sys
from pathlib import Path

from model.command_line import count


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser("train", help="train a GazeCLIP on rendered shards")
    parser.add_argument(
        "--config", metavar="NAME", help="gazeclip-s, gazeclip-rn50, ..., or a JSON file"
    )
    parser.add_argument("--shards", metavar="DIR", nargs="+", type=Path, required=True)
    parser.add_argument("--validation", metavar="DIR", type=Path)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--minutes", type=float, help="train that long in all")
    parser.add_argument("--epochs", type=float, help="or so many times through the shards")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=count, help="CPU threads; as many as cores by default")
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16"),
        default="fp32",
        help="bf16 is nearly twice as quick on CPUs that have it",
    )
    parser.add_argument(
        "--checkpoint-minutes", type=float, default=5.0, help="between checkpoints (default 5)"
    )
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

    from model.training.config import load_config
    from model.training.train import Budget, Options, train

    options = Options(
        out=arguments.out,
        budget=Budget(arguments.minutes, arguments.epochs),
        seed=arguments.seed,
        precision=arguments.precision,
        checkpoint_minutes=arguments.checkpoint_minutes,
        command=_command_line(),
        start=arguments.start,
    )
    if arguments.threads is not None:
        torch.set_num_threads(max(1, arguments.threads))
    config = None
    if arguments.config is not None:
        config = load_config(arguments.config)
        if arguments.pretrained is not None:
            chosen = None if arguments.pretrained == "none" else arguments.pretrained
            clip = dataclasses.replace(config.clip, pretrained=chosen)
            config = dataclasses.replace(config, clip=clip)
    train(config, arguments.shards, arguments.validation, options, arguments.resume)
    return 0


def _command_line() -> str:
    """The command as typed, for the model card."""
    return "python main.py " + " ".join(word for word in sys.argv[1:] if word != "--resume")
