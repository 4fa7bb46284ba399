"""Ctrl-C as a wish to stop, not as an explosion."""

import signal
import threading
from types import FrameType


class Interrupt:
    """While entered, Ctrl-C (and a plain kill) sets `wanted` instead of raising KeyboardInterrupt.

    So whatever is being written gets finished, also when an impatient user presses it again. Works
    on the main thread only, as signals do.
    """

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._signals = (signal.SIGINT, signal.SIGTERM)

    @property
    def wanted(self) -> bool:
        """The user wants to stop."""
        return self._wanted.is_set()

    def __enter__(self) -> "Interrupt":
        self._before = [signal.signal(number, self._note) for number in self._signals]
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in zip(self._signals, self._before, strict=True):
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._wanted.set()
