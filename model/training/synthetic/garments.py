"""What covers part of a head: a surgical mask, a cap, a headscarf. Each follows the head's mesh."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.training.synthetic.drawing import Mesh, solid
from model.training.synthetic.rig import CLOTH, SKIN, Floats, Rig

SLOPE, CELL = 0.5, 4.0
"""Steepest slope of a mask's cloth, and mm of the grid on which it is found."""


@dataclass(frozen=True)
class Garment:
    """Cloth over part of a head.

    Attributes:
        kind: "mask", "cap" or "scarf".
        colour: (3,) linear.
        edge: mm by which it reaches farther over the face than usual.
        thickness: mm before the skin or the hair.
    """

    kind: Literal["mask", "cap", "scarf"]
    colour: Array
    edge: float
    thickness: float


_MASKS = np.array(
    [[0.36, 0.60, 0.78], [0.80, 0.82, 0.82], [0.012, 0.012, 0.013], [0.30, 0.55, 0.45]]
)
_MASK_SHARES = np.array([0.5, 0.22, 0.2, 0.08])


def random_mask(rng: np.random.Generator) -> Garment:
    """Draw a mask: pale blue, white, black or green."""
    colour = _MASKS[rng.choice(len(_MASKS), p=_MASK_SHARES)] * rng.uniform(0.85, 1.1)
    return Garment("mask", colour, rng.normal(0.0, 4.0), rng.uniform(1.2, 3.0))


def random_cover(rng: np.random.Generator) -> Garment:
    """Draw a cap or a headscarf in any colour."""
    kind: Literal["cap", "scarf"] = "cap" if rng.random() < 0.6 else "scarf"
    colour = rng.uniform(0.02, 0.7) ** 1.5 * np.exp(rng.normal(0.0, 0.4, 3))
    return Garment(kind, np.clip(colour, 0.004, 0.9), rng.normal(0.0, 6.0), rng.uniform(3.0, 8.0))


def build_garment(rig: Rig, shape: Floats, normals: Floats, garment: Garment) -> Mesh:
    """The cloth (head frame) over a head of a shape (V, 3) with normals (V, 3).

    The shader cuts it where the distance inside its border, which the vertices carry, is negative.
    """
    within = _extent(rig, garment)
    within[rig.material != SKIN] = -20.0
    triangles = rig.triangles[(within[rig.triangles] > 0.0).any(axis=1)]
    is_used = np.zeros(rig.vertex_count, dtype=bool)
    is_used[triangles] = True
    used, compact = np.flatnonzero(is_used), (np.cumsum(is_used) - 1)[triangles]
    points = shape[used] + normals[used] * np.float32(garment.thickness)
    outwards = normals[used]
    if garment.kind == "mask":
        points, outwards = _spanned(points)
    vertices = solid(points, outwards, np.append(garment.colour, 0.0), CLOTH)
    vertices[:, 6:9] = rig.neutral[used]
    vertices[:, 14] = within[used]
    if garment.kind == "mask":
        folds = (rig.neutral[used, 1] - np.array([[50.0], [66.0], [82.0]])) / 2.2
        vertices[:, 9:12] *= (1.0 - 0.25 * np.exp(-(folds**2)).sum(axis=0))[:, None]
    return Mesh(vertices, compact.astype(np.int32))


def _extent(rig: Rig, garment: Garment) -> NDArray[np.float64]:
    """(V,) mm inside the border, in the mean head; below 0 outside."""
    x, y, z = rig.neutral.T.astype(np.float64)
    across = np.abs(x)
    if garment.kind == "mask":
        top = 20.0 + 0.30 * across - garment.edge - 5.0 * np.exp(-((across / 12.0) ** 2))
        inside = np.minimum(y - top, 128.0 - 0.1 * across - y)
        return np.asarray(np.minimum(inside, np.minimum(72.0 - across, 58.0 - z)))
    if garment.kind == "cap":
        return np.asarray(-y - 52.0 + 0.45 * np.clip(z, 0.0, 110.0) + garment.edge)
    # A scarf leaves an oval: from the hairline to below the chin.
    oval = np.hypot(across / 64.0, (y - 28.0) / 88.0) - 1.0
    return np.asarray(np.maximum(70.0 * oval, 0.6 * (z - 25.0)) + garment.edge)


def _spanned(points: Floats) -> tuple[Floats, Floats]:
    """Points (N, 3) of cloth that is drawn tight, and its normals (N, 3).

    It falls off from what stands out no more steeply than SLOPE, and so leaves the face beside the
    nose and below it.
    """
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    columns, rows = np.ceil((high - low) / CELL).astype(int) + 1
    place = (points[:, :2] - low) / CELL
    nearest = np.round(place).astype(int)
    height = np.full((rows, columns), -np.inf)
    np.maximum.at(height, (nearest[:, 1], nearest[:, 0]), -points[:, 2])
    filled = np.argwhere(np.isfinite(height))
    down, across = (
        np.arange(rows)[:, None] - filled[:, 0],
        np.arange(columns)[:, None] - filled[:, 1],
    )
    far = CELL * np.sqrt((down**2)[:, None] + (across**2)[None])
    tent = (height[tuple(filled.T)] - SLOPE * far).max(axis=2)
    tent = cv2.GaussianBlur(tent.astype(np.float32), (0, 0), 1.0)
    maps = place.astype(np.float32)

    def at(grid: NDArray[np.floating]) -> Floats:
        flat = np.ascontiguousarray(grid, dtype=np.float32)
        found = cv2.remap(flat, maps[:, :1], maps[:, 1:], cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        return np.asarray(found[:, 0], dtype=np.float32)

    spanned = points.copy()
    spanned[:, 2] = np.minimum(points[:, 2], -at(tent))
    steep_y, steep_x = np.gradient(tent, CELL)
    normals = np.column_stack([-at(steep_x), -at(steep_y), -np.ones(len(points))])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return spanned, np.asarray(normals / length, dtype=np.float32)
