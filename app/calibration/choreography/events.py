"""Events: what a recording holds of calibrations and validations made while it runs, as JSON."""

import json

from app.calibration.calibration import Calibration
from app.calibration.validation import Report


def calibration_event(calibration: Calibration) -> str:
    """The message of a `calibration` event: from here on this one finds the points of gaze."""
    return json.dumps(
        {
            "calibration_id": calibration.id,
            "kind": calibration.kind,
            "rung": calibration.rung,
            "targets": len(calibration.targets),
            "held_out_deg": _rounded(calibration.held_out_deg),
            "recentred_from": calibration.recentred_from,
        }
    )


def validation_event(report: Report) -> str:
    """The message of a `validation` event: all of the report."""
    return json.dumps(report.to_json())


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
