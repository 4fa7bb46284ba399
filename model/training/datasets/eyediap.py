"""EyeDiap as GazeHub prepares it: one frame in 15 of the VGA sessions with a screen.

A file of ClusterLabel is a cluster of persons. GazeHub turns the gaze vector with R alone.
"""

from pathlib import Path

import numpy as np

from model.training.datasets.gazehub import (
    Table,
    gather,
    gaze_angles,
    head_angles,
    label_files,
    log_distance,
    picture_paths,
    read_table,
    rotations,
)
from model.training.datasets.item import Labels, View
from model.training.datasets.prepared import Parsed, PreparedSet

HEADER = (
    "Face", "Left", "Right", "metapath", "3DGaze", "3DHead", "2DGaze", "2DHead", "Rvec", "Svec",
    "GazeOrigin",
)  # fmt: skip
WIDEST = (90.0, 90.0)
"""Degrees: a gaze beyond these looks away from the screen that everybody here looked at."""

# EyeDiap's own tracking names the left eye first and GazeHub takes over its names. Whose left that
# is no public text says; taken for the user's own. `data check` looks where the pictures are from.
RIGHT_EYE, LEFT_EYE = "Right", "Left"


class EyeDiap(PreparedSet):
    """The data set, read from a folder with Image/p1 .. and ClusterLabel/*.label.

    Args:
        root: that folder.
        view: what the model wants to see.

    Raises:
        UserError: by file and line, if the labels cannot be read or are wrong.
    """

    def __init__(self, root: Path, view: View) -> None:
        paths = list(label_files(root / "ClusterLabel", "*.label"))
        tables = [read_table(root, path, HEADER) for path in paths]
        pictures = picture_paths(tables, ("Face", RIGHT_EYE, LEFT_EYE))
        labels = Labels(
            gaze=np.concatenate([gaze_angles(table, WIDEST) for table in tables]),
            person=np.array([face.split("/")[0] for face in pictures[:, 0]]),
            subset=np.repeat([path.stem for path in paths], [len(table) for table in tables]),
            place=gather(tables, Table.places),
        )
        head = np.concatenate(
            [np.column_stack([head_angles(t), log_distance(t, "Svec")]) for t in tables]
        )
        rotation = np.concatenate([rotations(table.numbers("Rvec", 3)) for table in tables])
        parsed = Parsed(labels, pictures, head.astype(np.float32), rotation.astype(np.float32))
        super().__init__("eyediap", root, view, parsed)
