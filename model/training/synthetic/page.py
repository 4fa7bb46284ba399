"""Pages of pictures, for people to look at: laid out with OpenCV, written whole or not at all."""

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.training.synthetic.files import write_whole

Picture = NDArray[np.uint8]

INK, PAPER, FAINT = (30, 30, 30), (244, 244, 244), (120, 120, 120)
SUFFIXES = (".png", ".jpg", ".jpeg")
JPEG_QUALITY = 88
FONT = cv2.FONT_HERSHEY_SIMPLEX


def blank(height: int, width: int) -> Picture:
    """An empty page (height, width, 3) RGB."""
    return np.full((height, width, 3), PAPER, dtype=np.uint8)


def put(page: Picture, picture: Picture, left: int, top: int) -> None:
    """Lay a picture (h, w, 3) onto a page."""
    height, width = picture.shape[:2]
    page[top : top + height, left : left + width] = picture


def write_text(
    page: Picture, text: str, left: int, base: int, size: float = 0.5,
    colour: tuple[int, int, int] = INK,
) -> None:  # fmt: skip
    """Write a line of ASCII, its base line at a height in px; size 1 has capitals of 22 px."""
    cv2.putText(page, text, (left, base), FONT, size, colour, 1, cv2.LINE_AA)


def text_width(text: str, size: float = 0.5) -> int:
    """Pixels that `write_text` takes."""
    return int(cv2.getTextSize(text, FONT, size, 1)[0][0])


def enlarged(picture: Picture, times: int) -> Picture:
    """A picture (h, w, 3) so many times larger."""
    height, width = picture.shape[:2]
    size = (width * times, height * times)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LANCZOS4), np.uint8)


def fitted(picture: Picture, width: int, height: int) -> Picture:
    """A picture as large as fits, in the middle of (height, width, 3)."""
    share = min(width / picture.shape[1], height / picture.shape[0])
    size = (round(picture.shape[1] * share), round(picture.shape[0] * share))
    method = cv2.INTER_AREA if share < 1.0 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)
    frame = blank(height, width)
    put(frame, small, (width - size[0]) // 2, (height - size[1]) // 2)
    return frame


def check_page(path: Path) -> None:
    """Say at once, not after minutes of rendering, that a page cannot be written.

    Raises:
        UserError: no such folder, no right to write there, or an unknown kind of file.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path} is not named like a picture: give --out a .png or .jpg")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UserError(f"there is no folder for {path}: make it, or give --out another file")
    if path.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise UserError(f"{path} cannot be written to: give --out another file")


def write_page(path: Path, page: Picture) -> None:
    """Write a page (H, W, 3) RGB as PNG or JPEG, as its name says.

    Raises:
        UserError: where it cannot be written; then nothing is left behind.
    """
    png = path.suffix.lower() == ".png"
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 9] if png else [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    whole, encoded = cv2.imencode(path.suffix, cv2.cvtColor(page, cv2.COLOR_RGB2BGR), settings)
    if not whole:
        raise UserError(f"{path}: a page of {page.shape[1]} x {page.shape[0]} px is too large")
    write_whole(path, encoded.tobytes())
