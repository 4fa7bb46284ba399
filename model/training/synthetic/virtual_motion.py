"""How a virtual user moves before a screen: eyes, lids and head, one frame after the other.

A demo clip is planned ahead; a virtual user looks at whatever is shown when it is shown. The eyes
come after the dot by a saccade's latency, land a little short, correct that, then rest, which in
people means a drift and microsaccades of about 0.1 degree. A dot that glides is pursued with a lag.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from model.geometry import Array, pitch_yaw
from model.screen import Screen
from model.training.synthetic.demo_plan import (
    Moment,
    blink_closure,
    saccade_seconds,
    saccade_share,
    sway,
)

What = Literal["away", "blink", "gone"]

JUMP_SPEED = 40.0
"""Degrees per second above which eyes jump after a dot instead of pursuing it."""

PURSUIT_LAG = 0.1
"""Seconds by which pursuing eyes are behind."""

DRIFT, DRIFT_S = 0.1, 0.6
"""Degrees along x and along y by which resting eyes drift about, and how long they remember."""

MICROSACCADE_S, MICROSACCADE = 0.8, 0.08
"""Seconds between microsaccades, and degrees by which they miss the target along x and along y."""

AWAY = np.array([-0.35, 0.8])
"""Where somebody looks who looks away from the screen, as a share of it: at the desk's side."""

NOWHERE = np.array([0.5, 0.5])

SLOW = 9
"""Slow movements: the head's place and angles, smile, brows and lids."""


@dataclass(frozen=True)
class Act:
    """Something that a user does between two times in seconds: looks away from the screen, keeps
    the eyes shut, or is gone from the picture."""

    start: float
    end: float
    what: What


@dataclass(frozen=True)
class Manner:
    """How a head is held; see `STILL` and `FREE`.

    Attributes:
        reach: (3,) mm to either side of the seat along the camera's axes.
        turn: (3,) radians to either side, pitch, yaw and roll.
        follow: share of the gaze's turn that the head goes along with, least and most.
    """

    reach: tuple[float, float, float]
    turn: tuple[float, float, float]
    follow: tuple[float, float]


STILL = Manner((4.0, 3.0, 5.0), (0.013, 0.013, 0.01), (0.02, 0.1))
"""Asked to keep still: some millimetres and half a degree."""

FREE = Manner((40.0, 25.0, 40.0), (0.175, 0.175, 0.1), (0.1, 0.4))
"""Four centimetres, ten degrees, and partly after the gaze."""


@dataclass(frozen=True)
class Posture:
    """How somebody has come to sit, against how they sat at first: mm along the screen's right,
    down and away from it, and radians of the head's pitch, yaw and roll."""

    shift: Array = field(default_factory=lambda: np.zeros(3))
    turn: Array = field(default_factory=lambda: np.zeros(3))


@dataclass(frozen=True)
class UserMoment(Moment):
    """One frame of a virtual user.

    Attributes:
        mood: of the lids, see `eyes.lid_expression`.
        here: whether anybody is in the picture.
    """

    mood: float = 0.0
    here: bool = True


