"""The commands that train, judge and export models."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from model.errors import UserError


def main(argv: list[str]) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="main.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_train(commands)
    arguments = parser.parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def _add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("train", help="train a GazeCLIP on rendered shards")
    parser.add_argument("--config", metavar="NAME", help="gazeclip-s, ..., or a JSON file")
    parser.add_argument("--shards", metavar="DIR", nargs="+", type=Path, required=True)
    parser.add_argument("--validation", metavar="DIR", type=Path)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--minutes", type=float, help="train that long")
    parser.add_argument("--epochs", type=float, help="or so many times through the shards")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="CPU threads; as many as cores by default")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument(
        "--pretrained", metavar="TAG|FILE|none", help="CLIP weights instead of the configuration's"
    )
    parser.add_argument("--resume", action="store_true", help="go on from --out's checkpoint")
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
    import dataclasses

    import torch

    from model.training.config import load_config
    from model.training.train import Budget, Options, train

    if arguments.threads is not None:
        torch.set_num_threads(max(1, arguments.threads))
    config = None
    if arguments.config is not None:
        config = load_config(arguments.config)
        if arguments.pretrained is not None:
            chosen = None if arguments.pretrained == "none" else arguments.pretrained
            clip = dataclasses.replace(config.clip, pretrained=chosen)
            config = dataclasses.replace(config, clip=clip)
    words = [word for word in sys.argv[1:] if word != "--resume"]
    options = Options(
        out=arguments.out,
        budget=Budget(arguments.minutes, arguments.epochs),
        seed=arguments.seed,
        precision=arguments.precision,
        command="python main.py " + " ".join(words),
    )
    train(config, arguments.shards, arguments.validation, options, arguments.resume)
    return 0
