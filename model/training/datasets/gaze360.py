"""Gaze360 as GazeHub prepares it: square crops of the face box, nothing normalised.

The gaze vector of Gaze360 stands in a frame of its own, on the ray from the camera to the eyes: x
to the picture's left, y up, z away from the camera, so that (0, 0, -1) looks into the camera from
anywhere (Gaze360's own dataset page). GazeHub's angles of it, yaw = atan2(x, -z) and
pitch = asin(y), are the very angles of model/geometry.py.
"""

from pathlib import Path

import numpy as np

from model.errors import UserError
from model.training.datasets.gazehub import (
    AFRESH,
    Table,
    gather,
    gaze_angles,
    picture_paths,
    read_table,
)
from model.training.datasets.item import Labels, View
from model.training.datasets.prepared import Parsed, PreparedSet

HEADER = ("Face", "Left", "Right", "Origin", "3DGaze", "2DGaze")
PARTS = ("train", "val", "test")
"""unused.label holds the frames at the ends of sequences, which no published number rests on."""

AXES = (-1.0, -1.0, 1.0)
"""Signs that turn Gaze360's vector into ours: half a turn about z."""

WIDEST = (90.0, 180.0)
"""Degrees: people here look anywhere, also with their backs to the camera."""

# Gaze360's page calls person_eye_left_bbox the subject's left eye; GazeHub takes over its names.
RIGHT_EYE, LEFT_EYE = "Right", "Left"


class Gaze360(PreparedSet):
    """The data set, read from a folder with Image/{train,val,test} and Label/*.label.

    Args:
        root: that folder.
        view: what the model wants to see.

    Raises:
        UserError: by file and line, if the labels cannot be read or are wrong.
    """

    def __init__(self, root: Path, view: View) -> None:
        paths = [root / "Label" / f"{part}.label" for part in PARTS]
        tables = [read_table(root, path, HEADER) for path in paths]
        labels = Labels(
            gaze=np.concatenate([gaze_angles(table, WIDEST, AXES) for table in tables]),
            person=gather(tables, _persons),
            subset=np.repeat(PARTS, [len(table) for table in tables]),
            place=gather(tables, Table.places),
        )
        pictures = picture_paths(tables, ("Face", RIGHT_EYE, LEFT_EYE))
        head = np.zeros((len(labels), 3), dtype=np.float32)
        super().__init__("gaze360", root, view, Parsed(labels, pictures, head))


def _persons(table: Table) -> list[str]:
    """Recording and number of paths such as rec_001/head/000000/001620.jpg: numbers count within a
    recording only (and one human may have several of them)."""
    found = []
    for row, origin in enumerate(table.columns["Origin"]):
        parts = origin.split("/")
        if len(parts) != 4:
            raise UserError(
                f"{table.place(row)}: Origin is {origin}, not like rec_001/head/000000/001620.jpg: "
                f"{AFRESH}"
            )
        found.append(f"{parts[0]}/{parts[2]}")
    return found
