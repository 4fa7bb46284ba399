"""`export`: its flags, and what it starts."""

import argparse
import sys
from pathlib import Path

from model.command_line import count
from model.errors import UserError


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser("export", help="export a trained model as ONNX, with its card")
    parser.add_argument("--checkpoint", metavar="PATH", type=Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", metavar="FILE.onnx", type=Path)
    what.add_argument(
        "--check", metavar="FILE.onnx", type=Path,
        help="compare a file's text features with those of the checkpoint's prompts",
    )  # fmt: skip
    parser.add_argument("--precision", choices=("fp32", "fp16", "int8"), default="fp32")
    parser.add_argument(
        "--batch", metavar="N|dynamic", type=_faces, default=1,
        help="faces at once: a number (default 1, as the app wants it), or dynamic for any",
    )  # fmt: skip
    parser.add_argument(
        "--calibration-data", metavar="DIR", type=Path, nargs="+", default=[],
        help="of int8: shards to take the ranges from, and to measure the loss on",
    )  # fmt: skip
    parser.add_argument("--dataset", metavar="NAME", help="or a data set")
    parser.add_argument("--root", metavar="DIR", type=Path, help="and its folder")
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
    parser.set_defaults(run=_run)


def _faces(text: str) -> int | None:
    """Faces at once; None of "dynamic"."""
    return None if text == "dynamic" else count(text)


def _run(arguments: argparse.Namespace) -> int:
    from model.training.export import export
    from model.training.exporting.form import Form, Sources
    from model.training.exporting.quantising import warning
    from model.training.exporting.texts import check_text

    if arguments.check is not None:
        difference = check_text(arguments.check, arguments.checkpoint)
        print(f"{arguments.check}: text features as the prompts say, to {difference:.0e}")
        return 0
    if not 0.0 <= arguments.zero_point_share <= 1.0:
        raise UserError("--zero-point-share is a number from 0 to 1")
    if arguments.dataset is not None and arguments.calibration_data:
        raise UserError("give either --calibration-data or --dataset, not both")
    if arguments.root is not None and arguments.dataset is None:
        raise UserError("--root is the folder of --dataset NAME: give both")
    sources = Sources(arguments.calibration_data, arguments.dataset, arguments.root)
    card = export(
        arguments.checkpoint,
        arguments.out,
        arguments.zero_point,
        arguments.zero_point_share,
        arguments.errors,
        Form(arguments.precision, arguments.batch, sources),
    )
    start = f"{arguments.out}: {card.name}, {arguments.precision}"
    if arguments.precision == "int8":
        found = card.form["quantisation"]
        held, size = found["held_out"], found["bytes"]
        print(
            f"{start}, {size['int8'] / 1e6:.1f} MB instead of {size['fp32'] / 1e6:.1f}; on "
            f"{held['samples']} samples of {held['people']} people whom its ranges do not come "
            f"from, mean errors are {held['fp32_mean_deg']:.2f} degrees in fp32 and "
            f"{held['int8_mean_deg']:.2f} in int8"
        )
        sentence = warning(found)
        if sentence is not None:
            print(f"warning: {sentence}", file=sys.stderr)
    elif arguments.precision == "fp16":
        apart = card.form["difference"]["gaze_deg"]
        print(f"{start}, gaze differs from torch by at most {apart:.3f} degrees")
    else:
        print(f"{start}, torch and ONNX differ by {card.training['parity']:.0e}")
    return 0
