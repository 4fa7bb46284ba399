"""RT-Gene as GazeHub prepares it: three parts to train and test on in turn, one to validate on."""

import re
from pathlib import Path

import numpy as np

from model.errors import UserError
from model.training.datasets.gazehub import (
    AFRESH,
    Table,
    gather,
    gaze_angles,
    head_angles,
    picture_paths,
    read_table,
)
from model.training.datasets.item import Labels, View
from model.training.datasets.prepared import Parsed, PreparedSet

HEADER = ("Face", "Left", "Right", "Origin", "3DGaze", "3DHead", "2DGaze", "2DHead")
PARTS = ("train1", "train2", "train3", "valid")
WIDEST = (90.0, 90.0)
"""Degrees: a gaze beyond these looks away from the camera's side of the room."""

# RT-GENE's own code cuts "left" around the landmarks of the user's own left eye, at the picture's
# right.
RIGHT_EYE, LEFT_EYE = "Right", "Left"


class RTGene(PreparedSet):
    """The data set, read from a folder with Image and Label/{train1,train2,train3,valid}.label.

    Args:
        root: that folder.
        view: what the model wants to see.

    Raises:
        UserError: by file and line, if the labels cannot be read or are wrong.
    """

    def __init__(self, root: Path, view: View) -> None:
        tables = [read_table(root, _label_file(root, part), HEADER) for part in PARTS]
        labels = Labels(
            gaze=np.concatenate([gaze_angles(table, WIDEST) for table in tables]),
            person=gather(tables, _persons),
            subset=np.repeat(PARTS, [len(table) for table in tables]),
            place=gather(tables, Table.places),
        )
        pictures = picture_paths(tables, ("Face", RIGHT_EYE, LEFT_EYE))
        head = np.zeros((len(labels), 3), dtype=np.float32)
        head[:, :2] = np.concatenate([head_angles(table) for table in tables])
        super().__init__("rt-gene", root, view, Parsed(labels, pictures, head))


def _label_file(root: Path, part: str) -> Path:
    """GazeHub's own code writes into a folder below Label."""
    direct = root / "Label" / f"{part}.label"
    below = sorted((root / "Label").glob(f"*/{part}.label"))
    return below[0] if not direct.is_file() and len(below) == 1 else direct


def _persons(table: Table) -> list[str]:
    """s000 .. of paths such as s001_glasses/original/face/face_000001_rgb.png."""
    found = []
    for row, face in enumerate(table.columns["Face"]):
        match = re.match(r"s\d{3}", face)
        if match is None:
            raise UserError(
                f"{table.place(row)}: {face} does not begin with a person such as s001: {AFRESH}"
            )
        found.append(match.group())
    return found
