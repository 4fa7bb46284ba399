"""The commands that train, judge and export models."""

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable
from pathlib import Path

from model.command_line import Parser, count, field_of_view, told
from model.errors import UserError
from model.geometry import DEFAULT_FOV
from model.training.synthetic import cli as synthetic


def main(argv: list[str]) -> int:
    """Run a command.

    Returns:
        Exit code: 0, or 2 after an error the user can mend, told in one sentence on stderr.
    """
    try:
        arguments = build_parser().parse_args(argv)
        run: Callable[[argparse.Namespace], int] = arguments.run
        return run(arguments)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {told(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands of the training submodule."""
    parser: argparse.ArgumentParser = Parser(prog="main.py", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_train(commands)
    _add_evaluate(commands)
    _add_export(commands)
    synthetic.add_parser(commands)
    return parser


def _add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
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
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
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


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("evaluate", help="measure a model's errors")
    parser.add_argument(
        "--model", metavar="PATH", type=Path, required=True, help=".onnx, or a training's folder"
    )
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--shards", metavar="DIR", nargs="+", type=Path)
    data.add_argument("--preset", help="render this preset for the occasion, such as test")
    data.add_argument("--faces", metavar="DIR", type=Path, help="people looking into the camera")
    parser.add_argument("--seed", type=int, default=0, help="of --preset")
    parser.add_argument("--count", type=count, default=1000, help="of --preset, samples")
    default = os.environ.get("GAZECLIP_DATA")
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path(default) if default else None,
        help="of --preset: folder with the ICT-FaceKit head model (or set GAZECLIP_DATA)",
    )
    parser.add_argument("--half", choices=("train", "report", "all"), default="report")
    parser.add_argument(
        "--fov", type=field_of_view, default=DEFAULT_FOV, help="of --faces, degrees"
    )
    parser.add_argument("--limit", type=count, help="of --shards, use only so many samples")
    parser.add_argument("--provider", choices=("auto", "cuda", "cpu"), default="auto")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the numbers as JSON")
    parser.add_argument(
        "--record", metavar="NAME", help="put the numbers into the model's card under this name"
    )
    parser.add_argument(
        "--write-zero-point",
        metavar="FILE",
        type=Path,
        help="with --faces --half train: write the mean offset for export --zero-point",
    )
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from model.training import evaluate

    for path in (arguments.json, arguments.write_zero_point):
        if path is not None and not path.absolute().parent.is_dir():
            raise UserError(f"there is no folder for {path}: make it, or give another file")
    if arguments.faces is not None:
        if arguments.write_zero_point is not None and arguments.half != "train":
            raise UserError("--write-zero-point needs --half train: the other half only reports")
        found = evaluate.evaluate_faces(
            arguments.model, arguments.faces, arguments.half, arguments.fov, arguments.provider
        )
    elif arguments.write_zero_point is not None:
        raise UserError("--write-zero-point needs --faces DIR --half train")
    elif arguments.preset is not None:
        found = evaluate.evaluate_preset(
            arguments.model,
            evaluate.Rendering(arguments.preset, arguments.seed, arguments.count, arguments.data),
            arguments.provider,
        )
    else:
        found = evaluate.evaluate_shards(
            arguments.model, arguments.shards, arguments.provider, arguments.limit
        )
    print(evaluate.table(found))
    for path in (arguments.json, arguments.write_zero_point):
        if path is not None:
            evaluate.write_json(path, found)
    if arguments.record is not None:
        evaluate.record(arguments.model, arguments.record, found)
    return 0


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("export", help="export a trained model as ONNX, with its card")
    parser.add_argument("--checkpoint", metavar="PATH", type=Path, required=True)
    parser.add_argument("--out", metavar="FILE.onnx", type=Path, required=True)
    parser.add_argument(
        "--zero-point", metavar="FILE", type=Path, help="from evaluate --write-zero-point"
    )
    parser.add_argument(
        "--zero-point-share", type=float, default=1.0, metavar="S",
        help="fold in so much of the zero point, 0 to 1 (default 1)",
    )  # fmt: skip
    parser.add_argument(
        "--errors", metavar="FILE", type=Path, nargs="+", default=[],
        help="from evaluate --json, for the card, each under its file's name",
    )  # fmt: skip
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    from model.training.export import export

    if not 0.0 <= arguments.zero_point_share <= 1.0:
        raise UserError("--zero-point-share is a number from 0 to 1")
    card = export(
        arguments.checkpoint,
        arguments.out,
        arguments.zero_point,
        arguments.zero_point_share,
        arguments.errors,
    )
    print(f"{arguments.out}: {card.name}, torch and ONNX differ by {card.training['parity']:.0e}")
    return 0
