"""The columns of samples.csv and events.csv: name, unit, meaning and text of each, once.

Header, recording.json and the reader's types all come from these tables.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from app.sample import Sample
from model.geometry import Array, head_angles, pitch_yaw
from model.landmarks import LEFT, RIGHT

BOTH = 2
"""Beside RIGHT and LEFT: both eyes together, in `Row.gaze`."""

ColumnType = Literal["int", "float", "text"]


@dataclass(frozen=True)
class Clock:
    """A recording's one anchor: the source's time of its first frame, and the UTC time then."""

    start_ns: int
    start_unix_ns: int


@dataclass(frozen=True)
class Row:
    """A sample, its recording's clock, and the angles that several columns share, in degrees."""

    sample: Sample
    clock: Clock

    @property
    def since_start_ns(self) -> int:
        """ns since the recording's first frame."""
        return self.sample.time_ns - self.clock.start_ns

    @cached_property
    def gaze(self) -> Array | None:
        """(3, 2) pitch and yaw in degrees of the right eye, the left eye, both; NaN: unused eye."""
        estimate = self.sample.estimate
        if estimate is None:
            return None
        return np.degrees(pitch_yaw(np.vstack([estimate.eye_gaze, estimate.gaze])))

    @cached_property
    def head(self) -> Array | None:
        """(3,) pitch, yaw and roll in degrees."""
        face = self.sample.face
        return None if face is None else np.degrees(head_angles(face.rotation))


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name, unit: as in the header and the documentation; unit "" where there is none.
        sentence: what it means.
        text: a row's cell; "" for missing, never 0 or -1.
        type: what a reader makes of the cells.
    """

    name: str
    unit: str
    sentence: str
    text: Callable[[Row], str]
    type: ColumnType = "float"


def fixed(value: float | None, digits: int) -> str:
    """A number with so many decimals; "" for missing (None, NaN or infinite)."""
    if value is None or not math.isfinite(value):
        return ""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text  # no "-0.00"


def _flag(value: bool | None) -> str:
    return "" if value is None else str(int(value))


def _milliseconds(row: Row) -> str:
    return str((row.since_start_ns + 500_000) // 1_000_000)


def _unix(row: Row) -> str:
    microseconds = (row.clock.start_unix_ns + row.since_start_ns + 500) // 1000
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def _sigma(row: Row) -> str:
    estimate = row.sample.estimate
    return "" if estimate is None else fixed(math.degrees(estimate.sigma), 3)


def _latency(row: Row) -> str:
    nanoseconds = row.sample.latency_ns
    return "" if nanoseconds is None else fixed(nanoseconds / 1e6, 2)


def _screen(field: str, axis: int, digits: int) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        screen = row.sample.screen
        return "" if screen is None else fixed(float(getattr(screen, field)[axis]), digits)

    return text


def _angle(axis: int, whose: int = BOTH) -> Callable[[Row], str]:
    """Pitch (axis 0) or yaw (axis 1) of both eyes together or of one."""
    return lambda row: "" if row.gaze is None else fixed(float(row.gaze[whose, axis]), 4)


def _direction(axis: int) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        estimate = row.sample.estimate
        return "" if estimate is None else fixed(float(estimate.gaze[axis]), 6)

    return text


def _head_angle(axis: int) -> Callable[[Row], str]:
    """Pitch, yaw or roll (axis 0, 1, 2)."""
    return lambda row: "" if row.head is None else fixed(float(row.head[axis]), 3)


def _head_place(axis: int) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        face = row.sample.face
        return "" if face is None else fixed(float(face.translation[axis]), 2)

    return text


def _openness(eye: int) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        face = row.sample.face
        return "" if face is None else fixed(float(face.openness[eye]), 4)

    return text


FILE = Column(
    "file", "", "Name of the picture; only for a folder of pictures.",
    lambda row: quoted(row.sample.file or ""), "text",
)  # fmt: skip

SAMPLE_COLUMNS: tuple[Column, ...] = (
    Column(
        "frame", "", "The frame's number in its source; a gap is a dropped frame.",
        lambda row: str(row.sample.frame), "int",
    ),
    Column(
        "time", "ms", "Whole milliseconds from the first frame to this frame's capture.",
        _milliseconds, "int",
    ),
    Column(
        "time_ns", "ns", "The same in nanoseconds; rises strictly.",
        lambda row: str(row.since_start_ns), "int",
    ),
    Column(
        "timestamp_unix", "s",
        "Seconds since 1970 (UTC): the recording's one anchor plus the time since its start.",
        _unix,
    ),
    FILE,
    Column(
        "valid", "",
        "1: face found, eyes open, and gaze inside the calibrated range where there is one.",
        lambda row: _flag(row.sample.valid), "int",
    ),
    Column(
        "confidence", "", "exp(-gaze_sigma / 5 degrees), from 0 to 1.",
        lambda row: fixed(row.sample.confidence, 4),
    ),
    Column(
        "gaze_sigma", "deg", "The model's own uncertainty of the gaze, one standard deviation.",
        _sigma,
    ),
    Column(
        "pixel_x", "px",
        "Point of gaze in physical pixels from the screen's left edge, unfiltered; may lie outside "
        "the screen; empty before a calibration.",
        _screen("pixel", 0, 2),
    ),
    Column(
        "pixel_y", "px",
        "Point of gaze in physical pixels from the screen's top edge, unfiltered; may lie outside "
        "the screen; empty before a calibration.",
        _screen("pixel", 1, 2),
    ),
    Column(
        "pixel_x_smooth", "px",
        "pixel_x as the user saw it, after the filter that recording.json names.",
        _screen("pixel_smooth", 0, 2),
    ),
    Column(
        "pixel_y_smooth", "px",
        "pixel_y as the user saw it, after the filter that recording.json names.",
        _screen("pixel_smooth", 1, 2),
    ),
    Column("norm_x", "", "pixel_x over the screen's width.", _screen("norm", 0, 6)),
    Column("norm_y", "", "pixel_y over the screen's height.", _screen("norm", 1, 6)),
    Column(
        "gaze_yaw", "deg",
        "Yaw of the gaze in the camera frame; positive towards the user's own right.", _angle(1),
    ),
    Column("gaze_pitch", "deg", "Pitch of the gaze in the camera frame; positive up.", _angle(0)),
    Column(
        "gaze_dir_x", "",
        "Gaze as a unit vector in the camera frame: towards the image's right.", _direction(0),
    ),
    Column(
        "gaze_dir_y", "", "Gaze as a unit vector in the camera frame: down.", _direction(1),
    ),
    Column(
        "gaze_dir_z", "",
        "Gaze as a unit vector in the camera frame: away from the camera.", _direction(2),
    ),
    Column("left_gaze_yaw", "deg", "gaze_yaw of the user's left eye alone.", _angle(1, LEFT)),
    Column("left_gaze_pitch", "deg", "gaze_pitch of the user's left eye alone.", _angle(0, LEFT)),
    Column("right_gaze_yaw", "deg", "gaze_yaw of the user's right eye alone.", _angle(1, RIGHT)),
    Column(
        "right_gaze_pitch", "deg", "gaze_pitch of the user's right eye alone.", _angle(0, RIGHT),
    ),
    Column(
        "description", "",
        "The coarse direction of gaze relative to the camera, in words, left and right being the "
        "user's own.",
        lambda row: row.sample.estimate.description if row.sample.estimate else "", "text",
    ),
    Column(
        "head_yaw", "deg", "Where the face points: positive towards the user's own right.",
        _head_angle(1),
    ),
    Column("head_pitch", "deg", "Where the face points: positive up.", _head_angle(0)),
    Column(
        "head_roll", "deg", "Positive: the head is tilted to the user's own right shoulder.",
        _head_angle(2),
    ),
    Column(
        "head_x", "mm",
        "The point midway between the eyeballs in the camera frame: towards the image's right.",
        _head_place(0),
    ),
    Column("head_y", "mm", "The same point: down.", _head_place(1)),
    Column("head_z", "mm", "The same point: away from the camera.", _head_place(2)),
    Column(
        "distance", "mm", "From the eyes to the screen; before a calibration, to the camera.",
        lambda row: fixed(row.sample.distance, 2),
    ),
    Column("left_openness", "", "The user's left eye: 0 closed, 1 open.", _openness(LEFT)),
    Column("right_openness", "", "The user's right eye: 0 closed, 1 open.", _openness(RIGHT)),
    Column(
        "blink", "", "1: the lids hide the eyes; empty without a face.",
        lambda row: _flag(row.sample.blink), "int",
    ),
    Column(
        "calibration_id", "", "The calibration that gave the point of gaze; empty before one.",
        lambda row: quoted(row.sample.screen.calibration_id) if row.sample.screen else "", "text",
    ),
    Column(
        "latency_ms", "ms",
        "From the frame's capture (for files: from reading it) to this result.",
        _latency,
    ),
)  # fmt: skip
"""All columns in their order."""


def sample_columns(pictures: bool) -> tuple[Column, ...]:
    """The columns of a recording; `file` is there for folders of pictures only."""
    return tuple(column for column in SAMPLE_COLUMNS if pictures or column is not FILE)


def line(cells: Sequence[str]) -> str:
    """One line of a CSV file; cells with text a person chose come `quoted`."""
    return ",".join(cells) + "\n"


def quoted(text: str) -> str:
    """A text cell, in quotes where CSV needs them (RFC 4180), on one line."""
    one_line = text.replace("\r", " ").replace("\n", " ")
    if any(sign in one_line for sign in ',"'):
        return '"' + one_line.replace('"', '""') + '"'
    return one_line


@dataclass(frozen=True)
class Event:
    """One row of events.csv.

    Attributes:
        onset: ms since the recording's start.
        duration: ms, None for a moment.
        type: fixation, saccade, blink, marker, calibration, validation, camera_lost, camera_back,
            settings.
        pixel: (x, y) px on the screen, None where there is none.
        dispersion_deg: degrees, of fixations.
        message: free text.
    """

    onset: int
    type: str
    duration: int | None = None
    pixel: tuple[float, float] | None = None
    dispersion_deg: float | None = None
    message: str = ""


EVENT_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("onset", "ms", "Whole milliseconds from the recording's first frame."),
    ("duration", "ms", "Whole milliseconds; empty for a moment."),
    ("type", "", "What happened: blink, marker, camera_lost, camera_back and so on."),
    ("pixel_x", "px", "Where on the screen, from its left edge; empty where nowhere."),
    ("pixel_y", "px", "Where on the screen, from its top edge; empty where nowhere."),
    ("dispersion_deg", "deg", "Spread of a fixation."),
    ("message", "", "Free text, such as a marker's."),
)
"""Name, unit and sentence of each column of events.csv."""


def event_cells(event: Event) -> list[str]:
    """The cells of one row of events.csv."""
    x, y = event.pixel or (None, None)
    return [
        str(event.onset),
        "" if event.duration is None else str(event.duration),
        quoted(event.type),
        fixed(x, 2),
        fixed(y, 2),
        fixed(event.dispersion_deg, 4),
        quoted(event.message),
    ]
