"""`export`: its flags, and what it starts."""

import argparse
from pathlib import Path

from model.errors import UserError


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
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
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
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
