"""Virtual users: who they are, how they sit, and what camera they sit before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.geometry import Array
from model.screen import Screen
from model.training.synthetic.person import RESERVED_IDENTITIES, Person, random_person
from model.training.synthetic.photo import BACKGROUNDS
from model.training.synthetic.presets import TEST
from model.training.synthetic.rig import Rig
from model.training.synthetic.virtual_motion import STILL, Act, Manner, Posture

VIRTUAL_IDENTITIES = 3 * RESERVED_IDENTITIES
"""Apart from training's and validation's people, the test set's and the demo clips'."""

_USER_STREAM, _CAMERA_STREAM = 51, 54


@dataclass(frozen=True)
class VirtualUser:
    """One person with their habits and their room; everything follows from the seed.

    Attributes:
        rig: the head that all people are drawn on.
        aside, below: mm from the camera to the eyes along the screen's right and down.
        lean: mm by which this person sits farther away than most before a screen of that size.
        bearing: (3,) radians, how the head is held off the screen's middle: pitch, yaw, roll.
        blinks: seconds between blinks, least and most.
        pupil: mm in the light; in the dark it is wider.
        light, room: seeds of the lights and number of the room behind.
        look: what else the shaders want to know, see `Scene`.
    """

    seed: int
    rig: Rig
    person: Person
    aside: float
    below: float
    lean: float
    bearing: Array
    blinks: tuple[float, float]
    pupil: float
    light: int
    room: int
    look: dict[str, float]

    def seat(self, screen: Screen) -> Array:
        """(3,) mm between the eyes along the screen's right, down and away from it, from the
        camera: the wider the screen, the farther away people sit."""
        return np.array([self.aside, self.below, 400.0 + 0.45 * screen.millimetres[0] + self.lean])


@dataclass(frozen=True)
class Webcam:
    """A camera and its faults.

    Attributes:
        size: (width, height) px.
        fov: true horizontal degrees.
        noise: standard deviation in steps of 1/255, anew in each frame.
        severity: of the faults that stay (focus, colours, sharpening, compression), 0..1.
        seed: of these.
    """

    size: tuple[int, int] = (640, 480)
    fov: float = 65.0
    noise: float = 1.5
    severity: float = TEST.severity
    seed: int = 0


@dataclass(frozen=True)
class Sitting:
    """How and in what light a user sits this time.

    Attributes:
        number: movements differ from one number to the next.
        dim: a dark room in which the screen gives most of the light.
        acts: what the user does besides looking.
    """

    number: int = 0
    manner: Manner = STILL
    posture: Posture | None = None
    glasses: bool = False
    dim: bool = False
    acts: Sequence[Act] = ()


def virtual_user(rig: Rig, seed: int) -> VirtualUser:
    """The virtual user of a seed."""
    rng = np.random.default_rng([_USER_STREAM, seed])
    shortest = float(rng.uniform(1.8, 3.5))
    return VirtualUser(
        seed=seed,
        rig=rig,
        person=random_person(rig, VIRTUAL_IDENTITIES + seed),
        aside=float(rng.normal(0.0, 12.0)),
        below=float(rng.normal(15.0, 15.0)),
        lean=float(rng.uniform(-50.0, 50.0)),
        bearing=np.radians(rng.normal([0.0, 0.0, 0.0], [4.0, 2.5, 2.0])),
        blinks=(shortest, shortest + float(rng.uniform(1.5, 4.0))),
        pupil=float(np.clip(rng.normal(1.9, 0.3), 1.2, 2.8)),
        light=int(rng.integers(2**31)),
        room=int(rng.integers(BACKGROUNDS)),
        look={
            "lid_shade": float(rng.uniform(0.4, 0.9)),
            "lid_reach": float(rng.uniform(2.0, 6.0)),
            "glint": float(rng.uniform(0.012, 0.06)),
            "caustic": float(rng.uniform(0.0, 0.9)),
            "socket": float(max(rng.uniform(-0.25, 0.6), 0.0)),
            "cavity": float(rng.uniform(0.1, 0.7)),
            "edge": float(rng.uniform(0.05, 0.3)),
            "exposure": float(np.clip(np.exp(rng.normal(np.log(0.36), 0.2)), 0.2, 0.6)),
        },
    )


def random_webcam(seed: int, dim: bool = False) -> Webcam:
    """The camera of a user's seed, noisier in the dark: one in four gives no more than 640 x 480,
    the others the 1280 x 720 that the app asks for."""
    rng = np.random.default_rng([_CAMERA_STREAM, seed])
    size = (640, 480) if rng.random() < 0.25 else (1280, 720)
    fov = float(rng.uniform(*TEST.fov))
    # As much noise as `photograph` gives single pictures of the test preset.
    noise = TEST.severity * (
        abs(rng.normal(0.0, 3.0)) + (rng.random() < 0.2) * rng.uniform(0.0, 7.0)
    )
    noise = max(noise, 0.5) + dim * rng.uniform(3.0, 6.0)
    return Webcam(size, fov, float(noise), TEST.severity, seed)
