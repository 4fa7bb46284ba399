"""A simulated person before a screen, whose gaze is read with known faults."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.calibration.look import CameraUsed, Look, Session
from app.calibration.reading import Reading
from model.geometry import Array, head_rotation, normalize, pitch_yaw, vector
from model.screen import Screen, make_screen

SCREEN = make_screen((1920, 1080), (531.0, 299.0), name="test")
CAMERA = CameraUsed("test camera", (640, 480), 65.0)
EYES = np.array([10.0, 60.0, 600.0])

Fault = Callable[[Array], Array]
"""From the true pitch and yaw (2,) in radians to those that are read."""


def grid(columns: int = 3, rows: int = 3, screen: Screen = SCREEN, margin: float = 0.1) -> Array:
    """Targets (columns * rows, 2) px."""
    x, y = np.linspace(margin, 1 - margin, columns), np.linspace(margin, 1 - margin, rows)
    shares = np.array([(a, b) for b in y for a in x])
    return shares * np.array(screen.pixels)


def tilted(angles: Array) -> Array:
    """An offset of 4 and -3 degrees, gains of 0.8 and 0.9, and a little shear."""
    offset = np.radians([4.0, -3.0])
    return np.array([[0.8, 0.05], [-0.03, 0.9]]) @ angles + offset


@dataclass
class Person:
    """Someone who looks at targets.

    Attributes:
        fault: what the model does to their gaze.
        noise: degrees, standard deviation per axis of a reading.
        origin: (3,) mm, where their eyes are.
        angles: pitch, yaw, roll of their head, radians.
    """

    fault: Fault = tilted
    noise: float = 0.0
    origin: Array = field(default_factory=EYES.copy)
    angles: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seed: int = 0

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._time_ns = 0

    def look(self, target: Array, screen: Screen = SCREEN, count: int = 20) -> Look:
        """What is collected at one target."""
        return Look(np.asarray(target, dtype=float), self.readings(target, screen, count))

    def readings(self, target: Array, screen: Screen, count: int) -> tuple[Reading, ...]:
        """Successive readings while they look at a target."""
        true = pitch_yaw(screen.in_camera(target) - self.origin)
        return tuple(self._reading(true) for _ in range(count))

    def session(
        self, targets: Sequence[Array] | Array, screen: Screen = SCREEN, count: int = 20
    ) -> Session:
        """A whole sitting."""
        return Session(screen, tuple(self.look(t, screen, count) for t in targets), CAMERA)

    def _reading(self, true: Array) -> Reading:
        self._time_ns += 33_333_333
        read = self.fault(true) + np.radians(self._rng.normal(0.0, self.noise, 2))
        outline = np.zeros((2, 21, 2))
        outline[:, 16] = 0.2 * np.array([-true[1], -true[0]])  # where the irises are
        gaze = vector(read)
        return Reading(
            time_ns=self._time_ns,
            origin=self.origin,
            gaze=gaze,
            eye_gaze=np.stack([gaze, gaze]),
            sigma=np.radians(3.0),
            rotation=head_rotation(*self.angles),
            outline=outline,
            openness=np.ones(2),
            embedding=np.zeros(2),  # as many as the tiny model of tests.material gives
        )


def turned_away(screen: Screen = SCREEN) -> Array:
    """A direction (3,) that never meets a screen."""
    return normalize(np.array([0.0, 0.0, 1.0]))
