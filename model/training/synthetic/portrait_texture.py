"""The skin around the eyes of a photograph as a texture: delit, without the eyes themselves."""

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.training.synthetic.eyes import smoothstep
from model.training.synthetic.portrait import TEXTURE_WHITE
from model.training.synthetic.rig import SKIN, Floats, Rig

if TYPE_CHECKING:
    from model.training.synthetic.portrait_fit import Fit

MARGIN = 6
"""px around what is seen of the texture."""
SHADING_SIGMA, TIDE_SIGMA = 3.0, 16.0
"""mm over which shading is smooth: what the normals explain of it, and the rest."""
TIDE_SHARE = 0.7
"""How much is taken out of the rest: part of it is the colour of this skin."""
_ROUNDS = 6


def portrait_skin(
    rig: Rig, fit: "Fit", image: NDArray[np.uint8], openings: list[Array], irises: Array
) -> tuple[Floats, NDArray[np.uint8], Array, Array]:
    """Texture coordinates and cover (V, 3), texture (h, w, 3), tone (3,) and colour of the whites
    (3,), see `Portrait`.

    Args:
        image: (H, W, 3) RGB.
        openings: per eye the polygon (N, 2) px of its opening.
        irises: (2, 3) px, centres and radii.
    """
    pixels = fit.pixels(fit.shape)
    normals = rig.normals(fit.shape).astype(np.float64) @ fit.rotation.T
    cover = _cover(rig, normals)
    seen = pixels[cover > 0.0]
    low = np.floor(seen.min(axis=0)).astype(int) - MARGIN
    high = np.ceil(seen.max(axis=0)).astype(int) + MARGIN
    low, high = np.maximum(low, 0), np.minimum(high, image.shape[1::-1])

    filled = _without_eyes(image, openings, fit.px_per_mm)
    light = (filled[low[1] : high[1], low[0] : high[0]] / 255.0) ** 2.2
    shading, tone = _shading(rig, fit, normals, image, low, high)
    albedo = light / shading[..., None]
    albedo /= _tide(albedo, tone, TIDE_SIGMA * fit.px_per_mm)[..., None]
    relative = np.clip(albedo / tone / TEXTURE_WHITE, 0.0, 1.0)
    texture = np.round(255.0 * relative ** (1.0 / 2.2)).astype(np.uint8)
    # Texels span 0..1 of the texture; pixel coordinates name centres.
    uv = (pixels - low + 0.5) / (high - low)
    skin = np.column_stack([uv, cover]).astype(np.float32)
    return skin, texture, tone, _whites(image, openings, irises)


def _whites(image: NDArray[np.uint8], openings: list[Array], irises: Array) -> Array:
    """(3,) linear: the median of the brighter half of what is eye and not iris."""
    mask = np.zeros(image.shape[:2], dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(o * 16).astype(np.int32) for o in openings], (1,), shift=4)
    mask = np.asarray(cv2.erode(mask, np.ones((5, 5))), dtype=np.uint8)
    for x, y, radius in irises:
        cv2.circle(mask, (round(x), round(y)), round(1.15 * radius), (0,), -1)
    colours = (image[mask > 0] / 255.0) ** 2.2
    bright = colours.mean(axis=1)
    # Not the very brightest: those are gleams.
    chosen = (bright >= np.quantile(bright, 0.5)) & (bright <= np.quantile(bright, 0.9))
    return np.asarray(np.median(colours[chosen], axis=0))


def _cover(rig: Rig, normals: Array) -> Array:
    """(V,) 1 around eyes and brows where the skin faces the camera, 0 where it does not."""
    x, y, z = rig.neutral.T.astype(np.float64)
    cover = 1.0 - smoothstep(48.0, 61.0, np.abs(x))
    cover *= smoothstep(-37.0, -28.0, y) * (1.0 - smoothstep(17.0, 28.0, y)) * (z < 30.0)
    # Lids bend away at their margins, and fold: they are covered wherever they point.
    on_lid = 1.0 - smoothstep(16.0, 22.0, np.hypot((np.abs(x) - 31.0) / 1.15, y))
    cover *= np.maximum(smoothstep(0.15, 0.45, -normals[:, 2]), on_lid)
    return np.asarray(cover * (rig.material == SKIN))


