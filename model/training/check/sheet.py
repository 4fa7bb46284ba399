"""A contact sheet: a row of pictures for each person, with an arrow along the labelled gaze."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.geometry import vector
from model.training.check.counting import spread
from model.training.datasets.item import BadSample, GazeDataset, Item
from model.training.synthetic.files import write_whole

ROWS, COLUMNS = 12, 10
SIDE = 128
"""Pixels that a face is wide; a pair of eyes is as wide together."""

_MARGIN, _GAP, _NAME, _LINE = 16, 6, 130, 16
_PAPER, _INK, _ARROW = (255, 255, 255), (40, 40, 40), (60, 40, 235)
_FONT = cv2.FONT_HERSHEY_SIMPLEX

Canvas = NDArray[np.uint8]


def write_sheet(dataset: GazeDataset, path: Path) -> None:
    """Draw persons, evenly chosen where there are many, and write a PNG.

    Raises:
        UserError: if the file cannot be written.
    """
    done, encoded = cv2.imencode(".png", draw_sheet(dataset))
    if not done:
        raise UserError(f"{path} cannot be encoded as PNG")
    write_whole(path, encoded.tobytes())


def draw_sheet(dataset: GazeDataset) -> Canvas:
    """The sheet, (h, w, 3), blue first."""
    persons = np.unique(dataset.labels.person)
    rows = []
    for person in persons[spread(len(persons), ROWS)]:
        own = np.flatnonzero(dataset.labels.person == person)
        cells = [_cell(dataset, int(number)) for number in own[spread(len(own), COLUMNS)]]
        rows.append((f"{person}", len(own), cells))
    height = max(cell.shape[0] for _, _, cells in rows for cell in cells)
    width = _NAME + (SIDE + _GAP) * max(len(cells) for _, _, cells in rows)
    page = np.full(
        (2 * _MARGIN + _LINE * 2 + len(rows) * (height + _GAP), 2 * _MARGIN + width, 3),
        _PAPER,
        dtype=np.uint8,
    )
    title = f"{dataset.name}: {len(dataset.labels)} samples, {len(persons)} persons."
    kind = " Below: pitch, yaw in degrees; yaw > 0 is the user's right, the picture's left."
    if dataset.mirrored.any():
        kind = " Right eyes are flipped, and so are their arrows. Below: pitch, yaw in degrees."
    _write(page, title + kind, _MARGIN, _MARGIN + _LINE, 0.45)
    for r, (name, count, cells) in enumerate(rows):
        top = _MARGIN + 2 * _LINE + r * (height + _GAP)
        _write(page, name[:20], _MARGIN, top + _LINE, 0.42)
        _write(page, f"{count} samples", _MARGIN, top + 2 * _LINE, 0.38)
        for c, cell in enumerate(cells):
            left = _MARGIN + _NAME + c * (SIDE + _GAP)
            page[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return page


def _cell(dataset: GazeDataset, number: int) -> Canvas:
    try:
        item = dataset.read(number)
    except BadSample:
        cell: Canvas = np.full((SIDE + _LINE, SIDE, 3), 225, dtype=np.uint8)
        cell[SIDE:] = _PAPER
        _write(cell, "bad", 4, SIDE + 12, 0.38)
        cv2.line(cell, (0, 0), (SIDE - 1, SIDE - 1), _INK, 1, cv2.LINE_AA)
        cv2.line(cell, (0, SIDE - 1), (SIDE - 1, 0), _INK, 1, cv2.LINE_AA)
        return cell
    drawn = np.hstack(
        [_with_arrow(item, patch, len(item.images)) for patch in range(len(item.images))]
    )
    cell = np.full((drawn.shape[0] + _LINE, SIDE, 3), 255, dtype=np.uint8)
    cell[: drawn.shape[0]] = drawn
    pitch, yaw = np.degrees(dataset.labels.gaze[number])
    _write(cell, f"{pitch:+.0f}, {yaw:+.0f}", 4, drawn.shape[0] + 12, 0.38)
    return cell


def _with_arrow(item: Item, patch: int, patches: int) -> Canvas:
    image = item.images[patch]
    width = SIDE // patches
    height = round(width * image.shape[0] / image.shape[1])
    colour = image if image.shape[2] == 3 else np.repeat(image, 3, axis=2)
    picture = np.ascontiguousarray(
        cv2.resize(
            np.ascontiguousarray(colour[..., ::-1]), (width, height), interpolation=cv2.INTER_AREA
        )
    )
    # Of a vector in the camera's axes, x and y are those of the picture.
    x, y, _ = vector(item.target[patch])
    middle = np.array([(width - 1) / 2.0, (height - 1) / 2.0])
    tip = middle + 0.75 * width * np.array([x, y])
    ends = [tuple(int(16 * v) for v in point) for point in (middle, tip)]
    for colour_of, thickness in ((_PAPER, 4), (_ARROW, 2)):
        cv2.arrowedLine(picture, ends[0], ends[1], colour_of, thickness, cv2.LINE_AA, 4, 0.3)
    return np.asarray(picture, dtype=np.uint8)


def _write(page: Canvas, text: str, x: int, y: int, size: float) -> None:
    cv2.putText(page, text, (x, y), _FONT, size, _INK, 1, cv2.LINE_AA)
