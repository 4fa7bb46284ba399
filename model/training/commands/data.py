"""`data`: what is done with gaze data sets before anything is trained on them."""

import argparse

from model.training.commands import checking, preparing


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser("data", help="check, prepare and pack gaze data sets")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    checking.add_check(actions)
    preparing.add_prepare(actions)
    preparing.add_pack(actions)
