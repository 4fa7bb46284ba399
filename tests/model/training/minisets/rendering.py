"""Renders the people that all mini-sets show: few, fixed, with open eyes and exact gaze."""

import math
import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.errors import UserError
from model.geometry import Array, camera_matrix, normalize, vector
from model.landmarks import EYE_CORNERS, face_from_landmarks
from model.training.synthetic.extras import NO_EXTRAS
from model.training.synthetic.head import load_head
from model.training.synthetic.presets import TEST, ExtraShares
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import Scene
from model.training.synthetic.studio import Studio

PERSONS, PICTURES = 4, 8
LEFT, UP = 0, 1
"""Which of a person's pictures looks plainly left and plainly up, from the camera's axis."""

PLAIN = 25.0
"""Degrees that these two look to the side."""

BELOW_EYES = 23.0
"""mm from between the eyes down to the mean of the corners of eyes and mouth: the face's centre of
GazeHub and ETH-XGaze."""

_WIDTH, _HEIGHT, _FOV = 1280, 720, 60.0
_PRESET = replace(
    TEST,
    name="mini",
    resolutions=((_WIDTH, _HEIGHT),),
    fov=(_FOV, _FOV),
    glasses_share=0.0,
    extras=ExtraShares(),
    samples_per_person=PICTURES,
)


@dataclass(frozen=True)
class Sample:
    """One rendered picture and what is true of it.

    Attributes:
        person: 0 .. PERSONS - 1.
        picture: 0 .. PICTURES - 1, see LEFT and UP.
        face: (224, 224, 3) RGB, the normalised face.
        eyes: (2, 36, 60, 3) RGB, the user's right eye and left eye, cut out of `face` as they are.
        square: (h, h, 3) RGB, a square around the face as the camera took it, not normalised.
        rotation: (3, 3) camera frame to the normalised frame of `face`.
        distance: mm from the camera to the face's centre.
        centre: (3,) mm, what the virtual camera looks at.
        head: (3, 3) head frame to camera frame.
        gaze: (3,) unit vector, camera frame.
    """

    person: int
    picture: int
    face: NDArray[np.uint8]
    eyes: NDArray[np.uint8]
    square: NDArray[np.uint8]
    rotation: Array
    distance: float
    centre: Array
    head: Array
    gaze: Array


@cache
def rendered_samples() -> tuple[Sample, ...]:
    """All samples, person after person; rendered once in a process; see `open_studio`."""
    studio = open_studio()
    return tuple(_take(studio, number) for number in range(PERSONS * PICTURES))


def open_studio() -> Studio:
    """A studio with the head model from GAZECLIP_DATA.

    Skips the test where the head model or OpenGL is missing; fails it where
    GAZECLIP_REQUIRE_DATA is 1.
    """
    folder = os.environ.get("GAZECLIP_DATA", "")
    try:
        rig = Rig(load_head(Path(folder) if folder else None))
        return Studio(rig, Renderer(rig))
    except UserError as error:
        if os.environ.get("GAZECLIP_REQUIRE_DATA") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


def _arranged(scene: Scene, number: int) -> Scene:
    """Exact gaze, open eyes; the plain pictures in the middle of the frame, others anywhere."""
    rng = np.random.default_rng([6, number])
    picture = number % PICTURES
    if picture == LEFT:
        pitch, yaw, position = 0.0, -PLAIN, np.array([0.0, 0.0, 600.0])
    elif picture == UP:
        pitch, yaw, position = PLAIN, 0.0, np.array([0.0, 0.0, 600.0])
    else:
        pitch, yaw = float(rng.uniform(-22.0, 18.0)), float(rng.uniform(-32.0, 32.0))
        position = np.array([rng.uniform(-90, 90), rng.uniform(-30, 30), rng.uniform(480, 720)])
    roll = 0.0 if picture in (LEFT, UP) else float(rng.uniform(-6.0, 6.0))
    own = 0.5 + (0.0 if picture in (LEFT, UP) else float(rng.uniform(-0.15, 0.15)))
    return replace(
        scene,
        width=_WIDTH,
        height=_HEIGHT,
        fov=_FOV,
        camera=camera_matrix(_WIDTH, _HEIGHT, _FOV),
        angles=(math.radians(own * pitch), math.radians(own * yaw), math.radians(roll)),
        position=position,
        target=position + 600.0 * vector(np.radians([pitch, yaw])),
        torso=(0.0, 0.0, 0.0),
        blink=np.zeros(2),
        mood=0.0,
        squint=0.0,
        glasses=False,
        extras=NO_EXTRAS,
    )


def _take(studio: Studio, number: int) -> Sample:
    shot = studio.shoot(_PRESET, 0, number, "face", lambda scene: _arranged(scene, number))
    offset = np.array([shot.box[0], shot.box[1], 0.0])
    face = face_from_landmarks(shot.landmarks - offset, shot.camera)
    centre = face.translation / face.scale + BELOW_EYES * face.rotation[:, 1]
    distance = float(np.linalg.norm(centre))
    # Zhang et al. 2018; written out here, so that no mini-set rests on the code under test.
    z = centre / distance
    y = normalize(np.cross(z, face.rotation[:, 0]))
    rotation = np.stack([np.cross(y, z), y, z])
    scaled = np.diag([1.0, 1.0, 600.0 / distance]) @ rotation
    virtual = np.array([[960.0, 0.0, 112.0], [0.0, 960.0, 112.0], [0.0, 0.0, 1.0]])
    warp = virtual @ scaled @ np.linalg.inv(shot.camera)
    patch = np.asarray(cv2.warpPerspective(shot.picture, warp, (224, 224)), dtype=np.uint8)
    corners = face.landmarks[EYE_CORNERS.reshape(-1), :2]
    placed = cv2.perspectiveTransform(corners[None], warp)[0].reshape(2, 2, 2)
    return Sample(
        person=number // PICTURES,
        picture=number % PICTURES,
        face=patch,
        eyes=np.stack([_eye(patch, points) for points in placed]),
        square=_square(shot.picture, face.box),
        rotation=rotation,
        distance=distance,
        centre=centre,
        head=face.rotation,
        gaze=shot.scene.gaze(),
    )


def _eye(face: NDArray[np.uint8], corners: Array) -> NDArray[np.uint8]:
    """60 x 36 around an eye, one and a half times as wide as its corners (2, 2) are apart."""
    width = 1.5 * float(np.linalg.norm(corners[1] - corners[0]))
    size = (round(width), round(0.6 * width))
    middle = corners.mean(axis=0)
    cut = cv2.getRectSubPix(face, size, (float(middle[0]), float(middle[1])))
    return np.asarray(cv2.resize(cut, (60, 36)), dtype=np.uint8)


def _square(picture: NDArray[np.uint8], box: Array) -> NDArray[np.uint8]:
    side = round(1.15 * float(max(box[2] - box[0], box[3] - box[1])))
    middle = (float(box[[0, 2]].mean()), float(box[[1, 3]].mean()))
    return np.asarray(cv2.getRectSubPix(picture, (side, side), middle), dtype=np.uint8)
