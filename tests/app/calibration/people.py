"""Scripted users before a calibration: they give samples, nothing is rendered."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Protocol

import numpy as np

from app.calibration.choreography.scene import Dot, Phase
from app.calibration.look import CameraUsed
from app.sample import Sample
from model.estimator import Estimate
from model.geometry import Array, normalize, pitch_yaw, vector
from model.patches import Patches
from model.screen import make_screen
from tests.model.heads import face_at

SCREEN = make_screen((1920, 1080), (527.0, 296.0))
CAMERA = CameraUsed("a camera", (640, 480), 65.0)

_FACE = face_at()
PATCHES = Patches(
    np.full((2, 8, 12, 3), 110, np.uint8),
    np.tile(np.eye(3), (2, 1, 1)),
    np.array([True, False]),
    np.zeros((2, 4), np.float32),
)
_DARK = replace(PATCHES, images=np.full((2, 8, 12, 3), 10, np.uint8))

Deed = Literal["dot", "blink", "gone", "dark"] | tuple[float, float]
"""What a user does: look at the dot, blink, be elsewhere, sit in the dark, or look at a place,
in shares of the screen's width and height."""

Script = Callable[[float, Dot | None], Deed]
"""What a user does at a time in seconds, a dot being shown or none."""


def willing(time_s: float, dot: Dot | None) -> Deed:
    return "dot"


class Shows(Protocol):
    """A pass over targets, or a conductor's scene."""

    @property
    def dot(self) -> Dot | None: ...


class Person:
    """A user, and the camera and model that watch.

    Args:
        script: what the user does.
        fps: frames per second.
        noise: degrees, standard deviation of the gaze read, per axis.
        bias, gain: what the model gets wrong: degrees of pitch and yaw, and factors on them.
        reaction_s: after which the eyes stand where the dot was.
        eyes: mm, camera frame.
    """

    def __init__(
        self,
        script: Script = willing,
        fps: float = 30.0,
        noise: float = 1.0,
        bias: tuple[float, float] = (2.0, -1.5),
        gain: tuple[float, float] = (0.85, 0.9),
        reaction_s: float = 0.3,
        eyes: tuple[float, float, float] = (15.0, 60.0, 600.0),
        seed: int = 0,
    ) -> None:
        self.script, self.fps, self.noise = script, fps, noise
        self.bias, self.gain, self.reaction_s = np.array(bias), np.array(gain), reaction_s
        self.eyes = np.array(eyes)
        self.frames = 0
        self._random = np.random.default_rng(seed)
        self._dots: deque[tuple[float, tuple[float, float]]] = deque()

    @property
    def time_s(self) -> float:
        """Of the next frame."""
        return self.frames / self.fps

    def rewind(self) -> None:
        """Time begins anew."""
        self.frames = 0
        self._dots.clear()

    def sample(self, dot: Dot | None) -> Sample:
        """The next frame, while that dot is shown."""
        now, number = self.time_s, self.frames
        self.frames += 1
        time_ns = round(number * 1e9 / self.fps)
        if dot is not None:
            self._dots.append((now, dot.place))
        deed = self.script(now, dot)
        if deed == "gone":
            return Sample(number, time_ns, 0)
        place = deed if isinstance(deed, tuple) else self._followed(now)
        face = replace(_FACE, translation=self.eyes, openness=np.full(2, 0.8))
        blink = deed == "blink"
        patches = _DARK if deed == "dark" else PATCHES
        return Sample(number, time_ns, 0, None, face, patches, self._read(place), blink)

    def _followed(self, now: float) -> tuple[float, float]:
        """Where the eyes are that follow the dots."""
        while len(self._dots) > 1 and self._dots[1][0] <= now - self.reaction_s + 1e-9:
            self._dots.popleft()
        if not self._dots or self._dots[0][0] > now - self.reaction_s + 1e-9:
            return 0.5, 0.5
        return self._dots[0][1]

    def _read(self, place: tuple[float, float]) -> Estimate:
        """What the model reads while the user looks at a place of the screen."""
        there = SCREEN.in_camera(np.array(place) * np.array(SCREEN.pixels))
        angles = np.degrees(pitch_yaw(normalize(there - self.eyes)))
        angles = angles * self.gain + self.bias + self._random.normal(0.0, self.noise, 2)
        gaze = vector(np.radians(angles))
        return Estimate(
            gaze, np.stack([gaze, gaze]), 0.05, np.eye(9)[0], np.zeros((2, 4), np.float32)
        )


class Updated(Shows, Protocol):
    """A pass."""

    @property
    def finished(self) -> bool: ...
    def update(self, sample: Sample) -> None: ...


def walk(over: Updated, person: Person, limit_s: float = 200.0) -> float:
    """Take a pass to its end; the seconds it took, by the frames' time."""
    start = person.time_s
    while not over.finished:
        over.update(person.sample(over.dot))
        assert person.time_s - start < limit_s, "it never ends"
    return person.time_s - start


class Conducted(Protocol):
    """A conductor."""

    @property
    def scene(self): ...  # type: ignore[no-untyped-def]
    def update(self, sample: Sample) -> None: ...


def conduct(
    conductor: Conducted, person: Person, until: Phase | tuple[Phase, ...], limit_s: float = 200.0
) -> float:
    """Give frames until a phase; the seconds it took, by the frames' time."""
    phases = (until,) if isinstance(until, str) else until
    start = person.time_s
    while conductor.scene.phase not in phases:
        conductor.update(person.sample(conductor.scene.dot))
        assert person.time_s - start < limit_s, f"it stays in {conductor.scene}"
    return person.time_s - start


def far_from(place: tuple[float, float], dot: Dot | None) -> bool:
    """Whether the dot is not at a place."""
    return dot is None or bool(np.hypot(*(np.array(dot.place) - place)) > 0.02)


def pixels(*places: tuple[float, float]) -> Array:
    """(N, 2) physical pixels of places on the screen."""
    return np.array(places) * np.array(SCREEN.pixels)
