"""`finetune`: its flags, and what it starts."""

import argparse


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
    commands.add_parser("finetune", help="adapt a model to a person's own recordings")
