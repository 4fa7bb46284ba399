"""Reads single rows of arrays in .npz files that np.savez wrote, which does not compress."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOCAL_HEADER = 30
"""Bytes of a member's header in a ZIP file before its name (APPNOTE.TXT, 4.3.7)."""


@dataclass(frozen=True)
class ArrayPlace:
    """Where an array lies in a file.

    Attributes:
        start: of its first number, bytes.
        shape, kind: of the array.
    """

    start: int
    shape: tuple[int, ...]
    kind: np.dtype[np.generic]


def find_array(path: Path, name: str) -> ArrayPlace:
    """Where an array of an .npz file lies.

    Raises:
        OSError, KeyError, ValueError, zipfile.BadZipFile: if it is not there, or compressed.
    """
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        member = archive.getinfo(f"{name}.npy")
        if member.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{name} is compressed")
        file.seek(member.header_offset + LOCAL_HEADER - 4)
        lengths = np.frombuffer(file.read(4), dtype="<u2")  # of name and extra field
        file.seek(int(lengths.sum()), 1)
        version = np.lib.format.read_magic(file)
        reader = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, kind = reader(file)
        if fortran or kind.hasobject:
            raise ValueError(f"{name} is no plain array")
        return ArrayPlace(file.tell(), shape, kind)


def read_row(path: Path, place: ArrayPlace, row: int) -> NDArray[Any]:
    """One row of an array.

    Raises:
        OSError, ValueError: if the file does not hold it.
    """
    count = int(np.prod(place.shape[1:]))
    with path.open("rb") as file:
        file.seek(place.start + row * count * place.kind.itemsize)
        block = file.read(count * place.kind.itemsize)
    return np.frombuffer(block, dtype=place.kind).reshape(place.shape[1:]).copy()
