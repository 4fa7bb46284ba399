"""`data prepare` and `data pack`: their flags, and what they start."""

import argparse


def add_prepare(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `prepare` to `data`."""
    actions.add_parser("prepare", help="cut normalised patches out of raw pictures")


def add_pack(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `pack` to `data`."""
    actions.add_parser("pack", help="pack a data set into sharded archives")
