"""TARGETS.csv: which target the user looked at, in which picture or at what time.

No NumPy and no clock; what the rows are worth before a screen and its frames is seen elsewhere.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model.errors import UserError

SEPARATORS = ",;\t"

WINDOW_MS = 200.0
"""Frames at most so far before and after a row's `time_ms` belong to it: short enough that a
person who was looking at the target then still does, long enough for a median (13 frames at 30 per
second)."""

LEAD_IN_MS = 1000.0
"""A video is tracked from so long before each window on: the face must be followed, and the lids'
usual height be known, by the time that counts."""


@dataclass(frozen=True)
class TargetRow:
    """One row.

    Attributes:
        x, y: physical pixels.
        file: the picture's name in its folder, None in rows with a time.
        time_ms: milliseconds from the video's first frame, None in rows with a file.
        line: where it stands, counted from 1.
    """

    x: float
    y: float
    file: str | None
    time_ms: float | None
    line: int

    @property
    def place(self) -> str:
        """The row for a person: the picture, or the time."""
        return self.file if self.file is not None else f"{self.time_ms:.10g} ms"


def read_targets(path: Path, pictures: bool) -> list[TargetRow]:
    """Read a file with columns `file,x,y` or `time_ms,x,y`; others are passed over.

    A byte order mark, and semicolons or tabs between the cells, are tolerated; with semicolons also
    decimal commas.

    Args:
        path: the file.
        pictures: the frames are a folder of pictures, so it is `file` that counts; else `time_ms`.

    Returns:
        The rows: pictures in the file's order, times in order of time. A row that says the same
        as one before it is left out.

    Raises:
        UserError: it cannot be read, lacks a column, holds no row or one that makes no sense.
    """
    lines = _cells(path)
    (_, header), *body = lines
    wanted = "file" if pictures else "time_ms"
    columns = {}
    for name in (wanted, "x", "y"):
        if header.count(name) != 1:
            how = "no column" if name not in header else "more than one column"
            frames = "a folder of pictures" if pictures else "a video"
            raise UserError(
                f"{path} has {how} {name}: for {frames} its first line must name "
                f"{wanted}, x and y, once each"
            )
        columns[name] = header.index(name)
    rows: dict[str | float, TargetRow] = {}
    for number, cells in body:
        row = _row(path, number, cells, columns, wanted)
        key = row.file if row.file is not None else row.time_ms
        assert key is not None
        before = rows.setdefault(key, row)
        if (before.x, before.y) != (row.x, row.y):
            raise UserError(
                f"{path} names two targets for {row.place}, in lines {before.line} and {row.line}: "
                "keep one of them"
            )
    if not rows:
        raise UserError(f"{path} holds no target, only its first line: add a row for each")
    found = list(rows.values())
    return found if pictures else sorted(found, key=lambda row: row.time_ms or 0.0)


def nearest_row(times: Sequence[float], time_ms: float) -> int | None:
    """Which row (ms, in order) a frame belongs to: the nearest whose window it lies in."""
    nearest = min(range(len(times)), key=lambda i: abs(times[i] - time_ms), default=None)
    if nearest is None or abs(times[nearest] - time_ms) > WINDOW_MS or math.isnan(time_ms):
        return None
    return nearest


def _cells(path: Path) -> list[tuple[int, list[str]]]:
    """The lines that hold anything, each with its number; the first has the columns' names."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"the targets {path} cannot be read ({reason}): check the path") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text in UTF-8: save it as CSV in UTF-8") from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    found = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise UserError(f"{path} is no CSV file ({error}): save it as CSV in UTF-8") from error
    if not found:
        raise UserError(f"{path} is empty: it must hold rows file,x,y or time_ms,x,y")
    number, header = found[0]
    names = [name.casefold() for name in header]
    body = found[1:]
    if separator == ";":  # where people write 12,5
        body = [(n, [_decimal(cell, i, names) for i, cell in enumerate(c)]) for n, c in body]
    return [(number, names), *body]


def _decimal(cell: str, index: int, names: Sequence[str]) -> str:
    numeric = index < len(names) and names[index] in ("x", "y", "time_ms")
    return cell.replace(",", ".") if numeric else cell


def _row(
    path: Path, number: int, cells: Sequence[str], columns: dict[str, int], wanted: str
) -> TargetRow:
    def cell(name: str) -> str:
        return cells[columns[name]] if columns[name] < len(cells) else ""

    def value(name: str) -> float:
        try:
            found = float(cell(name))
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise UserError(
                f"{path}, line {number}: {name} is {cell(name)[:40]!r}, which is no number: "
                "correct the line or take it out"
            )
        return found

    if wanted == "file":
        if not cell("file"):
            raise UserError(f"{path}, line {number}, names no file: add it or take the line out")
        return TargetRow(value("x"), value("y"), cell("file"), None, number)
    return TargetRow(value("x"), value("y"), None, value("time_ms"), number)
