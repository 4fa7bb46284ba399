"""MPIIFaceGaze as GazeHub prepares it: 15 persons, 3000 faces each.

GazeHub turns the gaze vector with S R, the scaled matrix, where Zhang et al. 2018 recommend R: its
angles are those of S R g, and are taken as they are. Of every person half the lines are "right":
there GazeHub mirrored pictures and labels alike, which is a consistent world seen in a mirror, and
is kept; only Rmat is still that of the unmirrored world, so it is mirrored here. (GazeHub's code
mirrors the head's rotation by turning round one element and taking the nearest rotation, which
leaves little of the head's yaw in those lines: where the head's pose matters, prepare the raw data
set with `data prepare`.)
"""

from pathlib import Path

import numpy as np

from model.errors import UserError
from model.training.datasets.gazehub import (
    AFRESH,
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
    "Face", "Left", "Right", "Origin", "WhichEye", "3DGaze", "3DHead", "2DGaze", "2DHead", "Rmat",
    "Smat", "GazeOrigin",
)  # fmt: skip
WIDEST = (90.0, 90.0)
"""Degrees: a gaze beyond these looks away from the screen that everybody here looked at."""

# MPIIFaceGaze's annotation names the corners of the user's own right eye first (x < 0 in its face
# model), and GazeHub's code calls the first two "left", after the picture; of the mirrored lines it
# swaps the two, so that "left" stays the picture's left.
RIGHT_EYE, LEFT_EYE = "Left", "Right"

MIRROR = np.diag([-1.0, 1.0, 1.0])


class MPIIFaceGaze(PreparedSet):
    """The data set, read from a folder with Image/p00 .. and Label/p00.label ..

    Args:
        root: that folder.
        view: what the model wants to see.

    Raises:
        UserError: by file and line, if the labels cannot be read or are wrong.
    """

    def __init__(self, root: Path, view: View) -> None:
        paths = list(label_files(root / "Label", "p*.label"))
        for folder in sorted((root / "Image").glob("p[0-9]*")):
            if not (root / "Label" / f"{folder.name}.label").is_file():
                raise UserError(
                    f"there is no Label/{folder.name}.label, though Image/{folder.name} is there: "
                    f"{AFRESH}"
                )
        tables = [read_table(root, path, HEADER) for path in paths]
        flipped = np.concatenate([_flipped(table) for table in tables])
        rotation = np.concatenate([rotations(table.numbers("Rmat", 3)) for table in tables])
        rotation[flipped] = MIRROR @ rotation[flipped] @ MIRROR
        pictures = picture_paths(tables, ("Face", RIGHT_EYE, LEFT_EYE))
        labels = Labels(
            gaze=np.concatenate([gaze_angles(table, WIDEST) for table in tables]),
            person=np.array([face.split("/")[0] for face in pictures[:, 0]]),
            subset=np.full(len(pictures), ""),
            place=gather(tables, Table.places),
            traits={"flipped": flipped},
        )
        head = np.concatenate(
            [np.column_stack([head_angles(t), log_distance(t, "Smat")]) for t in tables]
        )
        parsed = Parsed(labels, pictures, head.astype(np.float32), rotation.astype(np.float32))
        super().__init__("mpiifacegaze", root, view, parsed)


def _flipped(table: Table) -> np.ndarray:
    which = np.array(table.columns["WhichEye"])
    odd = np.flatnonzero(~np.isin(which, ("left", "right")))
    if len(odd):
        raise UserError(
            f"{table.place(odd[0])}: WhichEye is {which[odd[0]]!r}, neither left nor right: "
            f"{AFRESH}"
        )
    return np.asarray(which == "right")
