"""What the data sets that GazeHub prepared have in common: label files beside folders of pictures.

The first line of a label file is a header; columns are separated by blanks, the numbers of a
vector by commas (https://phi-ai.buaa.edu.cn/Gazehub, "Appearance-based gaze estimation with deep
learning: a review and benchmark", Cheng et al.). Here yaw comes before pitch; every reader turns
them round at its door.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.geometry import Array, angle_between, vector

AGREE = 0.5
"""Degrees by which a line's angles and its vector may differ."""

AFRESH = "fetch the file afresh from the data set's download page"

AXES = (1.0, 1.0, 1.0)
"""Signs that turn most sets' 3DGaze into the axes of model/geometry.py: none."""


@dataclass(frozen=True)
class Table:
    """The cells of one label file.

    Attributes:
        name: of the file, as told to people, such as "Label/p00.label".
        columns: the texts of each column, by its name in the header.
        lines: (N,) of each row the line in the file, from 1.
    """

    name: str
    columns: dict[str, list[str]]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)

    def place(self, row: int) -> str:
        """Where a row stands, for a person."""
        return f"{self.name}, line {self.lines[row]}"

    def places(self) -> list[str]:
        """Where each row stands."""
        return [f"{self.name}, line {line}" for line in self.lines]

    def numbers(self, column: str, width: int) -> Array:
        """A column as finite numbers (N, width).

        Raises:
            UserError: by line, where there are more or fewer, something else, or NaN.
        """
        cells = self.columns[column]
        try:
            if any(cell.count(",") != width - 1 for cell in cells):
                raise ValueError
            values = np.array(",".join(cells).split(",") if cells else [], dtype=np.float64)
        except ValueError:
            row = next(row for row, cell in enumerate(cells) if not _is_vector(cell, width))
            raise UserError(
                f"{self.place(row)}: {column} is {cells[row]!r}, not {width} numbers between "
                f"commas: {AFRESH}"
            ) from None
        values = values.reshape(-1, width)
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            raise UserError(
                f"{self.place(bad[0])}: {column} is {cells[bad[0]]!r}, which is no finite number: "
                f"{AFRESH}"
            )
        return values


def _is_vector(cell: str, width: int) -> bool:
    try:
        return len([float(number) for number in cell.split(",")]) == width
    except ValueError:
        return False


def read_table(root: Path, path: Path, header: Sequence[str]) -> Table:
    """Read a label file.

    Args:
        root: the data set's folder, left out of what people are told.
        path: of the file.
        header: the names of its columns.

    Raises:
        UserError: if it is missing or no text, has another header, no rows, or a line that is cut
            short.
    """
    if not path.is_file():
        raise UserError(f"there is no {path}: give the folder that GazeHub's archive unpacks into")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text: {AFRESH}") from error
    name = path.relative_to(root).as_posix()
    lines = text.split("\n")
    if lines[0].split() != list(header):
        raise UserError(
            f"{name}, line 1: the header is {lines[0].strip()[:120]!r}, not {' '.join(header)!r}: "
            "give the data set as GazeHub prepares it"
        )
    rows, numbers = [], []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split()
        if len(cells) != len(header):
            if not cells:
                continue
            raise UserError(
                f"{name}, line {number}: {len(cells)} columns, where the header names "
                f"{len(header)}: {AFRESH}"
            )
        rows.append(cells)
        numbers.append(number)
    if not rows:
        raise UserError(f"{name} holds no samples: {AFRESH}")
    columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
    return Table(name, columns, np.array(numbers, dtype=np.int64))


