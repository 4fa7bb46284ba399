"""Reads the shards that `data pack` and `data prepare` write (packing.py)."""

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import UserError
from model.patches import PatchSpec
from model.training.datasets.item import MIRRORED_PATCHES, BadSample, Item, View
from model.training.datasets.pack_files import INDEX, LABELS, decode, labels_from, read_index
from model.training.datasets.patchset import to_grey


class Packed:
    """A data set in shards. Samples are read straight out of the archives; no file stays open.

    Args:
        root: a folder with a packed.json.
        view: of the same virtual camera as was packed, and no larger; the rest is margin.

    Attributes:
        name: of the original data set, whose protocol holds.
        labels, mirrored: see `GazeDataset`.
        index: the content of packed.json.

    Raises:
        UserError: if it is no pack or not whole, or does not hold what the view asks for.
    """

    def __init__(self, root: Path, view: View) -> None:
        self.index = read_index(root)
        if not self.index["complete"]:
            raise UserError(
                f"{root} is not packed to its end: run the command that packs it once more"
            )
        self._root, self._view = root, view
        try:
            self.name = str(self.index["name"])
            stored = self.index["view"]
            self._stored = PatchSpec(
                stored["kind"], int(stored["width"]), int(stored["height"]),
                float(stored["focal"]), float(stored["distance"]),
            )  # fmt: skip
            size = self.index["stored"]
            width, height, channels = (int(size[k]) for k in ("width", "height", "channels"))
            self._files = [str(entry["file"]) for entry in self.index["shards"]]
            expected = [int(entry["bytes"]) for entry in self.index["shards"]]
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{root / INDEX} is broken: pack the data set again") from error
        _check_view(root, self._stored, (width, height), channels, view)
        self.mirrored = np.array(MIRRORED_PATCHES[view.spec.kind])
        for name, whole in zip(self._files, expected, strict=True):
            _check_file(root / name, whole)
        self._read_labels(root / LABELS)

    def read(self, index: int) -> Item:
        """See `GazeDataset`."""
        starts, sizes = self._starts[index], self._sizes[index]
        first, end = int(starts.min()), int((starts + sizes).max())
        path = self._root / self._files[self._shard[index]]
        try:
            with path.open("rb") as file:
                file.seek(first)
                found = decode(file.read(end - first), starts - first, sizes)
            item = Item(**found)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadSample(f"{path}, {self.labels.place[index]}: damaged ({error})") from error
        return self._seen(item)

    def _seen(self, item: Item) -> Item:
        """What the view asks for of what is stored."""
        spec, images, points = self._view.spec, item.images, item.points
        if self._view.grey and images.shape[-1] == 3:
            images = to_grey(images)
        if spec.width != self._stored.width:  # points are told in half patch widths
            points = points * np.float32(self._stored.width / spec.width)
        return replace(item, images=images, points=points)

    def _read_labels(self, path: Path) -> None:
        try:
            with np.load(path, allow_pickle=False) as arrays:
                self.labels = labels_from(arrays)
                self._shard, self._starts = arrays["shard"], arrays["start"]
                self._sizes = arrays["size"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(f"{path} cannot be read: pack the data set again") from error
        if not len(self.labels) == len(self._shard) == self.index["count"]:
            raise UserError(f"{path} does not belong to its {INDEX}: pack the data set again")


def _check_view(
    root: Path, stored: PatchSpec, size: tuple[int, int], channels: int, view: View
) -> None:
    spec = view.spec
    if stored.kind != spec.kind:
        raise UserError(
            f"{root} holds {stored.kind} patches, the model needs {spec.kind} patches: pack the "
            f"data set with --patch {spec.kind}"
        )
    if (stored.focal, stored.distance) != (spec.focal, spec.distance):
        raise UserError(
            f"the patches of {root} are of a camera of focal length {stored.focal:g} at "
            f"{stored.distance:g} mm, the model's is {spec.focal:g} at {spec.distance:g} mm: pack "
            "the data set with the model's --config"
        )
    if spec.width > size[0] or spec.height > size[1]:
        raise UserError(
            f"the patches of {root} are {size[0]} x {size[1]}, the model needs "
            f"{spec.width} x {spec.height}: pack the data set with the model's --config"
        )
    if channels == 1 and not view.grey:
        raise UserError(
            f"the patches of {root} are grey, the model sees colours: pack the data set without "
            "--grey"
        )


def _check_file(path: Path, size: int) -> None:
    try:
        found: Any = path.stat().st_size
    except OSError:
        found = None
    if found != size:
        what = "is missing" if found is None else f"has {found} bytes instead of {size}"
        raise UserError(f"{path} {what}: copy it anew, or pack the data set again")
