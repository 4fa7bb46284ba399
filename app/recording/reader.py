"""Reading a recording back, typed; also one that was cut short."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.recording.columns import SAMPLE_COLUMNS, ColumnType, Event
from app.recording.writer import ABOUT, EVENTS, SAMPLES, SCHEMA
from model.errors import UserError

_TYPES: dict[str, ColumnType] = {column.name: column.type for column in SAMPLE_COLUMNS}


@dataclass(frozen=True)
class Recording:
    """A recording as read.

    Attributes:
        folder: where it lies.
        about: recording.json.
        samples: per column an array (rows,): float64 with NaN for missing, or text with "" for
            missing; `frame`, `time` and `time_ns` are int64 and never missing.
        events: the rows of events.csv.
    """

    folder: Path
    about: dict[str, Any]
    samples: dict[str, NDArray[Any]]
    events: list[Event]

    def __len__(self) -> int:
        return len(self.samples["frame"])


def read_recording(folder: Path) -> Recording:
    """Read a recording; an unfinished last line, as a power cut leaves it, is left out.

    Raises:
        UserError: the folder holds no recording, or one of a newer program.
    """
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        header, rows = _read_csv(folder / SAMPLES)
        _, event_rows = _read_csv(folder / EVENTS)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{folder} holds no recording that can be read ({error}): give the folder with "
            f"{SAMPLES} and {ABOUT} in it"
        ) from error
    if about.get("schema", 0) > SCHEMA:
        raise UserError(f"the recording in {folder} is of a newer version: update this program")
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in header]
    samples = {name: _array(name, cells) for name, cells in zip(header, columns, strict=True)}
    return Recording(folder, about, samples, [_event(cells) for cells in event_rows])


def _read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    lines = list(csv.reader(io.StringIO(whole, newline="")))
    if not lines:
        raise ValueError(f"{path.name} is empty")
    return lines[0], lines[1:]


def _array(name: str, cells: tuple[str, ...]) -> NDArray[Any]:
    if _TYPES.get(name, "text") == "text":
        return np.array(cells, dtype=np.str_)
    if name in ("frame", "time", "time_ns"):
        return np.array(cells, dtype=np.int64)
    return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)


def _event(cells: list[str]) -> Event:
    onset, duration, kind, x, y, dispersion, message = cells
    return Event(
        int(onset),
        kind,
        int(duration) if duration else None,
        (float(x), float(y)) if x and y else None,
        float(dispersion) if dispersion else None,
        message,
    )