class Gaze:
    """Where the eyes point from frame to frame: saccades, pursuit and the unrest of resting eyes.

    Args:
        rng: all chance comes from it.
        screen: what is looked at.
    """

    def __init__(self, rng: np.random.Generator, screen: Screen) -> None:
        self._rng, self._screen = rng, screen
        self._path: list[tuple[float, Array]] = []  # what is being looked at, and when it was there
        self._next: list[tuple[float, Array]] = []  # where the next saccade will go
        self._onset = math.inf
        self._miss = np.zeros(2)
        self._left, self._start, self._angle = np.zeros(2), -math.inf, 0.0
        self._correct_at = math.inf
        self._unrest, self._time = np.zeros(2), 0.0
        self._microsaccade_at = 0.0

    def update(self, time: float, target: Array, eyes: Array) -> Array:
        """The point (2,) px looked at.

        Args:
            time: seconds; rises from call to call.
            target: (2,) px, what there is to look at.
            eyes: (3,) mm, camera frame.
        """
        if not self._path:
            self._path = [(time, target)]
        seen = (self._next or self._path)[-1]
        if self._apart(seen[1], target, eyes) > JUMP_SPEED * max(time - seen[0], 1e-3):
            self._next = [(time, target)]
            self._onset = time + float(np.clip(self._rng.normal(0.2, 0.03), 0.12, 0.35))
        elif self._next:
            self._next.append((time, target))
        else:
            self._path = [*self._path[-200:], (time, target)]
        if self._next and time >= self._onset:
            left = self._resting(self._onset)
            self._path, self._next = self._next, []
            goal = self._at(self._onset)
            self._miss = (1.0 - self._rng.normal(0.95, 0.03)) * (left - goal)
            self._jump(left, goal + self._miss, self._onset, eyes)
            landed = self._onset + saccade_seconds(self._angle)
            self._correct_at = landed + float(np.clip(self._rng.normal(0.15, 0.03), 0.08, 0.25))
        if time >= self._correct_at:
            left = self._resting(self._correct_at)
            self._jump(left, left - self._miss, self._correct_at, eyes)
            self._miss, self._correct_at = np.zeros(2), math.inf
        point = self._resting(time)
        point = self._left + saccade_share(time - self._start, self._angle) * (point - self._left)
        return point + self._unrested(time, point, eyes)

    def _at(self, time: float) -> Array:
        """Where the eyes believe the target to be."""
        times = [t for t, _ in self._path]
        points = np.array([p for _, p in self._path])
        return np.array([np.interp(time - PURSUIT_LAG, times, points[:, k]) for k in range(2)])

    def _resting(self, time: float) -> Array:
        return self._at(time) + self._miss

    def _jump(self, left: Array, goal: Array, start: float, eyes: Array) -> None:
        self._left, self._start = left, start
        self._angle = self._apart(left, goal, eyes)

    def _apart(self, a: Array, b: Array, eyes: Array) -> float:
        return math.degrees(float(self._screen.angle(eyes, a, b)))

    def _unrested(self, time: float, point: Array, eyes: Array) -> Array:
        """(2,) px by which resting eyes are off."""
        elapsed, self._time = max(time - self._time, 0.0), time
        kept = math.exp(-elapsed / DRIFT_S)
        strayed = self._rng.normal(0.0, DRIFT * math.sqrt(1.0 - kept**2), 2)
        self._unrest = kept * self._unrest + strayed
        if time >= self._microsaccade_at:
            self._unrest = self._rng.normal(0.0, MICROSACCADE, 2)
            self._microsaccade_at = time + float(self._rng.exponential(MICROSACCADE_S))
        distance = float(np.linalg.norm(self._screen.in_camera(point) - eyes))
        return np.tan(np.radians(self._unrest)) * distance / self._screen.mm_per_pixel


