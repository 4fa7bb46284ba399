"""Readings of virtual users at targets, kept in a folder and read back in a moment.

A *sitting* is what one user does without getting up. Its readings lie in one NPZ file, with what
was true of each of them; `load_readings` makes sessions for `app.calibration` of them.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from app.calibration.choreography.layout import calibration_places
from app.calibration.look import CameraUsed, Look, Session
from app.calibration.reading import Reading
from benchmarks.virtual_sittings import parts_of
from model.card import file_hash
from model.geometry import Array
from model.screen import Screen, screen_from_json
from model.training.synthetic.files import write_whole
from model.training.synthetic.shards import RENDERER_VERSION

VERSION = 4
"""Of what virtual users and their sittings are like."""


@dataclass(frozen=True)
class Job:
    """One sitting to render.

    Attributes:
        user: the virtual user's seed.
        frames: to be rendered at each target.
        fov: horizontal degrees that the tracker believes in; None for the camera's true one.
    """

    user: int
    sitting: str
    frames: int
    fov: float | None
    model: Path
    data: Path | None
    work: Path

    @property
    def path(self) -> Path:
        """Where its readings are kept."""
        return self.work / f"user-{self.user}-{self.sitting}.npz"

    def about(self) -> dict[str, Any]:
        """What the readings depend on: kept with them, and compared before they are used."""
        return {
            "version": VERSION,
            "renderer": RENDERER_VERSION,
            "model": file_hash(self.model),
            "user": self.user,
            "sitting": self.sitting,
            "frames": self.frames,
            "fov": self.fov,
            "places": {n: places.tolist() for n, places in parts_of(self.user, self.sitting)},
        }


@dataclass(frozen=True)
class Truth:
    """What was true of N readings.

    Attributes:
        point: (N, 2) px looked at.
        eyes: (N, 3) mm between the eyes, camera frame.
        head: (N, 3) radians, pitch, yaw and roll.
    """

    point: Array
    eyes: Array
    head: Array


@dataclass(frozen=True)
class Part:
    """Looks of one part of a sitting, with the truth of each look's readings."""

    looks: tuple[Look, ...]
    truth: tuple[Truth, ...]


@dataclass(frozen=True)
class UserReadings:
    """One user in one condition.

    Attributes:
        user: the seed.
        calibration, validation: what is fitted, and what the fit is judged by.
        recentre: one look before the validation, in `moved` only.
        screen: as it truly stands; the session's is what an application believes.
        camera_fov: true horizontal degrees; the session's is what the tracker believed.
    """

    user: int
    calibration: Session
    validation: Session
    recentre: Session | None
    parts: dict[str, Part]
    screen: Screen
    camera_fov: float

    @property
    def truth(self) -> tuple[Truth, ...]:
        """Of each look of the validation."""
        return self.parts["validation"].truth


def is_there(job: Job) -> bool:
    """Whether a sitting's readings are kept, and are those that the job would give."""
    try:
        with job.path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return False
    return {key: about.get(key) for key in job.about()} == job.about()


def save_readings(path: Path, about: Mapping[str, Any], parts: Mapping[str, Part]) -> None:
    """Keep a sitting."""
    arrays: dict[str, Any] = {}
    for name, part in parts.items():
        arrays |= {f"{name}_{key}": value for key, value in _pack(part).items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, about=np.array(json.dumps(about)), **arrays)
    write_whole(path, packed.getvalue())


def load_readings(work: Path, user: int, condition: str, targets: int = 9) -> UserReadings:
    """The readings of a user in a condition: a name of `SITTINGS`.

    Args:
        work: the folder that they are kept in.
        targets: how many of the calibration's nine, 9 or 5.

    Raises:
        FileNotFoundError: the sitting has not been rendered yet.
    """
    about, parts = _read(work / f"user-{user}-{condition}.npz")
    if "calibration" not in parts:  # sat down in another way
        parts["calibration"] = _read(work / f"user-{user}-still.npz")[1]["calibration"]
    screen, believed = screen_from_json(about["screen"]), screen_from_json(about["believed"])
    width, height = about["camera"]["size"]
    camera = CameraUsed("virtual", (width, height), about["believed_fov"])
    wanted = calibration_places(targets) * np.array(believed.pixels)
    looks = [
        look
        for look in parts["calibration"].looks
        if np.abs(wanted - look.target).sum(axis=1).min() < 1.0
    ]
    sessions = {name: Session(believed, part.looks, camera) for name, part in parts.items()}
    return UserReadings(
        user=user,
        calibration=Session(believed, tuple(looks), camera),
        validation=sessions["validation"],
        recentre=sessions.get("recentre"),
        parts=parts,
        screen=screen,
        camera_fov=about["camera"]["fov"],
    )


_NUMBERS = ("origin", "gaze", "eye_gaze", "rotation", "outline", "openness", "embedding")


def _pack(part: Part) -> dict[str, Any]:
    looks = part.looks
    readings = [reading for look in looks for reading in look.readings]
    packed: dict[str, Any] = {
        "target": np.array([look.target for look in looks]),
        "missed": np.array([look.missed for look in looks]),
        "count": np.array([len(look.readings) for look in looks]),
        "time_ns": np.array([r.time_ns for r in readings], dtype=np.int64),
        "sigma": np.array([r.sigma for r in readings]),
    }
    for name in _NUMBERS:
        packed[name] = np.array([getattr(r, name) for r in readings])
    for field in fields(Truth):
        packed[f"true_{field.name}"] = np.concatenate([getattr(t, field.name) for t in part.truth])
    return packed


def _unpack(stored: dict[str, Any], part: str) -> Part:
    def column(name: str) -> Any:
        return stored[f"{part}_{name}"]

    readings = [
        Reading(
            time_ns=int(column("time_ns")[n]),
            sigma=float(column("sigma")[n]),
            **{name: column(name)[n] for name in _NUMBERS},
        )
        for n in range(len(column("time_ns")))
    ]
    looks, truth, start = [], [], 0
    for target, missed, count in zip(
        column("target"), column("missed"), column("count"), strict=True
    ):
        span = slice(start, start + int(count))
        looks.append(Look(target, tuple(readings[span]), int(missed)))
        truth.append(Truth(*(column(f"true_{f.name}")[span] for f in fields(Truth))))
        start = span.stop
    return Part(tuple(looks), tuple(truth))


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Part]]:
    with np.load(path, allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    names = [n.removesuffix("_target") for n in stored if n.endswith("_target")]
    return json.loads(str(stored["about"])), {name: _unpack(stored, name) for name in names}
