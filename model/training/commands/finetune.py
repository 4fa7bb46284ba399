"""`finetune`: its flags, and what it starts."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import UserError

if TYPE_CHECKING:
    from model.training.finetune import Outcome

MODEL = Path(__file__).parents[3] / "weights" / "gazeclip-s.onnx"
NO_HELP = 1
"""Exit code where the adapted model is no better, and none was written."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser(
        "finetune",
        help="adapt a model to a person's own recordings",
        description="Adapts a model's last layer to recordings with targets, and writes it only "
        "if targets that it never saw say that it is better. Exits 1 if not.",
    )
    parser.add_argument(
        "--recording", metavar="DIR", nargs="+", type=Path, required=True,
        help="recordings with targets, or folders of such",
    )  # fmt: skip
    parser.add_argument(
        "--model", metavar="FILE.onnx", type=Path, default=MODEL,
        help="fp32 or fp16 (default: weights/gazeclip-s.onnx)",
    )  # fmt: skip
    parser.add_argument("--out", metavar="FILE.onnx", type=Path, required=True)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the numbers as JSON")
    parser.add_argument("--force", action="store_true", help="overwrite --out")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from model.training.finetune import finetune, write_json

    if arguments.json is not None and not arguments.json.absolute().parent.is_dir():
        raise UserError(f"there is no folder for {arguments.json}: make it, or give another file")
    outcome = finetune(arguments.recording, arguments.model, arguments.out, arguments.force)
    if arguments.json is not None:
        write_json(arguments.json, outcome)
    print(told(outcome))
    return 0 if outcome.verdict.helps else NO_HELP


def told(outcome: "Outcome") -> str:
    """What came of it, for a person to read."""
    verdict, numbers = outcome.verdict, outcome.numbers()
    targets, samples = numbers["targets"], numbers["samples"]
    lines = [
        f"fitted to {targets['fitted']} targets ({samples['fitted']} frames), judged on "
        f"{targets['held_out']} others ({samples['held_out']} frames)",
        f"mean error, degrees: {verdict.before:.2f} before, {verdict.offset:.2f} with a constant "
        f"offset removed, {verdict.after:.2f} fine-tuned",
    ]
    if outcome.written is None:
        lines.append(f"it does not help: {verdict.reason}; nothing was written")
        return "\n".join(lines)
    if not verdict.after < verdict.offset:
        lines.append("note: removing an offset, as any calibration does, helps as much")
    lines.append(f"{outcome.written} was written with its card: calibrate anew with it")
    return "\n".join(lines)
