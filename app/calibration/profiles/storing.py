"""Sessions as JSON: what a profile keeps of what a calibration was fitted on.

Arrays are stored as {"dtype": "float32", "shape": [...], "data": base64}, the numbers being
little-endian and in C order; eye patches as PNG in base64. So everything is text, exact, and
readable without this program. Nothing here looks at a clock or a disk.
"""

import base64
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.calibration.look import CameraUsed, Look, Session
from app.calibration.reading import Reading
from model.geometry import Array
from model.patches import Patches, PatchSpec
from model.screen import screen_from_json

PATCHES_PER_LOOK = 8
"""Frames of a look whose eye patches are kept, where the person agreed: what a median needs."""

_ARRAYS = ("origin", "gaze", "eye_gaze", "rotation", "outline", "openness", "embedding")
"""The arrays of a Reading, stacked over a look's readings."""

_NUMBERS = ("sigma", "light")

_UNBROKEN = ("origin", "gaze", "rotation", "outline", "openness", "embedding", "sigma")
"""What of a Reading is finite; an eye that was not used has no gaze of its own."""


@dataclass(frozen=True)
class SessionPatches:
    """Eye patches of a session, kept with the person's consent so that a later model can read them.

    Attributes:
        spec: the virtual camera that cut them.
        looks: per look of the session, from the index of a reading to its patches.
    """

    spec: PatchSpec
    looks: tuple[Mapping[int, Patches], ...]


def choose_patches(
    session: Session, by_time: Mapping[int, Patches], spec: PatchSpec
) -> SessionPatches:
    """The patches of a session that are kept: of each look at most eight readings', spread evenly.

    Args:
        session: whose looks.
        by_time: from a reading's `time_ns` to its patches; readings without any are passed over.
        spec: the virtual camera that cut them.
    """
    looks = []
    for look in session.looks:
        having = [i for i, reading in enumerate(look.readings) if reading.time_ns in by_time]
        count = min(len(having), PATCHES_PER_LOOK)
        chosen = [having[round(i * (len(having) - 1) / max(count - 1, 1))] for i in range(count)]
        looks.append(MappingProxyType({i: by_time[look.readings[i].time_ns] for i in chosen}))
    return SessionPatches(spec, tuple(looks))


def session_to_json(session: Session, patches: SessionPatches | None = None) -> dict[str, Any]:
    """A session, and the eye patches that go with it."""
    kept: tuple[Mapping[int, Patches], ...] = patches.looks if patches else ()
    if patches and len(kept) != len(session.looks):
        raise ValueError(f"{len(kept)} looks' patches do not go with {len(session.looks)} looks")
    camera = session.camera
    content: dict[str, Any] = {
        "screen": session.screen.to_json(),
        "camera": camera_to_json(camera),
        "patch": asdict(patches.spec) if patches else None,
        "looks": [
            _look_to_json(look, kept[i] if kept else {}) for i, look in enumerate(session.looks)
        ],
    }
    return content


def session_from_json(content: dict[str, Any]) -> tuple[Session, SessionPatches | None]:
    """What `session_to_json` wrote.

    Raises:
        ValueError, TypeError, KeyError: it makes no sense.
    """
    spec = None if content["patch"] is None else PatchSpec(**content["patch"])
    found = [_look_from_json(look, spec) for look in content["looks"]]
    session = Session(
        screen_from_json(content["screen"]),
        tuple(look for look, _ in found),
        camera_from_json(content["camera"]),
    )
    patches = tuple(patches for _, patches in found)
    return session, None if spec is None else SessionPatches(spec, patches)


def camera_to_json(camera: CameraUsed) -> dict[str, Any]:
    """As profiles hold it."""
    return {
        "name": camera.name,
        "size": list(camera.size),
        "fov_deg": camera.fov,
        "mirrored": camera.mirrored,
    }


def camera_from_json(content: dict[str, Any]) -> CameraUsed:
    """What `camera_to_json` wrote.

    Raises:
        ValueError, TypeError, KeyError: it makes no sense.
    """
    width, height = (int(side) for side in content["size"])
    fov = float(content["fov_deg"])
    if min(width, height) <= 0 or not 0.0 < fov < 180.0:
        raise ValueError("a camera's frames have a size and a field of view")
    return CameraUsed(str(content["name"]), (width, height), fov, bool(content["mirrored"]))


