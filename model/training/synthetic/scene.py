"""A scene: where the camera, the head and the target are, and how the person looks at the target.

All in the camera frame (mm) at the borders; the labels come from this geometry alone.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from model.geometry import (
    Array,
    camera_matrix,
    head_rotation,
    normalize,
    pitch_yaw,
    pixel_ray,
    vector,
)
from model.training.synthetic.extras import NO_EXTRAS, Extras
from model.training.synthetic.lighting import Lighting, Panel, random_lighting
from model.training.synthetic.person import Person
from model.training.synthetic.presets import Preset

FACE_HALF_WIDTH, FACE_ABOVE, FACE_BELOW = 85.0, 95.0, 125.0
"""mm around the eyes that must lie inside the picture."""

PHONE_PICTURES = ((480, 640), (720, 1280), (720, 960), (1080, 1920))
PHONE_FOV = (44.0, 58.0)
"""Degrees across: the front cameras of phones held upright."""
PHONE_DISTANCE = (250.0, 450.0)
"""mm from the eyes."""
DESK_HEAD, PHONE_HEAD = (2.0, 8.0), (9.0, 8.0)
"""Degrees by which heads are raised against the turn towards the target, mean and standard
deviation: a phone is held low and looks up, at a head that is bowed less than the gaze."""


@dataclass(frozen=True)
class Scene:
    """Everything about a moment except the person and the faults of the camera.

    Attributes:
        width, height, fov: of the camera, pixels and degrees.
        camera: (3, 3).
        angles: (pitch, yaw, roll) of the head, radians.
        position: (3,) mm, the point midway between the eyeball centres.
        target: (3,) mm, the point looked at.
        torso: (pitch, yaw, roll) of the shoulders.
        blink: (2,) 0 open .. 1 closed.
        mood, squint: of the lids at this moment, see `eyes.lid_expression`.
        expression: weights of other expressions.
        pupil: radius in mm.
        glasses: whether they are worn.
        lighting: see `Lighting`.
        look: numbers for the shaders.
        extras: what is worn or before the face beyond the usual.
    """

    width: int
    height: int
    fov: float
    camera: Array
    angles: tuple[float, float, float]
    position: Array
    target: Array
    torso: tuple[float, float, float]
    blink: Array
    mood: float
    squint: float
    expression: dict[str, float]
    pupil: float
    glasses: bool
    lighting: Lighting
    look: dict[str, float] = field(default_factory=dict)
    extras: Extras = NO_EXTRAS

    @property
    def rotation(self) -> Array:
        """(3, 3) head frame to camera frame."""
        return head_rotation(*self.angles)

    def eye_positions(self, person: Person) -> Array:
        """(2, 3) mm, the eyeballs' rotation centres in the camera frame."""
        return np.asarray(person.eye_centres @ self.rotation.T + self.position)

    def gaze(self) -> Array:
        """(3,) unit vector from midway between the eyes to the target."""
        return normalize(self.target - self.position)

    def eye_gaze(self, person: Person) -> Array:
        """(2, 3) unit vectors, the visual axis of each eye."""
        return normalize(self.target - self.eye_positions(person))


def _turns_too_far(gaze: Array, rotation: Array, preset: Preset) -> bool:
    pitch, yaw = np.degrees(pitch_yaw(rotation.T @ gaze))
    side, down, up = preset.turn
    return bool(abs(yaw) > side or pitch < -down or pitch > up)


def _uniform_pose(
    rng: np.random.Generator, preset: Preset
) -> tuple[Array, tuple[float, float, float]]:
    while True:
        gaze = vector(np.radians([rng.uniform(*preset.gaze_pitch), rng.uniform(*preset.gaze_yaw)]))
        angles = (
            math.radians(rng.uniform(*preset.head_pitch)),
            math.radians(rng.uniform(*preset.head_yaw)),
            math.radians(rng.uniform(*preset.head_roll)),
        )
        if not _turns_too_far(gaze, head_rotation(*angles), preset):
            return gaze, angles


