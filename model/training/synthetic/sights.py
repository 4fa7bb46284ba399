"""What screens, windows and lamps look like when glasses mirror them: small drawn pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import Array

TILE = (160, 100)
"""Width and height of one picture in pixels."""
COLUMNS = 4
MOST_GAIN = 4.0

_Tile = NDArray[np.uint8]
_Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Atlas:
    """All sights on one texture.

    Attributes:
        pixels: (h, w, 3) sRGB.
        size: (2,) of a tile, as shares of the texture.
        places: by name left and top as shares of the texture, and the gain that makes its mean 1.
    """

    pixels: NDArray[np.uint8]
    size: Array
    places: dict[str, Array]


@cache
def sight_atlas() -> Atlas:
    """The sights. They are the same everywhere and always."""
    rng = np.random.default_rng(33)
    drawn = {name: draw(rng) for name, draw in _SIGHTS.items()}
    rows = -(-len(drawn) // COLUMNS)
    pixels = np.zeros((rows * TILE[1], COLUMNS * TILE[0], 3), dtype=np.uint8)
    size = np.array([1.0 / COLUMNS, 1.0 / rows])
    places = {}
    for k, (name, tile) in enumerate(drawn.items()):
        column, row = k % COLUMNS, k // COLUMNS
        pixels[row * TILE[1] : (row + 1) * TILE[1], column * TILE[0] : (column + 1) * TILE[0]] = (
            tile
        )
        mean = float(((tile / 255.0) ** 2.2).mean())
        places[name] = np.array([*(size * [column, row]), min(1.0 / mean, MOST_GAIN)])
    return Atlas(pixels, size, places)


def _blank(colour: _Colour) -> _Tile:
    return np.full((TILE[1], TILE[0], 3), colour, dtype=np.uint8)


def _box(tile: _Tile, left: int, top: int, right: int, bottom: int, colour: _Colour) -> None:
    cv2.rectangle(tile, (left, top), (right, bottom), colour, -1)


def _lines(
    rng: np.random.Generator, tile: _Tile, box: tuple[int, int, int, int], step: int,
    colours: list[_Colour], ragged: float,
) -> None:  # fmt: skip
    """Lines of text, as far as one can read them in a lens."""
    left, top, right, bottom = box
    for y in range(top, bottom, step):
        if rng.random() < 0.12:
            continue
        end = left + int((right - left) * (1.0 - ragged * rng.random()))
        _box(tile, left, y, end, y + max(step // 3, 1), colours[rng.integers(len(colours))])


def _document(rng: np.random.Generator) -> _Tile:
    tile = _blank((226, 228, 232))
    _box(tile, 0, 0, 160, 9, (60, 92, 160))
    _box(tile, 45, 15, 115, 100, (255, 255, 255))
    _lines(rng, tile, (52, 22, 108, 98), 5, [(120, 120, 120)], 0.25)
    return tile


def _browser(rng: np.random.Generator) -> _Tile:
    tile = _blank((255, 255, 255))
    _box(tile, 0, 0, 160, 11, (215, 220, 226))
    _box(tile, 8, 18, 96, 48, tuple(int(c) for c in rng.integers(60, 220, 3)))  # type: ignore[arg-type]
    _lines(rng, tile, (8, 54, 96, 98), 5, [(110, 110, 115)], 0.35)
    for y in (18, 46, 74):
        _box(tile, 106, y, 152, y + 22, tuple(int(c) for c in rng.integers(120, 240, 3)))  # type: ignore[arg-type]
    return tile


def _editor(rng: np.random.Generator) -> _Tile:
    tile = _blank((24, 26, 32))
    _box(tile, 0, 0, 28, 100, (38, 41, 50))
    colours = [(150, 190, 230), (230, 170, 110), (140, 200, 140), (200, 200, 205)]
    _lines(rng, tile, (34, 6, 120, 98), 4, colours, 0.8)
    return tile


def _table(rng: np.random.Generator) -> _Tile:
    tile = _blank((250, 250, 250))
    _box(tile, 0, 0, 160, 14, (33, 115, 70))
    for x in range(0, 160, 20):
        cv2.line(tile, (x, 14), (x, 100), (190, 195, 195), 1)
    for y in range(20, 100, 7):
        cv2.line(tile, (0, y), (160, y), (190, 195, 195), 1)
        for x in range(0, 160, 20):
            if rng.random() < 0.5:
                _box(tile, x + 3, y + 2, x + 3 + int(rng.integers(5, 15)), y + 4, (90, 90, 90))
    return tile


def _call(rng: np.random.Generator) -> _Tile:
    tile = _blank((28, 28, 30))
    for left in (4, 82):
        for top in (4, 48):
            wall = rng.integers(70, 200, 3)
            _box(tile, left, top, left + 74, top + 40, tuple(int(c) for c in wall))  # type: ignore[arg-type]
            skin = (np.array([205, 165, 140]) * rng.uniform(0.4, 1.1)).clip(0, 255)
            cv2.circle(tile, (left + 37, top + 18), 9, skin.tolist(), -1, cv2.LINE_AA)
            _box(tile, left + 20, top + 30, left + 54, top + 40, (50, 60, 90))
    return tile


def _film(rng: np.random.Generator) -> _Tile:
    coarse = rng.integers(10, 230, (3, 5, 3)).astype(np.uint8)
    tile = np.asarray(cv2.resize(coarse, TILE, interpolation=cv2.INTER_CUBIC), np.uint8)
    tile[:10], tile[-10:] = 0, 0
    return tile


def _desktop(rng: np.random.Generator) -> _Tile:
    ramp = np.linspace(0.0, 1.0, TILE[0])[None, :, None]
    tile = ((1.0 - ramp) * [30, 70, 150] + ramp * [150, 90, 160]).astype(np.uint8)
    tile = np.repeat(tile, TILE[1], axis=0)
    _box(tile, 30, 14, 112, 78, (245, 245, 246))
    _lines(rng, tile, (36, 26, 104, 74), 6, [(140, 140, 140)], 0.5)
    _box(tile, 0, 92, 160, 100, (18, 20, 26))
    return tile


def _window(rng: np.random.Generator) -> _Tile:
    tile = _blank((235, 243, 255))
    tile[60:] = (170, 190, 165)
    for x in (0, 78, 156):
        _box(tile, x, 0, x + 4, 100, (70, 68, 66))
    for y in (0, 48, 96):
        _box(tile, 0, y, 160, y + 3, (70, 68, 66))
    return tile


def _blinds(rng: np.random.Generator) -> _Tile:
    tile = _blank((250, 248, 240))
    for y in range(0, 100, 8):
        _box(tile, 0, y, 160, y + 3, (120, 115, 105))
    return tile


def _lamp(rng: np.random.Generator) -> _Tile:
    tile = _blank((0, 0, 0))
    cv2.ellipse(tile, (80, 50), (74, 46), 0, 0, 360, (255, 240, 215), -1, cv2.LINE_AA)
    return tile


def _tubes(rng: np.random.Generator) -> _Tile:
    tile = _blank((40, 40, 42))
    for y in (14, 46, 78):
        _box(tile, 4, y, 156, y + 12, (250, 252, 255))
    return tile


_SIGHTS: dict[str, Callable[[np.random.Generator], _Tile]] = {
    "document": _document,
    "browser": _browser,
    "editor": _editor,
    "table": _table,
    "call": _call,
    "film": _film,
    "desktop": _desktop,
    "window": _window,
    "blinds": _blinds,
    "lamp": _lamp,
    "tubes": _tubes,
}
SCREENS = ("document", "browser", "editor", "table", "call", "film", "desktop")
LIGHTS = ("window", "window", "blinds", "lamp", "tubes")
