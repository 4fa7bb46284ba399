"""Calibration: the fit that turns one person's gaze into points of gaze on one screen."""

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import cv2
import numpy as np

from app.calibration.correction import Correction, Rung, correction_from_json
from app.calibration.look import CameraUsed, Look
from app.calibration.reading import Reading
from model.geometry import Array, head_angles, vector
from model.screen import Screen, screen_from_json

Kind = Literal["targets", "pursuit", "recentre", "frames"]
"""Where it comes from: targets or a moving one in the window; one look; frames of earlier."""

HULL_GROWTH = 1.35
"""Targets lie inside the screen's edge: so much larger than their hull is what they vouch for."""

EDGE = 0.1
"""Where targets span no area, the screen and so much of it on each side counts as calibrated."""

MOVED_MM = (120.0, 120.0, 200.0)
"""How far beyond the places seen in the calibration eyes may be: x, y, z."""

TURNED = np.radians((20.0, 25.0, 20.0))
"""How far beyond the angles seen in the calibration a head may be turned: pitch, yaw, roll."""


@dataclass(frozen=True)
class Point:
    """A point of gaze.

    Attributes:
        pixel: (2,) physical px from the top left, may lie outside the screen; NaN where the gaze
            never meets its plane.
        inside: within what was calibrated: the targets' hull and the head's range.
    """

    pixel: Array
    inside: bool


@dataclass(frozen=True)
class HeadRange:
    """Where head and eyes were during a calibration: (2, 3) least and greatest each.

    Attributes:
        origin: mm, camera frame.
        angles: pitch, yaw and roll, radians.
    """

    origin: Array
    angles: Array

    def holds(self, reading: Reading) -> bool:
        """Whether a head is near enough to those."""
        angles = np.array(head_angles(reading.rotation))
        return bool(
            (reading.origin >= self.origin[0] - MOVED_MM).all()
            and (reading.origin <= self.origin[1] + MOVED_MM).all()
            and (angles >= self.angles[0] - TURNED).all()
            and (angles <= self.angles[1] + TURNED).all()
        )


def head_range(readings: Sequence[Reading]) -> HeadRange:
    """The range of some readings."""
    origins = np.array([r.origin for r in readings])
    angles = np.array([head_angles(r.rotation) for r in readings])
    return HeadRange(
        np.stack([origins.min(axis=0), origins.max(axis=0)]),
        np.stack([angles.min(axis=0), angles.max(axis=0)]),
    )


@dataclass(frozen=True, eq=False)
class Calibration:
    """One person's calibration.

    Attributes:
        id: unique; ids sort by time.
        made: UTC, ISO 8601.
        kind: see `Kind`.
        screen: on which; its camera's place is part of the calibration.
        camera: with which.
        model_hash: SHA-256 of the model whose gaze it corrects.
        correction: what was fitted.
        held_out_deg: accuracy, degrees, at targets that were left out of the fit in turn; None
            where there were too few.
        targets: (T, 2) px.
        seen: where head and eyes were.
        recentred_from: id of the calibration that this one shifts, None for none.
        light: 0..255, median brightness of the eyes in it; None where nobody knows.
    """

    id: str
    made: str
    kind: Kind
    screen: Screen
    camera: CameraUsed
    model_hash: str
    correction: Correction
    held_out_deg: float | None
    targets: Array
    seen: HeadRange
    recentred_from: str | None = None
    light: float | None = None

    @property
    def rung(self) -> Rung:
        """How far up the ladder it stands."""
        return self.correction.rung

    def locate(self, reading: Reading) -> Point:
        """Where a person looks."""
        pixel = self.points([reading])[0]
        return Point(pixel, bool(self._covers(pixel)) and self.seen.holds(reading))

    def points(self, readings: Sequence[Reading]) -> Array:
        """Points of gaze (N, 2) px."""
        directions = vector(self.correction.angles(readings))
        return self.screen.meet(np.array([r.origin for r in readings]), directions)

    def _covers(self, pixel: Array) -> bool:
        if not np.isfinite(pixel).all():
            return False
        hull = cv2.convexHull(self.targets.astype(np.float32))[:, 0]
        if len(hull) < 3 or cv2.contourArea(hull) < 0.05 * np.prod(self.screen.pixels):
            share = pixel / np.array(self.screen.pixels)
            return bool((share >= -EDGE).all() and (share <= 1.0 + EDGE).all())
        centre = hull.mean(axis=0)
        grown = (centre + HULL_GROWTH * (hull - centre)).astype(np.float32)
        return cv2.pointPolygonTest(grown, (float(pixel[0]), float(pixel[1])), False) >= 0

    def on(self, screen: Screen) -> "Calibration":
        """The same for a screen on which only the pixels changed."""
        scale = np.array(screen.pixels) / np.array(self.screen.pixels)
        return replace(self, screen=screen, targets=self.targets * scale)

    def to_json(self) -> dict[str, Any]:
        """As a profile holds it."""
        return {
            "id": self.id,
            "made": self.made,
            "kind": self.kind,
            "screen": self.screen.to_json(),
            "camera": {
                "name": self.camera.name,
                "size": list(self.camera.size),
                "fov_deg": self.camera.fov,
                "mirrored": self.camera.mirrored,
            },
            "model_sha256": self.model_hash,
            "correction": self.correction.to_json(),
            "held_out_deg": self.held_out_deg,
            "targets": self.targets.tolist(),
            "seen": {
                "origin_mm": self.seen.origin.tolist(),
                "angles_deg": np.degrees(self.seen.angles).tolist(),
            },
            "recentred_from": self.recentred_from,
            "light": self.light,
        }


def calibration_from_json(content: dict[str, Any]) -> Calibration:
    """The calibration that `Calibration.to_json` wrote.

    Raises:
        ValueError, TypeError, KeyError: it makes no sense.
    """
    camera, seen, held_out = content["camera"], content["seen"], content["held_out_deg"]
    width, height = (int(v) for v in camera["size"])
    if content["kind"] not in ("targets", "pursuit", "recentre", "frames"):
        raise ValueError(f"there is no kind of calibration called {content['kind']}")
    return Calibration(
        id=str(content["id"]),
        made=str(content["made"]),
        kind=content["kind"],
        screen=screen_from_json(content["screen"]),
        camera=CameraUsed(
            str(camera["name"]), (width, height), float(camera["fov_deg"]), bool(camera["mirrored"])
        ),
        model_hash=str(content["model_sha256"]),
        correction=correction_from_json(content["correction"]),
        held_out_deg=None if held_out is None else float(held_out),
        targets=np.array(content["targets"], dtype=np.float64).reshape(-1, 2),
        seen=HeadRange(
            np.array(seen["origin_mm"], dtype=np.float64).reshape(2, 3),
            np.radians(np.array(seen["angles_deg"], dtype=np.float64).reshape(2, 3)),
        ),
        recentred_from=content["recentred_from"],
        light=None if content["light"] is None else float(content["light"]),
    )


def new_id(now: datetime | None = None) -> tuple[str, str]:
    """An id for a calibration that is made now, and that time in ISO 8601."""
    now = now or datetime.now(UTC)
    stamp = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    return stamp, now.isoformat(timespec="seconds").replace("+00:00", "Z")


def light_of(readings: Sequence[Reading]) -> float | None:
    """0..255, median brightness of readings; None where nobody knows."""
    known = [reading.light for reading in readings if math.isfinite(reading.light)]
    return float(np.median(known)) if known else None


def all_readings(looks: Sequence[Look]) -> list[Reading]:
    """The readings of all looks."""
    return [reading for look in looks for reading in look.readings]