def packed(values: NDArray[Any]) -> dict[str, Any]:
    """An array as float32 in base64."""
    flat = np.ascontiguousarray(values, dtype="<f4")
    data = base64.b64encode(flat.tobytes()).decode("ascii")
    return {"dtype": "float32", "shape": list(flat.shape), "data": data}


def unpacked(content: dict[str, Any]) -> Array:
    """The array that `packed` wrote, as float64.

    Raises:
        ValueError, TypeError, KeyError: it is none.
    """
    if content["dtype"] != "float32":
        raise ValueError(f"arrays are float32, not {content['dtype']!r}")
    flat = np.frombuffer(base64.b64decode(content["data"], validate=True), dtype="<f4")
    return flat.reshape([int(side) for side in content["shape"]]).astype(np.float64)


def _look_to_json(look: Look, patches: Mapping[int, Patches]) -> dict[str, Any]:
    readings = look.readings
    content: dict[str, Any] = {
        "target": [float(v) for v in look.target],
        "missed": look.missed,
        "time_ns": [reading.time_ns for reading in readings],
    }
    if any(reading.file is not None for reading in readings):
        content["file"] = [reading.file for reading in readings]
    if readings:
        for name in _NUMBERS:
            content[name] = packed(np.array([getattr(reading, name) for reading in readings]))
        for name in _ARRAYS:
            content[name] = packed(np.stack([getattr(reading, name) for reading in readings]))
    if patches:
        content["patches"] = _patches_to_json(patches)
    return content


def _look_from_json(
    content: dict[str, Any], spec: PatchSpec | None
) -> tuple[Look, Mapping[int, Patches]]:
    times = [int(time) for time in content["time_ns"]]
    files = content.get("file") or [None] * len(times)
    arrays = {name: unpacked(content[name]) for name in (*_NUMBERS, *_ARRAYS)} if times else {}
    if any(len(column) != len(times) for column in (files, *arrays.values())):
        raise ValueError("a look's columns are not equally long")
    if not all(np.isfinite(arrays[name]).all() for name in _UNBROKEN if times):
        raise ValueError("a reading's numbers are finite")
    readings = tuple(
        Reading(
            time_ns=time,
            file=None if files[i] is None else str(files[i]),
            sigma=float(arrays["sigma"][i]),
            light=float(arrays["light"][i]),
            **{name: arrays[name][i] for name in _ARRAYS},
        )
        for i, time in enumerate(times)
    )
    x, y = (float(v) for v in content["target"])
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError("a target's place is finite")
    look = Look(np.array([x, y]), readings, int(content["missed"]))
    stored = content.get("patches")
    if stored is None or spec is None:
        return look, {}
    return look, _patches_from_json(stored, spec, len(readings))


def _patches_to_json(patches: Mapping[int, Patches]) -> dict[str, Any]:
    kept = list(patches.values())
    return {
        "reading": list(patches),
        "images": [[_png(image) for image in one.images] for one in kept],
        "rotation": packed(np.stack([one.rotation for one in kept])),
        "head": packed(np.stack([one.head for one in kept])),
        "mirrored": [[bool(flag) for flag in one.mirrored] for one in kept],
    }


def _patches_from_json(
    content: dict[str, Any], spec: PatchSpec, readings: int
) -> Mapping[int, Patches]:
    indices = [int(index) for index in content["reading"]]
    if not all(0 <= index < readings for index in indices):
        raise ValueError("patches without a reading")
    rotation, head = unpacked(content["rotation"]), unpacked(content["head"])
    return {
        index: Patches(
            np.stack([_picture(text, spec) for text in content["images"][i]]),
            rotation[i],
            np.array(content["mirrored"][i], dtype=np.bool_),
            head[i].astype(np.float32),
        )
        for i, index in enumerate(indices)
    }


def _png(image: NDArray[np.uint8]) -> str:
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    assert done
    return base64.b64encode(data.tobytes()).decode("ascii")


def _picture(text: str, spec: PatchSpec) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None or image.shape != (spec.height, spec.width, 3):
        raise ValueError("a stored eye patch is damaged")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
