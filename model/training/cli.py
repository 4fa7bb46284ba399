"""The commands that train, judge and export models."""

import argparse
import sys
from collections.abc import Callable

from model.command_line import Parser, told
from model.errors import UserError
from model.training.commands import data, evaluate, export, finetune, train
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
    for command in (train, evaluate, export, data, finetune, synthetic):
        command.add_parser(commands)
    return parser