def _place_head(
    rng: np.random.Generator, camera: Array, width: int, height: int, distance: float, centred: bool
) -> Array:
    """Where the eyes are, so that the face is in the picture (in its middle where it just fits)."""
    per_mm = camera[0, 0] / distance
    low = np.array([FACE_HALF_WIDTH, FACE_ABOVE]) * per_mm
    high = np.array([width, height]) - np.array([FACE_HALF_WIDTH, FACE_BELOW]) * per_mm
    middle = (low + high) / 2.0
    reach = np.maximum(high - low, 0.0) / 2.0
    share = np.clip(rng.normal(0.0, 0.4, 2), -1, 1) if centred else rng.uniform(-1.0, 1.0, 2)
    return np.asarray(pixel_ray(middle + share * reach, camera) * distance)


def random_screen(rng: np.random.Generator) -> Panel:
    """A screen near the camera: mostly below it, sometimes beside or above."""
    width = rng.choice([rng.uniform(250, 360), rng.uniform(440, 620), rng.uniform(600, 800)],
                       p=[0.45, 0.45, 0.1])  # fmt: skip
    height = width * rng.choice([0.5625, 0.625, 0.667, 0.42], p=[0.55, 0.3, 0.1, 0.05])
    x = rng.normal(0.0, 25.0)
    y = height / 2.0 + rng.uniform(3.0, 25.0)
    place = rng.random()
    if place < 0.1:  # a camera on a second screen or a tripod
        x += rng.choice([-1.0, 1.0]) * rng.uniform(0.3, 1.0) * width
    elif place < 0.15:
        y = -rng.uniform(0.0, 0.6) * height
    tilt = math.radians(rng.uniform(-5.0, 20.0))
    down = np.array([0.0, math.cos(tilt), -math.sin(tilt)])
    return Panel(
        np.array([x, y, rng.normal(0.0, 10.0)]),
        np.array([-1.0, 0.0, 0.0]),
        down,
        (width / 2.0, height / 2.0),
        np.ones(3),
    )


def random_phone(rng: np.random.Generator) -> Panel:
    """A phone held upright, its camera in the middle above the screen."""
    width = rng.uniform(60.0, 75.0)
    height = width * rng.uniform(1.95, 2.2)
    down = np.array([0.0, 1.0, 0.0])  # of the camera, too, which is tilted as the phone is
    centre = np.array([rng.normal(0.0, 4.0), height / 2.0 + rng.uniform(1.0, 7.0), 0.0])
    half = (width / 2.0, height / 2.0)
    return Panel(centre, np.array([-1.0, 0.0, 0.0]), down, half, np.ones(3))


def _layout_pose(
    rng: np.random.Generator,
    preset: Preset,
    screen: Panel,
    position: Array,
    raised: tuple[float, float],
) -> tuple[Array, tuple[float, float, float]]:
    """A target on the screen, and a head that turns towards it part of the way.

    Args:
        raised: degrees by which heads are raised against that, mean and standard deviation.
    """
    while True:
        s = rng.uniform(-1.05, 1.05, 2)
        target = screen.centre + s[0] * screen.half[0] * screen.right
        target = target + s[1] * screen.half[1] * screen.down
        pitch, yaw = pitch_yaw(target - position)
        middle_pitch, middle_yaw = pitch_yaw(screen.centre - position)
        share = np.clip(rng.normal(0.35, 0.25, 2), -0.1, 1.0)
        own_pitch, own_yaw = np.radians([rng.normal(*raised), rng.normal(0.0, 8.0)])
        angles = (
            float(middle_pitch + share[0] * (pitch - middle_pitch) + own_pitch),
            float(middle_yaw + share[1] * (yaw - middle_yaw) + own_yaw),
            math.radians(float(np.clip(rng.normal(0.0, 4.5), -14.0, 14.0))),
        )
        if not _turns_too_far(target - position, head_rotation(*angles), preset):
            return target, angles


_MOUTH = (
    "mouthSmile_L", "mouthSmile_R", "mouthPucker", "mouthFrown_L", "mouthFrown_R", "mouthPress_L",
    "mouthPress_R", "cheekSquint_L", "cheekSquint_R", "mouthRollLower", "mouthStretch_L",
    "noseSneer_L", "noseSneer_R", "jawOpen",
)  # fmt: skip


