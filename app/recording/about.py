"""What recording.json says about the source, the model and the program."""

import platform
from typing import Any

import numpy as np
import onnxruntime

from app import __version__
from app.source import Source
from app.source.camera import CameraSource
from app.tracker import Tracker

EYE_NAMES = {"both": "cyclopean", "left": "left", "right": "right"}
"""BIDS's RecordedEye."""


def describe(source: Source, tracker: Tracker) -> dict[str, Any]:
    """The part of recording.json that is known before the first row.

    Keys with capitals are BIDS's own (eye-tracking, BIDS 1.11).
    """
    card = tracker.estimator.card
    return {
        "PhysioType": "eyetrack",
        "RecordedEye": EYE_NAMES[tracker.eyes],
        "SampleCoordinateSystem": "gaze-in-world",
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
        "screen": None,
        "filter": None,
        "calibration": None,
    }


def describe_end(source: Source) -> dict[str, Any]:
    """The part of recording.json that is known only after the last row."""
    return {"skipped_pictures": list(source.skipped), "warnings": list(source.faults)}
