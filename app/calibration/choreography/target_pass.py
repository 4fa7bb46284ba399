"""Choreography: one target after the other, until each has what it takes; no clock but the frames'.

Per target: appear, shrink, settle, collect, judge. One that does not settle is asked again at the
end.
"""

from collections import deque

import numpy as np

from app.calibration.choreography.attendance import Attendance
from app.calibration.choreography.collecting import (
    COLLECT_S,
    NOTHING,
    SPREAD_DEG,
    Collecting,
    Judged,
)
from app.calibration.choreography.layout import pixels_of
from app.calibration.choreography.scene import Dot
from app.calibration.look import Look
from app.calibration.reading import reading_of
from app.sample import Sample
from app.strings import tr
from model.geometry import Array
from model.screen import Screen

SETTLE_S = 0.7
"""From the dot's appearance to the first frame that counts: the eyes start after 0.2 s, arrive by
0.3 s, often correct once, and the dot itself reaches the screen up to 0.1 s late."""

FIRST_SETTLE_S = 1.2
"""The same for the first dot of a pass, and where the user comes back: it must be found first."""

SPACE_SETTLE_S = 0.3
"""The same where the user says by a key that the eyes rest on the dot."""

LIMIT_S = 4.0
"""So long a target collects at most before it is the next one's turn."""

ASKED_AGAIN = 2
"""So many times a target is asked again at most."""

SMALL = 0.3
"""The dot while it collects, as a share of its full size: the eye rests on what is small."""

ODD_DEG = 10.0
"""Gaze that is off its target by so much more than it is off the other targets was elsewhere."""

ODD_SHARE = 1.0 / 3.0
"""Where more targets than this are odd, it is the camera's place that is odd, not the user."""


class TargetPass:
    """One pass over targets.

    Args:
        screen: that the targets are on.
        places: (T, 2) shares of its width and height, in the order in which they are asked.
        automatic: go on by itself; else each target waits for `go_on`.
        find_odd: ask again, once, for targets at which the user steadily looked elsewhere. Not for
            a validation, whose targets must not be chosen by their error.

    Attributes:
        total: number of targets.
        finished: all targets are done with.
    """

    def __init__(
        self, screen: Screen, places: Array, automatic: bool = True, find_odd: bool = False
    ) -> None:
        self._screen, self._places, self._automatic = screen, places, automatic
        self._targets = pixels_of(places, screen)
        self.total = len(places)
        self.finished = self.total == 0
        self._attendance = Attendance()
        self._queue = deque(range(self.total))
        self._tries = [0] * self.total
        self._best: list[Judged] = [NOTHING] * self.total
        self._find_odd = find_odd
        self._waiting = not automatic
        self._settle(FIRST_SETTLE_S)

    @property
    def done(self) -> int:
        """Number of targets that are done with."""
        return self.total - len(self._queue)

    @property
    def dot(self) -> Dot | None:
        """The dot to show; None when finished."""
        if not self._queue:
            return None
        x, y = self._places[self._queue[0]]
        shrunk = 0.0 if self._waiting else min(self._settled_s / self._settle_s, 1.0)
        progress = min(self._collecting.judged.seconds / COLLECT_S, 1.0)
        return Dot((float(x), float(y)), 1.0 - (1.0 - SMALL) * shrunk, progress)

    @property
    def message(self) -> str:
        """One small line that says what is missing, "" for nothing."""
        return self._attendance.message

    @property
    def looks(self) -> tuple[Look, ...]:
        """What was collected, target by target as they were given; empty where it is not enough."""
        pairs = zip(self._best, self._targets, strict=True)
        return tuple(judged.look(target) for judged, target in pairs)

    def go_on(self) -> None:
        """The user looks at the dot that waits."""
        if self._waiting:
            self._waiting, self._settle_s = False, SPACE_SETTLE_S

    def update(self, sample: Sample) -> None:
        """One more frame."""
        if self.finished:
            return
        there = self._attendance
        there.update(sample)
        if there.away or there.rewound:
            if not self._waiting:
                self._settle(FIRST_SETTLE_S)
        elif self._waiting:
            pass
        elif self._settled_s < self._settle_s - 1e-6:
            self._settled_s += there.elapsed_s if there.here else 0.0
        else:
            judged = self._collecting.add(reading_of(sample), there.elapsed_s)
            self._spent_s += there.elapsed_s
            if judged.settled or self._spent_s >= LIMIT_S - 1e-6:
                self._next(judged)
        there.say(sample, self._wanted())

    def _wanted(self) -> str:
        """What the user should do about the dot, where nothing else is missing."""
        if self._waiting:
            return tr("Look at the dot and press Space.")
        judged = self._collecting.judged
        if judged.jumped or (judged.complete and not judged.settled):
            return tr("Look at the dot.")
        return ""

    def _settle(self, settle_s: float) -> None:
        """Begin anew with the same target."""
        self._settle_s, self._settled_s, self._spent_s = settle_s, 0.0, 0.0
        self._collecting = Collecting(self._screen)

    def _next(self, judged: Judged) -> None:
        """Done with this try: on to the next target, or back to those that need another."""
        target = self._queue.popleft()
        self._tries[target] += 1
        if judged.settled or _worth(judged) > _worth(self._best[target]):
            self._best[target] = judged
        if not judged.settled and self._tries[target] <= ASKED_AGAIN:
            self._queue.append(target)
        if not self._queue and self._find_odd:
            self._find_odd = False
            self._queue.extend(self._odd())
        self.finished = not self._queue
        self._waiting = not self._automatic
        self._settle(SETTLE_S)

    def _odd(self) -> list[int]:
        """Targets at which the user must have looked elsewhere: their offsets are unlike the rest.

        Before any fit an offset of several degrees is nothing special, but neighbours share it.
        """
        settled = [i for i, judged in enumerate(self._best) if judged.settled]
        if len(settled) < 3:
            return []
        depth = [self._screen.distance(self._best[i].readings[0].origin) for i in settled]
        off = np.array([self._best[i].point for i in settled]) - self._targets[settled]
        angles = np.degrees(np.arctan(off * self._screen.mm_per_pixel / np.array(depth)[:, None]))
        far = np.linalg.norm(angles - np.median(angles, axis=0), axis=-1) > ODD_DEG
        if far.sum() > ODD_SHARE * len(settled):
            return []
        return [i for i, odd in zip(settled, far, strict=True) if odd]


def _worth(judged: Judged) -> tuple[bool, bool, float]:
    """Which of two tries is the better one."""
    return judged.usable, judged.spread <= SPREAD_DEG, judged.seconds
