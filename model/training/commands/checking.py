"""`data check`: its flags, and what it starts."""

import argparse


def add_check(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the action to `data`."""
    actions.add_parser("check", help="count, look for what is missing or turned round")
