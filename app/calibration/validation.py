"""validate: how far off a calibration is on looks at targets that it never saw.

Accuracy, precision and loss are those of Holmqvist et al., Eye tracking: a comprehensive guide to
methods and measures (2011), on unfiltered readings; see docs/calibration.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.calibration.calibration import Calibration
from app.calibration.correction import needed
from app.calibration.look import Look
from model.errors import UserError
from model.geometry import Array, angle_between, vector


@dataclass(frozen=True)
class TargetError:
    """How one target was met. What too few readings tell is None.

    Attributes:
        target: (2,) px.
        point: (2,) px, mean point of gaze; NaN where the gaze never met the screen.
        accuracy_deg: mean angle at the eyes between point of gaze and target.
        accuracy_px, accuracy_mm: mean distance on the screen.
        precision_rms_deg: root mean square of the angles between successive readings (RMS-S2S).
        precision_sd_deg: root of the mean squared angle from the readings' own mean.
        loss: share of the frames that gave no point of gaze.
        samples: readings.
        first_ns, last_ns: the readings' times; file: the picture's, of a folder of pictures.
    """

    target: Array
    point: Array
    accuracy_deg: float
    accuracy_px: float
    accuracy_mm: float
    precision_rms_deg: float | None
    precision_sd_deg: float | None
    loss: float
    samples: int
    first_ns: int
    last_ns: int
    file: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As reports hold it."""
        return {
            "target_px": _numbers(self.target),
            "point_px": _numbers(self.point),
            "accuracy_deg": _number(self.accuracy_deg),
            "accuracy_px": _number(self.accuracy_px),
            "accuracy_mm": _number(self.accuracy_mm),
            "precision_rms_deg": _number(self.precision_rms_deg),
            "precision_sd_deg": _number(self.precision_sd_deg),
            "loss": _number(self.loss),
            "samples": self.samples,
        }


@dataclass(frozen=True)
class Report:
    """A validation; every target counts the same.

    Attributes:
        calibration_id: of what.
        targets: one by one.
        accuracy_deg ... loss: means over the targets; see `TargetError`.
    """

    calibration_id: str
    targets: tuple[TargetError, ...]
    accuracy_deg: float
    accuracy_px: float
    accuracy_mm: float
    precision_rms_deg: float | None
    precision_sd_deg: float | None
    loss: float

    def to_json(self) -> dict[str, Any]:
        """As profiles and recordings hold it."""
        return {
            "calibration_id": self.calibration_id,
            "accuracy_deg": _number(self.accuracy_deg),
            "accuracy_px": _number(self.accuracy_px),
            "accuracy_mm": _number(self.accuracy_mm),
            "precision_rms_deg": _number(self.precision_rms_deg),
            "precision_sd_deg": _number(self.precision_sd_deg),
            "loss": _number(self.loss),
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
    lost = [1.0] * (len(looks) - len(seen))
    return Report(
        calibration.id,
        tuple(measured),
        _mean([m.accuracy_deg for m in measured]),
        _mean([m.accuracy_px for m in measured]),
        _mean([m.accuracy_mm for m in measured]),
        _mean_known([m.precision_rms_deg for m in measured]),
        _mean_known([m.precision_sd_deg for m in measured]),
        float(np.mean([m.loss for m in measured] + lost)),
    )


def _measure(calibration: Calibration, look: Look) -> TargetError:
    screen, readings = calibration.screen, look.readings
    origins = np.array([r.origin for r in readings])
    gaze = vector(calibration.correction.angles(readings))
    wanted = vector(needed(origins, screen.in_camera(look.target)))
    points = calibration.points(readings)
    met = np.isfinite(points).all(axis=1)
    off = points[met] - look.target
    mean = gaze.mean(axis=0)
    successive = angle_between(gaze[1:], gaze[:-1])
    frames = len(readings) + look.missed
    return TargetError(
        target=look.target,
        point=points[met].mean(axis=0) if met.any() else np.full(2, np.nan),
        accuracy_deg=math.degrees(float(angle_between(gaze, wanted).mean())),
        accuracy_px=_mean(np.linalg.norm(off, axis=1)),
        accuracy_mm=_mean(np.linalg.norm(off * screen.mm_per_pixel, axis=1)),
        precision_rms_deg=_root_mean_square(successive),
        precision_sd_deg=_root_mean_square(angle_between(gaze, mean)) if len(gaze) > 1 else None,
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


def _root_mean_square(angles: Array) -> float | None:
    """Degrees, of angles in radians."""
    return math.degrees(math.sqrt(float(np.mean(angles**2)))) if len(angles) else None


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)


def _numbers(values: Array) -> list[float | None]:
    return [_number(float(value)) for value in values]
