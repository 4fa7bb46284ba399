"""Figures as a person reads them."""


def duration(seconds: float) -> str:
    """0:07, 12:30 or 1:02:03."""
    minutes, second = divmod(int(max(seconds, 0.0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def count(number: int) -> str:
    """12,345: large numbers in groups of three."""
    return f"{number:,}"
