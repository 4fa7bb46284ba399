"""Folders of photographs of people: which pictures lie in them, and whose half may be used.

What is changed with an eye on photographs must not be judged on the same people: the halves keep
them apart by name.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.source.pictures import is_picture, read_picture
from model.errors import UserError

Half = Literal["train", "report", "all"]


def find_photographs(folder: Path, half: Half) -> dict[str, list[Path]]:
    """Pictures by group, for one half of the persons.

    Args:
        folder: holds one folder for each expression, such as neutral and smiling, of pictures
            named by person; or the pictures themselves. Deeper folders are searched, too.
        half: of the persons, sorted by name: "train" takes the 1st, 3rd, 5th ..., which may serve
            training, "report" the others, which must not.

    Returns:
        By the name of the folder they lie in, sorted paths.

    Raises:
        UserError: where there is no folder, or no picture in it.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}: give one of pictures for --faces")
    groups: dict[str, list[Path]] = {}
    for inner in [folder, *sorted(p for p in folder.rglob("*") if p.is_dir())]:
        relative = inner.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        paths = [] if hidden else sorted(p for p in inner.iterdir() if is_picture(p))
        if paths:
            name = folder.name if inner == folder else relative.as_posix()
            groups[name] = groups.get(name, []) + paths
    persons = sorted({path.stem for paths in groups.values() for path in paths})
    if not persons:
        raise UserError(f"{folder} holds no pictures: give another for --faces")
    chosen = {"train": persons[0::2], "report": persons[1::2], "all": persons}[half]
    return {name: [p for p in paths if p.stem in chosen] for name, paths in groups.items()}


def read_photograph(path: Path) -> NDArray[np.uint8]:
    """A picture (H, W, 3) RGB.

    Raises:
        UserError: where it cannot be read.
    """
    image = read_picture(path)
    if image is None:
        raise UserError(f"{path} is no picture that can be read: take it out of the folder")
    return image
