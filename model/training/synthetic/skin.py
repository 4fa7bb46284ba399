"""The colours of a person's skin, and where hair and beard grow."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.training.synthetic.eyes import smoothstep
from model.training.synthetic.rig import SKIN, Floats, Rig

_BLUSHES = (((50, 42, 2), 24), ((-50, 42, 2), 24), ((0, 40, -40), 17))
"""Middle and radius, mm in the mean head, of the cheeks and of the tip of the nose."""


def skin_colours(rig: Rig, rng: np.random.Generator, skin: Array) -> Floats:
    """Linear albedo (V, 3) with the slow changes of colour over a face, around skin (3,)."""
    # In single precision: doubles take three times as long.
    x = rig.neutral
    # Red, green and blue apart: NumPy is slow along axes of three.
    red, green, blue = np.repeat(skin.astype(np.float32)[:, None], len(x), axis=1)
    for _ in range(5):
        wave = (rng.normal(size=3) * rng.uniform(0.015, 0.08)).astype(np.float32)
        height, phase = np.float32(rng.uniform(0.0, 0.06)), np.float32(rng.uniform(0.0, 6.3))
        tide = height * np.sin(x @ wave + phase)
        red *= 1.0 + tide * np.float32(0.6)
        tide += 1.0
        green *= tide
        blue *= tide
    colour = np.column_stack([red, green, blue])
    places = _places(rig)
    blush = rng.uniform(0.0, 0.3)
    for (centre, radius), near in zip(_BLUSHES, places.blushes, strict=True):
        amount = blush * rng.uniform(0.4, 1.2)
        offset = x[near] - np.array(centre, dtype=np.float32)
        share = np.exp(-np.einsum("ij,ij->i", offset, offset) / np.float32(radius**2))
        colour[near] *= 1.0 - np.outer(amount * share, [0.1, 0.75, 0.7]).astype(np.float32)
    near = places.sockets
    aside, below = (np.abs(x[near, 0]) - 28.0) / 19.0, (x[near, 1] - 2.0) / 12.0
    socket = rng.uniform(0.0, 0.5) * np.exp(-(aside**2) - below**2)
    colour[near] *= 1.0 - np.outer(socket, [0.65, 0.9, 0.9]).astype(np.float32)
    near = places.mouth
    lips = rng.uniform(0.1, 0.6) * _lips(x[near], 70.0, 10.0, 25.0)
    colour[near] *= 1.0 - np.outer(lips, [0.25, 0.8, 0.7]).astype(np.float32)
    return np.clip(colour, 0.004, 0.95, out=colour)


@dataclass(frozen=True)
class _Places:
    """Indices of the vertices where the colour of all skins changes."""

    blushes: tuple[NDArray[np.intp], ...]
    sockets: NDArray[np.intp]
    mouth: NDArray[np.intp]


@lru_cache(maxsize=1)
def _places(rig: Rig) -> _Places:
    x = rig.neutral
    across = np.abs(x[:, 0])
    sockets = (across < 85.0) & (np.abs(x[:, 1] - 2.0) < 36.0) & (x[:, 2] < 30.0)
    mouth = (across < 45.0) & (np.abs(x[:, 1] - 70.0) < 18.0) & (x[:, 2] < 5.0)
    blushes = tuple(_within(x, centre, 3.0 * radius) for centre, radius in _BLUSHES)
    return _Places(blushes, np.flatnonzero(sockets), np.flatnonzero(mouth))


def _within(x: Floats, centre: tuple[int, int, int], reach: float) -> NDArray[np.intp]:
    """Those of (V, 3) that lie in a box of half that size around a centre."""
    return np.flatnonzero((np.abs(x - np.array(centre, dtype=np.float32)) < reach).all(axis=1))


def _lips(x: Floats, height: float, high: float, wide: float) -> NDArray[np.floating]:
    """1 in the middle of a flattened bell around (0, height), 0 far from it."""
    down, aside = ((x[:, 1] - height) / high) ** 2, (x[:, 0] / wide) ** 2
    return np.asarray(np.exp(-down * down - aside * aside))


def scalp(rig: Rig, rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """Coverage (V,) 0..1 of the scalp, and the hair's thickness in mm."""
    x = rig.neutral
    across = np.abs(x[:, 0])
    waves = sum(
        np.float32(rng.uniform(0.0, 4.0))
        * np.sin(x[:, 0] * np.float32(rng.uniform(0.05, 0.3)) + np.float32(rng.uniform(0, 6.3)))
        for _ in range(3)
    )
    line, recede = rng.uniform(42.0, 72.0), rng.uniform(2.0, 22.0)
    front = -x[:, 1] - line - (across / 70.0) ** 2 * recede + waves
    top = smoothstep(-4.0, 4.0, front)
    side_from, side_to = rng.uniform(28.0, 55.0), rng.uniform(0.0, 60.0)
    behind = smoothstep(side_from - 5.0, side_from + 5.0, x[:, 2] + 0.35 * waves)
    ears = (across > 74.0) & (x[:, 2] > 45.0) & (x[:, 1] > -25.0)
    sides = behind * (1.0 - smoothstep(side_to - 6.0, side_to + 6.0, x[:, 1])) * ~ears
    nape = smoothstep(85.0, 100.0, x[:, 2]) * (1.0 - smoothstep(60.0, 90.0, x[:, 1]))
    cover = np.maximum(np.maximum(top, sides), nape) * (rig.material == SKIN)
    if rng.random() < 0.12:  # bald or shaven
        return cover * rng.uniform(0.0, 0.35), 0.0
    return cover, float(rng.uniform(2.0, 18.0))


def beard(rig: Rig, rng: np.random.Generator) -> NDArray[np.float64]:
    """Coverage (V,) of stubble, moustache or beard; most people have none."""
    cover = np.zeros(rig.vertex_count)
    x = rig.neutral
    if rng.random() < 0.22:
        jaw = smoothstep(44.0, 58.0, x[:, 1] - 0.12 * np.abs(x[:, 0])) * (x[:, 1] < 135.0)
        cover = rng.uniform(0.1, 0.75) * jaw * (1.0 - _lips(x, 70.0, 9.0, 26.0))
    if rng.random() < 0.15:
        near = (np.abs(x[:, 0]) < 45.0) & (np.abs(x[:, 1] - 57.0) < 12.0)
        down, aside = ((x[near, 1] - 57.0) / 4.5) ** 2, (x[near, 0] / 27.0) ** 2
        moustache = rng.uniform(0.2, 0.9) * np.exp(-down * down - aside * aside * aside)
        cover[near] = np.maximum(cover[near], moustache)
    return np.asarray(cover * ((rig.material == SKIN) & (x[:, 2] < 90.0)), np.float64)
