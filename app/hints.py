"""Hints: what most hurts tracking now, in plain words. A few statistics, no model, no window."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from app.sample import Sample
from app.source import Frame
from app.source.base import Image
from model.geometry import FORWARD, Array, angle_between
from model.landmarks import EYE_CORNERS, Face


@dataclass(frozen=True)
class Hint:
    """Something that hurts tracking.

    Attributes:
        code: a name for it that stays the same whatever the language.
        sentence: for the person: what is wrong and what to do.
    """

    code: str
    sentence: str


HINTS = {
    hint.code: hint
    for hint in (
        Hint("covered", "The picture is black: open the camera's shutter or uncover its lens."),
        Hint("too_dark", "It is too dark: put more light on your face."),
        Hint("back_light", "The light comes from behind you: turn round, or put a lamp in front."),
        Hint("too_bright", "Your face is overexposed: take the light further away, or dim it."),
        Hint("no_face", "No face is seen: sit in front of the camera and look towards it."),
        Hint("cut_off", "Part of your face is outside the picture: move to its middle."),
        Hint("too_near", "You are very near: move back a little."),
        Hint("too_far", "You are far away: come nearer."),
        Hint("eyes_small", "Your eyes are small in the picture: come nearer, or choose a larger "
             "picture size."),
        Hint("head_turned", "Your head is turned far away: turn towards the camera."),
        Hint("glare", "A reflection lies on your eyes: dim or move the lamp or screen that it "
             "comes from, or tilt your glasses."),
        Hint("slow_exposure", "The camera has slowed down because there is little light: put more "
             "light on your face."),
    )
}  # fmt: skip
"""All hints by code, what hurts most first."""

HOLD_S = 1.0
"""A hint shows after so long, and goes after so long without its cause."""

LONGEST_STEP_S = 0.25
"""A gap between two frames says no more than this about what happened meanwhile."""

BLACK, BLACK_SPREAD = 12.0, 6.0
"""Mean and standard deviation of a covered camera's picture, grey levels."""

DARK = 40.0
"""Mean grey level of a face (of the whole picture where there is none) that is too dark. Well-lit
dark skin before a white wall has 60 and more."""

DIM = 85.0
"""Below this mean grey level a slow camera is slow because of the light."""

BRIGHT = 225.0
"""Mean grey level of a face without any drawing left in it."""

SHADED, BACK_LIGHT, BACK_LIGHT_RATIO = 55.0, 110.0, 2.2
"""Mean grey level of a face at most, of the whole picture at least, and of the latter over the
former, that speak of a light from behind."""

SLOW = 0.7
"""Measured over stated frames per second."""

NEAR_MM, FAR_MM = 300.0, 1000.0
NEAR_SHARE = 0.9
"""Height of the face over the picture's."""

SMALL_EYE_PX = 16.0
"""Width of an eye: at 60 cm and 640 x 480 it has 25."""

NEAR_ENOUGH_MM = 650.0
"""Whoever is nearer than this and has small eyes needs a larger picture."""

TURNED_RAD = math.radians(30.0)

SATURATED = (np.full(3, 250.0), np.full(3, 255.0))
"""Channels of a pixel that is as good as white: from, to."""

GLARE_SHARE = 0.03
"""Such pixels as a share of an eye's patch: a healthy glint takes about 0.3 %."""

LINES = 48
"""So many rows of pixels, and columns as many apart, are enough for a mean grey level."""


