"""What recording.json says about the source, the model and the program."""

import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime

from app import __version__
from app.calibration.calibration import Calibration
from app.signals.one_euro import one_euro_for
from app.source import Source
from app.source.camera import CameraSource
from app.tracker import Tracker

EYE_NAMES = {"both": "cyclopean", "left": "left", "right": "right"}
"""BIDS's RecordedEye."""


VALIDATED = (
    "accuracy_deg", "accuracy_px", "accuracy_mm", "precision_rms_deg", "precision_sd_deg", "loss",
)  # fmt: skip
"""What is taken over of a calibration's validation."""


def describe(
    source: Source, tracker: Tracker, validation: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The part of recording.json that is known before the first row.

    Keys with capitals are BIDS's own (eye-tracking, BIDS 1.11).

    Args:
        source, tracker: where the samples come from.
        validation: of the tracker's calibration, as `Report.to_json` gives it; None where there
            was none.
    """
    card = tracker.estimator.card
    return {
        "PhysioType": "eyetrack",
        "RecordedEye": EYE_NAMES[tracker.eyes],
        "StartTime": 0,
        "EyeTrackingMethod": "appearance-based gaze estimation from webcam pictures (GazeCLIP)",
        "Manufacturer": "GazeCLIP Desktop",
        "SoftwareVersions": f"GazeCLIP Desktop {__version__}",
        "software": {
            "gazeclip_desktop": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "onnxruntime": onnxruntime.__version__,
            "system": platform.platform(terse=True),
        },
        "model": {"name": card.name, "sha256": card.sha256, "zero_point": list(card.zero_point)},
        "execution_provider": tracker.estimator.provider,
        "source": {
            "kind": source.kind,
            "name": source.name,
            "size_px": list(source.size),
            "size_asked_px": list(source.size_asked) if isinstance(source, CameraSource) else None,
            "fps_asked": source.fps_asked,
            "fps_stated": source.fps,
            "frames_stated": source.length,
            "mirrored": source.mirrored,
        },
        "video": None,
        "options": {"eyes": tracker.eyes, "fov_deg": tracker.fov},
        **describe_calibration(tracker, validation),
    }


def describe_calibration(tracker: Tracker, validation: Mapping[str, Any] | None) -> dict[str, Any]:
    """What of recording.json is otherwise once a calibration is used; see `describe`."""
    calibration = tracker.calibration
    return {
        "SampleCoordinateSystem": "gaze-on-screen" if calibration else "gaze-in-world",
        "screen": calibration.screen.to_json() if calibration else None,
        "filter": None if tracker.smoothing is None else _filter(tracker.smoothing),
        "calibration": _calibration(calibration, validation) if calibration else None,
    }


def _filter(smoothing: float) -> dict[str, Any]:
    one_euro = one_euro_for(smoothing)
    return {
        "name": "One-Euro",
        "of": "gaze pitch and yaw after the calibration, in radians; pixel_*_smooth only",
        "smoothing": smoothing,
        "min_cutoff_hz": round(one_euro.min_cutoff, 4),
        "beta": round(one_euro.beta, 4),
        "d_cutoff_hz": one_euro.d_cutoff,
    }


def _calibration(calibration: Calibration, validation: Mapping[str, Any] | None) -> dict[str, Any]:
    whole = calibration.to_json()
    return {
        **{
            name: whole[name]
            for name in ("id", "made", "kind", "camera", "held_out_deg", "targets",
                         "recentred_from")
        },
        "rung": calibration.rung,
        "validation": {name: validation.get(name) for name in VALIDATED} if validation else None,
    }  # fmt: skip


def describe_end(source: Source) -> dict[str, Any]:
    """The part of recording.json that is known only after the last row."""
    return {"skipped_pictures": list(source.skipped), "warnings": list(source.faults)}
