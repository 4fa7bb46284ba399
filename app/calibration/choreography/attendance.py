"""Attendance: whether the user is there while targets are shown, and what to say if not."""

from app.calibration.choreography.line import Line
from app.calibration.choreography.placement import LONG_BLINK_S, elapsed, eyes_closed, missing
from app.sample import Sample

AWAY_S = 0.4
"""A face that is lost for so long has gone; shorter gaps are the face finder's."""

ASLEEP_S = 1.0
"""Eyes that are closed for so long are no blink: as good as gone."""


class Attendance:
    """Counts the time that passes, and notices who leaves.

    Attributes:
        elapsed_s: from the last frame to this one, as far as it counts.
        here: a face was found in this frame.
        away: the user has gone, or keeps the eyes closed.
        rewound: time went back, as when a clip begins anew.
        message: one steady line of what is missing, "" for nothing.
    """

    def __init__(self) -> None:
        self.elapsed_s, self.message = 0.0, ""
        self.here, self.away, self.rewound = False, False, False
        self._lost_s, self._closed_s = 0.0, 0.0
        self._last_ns: int | None = None
        self._line = Line()

    def update(self, sample: Sample) -> None:
        """Look at one more frame."""
        self.elapsed_s = elapsed(self._last_ns, sample.time_ns)
        self.rewound = self._last_ns is not None and sample.time_ns < self._last_ns
        self._last_ns = sample.time_ns
        self.here = sample.face is not None
        self._lost_s = 0.0 if self.here else self._lost_s + self.elapsed_s
        if sample.blink is not None:
            self._closed_s = self._closed_s + self.elapsed_s if sample.blink else 0.0
        self.away = self._lost_s >= AWAY_S or self._closed_s >= ASLEEP_S

    def say(self, sample: Sample, otherwise: str) -> None:
        """Find the line to show: what is missing comes before anything else."""
        lacks = missing(sample)
        if not lacks and self._closed_s >= LONG_BLINK_S:
            lacks = eyes_closed()
        self.message = self._line.update(lacks or otherwise, sample.time_ns)
