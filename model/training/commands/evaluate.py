"""`evaluate`: its flags, and what it starts."""

import argparse
import os
from pathlib import Path

from model.command_line import count, field_of_view
from model.errors import UserError
from model.geometry import DEFAULT_FOV


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
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
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
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
