"""What both command lines share: a parser whose errors are one sentence, and types of options."""

import argparse
import math
from typing import NoReturn

from model.errors import UserError


class Parser(argparse.ArgumentParser):
    """argparse, except that a wrong option is a `UserError`, without the usage around it."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}: see {self.prog} --help")


def count(text: str) -> int:
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def share(text: str) -> float:
    """A share, from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return value


def number(low: float, high: float, unit: str, text: str) -> float:
    """A number of some unit within limits."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of {unit}, {low:g} to {high:g}")
    return value


def field_of_view(text: str) -> float:
    """Horizontal degrees of a frame."""
    return number(20.0, 150.0, "degrees", text)


def told(error: OSError) -> str:
    """A file's error that nobody foresaw, as a sentence."""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return f"{error.filename}: {reason}" if error.filename else reason
