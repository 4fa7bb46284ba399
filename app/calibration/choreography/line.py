"""Line: the one small line of words under a dot, steady where its causes flicker."""

HOLD_S = 0.5
"""Words come and go only after so long."""


class Line:
    """Shows what was to be said for half a second on end; until then what was shown before."""

    def __init__(self) -> None:
        self.shown = ""
        self._next = ""
        self._since_ns = 0

    def update(self, words: str, time_ns: int) -> str:
        """What to show.

        Args:
            words: what this frame would have said, "" for nothing.
            time_ns: the frame's time.
        """
        if words != self._next or time_ns < self._since_ns:
            self._next, self._since_ns = words, time_ns
        if time_ns - self._since_ns >= HOLD_S * 1e9:
            self.shown = words
        return self.shown

    def clear(self) -> None:
        """Say nothing."""
        self.shown = self._next = ""