def random_expression(rng: np.random.Generator) -> dict[str, float]:
    """Weights of expressions other than the lids'."""
    weights: dict[str, float] = {}
    brow = rng.normal(0.0, 0.3)
    for side in "LR":
        own = brow + rng.normal(0.0, 0.08)
        weights[f"browInnerUp_{side}"] = float(np.clip(own + rng.normal(0.0, 0.1), 0.0, 0.9))
        weights[f"browOuterUp_{side}"] = float(np.clip(own + rng.normal(0.0, 0.1), 0.0, 0.9))
        weights[f"browDown_{side}"] = float(np.clip(-own, 0.0, 0.9))
    if rng.random() < 0.5:
        for name in _MOUTH:
            if rng.random() < 0.3:
                weights[name] = float(rng.uniform(0.0, 0.35 if name == "jawOpen" else 0.6))
        smile = weights.get("mouthSmile_L", 0.0)
        weights["mouthSmile_R"] = smile * float(rng.uniform(0.7, 1.3))
        weights["cheekSquint_R"] = weights.get("cheekSquint_L", 0.0)
    return weights


def _random_blink(rng: np.random.Generator, share: float) -> NDArray[np.float64]:
    if rng.random() >= share:
        return np.maximum(rng.normal(-0.02, 0.03, 2), 0.0)
    level = 1.0 if rng.random() < 0.35 else rng.uniform(0.25, 1.0)
    return np.asarray(np.clip(level + rng.normal(0.0, 0.03, 2), 0.0, 1.0))


def random_scene(rng: np.random.Generator, preset: Preset) -> Scene:
    """Draw a scene from a preset's ranges."""
    width, height = preset.resolutions[rng.integers(len(preset.resolutions))]
    fov = rng.uniform(*preset.fov)
    camera = camera_matrix(width, height, fov)
    # The face has to fit into the picture: near faces need a wide camera.
    fits = camera[0, 0] * (FACE_ABOVE + FACE_BELOW) / height
    layout = rng.random() < preset.layout_share
    wanted = rng.uniform(350.0, 1100.0) if layout else rng.uniform(*preset.distance)
    phone = layout and preset.extras.phone > 0.0 and rng.random() < preset.extras.phone
    if phone:
        width, height = PHONE_PICTURES[rng.integers(len(PHONE_PICTURES))]
        fov = rng.uniform(*PHONE_FOV)
        camera = camera_matrix(width, height, fov)
        wanted, fits = rng.uniform(*PHONE_DISTANCE), 0.0
    nearest = min(fits, preset.distance[1])
    distance = float(np.clip(wanted, nearest, preset.distance[1]))
    position = _place_head(rng, camera, width, height, distance, layout)
    screen = random_phone(rng) if phone else random_screen(rng)
    if layout:
        raised = PHONE_HEAD if phone else DESK_HEAD
        target, angles = _layout_pose(rng, preset, screen, position, raised)
    else:
        gaze, angles = _uniform_pose(rng, preset)
        target = position + gaze * rng.uniform(350.0, 1100.0)
    lean = rng.normal(0.0, 4.0, 3)
    torso = tuple(0.35 * a + math.radians(b) for a, b in zip(angles, lean, strict=True))
    return Scene(
        width=width,
        height=height,
        fov=fov,
        camera=camera,
        angles=angles,
        position=position,
        target=target,
        torso=(torso[0], torso[1], torso[2]),
        blink=_random_blink(rng, preset.blink_share),
        mood=float(rng.normal(0.0, 0.13)),
        squint=float(rng.normal(0.0, 0.1)),
        expression=random_expression(rng),
        pupil=float(rng.uniform(1.0, 3.5) if rng.random() < 0.3 else rng.normal(1.9, 0.35)),
        glasses=bool(rng.random() < preset.glasses_share),
        lighting=random_lighting(rng, position, screen),
        look={
            "lid_shade": float(rng.uniform(0.4, 0.9)),
            "lid_reach": float(rng.uniform(2.0, 6.0)),
            "glint": float(rng.uniform(0.012, 0.06)),
            "caustic": float(rng.uniform(0.0, 0.9)),
            "socket": float(max(rng.uniform(-0.25, 0.6), 0.0)),
            "cavity": float(rng.uniform(0.1, 0.7)),
            "edge": float(rng.uniform(0.05, 0.3)),
            "exposure": float(np.clip(np.exp(rng.normal(np.log(0.36), 0.36)), 0.1, 0.85)),
        },
        extras=replace(NO_EXTRAS, phone=phone),
    )
