"""Screen: one screen in pixels and millimetres, and its place in the camera frame."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from model.geometry import Array, angle_between, rotation_x

CAMERA_ABOVE_MM = 10.0
"""How far above the screen's upper edge a camera sits where nobody says otherwise."""


@dataclass(frozen=True)
class Screen:
    """One screen and where the camera sits on it.

    With a tilt of 0 the camera looks along the screen's normal. Then its x axis is the screen's x
    reversed (the screen's right is the user's right, which is the picture's left), y is the
    screen's y, and the screen lies in the plane z = 0 of the camera frame.

    Attributes:
        pixels: (width, height) physical pixels.
        millimetres: (width, height).
        camera_mm: the camera's place in mm from the screen's top left corner, x right, y down.
        camera_tilt: radians by which the camera looks up from the screen's normal.
        name: as the system calls it, "" where nobody asked it.
        pixel_ratio: physical pixels per logical one.

    Raises:
        ValueError: a size is not positive, or anything is not finite.
    """

    pixels: tuple[int, int]
    millimetres: tuple[float, float]
    camera_mm: tuple[float, float]
    camera_tilt: float = 0.0
    name: str = ""
    pixel_ratio: float = 1.0

    def __post_init__(self) -> None:
        numbers = (*self.pixels, *self.millimetres, *self.camera_mm, self.camera_tilt)
        if not all(map(math.isfinite, numbers)):
            raise ValueError("a screen's numbers are finite")
        if min(*self.pixels, *self.millimetres, self.pixel_ratio) <= 0:
            raise ValueError("a screen's width and height are above 0")

    @property
    def mm_per_pixel(self) -> Array:
        """(2,) along x and y."""
        return np.array(self.millimetres) / np.array(self.pixels)

    def in_camera(self, pixels: ArrayLike) -> Array:
        """Camera-frame points (..., 3) in mm of screen pixels (..., 2)."""
        mm = np.asarray(pixels, dtype=np.float64) * self.mm_per_pixel - np.array(self.camera_mm)
        flat = np.stack([-mm[..., 0], mm[..., 1], np.zeros_like(mm[..., 0])], axis=-1)
        return np.asarray(flat @ self._tilt.T)

    def meet(self, origins: ArrayLike, directions: ArrayLike) -> Array:
        """Screen pixels (..., 2) in which rays from origins (..., 3) mm along directions (..., 3),
        both in the camera frame, meet the screen's plane; NaN where they never do.
        """
        o = np.asarray(origins, dtype=np.float64) @ self._tilt
        g = np.asarray(directions, dtype=np.float64) @ self._tilt
        with np.errstate(divide="ignore", invalid="ignore"):
            along = np.where((g[..., 2] < 0) & (o[..., 2] > 0), -o[..., 2] / g[..., 2], np.nan)
        p = o + along[..., None] * g
        mm = np.stack([-p[..., 0], p[..., 1]], axis=-1) + np.array(self.camera_mm)
        return np.asarray(mm / self.mm_per_pixel)

    def angle(self, origins: ArrayLike, first: ArrayLike, second: ArrayLike) -> Array:
        """Angle (...), radians, at origins (..., 3) mm between two screen points (..., 2) px."""
        o = np.asarray(origins, dtype=np.float64)
        return angle_between(self.in_camera(first) - o, self.in_camera(second) - o)

    def distance(self, origins: ArrayLike) -> Array:
        """mm (...) from points (..., 3) in the camera frame to the screen's plane."""
        return np.asarray(np.asarray(origins, dtype=np.float64) @ self._tilt)[..., 2]

    @property
    def _tilt(self) -> Array:
        """(3, 3) from the frame of a camera without tilt to the camera frame."""
        return rotation_x(-self.camera_tilt)

    def to_json(self) -> dict[str, Any]:
        """As profiles and recordings hold it; the tilt in degrees."""
        return {
            "name": self.name,
            "pixels": list(self.pixels),
            "millimetres": list(self.millimetres),
            "camera_mm": list(self.camera_mm),
            "camera_tilt_deg": math.degrees(self.camera_tilt),
            "pixel_ratio": self.pixel_ratio,
        }


def make_screen(
    pixels: tuple[int, int],
    millimetres: tuple[float, float],
    camera_mm: tuple[float, float] | None = None,
    camera_tilt: float = 0.0,
    name: str = "",
    pixel_ratio: float = 1.0,
) -> Screen:
    """A screen whose camera sits centred above it where nobody says otherwise; see `Screen`."""
    above = (millimetres[0] / 2.0, -CAMERA_ABOVE_MM)
    return Screen(pixels, millimetres, camera_mm or above, camera_tilt, name, pixel_ratio)


def screen_from_json(content: dict[str, Any]) -> Screen:
    """The screen that `Screen.to_json` wrote.

    Raises:
        ValueError, TypeError, KeyError: it makes no sense.
    """
    width, height = (int(v) for v in content["pixels"])
    millimetres = (float(content["millimetres"][0]), float(content["millimetres"][1]))
    camera_mm = (float(content["camera_mm"][0]), float(content["camera_mm"][1]))
    return Screen(
        (width, height),
        millimetres,
        camera_mm,
        math.radians(float(content["camera_tilt_deg"])),
        str(content["name"]),
        float(content["pixel_ratio"]),
    )
