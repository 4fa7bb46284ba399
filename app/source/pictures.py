"""PicturesSource: a folder of pictures that have nothing to do with each other."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from app.source.base import SMALLEST, Decoded, FileSource, Image
from model.errors import UserError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
DEFAULT_FPS = 30.0


class PicturesSource(FileSource):
    """The pictures of a folder (or one picture), in the order of their names.

    Pictures that cannot be read, or are smaller than 32 pixels, are skipped and named in `skipped`.

    Args:
        path: the folder, or one picture.
        fps: picture n gets the time n / fps seconds.
        mirrored: the pictures are mirror images.

    Raises:
        UserError: no picture in the folder, or none that can be used.
    """

    kind = "pictures"

    def __init__(self, path: Path, fps: float | None = None, mirrored: bool = False) -> None:
        super().__init__(mirrored)
        self.name, self._path = path.name or str(path), path
        self.fps_asked, self.fps = fps, fps or DEFAULT_FPS
        if path.is_dir():
            try:
                found = [p for p in path.iterdir() if is_picture(p) and p.is_file()]
            except OSError as error:
                raise UserError(f"the folder {path} cannot be read: check its rights") from error
            self._paths = sorted(found, key=lambda p: natural_order(p.name))
        else:
            self._paths = [path]
        if not self._paths:
            raise UserError(
                f"the folder {path} holds no pictures: put some in ({_suffix_list()}), "
                "or give a video file"
            )
        self.length = len(self._paths)
        size = self._start()
        if size is None:
            self.close()
            raise UserError(
                f"no picture in {path} can be used: each is damaged or smaller than "
                f"{SMALLEST} x {SMALLEST} pixels"
            )
        self.size = size

    def _decode(self) -> Iterator[Decoded]:
        for number, path in enumerate(self._paths):
            image = read_picture(path)
            if image is None:
                self.skipped.append(path.name)
                continue
            yield image, number, round(number * 1e9 / (self.fps or DEFAULT_FPS)), path.name

    def close(self) -> None:
        super().close()
        if self.skipped and not self.faults:
            self.faults.append(
                f"{len(self.skipped)} of {len(self._paths)} pictures could not be used and were "
                f"skipped: {_named(self.skipped)}"
            )


def is_picture(path: Path) -> bool:
    """Whether a file's name says that it is a picture."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Key that sorts names as people count: 2.png before 10.png."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def read_picture(path: Path) -> Image | None:
    """A picture (H, W, 3) RGB, upright as its EXIF data say; None where it cannot be used.

    Pillow, since OpenCV returns half-read pictures as if they were whole, and its libraries write
    their complaints to the terminal.
    """
    try:
        with Pillow.open(path) as picture:
            upright = ImageOps.exif_transpose(picture)
            image = np.array(upright.convert("RGB"), dtype=np.uint8)
    except Exception:  # noqa: BLE001  Pillow reports broken files by whatever they broke
        return None
    return image if min(image.shape[:2]) >= SMALLEST else None


def _suffix_list() -> str:
    return ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))


def _named(names: list[str], limit: int = 5) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