def gaze_angles(
    table: Table, widest: tuple[float, float], axes: tuple[float, float, float] = AXES
) -> Array:
    """Pitch and yaw (N, 2), radians, of a table's 2DGaze, which holds yaw and pitch.

    Args:
        table: with columns 2DGaze and 3DGaze.
        widest: largest |pitch| and |yaw| that can be, degrees.
        axes: signs that turn 3DGaze into the axes of model/geometry.py.

    Raises:
        UserError: by line, of an angle beyond that, or angles that disagree with 3DGaze.
    """
    angles = table.numbers("2DGaze", 2)[:, ::-1]
    check_range(np.degrees(angles), widest, "2DGaze", table.place)
    ours = table.numbers("3DGaze", 3) * np.array(axes)
    length = np.linalg.norm(ours, axis=1)
    empty = np.flatnonzero(length < 1e-6)
    if len(empty):
        raise UserError(f"{table.place(empty[0])}: 3DGaze has no length: {AFRESH}")
    ours = ours / length[:, None]
    apart = np.degrees(angle_between(vector(angles), ours))
    wrong = np.flatnonzero(apart > AGREE)
    if len(wrong):
        row = int(wrong[0])
        pitch, yaw = angles[row]
        reason = "they disagree"
        for kind, other in (("swapped", (yaw, pitch)), ("mirrored", (pitch, -yaw))):
            if np.degrees(angle_between(vector(other), ours[row])) <= AGREE:
                reason = f"yaw and pitch are swapped in one of them ({len(wrong)} lines)"
                if kind == "mirrored":
                    reason = f"one of them is mirrored ({len(wrong)} lines)"
                break
        raise UserError(
            f"{table.place(row)}: 2DGaze and 3DGaze are {apart[row]:.1f} degrees apart; {reason}: "
            "use the labels as GazeHub publishes them"
        )
    return angles


def check_range(
    degrees: Array, widest: tuple[float, float], what: str, place: Callable[[int], str]
) -> None:
    """Refuse pitch and yaw (N, 2), degrees, beyond what can be.

    Raises:
        UserError: naming the place of the first.
    """
    wild = np.flatnonzero((np.abs(degrees) > np.array(widest) + 1e-9).any(axis=1))
    if len(wild):
        pitch, yaw = degrees[wild[0]]
        raise UserError(
            f"{place(int(wild[0]))}: {what} says pitch {pitch:.1f} and yaw {yaw:.1f} degrees, "
            f"where no more than {widest[0]:g} and {widest[1]:g} can be (angles are stored in "
            f"radians): {AFRESH}"
        )


def head_angles(table: Table) -> Array:
    """The head's pitch and yaw (N, 2), radians, of 2DHead, which holds yaw and pitch."""
    return table.numbers("2DHead", 2)[:, ::-1]


def gather(tables: Sequence[Table], column: Callable[[Table], Sequence[str]]) -> NDArray[np.str_]:
    """A text of every row of all tables, (M,)."""
    return np.array([cell for table in tables for cell in column(table)])


def picture_paths(tables: Sequence[Table], columns: tuple[str, str, str]) -> NDArray[np.str_]:
    """Cells (M, 3) of three columns: the face, the eye at the user's right, the one at the left."""
    texts = [[cell for table in tables for cell in table.columns[name]] for name in columns]
    return np.array(texts).T


def rotations(vectors: Array) -> Array:
    """Rotation matrices (N, 3, 3) of rotation vectors (N, 3), radians: Rodrigues' formula."""
    return np.stack([np.asarray(cv2.Rodrigues(one)[0]) for one in vectors])


def log_distance(table: Table, column: str) -> Array:
    """log(distance / 600 mm) (N,) of the diagonals of S = diag(1, 1, 600 mm / distance).

    Raises:
        UserError: by line, of a scale that is not positive.
    """
    scale = table.numbers(column, 3)[:, 2]
    bad = np.flatnonzero(scale <= 0.0)
    if len(bad):
        raise UserError(
            f"{table.place(bad[0])}: {column} scales by {scale[bad[0]]:g}, which is not above 0: "
            f"{AFRESH}"
        )
    return np.asarray(-np.log(scale))


def label_files(folder: Path, pattern: str) -> list[Path]:
    """The label files of a folder, by name.

    Raises:
        UserError: if there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}: give the folder that holds it")
    found = sorted(folder.glob(pattern))
    if not found:
        raise UserError(f"{folder} holds no {pattern}: fetch the data set's labels")
    return found
