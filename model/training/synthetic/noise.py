"""Procedural noise that tiles: the texture of skin, hair and irises."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

GRAIN_SIZE = 512


def tiling_noise(
    rng: np.random.Generator, size: int, wavelength: float, stretch: float = 1.0
) -> NDArray[np.float64]:
    """Smooth noise (size, size) in 0..1 that tiles, made of waves about that many pixels long.

    Args:
        stretch: how many times longer its structures are vertically than horizontally.
    """
    spectrum = np.fft.rfft2(rng.normal(size=(size, size)))
    fy = np.abs(np.fft.fftfreq(size))[:, None] * stretch
    fx = np.fft.rfftfreq(size)[None, :]
    spectrum *= np.exp(-0.5 * (np.hypot(fx, fy) * wavelength) ** 2)
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(size, size))
    return np.asarray(np.clip(0.5 + field / (field.std() * 5.0), 0.0, 1.0))


@cache
def grain_texture() -> NDArray[np.uint8]:
    """(512, 512, 4): fine grain, coarse grain, patches, vertical strands. The same everywhere."""
    rng = np.random.default_rng(20)
    # Two waves each: (wavelength, stretch, share).
    recipes = (
        ((3.0, 1.0, 0.6), (8.0, 1.0, 0.4)),
        ((9.0, 1.0, 0.6), (24.0, 1.0, 0.4)),
        ((40.0, 1.0, 0.5), (100.0, 1.0, 0.5)),
        ((4.0, 12.0, 0.7), (12.0, 8.0, 0.3)),
    )
    octaves = [
        np.sum([s * tiling_noise(rng, GRAIN_SIZE, w, long) for w, long, s in recipe], axis=0)
        for recipe in recipes
    ]
    spread = [np.clip((o - o.mean()) / (o.std() * 4.0) + 0.5, 0.0, 1.0) for o in octaves]
    return np.ascontiguousarray((np.stack(spread, axis=-1) * 255).astype(np.uint8))


@cache
def noise_plane(channels: int) -> NDArray[np.int16]:
    """(2600, 2600, channels) normal noise of standard deviation 64, to take windows of."""
    rng = np.random.default_rng(21)
    plane = rng.normal(0.0, 64.0, (650, 650, channels)).astype(np.int16)
    return np.ascontiguousarray(np.tile(plane, (4, 4, 1)))


def smooth_field(
    rng: np.random.Generator, height: int, width: int, cells: int
) -> NDArray[np.float32]:
    """Smooth random field (height, width), about N(0, 0.5), from a grid a few cells wide."""
    rows = max(2, round(cells * height / width))
    coarse = rng.normal(size=(rows, max(2, cells))).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
