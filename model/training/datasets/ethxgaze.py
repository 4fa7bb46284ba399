"""ETH-XGaze: one HDF5 file for each person, with normalised faces of 224 x 224.

face_gaze is pitch and yaw of the negated gaze vector, which are the very angles of
model/geometry.py. Pictures are stored as OpenCV reads them: blue first.
"""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.geometry import Array
from model.training.datasets.gazehub import AFRESH, check_range
from model.training.datasets.item import MIRRORED_PATCHES, BadSample, Item, Labels, View
from model.training.datasets.prepared import make_item, resized

WIDEST = (90.0, 180.0)
"""Degrees: the outermost of its 18 cameras see people from behind their ears."""

_OPEN_FILES = 128
"""A process keeps no more than so many files open; the data set has 110."""


class ETHXGaze:
    """The data set, read from a folder with train/subject0000.h5 .. and perhaps test/.

    Files of test without face_gaze, whose labels are not public, are left out. See
    `model.training.datasets.item.GazeDataset`.

    Args:
        root: that folder.
        view: what the model wants to see: faces.

    Raises:
        UserError: by file and row, if the labels cannot be read or are wrong, or eyes are wanted.
    """

    name = "eth-xgaze"

    def __init__(self, root: Path, view: View) -> None:
        if view.spec.kind != "face":
            raise UserError("eth-xgaze holds faces only: train on it with a model that sees faces")
        train = sorted((root / "train").glob("*.h5"))
        if not train:
            raise UserError(
                f"{root / 'train'} holds no .h5 files: give the folder that ETH-XGaze's archive "
                "of 224 x 224 faces unpacks into"
            )
        self.mirrored = np.array(MIRRORED_PATCHES["face"])
        self._root, self._view = root, view
        self._paths: list[Path] = []
        self._open: dict[int, h5py.File] = {}
        gazes: list[Array] = []
        heads: list[NDArray[np.float32]] = []
        subsets: list[str] = []
        for part, paths in (("train", train), ("test", sorted((root / "test").glob("*.h5")))):
            for path in paths:
                found = _labels(path, root, part == "train")
                if found is not None:
                    self._paths.append(path)
                    gazes.append(found[0])
                    heads.append(found[1])
                    subsets.append(part)
        counts = [len(gaze) for gaze in gazes]
        self._file = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        self._row = np.concatenate([np.arange(count, dtype=np.int32) for count in counts])
        self._head = np.concatenate(heads)
        self.labels = Labels(
            gaze=np.concatenate(gazes),
            person=np.repeat([path.stem for path in self._paths], counts),
            subset=np.repeat(subsets, counts),
            place=np.array(
                [
                    f"{path.name}, row {row}"
                    for path, count in zip(self._paths, counts, strict=True)
                    for row in range(count)
                ]
            ),
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}

    def read(self, index: int) -> Item:
        """The sample of a number.

        Raises:
            BadSample: if its picture cannot be read.
        """
        spec = self._view.spec
        number, row = int(self._file[index]), int(self._row[index])
        try:
            stored = np.asarray(self._opened(number)["face_patch"][row])
        except (OSError, KeyError, RuntimeError) as error:
            raise BadSample(f"{self.labels.place[index]}: cannot be read ({error})") from error
        picture = resized(np.ascontiguousarray(stored[..., ::-1]), spec.width, spec.height)
        return make_item(picture[None], self._view, self.labels.gaze[index], self._head[index])

    def _opened(self, number: int) -> h5py.File:
        if number not in self._open:
            while len(self._open) >= _OPEN_FILES:
                self._open.pop(next(iter(self._open))).close()
            self._open[number] = h5py.File(self._paths[number], "r")
        return self._open[number]


def _labels(path: Path, root: Path, labelled: bool) -> tuple[Array, NDArray[np.float32]] | None:
    """Gaze (n, 2) and head (n, 3) of a file; None where a file that need not tell does not."""
    told = path.relative_to(root).as_posix()
    try:
        with h5py.File(path, "r") as file:
            if "face_gaze" not in file and not labelled:
                return None
            for key in ("face_patch", "face_gaze"):
                if key not in file:
                    raise UserError(
                        f"{told} has no {key}, only {', '.join(sorted(file)) or 'nothing'}: "
                        f"{AFRESH}"
                    )
            shape = file["face_patch"].shape
            gaze = np.asarray(file["face_gaze"][()], dtype=np.float64)
            head = None
            if "face_head_pose" in file:
                head = np.asarray(file["face_head_pose"][()], dtype=np.float32)
    except OSError as error:
        raise UserError(f"{told} cannot be read as HDF5: {AFRESH}") from error
    count = len(gaze)
    if len(shape) != 4 or shape[0] != count or shape[3] != 3 or gaze.shape != (count, 2):
        raise UserError(
            f"{told} holds face_patch {shape} and face_gaze {gaze.shape}, not (n, 224, 224, 3) and "
            f"(n, 2): {AFRESH}"
        )
    if head is not None and head.shape != (count, 2):
        raise UserError(f"{told} holds face_head_pose {head.shape}, not ({count}, 2): {AFRESH}")
    heads = np.zeros((count, 3), dtype=np.float32)
    if head is not None:
        heads[:, :2] = np.where(np.isfinite(head), head, 0.0)
    nowhere = np.flatnonzero(~np.isfinite(gaze).all(axis=1))
    if len(nowhere):
        raise UserError(f"{told}, row {nowhere[0]}: face_gaze is no finite number: {AFRESH}")
    check_range(np.degrees(gaze), WIDEST, "face_gaze", lambda row: f"{told}, row {row}")
    return gaze, heads
