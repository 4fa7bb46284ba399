"""Sample: everything known about one frame, one row of samples.csv."""

import math
from dataclasses import dataclass

from model.estimator import Estimate
from model.geometry import Array
from model.landmarks import Face
from model.patches import Patches

CONFIDENCE_SCALE = math.radians(5.0)
"""confidence = exp(-sigma / 5 degrees)."""


@dataclass(frozen=True)
class OnScreen:
    """Where the gaze meets the screen; there is none before a calibration.

    Attributes:
        pixel: (2,) physical pixels from the screen's top left, unfiltered, may lie outside.
        pixel_smooth: (2,) the same, filtered: what the user saw.
        norm: (2,) share of the screen's width and height.
        distance: mm from the eyes to the screen.
        calibration_id: which calibration said so.
        inside: within the range that was calibrated.
    """

    pixel: Array
    pixel_smooth: Array
    norm: Array
    distance: float
    calibration_id: str
    inside: bool


@dataclass(frozen=True)
class Sample:
    """Everything known about one frame.

    Attributes:
        frame: the frame's number in its source.
        time_ns: the frame's time on its source's clock.
        latency_ns: from the frame's capture (for files: from reading it) to this result; None where
            there was no frame, the camera being lost.
        file: the picture's file name, for folders of pictures only.
        face: None where none was found; then the following three are None too.
        patches: what the model saw.
        estimate: what the model made of it.
        blink: the lids hide the eyes.
        screen: None before a calibration.
    """

    frame: int
    time_ns: int
    latency_ns: int | None
    file: str | None = None
    face: Face | None = None
    patches: Patches | None = None
    estimate: Estimate | None = None
    blink: bool | None = None
    screen: OnScreen | None = None

    def __post_init__(self) -> None:
        parts = (self.face, self.patches, self.estimate, self.blink)
        if len({part is None for part in parts}) != 1:
            raise ValueError("a sample has a face, its patches, estimate and blink, or none of it")

    @property
    def valid(self) -> bool:
        """A face was found, its eyes are open, and gaze lies inside the calibrated range."""
        return self.blink is False and (self.screen is None or self.screen.inside)

    @property
    def confidence(self) -> float | None:
        """0..1 from the model's own uncertainty."""
        if self.estimate is None:
            return None
        return math.exp(-self.estimate.sigma / CONFIDENCE_SCALE)

    @property
    def distance(self) -> float | None:
        """mm from the eyes to the screen; before a calibration, to the camera."""
        if self.screen is not None:
            return self.screen.distance
        return None if self.face is None else float(math.hypot(*self.face.translation))