class Hints:
    """Watches frame after frame and says what most hurts tracking, steadily.

    Each cause fills a vessel of `HOLD_S` seconds while it is there and empties it while it is not;
    a hint shows from full to empty. So it neither flickers at a threshold nor nags about a moment.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, as for another source."""
        self._filled = dict.fromkeys(HINTS, 0.0)
        self._shown: set[str] = set()
        self._last_ns: int | None = None

    def update(
        self,
        frame: Frame,
        sample: Sample,
        fps_stated: float | None = None,
        fps_measured: float | None = None,
    ) -> Hint | None:
        """What most hurts tracking now, None for nothing.

        Args:
            frame: the latest one.
            sample: what is known about it.
            fps_stated: frames per second that the source says it gives, None where it says nothing.
            fps_measured: frames per second that it gives, None where that is not known yet.
        """
        last_ns, self._last_ns = self._last_ns, frame.time_ns
        elapsed_s = 0.0 if last_ns is None else (frame.time_ns - last_ns) / 1e9
        elapsed_s = min(max(elapsed_s, 0.0), LONGEST_STEP_S)
        found = set(_causes(frame.image, sample, fps_stated, fps_measured))
        for code, filled in self._filled.items():
            filled += elapsed_s if code in found else -elapsed_s
            self._filled[code] = min(max(filled, 0.0), HOLD_S)
            if filled >= HOLD_S:
                self._shown.add(code)
            elif filled <= 0.0:
                self._shown.discard(code)
        return next((hint for code, hint in HINTS.items() if code in self._shown), None)


def _causes(
    image: Image, sample: Sample, stated: float | None, measured: float | None
) -> Iterator[str]:
    """Codes of all that is wrong in this one frame."""
    around, spread = _level(image)
    face = sample.face
    if face is None:
        # The cause of there being no face, where it can be seen, else only that there is none.
        if around < BLACK and spread < BLACK_SPREAD:
            yield "covered"
        elif around < DARK:
            yield "too_dark"
        else:
            yield "no_face"
        level = around
    else:
        level = _level(_inside(image, face.box))[0]
        if level < SHADED and around > max(BACK_LIGHT, BACK_LIGHT_RATIO * level):
            yield "back_light"
        elif level < DARK:
            yield "too_dark"
        elif level > BRIGHT:
            yield "too_bright"
        yield from _place(image, face)
        if sample.patches is not None and _glare(sample.patches.images):
            yield "glare"
    if stated and measured and measured < SLOW * stated and level < DIM:
        yield "slow_exposure"


def _place(image: Image, face: Face) -> Iterator[str]:
    """What is wrong with where the face is and how it is turned."""
    height, width = image.shape[:2]
    left, top, right, bottom = face.box
    distance = float(np.linalg.norm(face.translation))
    near = distance < NEAR_MM or bottom - top > NEAR_SHARE * height
    if near:
        yield "too_near"
    elif left < 0 or top < 0 or right > width - 1 or bottom > height - 1:
        yield "cut_off"
    turned = float(angle_between(face.rotation @ FORWARD, -face.translation)) > TURNED_RAD
    if turned:
        yield "head_turned"
    corners = face.landmarks[EYE_CORNERS, :2]
    eye_width = float(np.linalg.norm(corners[:, 0] - corners[:, 1], axis=-1).max())
    if distance > FAR_MM:
        yield "too_far"
    elif eye_width < SMALL_EYE_PX and not turned:  # turned eyes look narrow however near
        yield "too_far" if distance > NEAR_ENOUGH_MM else "eyes_small"


def _glare(patches: Image) -> bool:
    """Whether either patch (N, H, W, 3) has too many saturated pixels."""
    shares = [
        np.count_nonzero(cv2.inRange(patch, *SATURATED)) / patch[..., 0].size for patch in patches
    ]
    return max(shares) > GLARE_SHARE


def _inside(image: Image, box: Array) -> Image:
    """The part of the picture inside a box, shrunk to the face's middle: no hair, no background."""
    height, width = image.shape[:2]
    left, top, right, bottom = box
    dx, dy = 0.15 * (right - left), 0.15 * (bottom - top)
    x0, x1 = np.clip([left + dx, right - dx], 0, width - 1).astype(int)
    y0, y1 = np.clip([top + dy, bottom - dy], 0, height - 1).astype(int)
    return image[y0 : y1 + 1, x0 : x1 + 1]


def _level(image: Image) -> tuple[float, float]:
    """Mean and standard deviation of a picture's grey levels, from some of its pixels."""
    step = max(1, min(image.shape[:2]) // LINES)
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step, ::step]), cv2.COLOR_RGB2GRAY)
    mean, deviation = cv2.meanStdDev(grey)
    return float(mean[0, 0]), float(deviation[0, 0])
