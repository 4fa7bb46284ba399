"""A small rendered set in the layout of raw MPIIFaceGaze: whole frames, text, .mat files."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from model.geometry import Array, vector
from model.training.synthetic.extras import NO_EXTRAS
from model.training.synthetic.presets import TEST, ExtraShares
from model.training.synthetic.scene import Scene
from model.training.synthetic.studio import Studio

PERSONS, PICTURES = 3, 4
LEFT, UP = 0, 1
"""Which of a person's pictures looks plainly left and plainly up."""
DISTORTED = 1
"""The person whose camera distorts."""
DISTORTION = np.array([-0.4, 0.1, 0.0, 0.0, 0.0])

EYES_IN_HEAD = np.array([0.0, -3.685, 6.662])
"""mm, in the frame of the data set's six-point head: its origin is between the corners of the
eyes, x to the person's left, y down, z into the head. The eyeballs lie a little above and behind
the corners."""
FACE_IN_HEAD = np.array([0.0, 22.865, 0.0])
"""The mean of its six points."""
SIX = [33, 133, 362, 263, 61, 291]
"""FaceMesh's numbers of the six landmarks that are annotated."""

_PRESET = replace(
    TEST,
    name="raw",
    resolutions=((640, 480),),
    glasses_share=0.0,
    severity=0.2,
    extras=ExtraShares(),
    samples_per_person=PICTURES,
)


@dataclass(frozen=True)
class RawSample:
    """One picture and what is true of it.

    Attributes:
        person, picture: numbers.
        image: (480, 640, 3) RGB without distortion.
        camera: (3, 3).
        gaze: (3,) unit vector in the camera frame.
        eye_gaze: (2, 3) of each eye, the person's right one first.
        line: of the annotation.
    """

    person: int
    picture: int
    image: NDArray[np.uint8]
    camera: Array
    gaze: Array
    eye_gaze: Array
    line: str


def render_raw(studio: Studio) -> list[RawSample]:
    """All pictures, person after person."""
    return [_take(studio, number) for number in range(PERSONS * PICTURES)]


def write_raw(folder: Path, samples: list[RawSample]) -> Path:
    """Write the set; returns the folder."""
    for p in range(PERSONS):
        own = [sample for sample in samples if sample.person == p]
        person = folder / f"p{p:02d}"
        (person / "Calibration").mkdir(parents=True)
        distortion = DISTORTION if p == DISTORTED else np.zeros(5)
        savemat(
            person / "Calibration" / "Camera.mat",
            {"cameraMatrix": own[0].camera, "distCoeffs": distortion[:, None], "retval": 0.2},
        )
        savemat(
            person / "Calibration" / "screenSize.mat",
            {"width_pixel": 1280, "height_pixel": 800, "width_mm": 286.0, "height_mm": 179.0},
        )
        savemat(
            person / "Calibration" / "monitorPose.mat",
            {"rvects": np.zeros((3, 1)), "tvecs": np.zeros((3, 1))},
        )
        for sample in own:
            path = person / sample.line.split()[0]
            path.parent.mkdir(exist_ok=True)
            image = distorted(sample.image, sample.camera) if p == DISTORTED else sample.image
            cv2.imwrite(
                str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 98]
            )
        (person / f"{person.name}.txt").write_text("\n".join(s.line for s in own) + "\n")
    return folder


def distorted(image: NDArray[np.uint8], camera: Array) -> NDArray[np.uint8]:
    """A picture as a camera with DISTORTION takes it."""
    height, width = image.shape[:2]
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    there = cv2.undistortPoints(
        pixels.reshape(-1, 1, 2).astype(np.float64), camera, DISTORTION, P=camera
    )
    at = there.reshape(height, width, 2).astype(np.float32)
    return np.asarray(cv2.remap(image, at, None, cv2.INTER_CUBIC), dtype=np.uint8)


def _arranged(scene: Scene, number: int) -> Scene:
    rng = np.random.default_rng([7, number])
    picture = number % PICTURES
    if picture == LEFT:
        pitch, yaw = 0.0, -25.0
    elif picture == UP:
        pitch, yaw = 20.0, 0.0
    else:
        pitch, yaw = float(rng.uniform(-20.0, 15.0)), float(rng.uniform(-25.0, 25.0))
    position = np.array([rng.uniform(-40, 40), rng.uniform(-30, 10), rng.uniform(480, 560)])
    if number // PICTURES == DISTORTED:
        position[0] += 90.0  # away from the middle, where there is something to distort
    roll = float(rng.uniform(-6.0, 6.0))
    return replace(
        scene,
        angles=(math.radians(0.5 * pitch), math.radians(0.5 * yaw), math.radians(roll)),
        position=position,
        target=position + 600.0 * vector(np.radians([pitch, yaw])),
        torso=(0.0, 0.0, 0.0),
        blink=np.zeros(2),
        mood=0.0,
        squint=0.0,
        glasses=False,
        extras=NO_EXTRAS,
        # One camera for each person.
        fov=60.0,
        camera=np.array(
            [[554.26 + 10 * (number // PICTURES), 0, 319.5], [0, 554.26, 239.5], [0, 0, 1]]
        ),
    )


def _take(studio: Studio, number: int) -> RawSample:
    shot = studio.shoot(_PRESET, 0, number, "frame", lambda scene: _arranged(scene, number))
    scene = shot.scene
    person, picture = divmod(number, PICTURES)
    R = scene.rotation
    translation = scene.position - R @ EYES_IN_HEAD
    landmarks = shot.landmarks[SIX, :2]
    if person == DISTORTED:
        rays = np.column_stack([landmarks, np.ones(6)]) @ np.linalg.inv(shot.camera).T
        landmarks = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), shot.camera, DISTORTION)[0]
    numbers = [
        [640, 400],  # where on the screen; nobody reads it but to see whether it is on it
        np.round(landmarks).ravel(),
        cv2.Rodrigues(R)[0].ravel(),
        translation,
        R @ FACE_IN_HEAD + translation,
        scene.target,
    ]
    line = " ".join(
        [
            f"day{1 + picture // 2:02d}/{picture + 1:04d}.jpg",
            *(f"{value:.6f}" for value in np.concatenate(numbers)),
            "left" if picture % 2 else "right",
        ]
    )
    return RawSample(
        person, picture, shot.picture, shot.camera, scene.gaze(), scene.eye_gaze(shot.person), line
    )
