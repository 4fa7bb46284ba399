"""Measured: how far off a calibration is, look by look and row by row of TARGETS.csv."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.calibration.calibration import Calibration
from app.calibration.offline.sitting import Collected, Seen
from app.calibration.validation import FIGURES, validate
from model.errors import UserError
from model.geometry import Array
from model.screen import Screen

SCHEMA = 1
"""Of the files that --json writes."""

UNITS = ("px", "mm", "deg")


@dataclass(frozen=True)
class RowError:
    """How far off one row is; what its frames do not tell is None.

    Attributes:
        session: which sitting, counted from 1.
        seen: the row and its readings.
        point: (2,) px, mean point of gaze over the row's frames.
        error: from there to the target, by unit: an angle at the eyes, and distances on the screen.
    """

    session: int
    seen: Seen
    point: Array | None
    error: dict[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """One of "targets" in a file of --json."""
        row = self.seen.row
        named = {"file": row.file} if row.file is not None else {"time_ms": row.time_ms}
        x, y = (None, None) if self.point is None else (float(v) for v in self.point)
        return {
            "session": self.session,
            **named,
            "target_x": row.x,
            "target_y": row.y,
            "point_x": _rounded(x),
            "point_y": _rounded(y),
            **{f"error_{unit}": _rounded(self.error[unit]) for unit in UNITS},
            "frames": self.seen.frames,
            "frames_used": len(self.seen.readings),
        }


@dataclass(frozen=True)
class LookError:
    """How one target was met over all of its frames.

    Attributes:
        session: which sitting, counted from 1.
        target: (2,) px.
        point: (2,) px, mean point of gaze; None where there is none.
        samples: readings.
        figures: `accuracy_deg`, `precision_rms_px` and so on, and `loss`; None where too few
            readings say it. Precision in degrees is of the angles, in px and mm of the points.
    """

    session: int
    target: Array
    point: Array | None
    samples: int
    figures: dict[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """One of "looks" in a file of --json."""
        x, y = (None, None) if self.point is None else (float(v) for v in self.point)
        return {
            "session": self.session,
            "target_x": float(self.target[0]),
            "target_y": float(self.target[1]),
            "point_x": _rounded(x),
            "point_y": _rounded(y),
            **{name: _rounded(value) for name, value in self.figures.items()},
            "samples": self.samples,
        }


@dataclass(frozen=True)
class Measured:
    """The errors at all targets.

    Attributes:
        method: "validation", or "leave one target out".
        calibration_id: of what; None where it was another one for each target.
        looks: target by target; rows: row by row.
    """

    method: str
    calibration_id: str | None
    looks: tuple[LookError, ...]
    rows: tuple[RowError, ...]

    @property
    def totals(self) -> dict[str, float | None]:
        """Means of the figures over the targets, each target counting the same, and mean and
        median of the rows' errors."""
        found = {name: _mean(look.figures[name] for look in self.looks) for name in FIGURES}
        for unit in UNITS:
            known = [e for row in self.rows if (e := row.error[unit]) is not None]
            found[f"error_{unit}_mean"] = _mean(known)
            found[f"error_{unit}_median"] = float(np.median(known)) if known else None
        return found

    @property
    def summary(self) -> dict[str, Any]:
        """What a profile keeps of it: figures named as `Report.to_json` names them."""
        totals = self.totals
        return {
            "calibration_id": self.calibration_id,
            **{name: _rounded(totals[name]) for name in FIGURES},
            "targets": [look.to_json() for look in self.looks],
        }

    def to_json(self) -> dict[str, Any]:
        """What --json writes; docs/calibration.md says what each of it is."""
        unseen = sum(row.point is None for row in self.rows)
        return {
            "schema": SCHEMA,
            "method": self.method,
            "calibration_id": self.calibration_id,
            "targets": [row.to_json() for row in self.rows],
            "looks": [look.to_json() for look in self.looks],
            "totals": {
                "targets": len(self.looks),
                "rows": len(self.rows),
                "rows_without_point": unseen,
                "samples": sum(look.samples for look in self.looks),
                **{name: _rounded(value) for name, value in self.totals.items()},
            },
        }


def measure(
    method: str,
    collected: Sequence[Collected],
    used: Sequence[Sequence[Calibration | None]],
    calibration_id: str | None = None,
) -> Measured:
    """Measure each look of each sitting by a calibration.

    Args:
        method: how the calibrations came about.
        collected: the sittings.
        used: for each look of each sitting the calibration, on that sitting's screen; None for one
            at which no open eyes were seen.
        calibration_id: the calibration's, where it is the same throughout.

    Raises:
        UserError: there is no look to measure.
    """
    looks, rows = [], []
    for number, (one, calibrations) in enumerate(zip(collected, used, strict=True), 1):
        of_rows: dict[int, RowError] = {}
        for index, calibration in enumerate(calibrations):
            looks.append(_look_error(number, one, index, calibration))
            for row in one.rows_of[index]:
                of_rows[row] = _row_error(number, one.seen[row], one.session.screen, calibration)
        rows += [of_rows[row] for row in sorted(of_rows)]
    if all(look.samples == 0 for look in looks):
        raise UserError("no target was seen with open eyes: nothing can be said of the error")
    return Measured(method, calibration_id, tuple(looks), tuple(rows))


def _look_error(
    number: int, one: Collected, index: int, calibration: Calibration | None
) -> LookError:
    look = one.session.looks[index]
    if calibration is None:
        return LookError(number, look.target, None, 0, {**dict.fromkeys(FIGURES), "loss": 1.0})
    found = validate(calibration, [look]).targets[0]
    figures = {name: _known(getattr(found, name)) for name in FIGURES}
    point = found.point if np.isfinite(found.point).all() else None
    return LookError(number, look.target, point, found.samples, figures)


def _row_error(
    number: int, seen: Seen, screen: Screen, calibration: Calibration | None
) -> RowError:
    point = None
    if calibration is not None and seen.readings:
        point = _centre(_finite(calibration.points(seen.readings)))
    if point is None:
        return RowError(number, seen, None, dict.fromkeys(UNITS))
    target = np.array([seen.row.x, seen.row.y])
    off = point - target
    origin = np.mean([reading.origin for reading in seen.readings], axis=0)
    error: dict[str, float | None] = {
        "deg": math.degrees(float(screen.angle(origin, point, target))),
        "px": float(np.linalg.norm(off)),
        "mm": float(np.linalg.norm(off * screen.mm_per_pixel)),
    }
    return RowError(number, seen, point, error)


def _finite(points: Array) -> Array:
    return np.asarray(points[np.isfinite(points).all(axis=1)])


def _centre(points: Array) -> Array | None:
    return np.asarray(points.mean(axis=0)) if len(points) else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
