"""validate: how far off a calibration is on looks at targets that it never saw.

Accuracy, precision and loss are those of Holmqvist et al., Eye tracking: a comprehensive guide to
methods and measures (2011), on unfiltered readings; see docs/calibration.md.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.calibration.calibration import Calibration
from app.calibration.correction import needed
from app.calibration.look import Look
from model.errors import UserError
from model.geometry import Array, angle_between, vector

FIGURES = (
    "accuracy_deg", "accuracy_px", "accuracy_mm",
    "precision_rms_deg", "precision_rms_px", "precision_rms_mm",
    "precision_sd_deg", "precision_sd_px", "precision_sd_mm",
    "loss",
)  # fmt: skip
"""What is said of each target and of all of them."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How far off something was. What too few readings tell is None.

    Attributes:
        accuracy_deg: mean angle at the eyes between point of gaze and target.
        accuracy_px, accuracy_mm: mean distance on the screen.
        precision_rms_deg: root mean square of the angles between successive readings (RMS-S2S);
            _px, _mm: of the distances between successive points of gaze.
        precision_sd_deg: root of the mean squared angle from the readings' own mean; _px, _mm: of
            the squared distance from the points' mean.
        loss: share of the frames that gave no point of gaze.
    """

    accuracy_deg: float
    accuracy_px: float
    accuracy_mm: float
    precision_rms_deg: float | None
    precision_rms_px: float | None
    precision_rms_mm: float | None
    precision_sd_deg: float | None
    precision_sd_px: float | None
    precision_sd_mm: float | None
    loss: float

    def figures(self) -> dict[str, float | None]:
        """By name, rounded, for JSON."""
        return {name: _number(getattr(self, name)) for name in FIGURES}


@dataclass(frozen=True, kw_only=True)
class TargetError(Figures):
    """How one target was met.

    Attributes:
        target: (2,) px.
        point: (2,) px, mean point of gaze; NaN where the gaze never met the screen.
        samples: readings.
        first_ns, last_ns: the readings' times; file: the picture's, of a folder of pictures.
    """

    target: Array
    point: Array
    samples: int
    first_ns: int
    last_ns: int
    file: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As reports hold it."""
        return {
            "target_px": _numbers(self.target),
            "point_px": _numbers(self.point),
            **self.figures(),
            "samples": self.samples,
        }


@dataclass(frozen=True, kw_only=True)
class Report(Figures):
    """A validation: means over its targets, each counting the same.

    Attributes:
        calibration_id: of what.
        targets: one by one.
    """

    calibration_id: str
    targets: tuple[TargetError, ...]

    def to_json(self) -> dict[str, Any]:
        """As profiles and recordings hold it."""
        return {
            "calibration_id": self.calibration_id,
            **self.figures(),
            "targets": [target.to_json() for target in self.targets],
        }


def validate(calibration: Calibration, looks: Sequence[Look]) -> Report:
    """Measure a calibration.

    Args:
        calibration: whose screen the targets are on.
        looks: at targets that its fit did not see.

    Raises:
        UserError: no target was seen with open eyes.
    """
    seen = [look for look in looks if look.readings]
    if not seen:
        raise UserError("no target was seen with open eyes: nothing can be said of the error")
    measured = [_measure(calibration, look) for look in seen]
    means = {name: _mean_known([getattr(m, name) for m in measured]) for name in FIGURES[3:-1]}
    lost = [1.0] * (len(looks) - len(seen))
    return Report(
        calibration_id=calibration.id,
        targets=tuple(measured),
        accuracy_deg=_mean([m.accuracy_deg for m in measured]),
        accuracy_px=_mean([m.accuracy_px for m in measured]),
        accuracy_mm=_mean([m.accuracy_mm for m in measured]),
        loss=float(np.mean([m.loss for m in measured] + lost)),
        **means,
    )


def _measure(calibration: Calibration, look: Look) -> TargetError:
    screen, readings = calibration.screen, look.readings
    origins = np.array([r.origin for r in readings])
    gaze = vector(calibration.correction.angles(readings))
    wanted = vector(needed(origins, screen.in_camera(look.target)))
    points = calibration.points(readings)
    met = np.isfinite(points).all(axis=1)
    points = points[met]
    off = points - look.target
    mm = points * screen.mm_per_pixel
    frames = len(readings) + look.missed
    return TargetError(
        target=look.target,
        point=points.mean(axis=0) if met.any() else np.full(2, np.nan),
        accuracy_deg=math.degrees(float(angle_between(gaze, wanted).mean())),
        accuracy_px=_mean(np.linalg.norm(off, axis=1)),
        accuracy_mm=_mean(np.linalg.norm(off * screen.mm_per_pixel, axis=1)),
        precision_rms_deg=_in_degrees(_root_mean_square(angle_between(gaze[1:], gaze[:-1]))),
        precision_rms_px=_root_mean_square(_lengths(np.diff(points, axis=0))),
        precision_rms_mm=_root_mean_square(_lengths(np.diff(mm, axis=0))),
        precision_sd_deg=_in_degrees(_spread(gaze, angle_between)),
        precision_sd_px=_spread(points, lambda a, b: _lengths(a - b)),
        precision_sd_mm=_spread(mm, lambda a, b: _lengths(a - b)),
        loss=1.0 - float(met.sum()) / frames,
        samples=len(readings),
        first_ns=readings[0].time_ns,
        last_ns=readings[-1].time_ns,
        file=readings[0].file,
    )


def _mean(values: Sequence[float] | Array) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def _mean_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _mean(known) if known else None


def _lengths(vectors: Array) -> Array:
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _root_mean_square(values: Array) -> float | None:
    return math.sqrt(float(np.mean(values**2))) if len(values) else None


def _spread(values: Array, apart: Callable[[Array, Array], Array]) -> float | None:
    """Root of the mean squared distance from the mean."""
    return _root_mean_square(apart(values, values.mean(axis=0))) if len(values) > 1 else None


def _in_degrees(radians: float | None) -> float | None:
    return None if radians is None else math.degrees(radians)


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)


def _numbers(values: Array) -> list[float | None]:
    return [_number(float(value)) for value in values]
