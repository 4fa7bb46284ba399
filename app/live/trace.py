"""TraceRing: the last seconds of gaze and openness, in arrays that never grow."""

import threading

import numpy as np

from app.live.state import Trace
from app.sample import Sample
from model.geometry import Array
from model.landmarks import LEFT, RIGHT

SECONDS = 10.0

ROWS = 2048
"""Ten seconds at up to 200 frames per second."""


class TraceRing:
    """Written by the engine's thread, read by any other."""

    def __init__(self, rows: int = ROWS) -> None:
        self._rows = np.full((rows, 5), np.nan)  # time, yaw, pitch, right and left openness
        self._next = self._count = 0
        self._lock = threading.Lock()

    def add(self, time_ns: int, gaze: Array | None, sample: Sample) -> None:
        """One frame.

        Args:
            time_ns: of its capture.
            gaze: (2,) smoothed pitch and yaw in radians, or None.
            sample: what is known about it.
        """
        pitch, yaw = (np.nan, np.nan) if gaze is None else np.degrees(gaze)
        right, left = (np.nan, np.nan)
        if sample.face is not None:
            right, left = sample.face.openness[RIGHT], sample.face.openness[LEFT]
        with self._lock:
            self._rows[self._next] = (time_ns / 1e9, yaw, pitch, right, left)
            self._next = (self._next + 1) % len(self._rows)
            self._count = min(self._count + 1, len(self._rows))

    def clear(self) -> None:
        """Forget everything, as for another source."""
        with self._lock:
            self._next = self._count = 0

    def trace(self) -> Trace:
        """The last ten seconds."""
        with self._lock:
            order = np.arange(self._next - self._count, self._next) % len(self._rows)
            rows = self._rows[order]
        if len(rows):
            rows[:, 0] -= rows[-1, 0]
            rows = rows[rows[:, 0] >= -SECONDS]
        return Trace(*(np.ascontiguousarray(column) for column in rows.T))
