"""Reading: what one frame says of where the eyes point, as far as a calibration needs it."""

import math
from dataclasses import dataclass

import numpy as np

from app.sample import Sample
from model.geometry import Array
from model.landmarks import EYE_CONTOURS, EYE_CORNERS, IRIS_CENTRES, IRIS_RINGS


@dataclass(frozen=True)
class Reading:
    """One frame with a face and open eyes. Eyes come in the order (user's right, user's left).

    Attributes:
        time_ns: the frame's, on its source's clock.
        origin: (3,) mm between the eyeball centres, camera frame.
        gaze: (3,) unit vector, camera frame.
        eye_gaze: (2, 3) of each eye; NaN of an eye that was not used.
        sigma: radians, the model's own uncertainty.
        rotation: (3, 3) head to camera frame.
        outline: (2, 21, 2) each eye's contour (16), iris centre and ring (5), see `outline_of`.
        openness: (2,) 0 closed .. 1 open.
        embedding: (E,) the model's last hidden layer, both eyes one after the other.
        light: 0..255, mean brightness of the eye patches; NaN where nobody knows.
        file: the picture's name, for folders of pictures only.
    """

    time_ns: int
    origin: Array
    gaze: Array
    eye_gaze: Array
    sigma: float
    rotation: Array
    outline: Array
    openness: Array
    embedding: Array
    light: float = math.nan
    file: str | None = None

    def __post_init__(self) -> None:
        expected = {
            "origin": (3,), "gaze": (3,), "eye_gaze": (2, 3), "rotation": (3, 3),
            "outline": (2, 21, 2), "openness": (2,),
        }  # fmt: skip
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"Reading.{name} is {getattr(self, name).shape}, not {shape}")

    @property
    def iris(self) -> Array:
        """(4,) the iris centre of each eye, x and y, in eye widths from the middle of the eye."""
        return np.asarray(self.outline[:, 16].ravel())


def reading_of(sample: Sample) -> Reading | None:
    """What a sample says; None without a face or with closed eyes."""
    face, patches, estimate = sample.face, sample.patches, sample.estimate
    if face is None or patches is None or estimate is None or sample.blink:
        return None
    return Reading(
        time_ns=sample.time_ns,
        origin=face.translation,
        gaze=estimate.gaze,
        eye_gaze=estimate.eye_gaze,
        sigma=estimate.sigma,
        rotation=face.rotation,
        outline=outline_of(face.landmarks),
        openness=face.openness,
        embedding=estimate.embedding.astype(np.float64).ravel(),
        light=float(patches.images.mean()),
        file=sample.file,
    )


def outline_of(landmarks: Array) -> Array:
    """Eye landmarks (2, 21, 2) of a face's landmarks (478, 3), freed of place, size and roll.

    In each eye's own frame: origin midway between its corners, x from the corner on the picture's
    left to the one on its right, one unit the distance between them.
    """
    found = np.empty((2, 21, 2))
    for eye in range(2):
        indices = [*EYE_CONTOURS[eye], IRIS_CENTRES[eye], *IRIS_RINGS[eye]]
        corners = landmarks[EYE_CORNERS[eye], :2]
        left, right = corners[np.argsort(corners[:, 0])]
        across = right - left
        size = float(across @ across)
        moved = landmarks[indices, :2] - (left + right) / 2.0
        turned = np.stack([moved @ across, moved @ (-across[1], across[0])], axis=-1)
        found[eye] = turned / size
    return found
