"""Samples for tests of recordings."""

import numpy as np

from app.sample import OnScreen, Sample
from tests.material import estimate
from tests.model.heads import face_at


def full_sample(
    number: int = 0, file: str | None = None, screen: bool = False, blink: bool = False
) -> Sample:
    """A sample with everything in it."""
    on_screen = OnScreen(
        pixel=np.array([960.126, -12.0]),
        pixel_smooth=np.array([950.0, 3.0]),
        norm=np.array([0.500065, -0.011111]),
        distance=612.5,
        calibration_id="c1",
        inside=True,
    )
    return Sample(
        number,
        round(number * 1e9 / 30),
        7_654_321,
        file,
        face_at(pitch=5, yaw=-10, roll=3, position=(10.0, -20.0, 600.0)),
        object(),  # type: ignore[arg-type]
        estimate(pitch=0.1, yaw=-0.2, sigma=np.radians(2.5)),
        blink,
        on_screen if screen else None,
    )


def empty_sample(number: int = 0) -> Sample:
    """A sample of a frame without a face."""
    return Sample(number, round(number * 1e9 / 30), 1_000_000)
