"""`data check`: its flags, and what it starts."""

import argparse
import json
import os
import sys
from pathlib import Path

from model.command_line import count
from model.errors import UserError
from model.training.datasets.opening import NAMES


def add_check(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the action to `data`."""
    parser = actions.add_parser("check", help="count, look for what is missing or turned round")
    parser.add_argument("--dataset", choices=NAMES, required=True)
    parser.add_argument("--root", metavar="DIR", type=Path, required=True, help="its folder")
    parser.add_argument("--patch", choices=("face", "eyes"), default="face")
    parser.add_argument("--sheet", metavar="FILE", type=Path, help="draw a contact sheet, .png")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the numbers as JSON")
    opened = parser.add_mutually_exclusive_group()
    opened.add_argument(
        "--pictures", metavar="N", type=count, default=200, help="open so many samples (200)"
    )
    opened.add_argument("--all", action="store_true", help="open every sample")
    parser.add_argument(
        "--workers",
        metavar="N",
        type=count,
        default=os.cpu_count() or 1,
        help="processes that open samples (as many as there are cores)",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from model.training.check.run import Wish, check, told
    from model.training.synthetic.files import write_whole

    for path in (arguments.sheet, arguments.json):
        if path is not None and not path.absolute().parent.is_dir():
            raise UserError(f"there is no folder for {path}: make it, or give another file")
    if arguments.sheet is not None and arguments.sheet.suffix.lower() != ".png":
        raise UserError(f"{arguments.sheet} does not end in .png: the sheet is drawn as PNG")
    report = check(
        Wish(
            arguments.dataset,
            arguments.root,
            arguments.patch,
            None if arguments.all else arguments.pictures,
            arguments.workers,
            arguments.sheet,
        )
    )
    print(told(report))
    if arguments.json is not None:
        text = json.dumps(report, indent=2, ensure_ascii=False)
        write_whole(arguments.json, f"{text}\n".encode())
    if not report["problems"]:
        return 0
    print(
        f"error: {arguments.dataset} in {arguments.root}: {'; '.join(report['problems'])}",
        file=sys.stderr,
    )
    return 2