class Motion:
    """Eyes, lids and head of one user in one sitting.

    Args:
        seed: with the same one the same user moves alike.
        screen: where it really stands.
        seat: (3,) mm between the eyes at rest, in the screen's frame: right, down, away from it,
            as seen from the camera.
        bearing: (3,) radians by which the head is held off the screen's middle: pitch, yaw, roll.
        manner, posture: see there.
        blinks: seconds between blinks, least and most.
        acts: what else happens.
    """

    def __init__(
        self,
        seed: Sequence[int],
        screen: Screen,
        seat: Array,
        bearing: Array,
        manner: Manner = STILL,
        posture: Posture | None = None,
        blinks: tuple[float, float] = (2.5, 6.0),
        acts: Sequence[Act] = (),
    ) -> None:
        rng = np.random.default_rng([*seed, 0])
        posture = posture or Posture()
        self._seed, self._screen, self._manner, self._acts = [*seed], screen, manner, acts
        self._seat = screen_axes(screen) @ (np.array([-1.0, 1.0, 1.0]) * (seat + posture.shift))
        self._bearing = bearing + posture.turn
        self._follow = rng.uniform(*manner.follow, 2)
        self._rng = rng
        self._gaze = Gaze(np.random.default_rng([*seed, 1]), screen)
        self._blinks, self._blink_at = blinks, float(rng.uniform(0.5, blinks[1]))
        self._turned: Array | None = None
        self._time = 0.0
        self._idle, self._idle_until = NOWHERE, 0.0
        self._times, self._waves = np.array([-1.0]), [np.zeros(1)] * SLOW

    def at(self, time: float, target: tuple[float, float] | None) -> UserMoment:
        """What the user does at a time, which rises from call to call.

        Args:
            time: seconds since the sitting began.
            target: the dot shown, as a share of the screen's width and height; None where none is.
        """
        doing = {act.what for act in self._acts if act.start <= time < act.end}
        elapsed, self._time = max(time - self._time, 0.0), time
        position = self._seat + np.array(
            [self._swaying(k, time, reach) for k, reach in enumerate(self._manner.reach)]
        )
        share = AWAY if "away" in doing else self._wanted(time, target)
        pixel = self._gaze.update(time, share * np.array(self._screen.pixels), position)
        point = self._screen.in_camera(pixel)
        look = pitch_yaw(point - position)
        middle = self._screen.in_camera(NOWHERE * np.array(self._screen.pixels))
        centre = pitch_yaw(middle - position)
        follow = np.full(2, 0.55) if "away" in doing else self._follow
        goal = centre + follow * (look - centre)
        if self._turned is None:
            self._turned = goal
        self._turned = goal + math.exp(-elapsed / 0.25) * (self._turned - goal)
        turn = [self._swaying(3 + k, time, reach) for k, reach in enumerate(self._manner.turn)]
        pitch, yaw = self._turned + self._bearing[:2] + turn[:2]
        return UserMoment(
            pixel=pixel,
            target=point,
            position=position,
            angles=(float(pitch), float(yaw), float(self._bearing[2] + turn[2])),
            blink=1.0 if "blink" in doing else self._closure(time),
            smile=max(0.08 + self._swaying(6, time, 0.1), 0.0),
            brow=self._swaying(7, time, 0.15),
            mood=self._swaying(8, time, 0.06),
            here="gone" not in doing,
        )

    def _swaying(self, k: int, time: float, reach: float) -> float:
        """A slow movement of its own for each k, never farther than `reach`, mostly half of it."""
        if time > self._times[-1]:
            self._times = time + np.arange(0.0, 10.0, 0.05)
            seeds = [[*self._seed, 2, n] for n in range(SLOW)]
            self._waves = [sway(np.random.default_rng(s), self._times, 1.4) for s in seeds]
        return reach * math.tanh(float(np.interp(time, self._times, self._waves[k])))

    def _wanted(self, time: float, target: tuple[float, float] | None) -> Array:
        """Where there is something to look at, or else here and there about the middle."""
        if target is not None:
            return np.array(target, dtype=np.float64)
        if time >= self._idle_until:
            self._idle = np.clip(self._rng.normal(NOWHERE, [0.08, 0.1]), 0.2, 0.8)
            self._idle_until = time + float(self._rng.uniform(0.4, 1.2))
        return self._idle

    def _closure(self, time: float) -> float:
        if time > self._blink_at + 0.3:
            self._blink_at += float(self._rng.uniform(*self._blinks))
            self._blink_at = max(self._blink_at, time)
        return float(blink_closure(np.array(time - self._blink_at)))


def screen_axes(screen: Screen) -> Array:
    """(3, 3) from the frame of a camera that faces a screen squarely to the camera's own frame."""
    width, height = screen.pixels
    corner = screen.in_camera([0.0, 0.0])
    right = (screen.in_camera([width, 0.0]) - corner) / screen.millimetres[0]
    down = (screen.in_camera([0.0, height]) - corner) / screen.millimetres[1]
    return np.stack([-right, down, np.cross(-right, down)], axis=1)
