"""Placement: whether somebody sits well before the camera, and what to say if not."""

import numpy as np

from app.calibration.choreography.line import Line
from app.hints import HINTS, TURNED_RAD
from app.sample import Sample
from app.strings import tr
from model.geometry import FORWARD, angle_between, project
from model.landmarks import Face

NEAR_MM, FAR_MM = 350.0, 900.0
"""Nearer, the face leaves the picture when it moves; farther, the eyes have too few pixels."""

MIDDLE = (0.18, 0.82)
"""From where to where in the picture's width and height the point between the eyes should lie."""

DARK = 30.0
"""Mean level of eye patches that are too dark. Eyes are about a sixth darker than the whole face,
for which `app.hints.DARK` is the bound."""

READY_S = 1.0
"""So long a face must be well placed."""

UNREADY = 0.5
"""Share of that to which a face that is badly placed must bring it down again: nobody who blinks
or whose face is lost for one frame begins anew."""

LONGEST_STEP_S = 0.25
"""A gap between two frames says no more than this about what happened meanwhile."""

LONG_BLINK_S = 0.4
"""Eyes closed for longer are not merely blinking."""


def missing(sample: Sample) -> str:
    """What hurts most in this one frame, as a sentence for the person; "" for nothing.

    Whether the eyes are closed is for the caller, who knows for how long.
    """
    if sample.face is None or sample.patches is None:
        return tr(HINTS["no_face"].sentence)
    if float(sample.patches.images.mean()) < DARK:
        return tr(HINTS["too_dark"].sentence)
    return _place(sample.face)


def eyes_closed() -> str:
    """What to say to somebody whose eyes are closed."""
    return tr("Your eyes are closed: open them.")


def _place(face: Face) -> str:
    distance = float(np.linalg.norm(face.translation))
    if distance < NEAR_MM:
        return tr(HINTS["too_near"].sentence)
    if distance > FAR_MM:
        return tr(HINTS["too_far"].sentence)
    at = project(face.translation, face.camera) / (2.0 * face.camera[:2, 2] + 1.0)
    if not ((at > MIDDLE[0]) & (at < MIDDLE[1])).all():
        return tr("Your face is near the edge of the picture: move to its middle.")
    if float(angle_between(face.rotation @ FORWARD, -face.translation)) > TURNED_RAD:
        return tr(HINTS["head_turned"].sentence)
    return ""


class Placement:
    """Watches until a face is well placed.

    Attributes:
        seen: a face with open eyes was there a moment ago.
        ready: a face is well placed, and has been for `READY_S`.
        ready_s: for how long it has been ready.
        message: what is missing, one sentence or "".
    """

    def __init__(self) -> None:
        self.seen, self.ready, self.ready_s, self.message = False, False, 0.0, ""
        self._line = Line()
        self._filled = 0.0
        self._unseen_s = 0.0
        self._last_ns: int | None = None

    def update(self, sample: Sample) -> None:
        """Look at one more frame."""
        elapsed_s = elapsed(self._last_ns, sample.time_ns)
        self._last_ns = sample.time_ns
        open_eyes = sample.blink is False
        self._unseen_s = 0.0 if open_eyes else self._unseen_s + elapsed_s
        self.seen = open_eyes or (self.seen and self._unseen_s < LONG_BLINK_S)
        lacks = missing(sample)
        if not lacks and not open_eyes and self._unseen_s >= LONG_BLINK_S:
            lacks = eyes_closed()
        good = open_eyes and not lacks
        self._filled = min(max(self._filled + (elapsed_s if good else -elapsed_s), 0.0), READY_S)
        # Sums of frame periods: 30 thirtieths fall short of a second by a hair.
        self.ready = self._filled >= (READY_S * UNREADY if self.ready else READY_S - 1e-6)
        self.ready_s = self.ready_s + elapsed_s if self.ready else 0.0
        shown = self._line.update(lacks, sample.time_ns)
        self.message = "" if self.ready else shown


def elapsed(last_ns: int | None, now_ns: int) -> float:
    """Seconds from one frame to the next, as far as they count: no jumps, nothing going back."""
    passed = 0.0 if last_ns is None else (now_ns - last_ns) / 1e9
    return min(max(passed, 0.0), LONGEST_STEP_S)