def _without_eyes(
    image: NDArray[np.uint8], openings: list[Array], px_per_mm: float
) -> NDArray[np.uint8]:
    """Fill the openings of the eyes with the skin of their lids."""
    mask = np.zeros(image.shape[:2], dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(o * 16).astype(np.int32) for o in openings], (255,), shift=4)
    # White bleeds a pixel into the lower lid's wet rim; the upper lid's dark lashes keep it out.
    mask = np.maximum(mask, np.roll(mask, 1, axis=0))
    # What fills them comes from beyond the lids' margins and the wedges of white in the corners.
    reach = [2 * round(mm * px_per_mm) + 1 for mm in (2.5, 0.8)]
    beyond = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, reach))
    skin = cv2.inpaint(image, beyond, 3.0, cv2.INPAINT_TELEA)
    share = cv2.GaussianBlur(mask, (0, 0), 0.5)[..., None] / 255.0
    return np.asarray(np.round(image * (1.0 - share) + skin * share), dtype=np.uint8)


def _harmonics(normals: Array) -> Array:
    """(N, 9) spherical harmonics up to order 2, unscaled, of unit vectors (N, 3)."""
    x, y, z = normals.T
    one = np.ones(len(normals))
    return np.stack([one, x, y, z, x * y, y * z, x * z, x * x - y * y, 3.0 * z * z - 1.0], axis=1)


def _shading(
    rig: Rig, fit: "Fit", normals: Array, image: NDArray[np.uint8], low: Array, high: Array
) -> tuple[Array, Array]:
    """Shading (h, w) over its median within a part of the picture, and the skin's tone (3,)."""
    x, y, z = rig.neutral.T
    face = (rig.material == SKIN) & (z < 40.0) & (y < 60.0) & (y > -60.0) & (normals[:, 2] < -0.3)
    face &= np.hypot((np.abs(x) - 31.0) / 1.5, y) > 12.0  # neither eyes nor lashes
    at = fit.pixels(fit.shape[face])
    blurred = cv2.GaussianBlur(image, (0, 0), 1.0 * fit.px_per_mm)
    flat = at.astype(np.float32)[None]
    colour = (cv2.remap(blurred, flat, None, cv2.INTER_LINEAR)[0] / 255.0) ** 2.2  # type: ignore[call-overload]
    light = colour.mean(axis=1)
    Y = _harmonics(normals[face])
    trust = np.ones(len(Y))
    for _ in range(_ROUNDS):  # brows, hair and gleams are no shading: trusted less and less
        A = Y * trust[:, None]
        c = np.linalg.solve(A.T @ Y + 1e-3 * len(Y) * np.eye(9), A.T @ light)
        error = (light - Y @ c) / np.median(light)
        trust = 1.0 / (1.0 + (error / 0.1) ** 2)
    smooth = np.clip(Y @ c, 0.25 * np.median(light), None)
    smooth /= np.median(smooth)
    good = error**2 < 0.15**2
    tone = np.median(colour[good] / smooth[good, None], axis=0)

    size = (int(high[1] - low[1]), int(high[0] - low[0]))
    total, count = np.zeros(size, np.float32), np.zeros(size, np.float32)
    column, row = np.round(at - low).astype(int).T
    inside = (column >= 0) & (column < size[1]) & (row >= 0) & (row < size[0])
    np.add.at(total, (row[inside], column[inside]), smooth[inside])
    np.add.at(count, (row[inside], column[inside]), 1.0)
    sigma = SHADING_SIGMA * fit.px_per_mm
    spread = [cv2.GaussianBlur(a, (0, 0), sigma).astype(np.float64) for a in (total, count)]
    return (spread[0] + 1e-6) / (spread[1] + 1e-6), tone


def _tide(albedo: Array, tone: Array, sigma: float) -> Array:
    """(h, w) what slow changes of brightness the normals did not explain."""
    bright = albedo.mean(axis=2) / tone.mean()
    is_skin = ((bright > 0.65) & (bright < 1.5)).astype(np.float64)
    total = cv2.GaussianBlur(is_skin * bright, (0, 0), sigma)
    count = cv2.GaussianBlur(is_skin, (0, 0), sigma)
    return np.asarray(((total + 0.05) / (count + 0.05)) ** TIDE_SHARE)
