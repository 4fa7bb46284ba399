"""Mean: a figure that flickers, made readable."""

from collections import deque
from statistics import fmean


class Mean:
    """The mean of the latest values.

    Args:
        count: how many of them.
    """

    def __init__(self, count: int = 30) -> None:
        self._values: deque[float] = deque(maxlen=count)

    def add(self, value: float) -> None:
        """One more value."""
        self._values.append(value)

    def clear(self) -> None:
        """Forget all values."""
        self._values.clear()

    @property
    def now(self) -> float | None:
        """The mean, None of nothing."""
        return fmean(self._values) if self._values else None
