"""Figures as a person reads them."""

import math

from app.strings import tr

NOTHING = "–"
"""In the place of a figure that is not known."""


def duration(seconds: float) -> str:
    """0:07, 12:30 or 1:02:03."""
    minutes, second = divmod(int(max(seconds, 0.0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def count(number: int) -> str:
    """12,345: large numbers in groups of three."""
    return f"{number:,}"


def degrees(value: float | None) -> str:
    """1.2°; a dash for what is not known."""
    return _known(value, tr("{:.1f}°"))


def pixels(value: float | None) -> str:
    """45 px."""
    return _known(value, tr("{:.0f} px"))


def millimetres(value: float | None) -> str:
    """11.4 mm."""
    return _known(value, tr("{:.1f} mm"))


def share(value: float | None) -> str:
    """2%."""
    return _known(value, tr("{:.0%}"))


def _known(value: float | None, form: str) -> str:
    return NOTHING if value is None or not math.isfinite(value) else form.format(value)
