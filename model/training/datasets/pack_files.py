"""The files of a pack: its index, its labels, and archives with a PNG for each patch."""

import contextlib
import io
import json
import os
import re
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.training.datasets.item import Item, Labels
from model.training.synthetic.files import not_written, write_whole

SCHEMA = 1
INDEX, LABELS = "packed.json", "labels.npz"
PATCH_NAMES = {"eyes": ("right", "left"), "face": ("face",)}
"""What the patches of a sample are called in the archives, by kind; left and right are the
person's own."""
_TRAIT = "trait:"
_ARRAYS = {
    "gaze": np.float64, "head": np.float32, "target": np.float32, "usable": np.bool_,
    "rotation": np.float32, "points": np.float32,
}  # fmt: skip
"""The arrays of an item beside its pictures, and their types."""


def shard_name(shard: int) -> str:
    """An archive's name."""
    return f"shard_{shard:05d}.tar"


def sidecar_name(shard: int) -> str:
    """Of the labels of one archive, which lie beside it until all are whole."""
    return f"shard_{shard:05d}.npz"


def read_index(folder: Path) -> dict[str, Any]:
    """The index of a pack, complete or not.

    Raises:
        UserError: if there is none, it is broken, or of a newer schema.
    """
    path = folder / INDEX
    if not path.is_file():
        raise UserError(
            f"{folder} holds no {INDEX}: give a folder that `data pack` or `data prepare` wrote"
        )
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        schema, _ = int(index["schema"]), bool(index["complete"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is broken: pack the data set again") from error
    if schema > SCHEMA:
        raise UserError(
            f"{path} has schema {schema}, this version reads up to {SCHEMA}: update the program"
        )
    return dict(index)


def labels_to(labels: Labels) -> dict[str, NDArray[Any]]:
    """Labels as arrays of a file."""
    traits = {_TRAIT + name: values for name, values in labels.traits.items()}
    return {
        "gaze": labels.gaze, "person": labels.person, "subset": labels.subset,
        "place": labels.place, **traits,
    }  # fmt: skip


def labels_from(arrays: Mapping[str, NDArray[Any]]) -> Labels:
    """The inverse of `labels_to`."""
    traits = {name.removeprefix(_TRAIT): arrays[name] for name in arrays if name.startswith(_TRAIT)}
    return Labels(arrays["gaze"], arrays["person"], arrays["subset"], arrays["place"], traits)


def join_labels(parts: Sequence[Labels]) -> Labels:
    """One of several; traits that not all of them have are left out."""
    common = set.intersection(*(set(part.traits) for part in parts))
    names = [name for name in parts[0].traits if name in common]
    return Labels(
        np.concatenate([part.gaze for part in parts]),
        np.concatenate([part.person for part in parts]),
        np.concatenate([part.subset for part in parts]),
        np.concatenate([part.place for part in parts]),
        {name: np.concatenate([part.traits[name] for part in parts]) for name in names},
    )


class ShardWriter:
    """Writes one archive and its sidecar; without `finish`, nothing stays.

    Args:
        folder, shard: where to.
        kind: of the patches.

    Raises:
        UserError: where the disk refuses.
    """

    def __init__(self, folder: Path, shard: int, kind: str) -> None:
        from webdataset import TarWriter  # imports torch, which readers do without

        self._path = folder / shard_name(shard)
        self._part = folder / (shard_name(shard) + ".part")
        self._sidecar = folder / sidecar_name(shard)
        self._names = PATCH_NAMES[kind]
        self._labels: list[Labels] = []
        self._left_out: list[str] = []
        self._keys: dict[str, int] = {}
        self._shape: tuple[int, ...] | None = None
        try:
            self._file = self._part.open("wb")
        except OSError as error:
            raise not_written(self._part, error) from error
        self._tar = TarWriter(
            self._file, encoder=False, mtime=0, user="gazeclip", group="gazeclip", mode=0o644
        )

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, ValueError):  # where the disk is full already
            self._tar.close()
        with contextlib.suppress(OSError):
            self._file.close()
        self._part.unlink(missing_ok=True)

    def leave_out(self, reason: str) -> None:
        """Note a sample that cannot be used."""
        self._left_out.append(reason)

    def add(self, index: int, item: Item, labels: Labels) -> None:
        """Store a sample.

        Args:
            index: its number in its source, which several samples may share.
            item: with pictures of one size throughout.
            labels: of length 1.
        """
        if self._shape is None:
            self._shape = item.images.shape
        if item.images.shape != self._shape:
            raise UserError(
                f"{labels.place[0]}: its pictures are {item.images.shape}, others {self._shape}: "
                "all pictures of a pack are of one size"
            )
        person = re.sub(r"[^\w-]", "_", str(labels.person[0]))
        key = f"{person}_{index:07d}"
        again = self._keys.get(key, 0)
        self._keys[key] = again + 1
        members: dict[str, Any] = {"__key__": f"{key}-{again}" if again else key}
        for name, image in zip(self._names, item.images, strict=True):
            members[f"{name}.png"] = _png(image)
        members["json"] = _told(item, labels)
        try:
            self._tar.write(members)
        except OSError as error:
            raise not_written(self._part, error) from error
        self._labels.append(labels)

    def finish(self) -> None:
        """Give both files their names."""
        start, size = np.zeros((0, len(self._names) + 1), np.int64), np.zeros(0, np.int64)
        try:
            self._tar.close()
            self._file.close()
            if self._labels:
                start, size = _members(self._part, self._names)
                os.replace(self._part, self._path)
        except OSError as error:
            raise not_written(self._part, error) from error
        arrays = labels_to(join_labels(self._labels)) if self._labels else {}
        arrays |= {"start": start, "size": size, "shape": np.array(self._shape or ())}
        arrays["left_out"] = np.array(self._left_out, dtype=np.str_)
        packed = io.BytesIO()
        np.savez(packed, **arrays)
        write_whole(self._sidecar, packed.getvalue())


def decode(block: bytes, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> dict[str, Any]:
    """The arrays of a stored item by name.

    Args:
        block: part of an archive.
        starts, sizes: (P + 1,) where in it the PNG of each patch lies, and then the rest.

    Raises:
        ValueError, KeyError: if it is damaged.
    """
    parts = [block[at : at + n] for at, n in zip(starts, sizes, strict=True)]
    images = [
        cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED) for png in parts[:-1]
    ]
    if any(image is None for image in images):
        raise ValueError("a picture cannot be decoded")
    stored = json.loads(parts[-1])
    found: dict[str, Any] = {
        name: np.array(stored[name], dtype=np.bool_ if kind is np.bool_ else np.float64).astype(
            kind
        )
        for name, kind in _ARRAYS.items()
    }
    found["images"] = np.stack([_from_png(np.asarray(image, np.uint8)) for image in images])
    return found


def _png(image: NDArray[np.uint8]) -> bytes:
    bgr = image if image.shape[2] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, png = cv2.imencode(".png", bgr)
    assert done
    return bytes(png.tobytes())


def _from_png(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if image.ndim == 2:
        return image[:, :, None]
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _told(item: Item, labels: Labels) -> bytes:
    """Everything but the pictures, exactly: the shortest decimals of a float give it back."""
    content = {
        "person": str(labels.person[0]),
        "subset": str(labels.subset[0]),
        "place": str(labels.place[0]),
        **{name: _plain(getattr(item, name).astype(kind)) for name, kind in _ARRAYS.items()},
        "traits": {name: _plain(values[0]) for name, values in labels.traits.items()},
    }
    return json.dumps(content, allow_nan=False).encode()


def _plain(values: Any) -> Any:
    """Arrays as lists; JSON knows no NaN, so null stands for it."""
    array = np.asarray(values)
    if array.dtype.kind != "f":
        return array.tolist()
    plain = array.astype(object)
    plain[~np.isfinite(array)] = None
    return plain.tolist()


def _members(path: Path, names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the members of each sample lie: (M, P + 1) first bytes and sizes."""
    order = [*(f"{name}.png" for name in names), "json"]
    places: dict[str, dict[str, tuple[int, int]]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            key, _, rest = member.name.partition(".")
            places.setdefault(key, {})[rest] = (member.offset_data, member.size)
    table = np.array([[of[name] for name in order] for of in places.values()], dtype=np.int64)
    return table[..., 0], table[..., 1]
