"""Hair that hangs before the face: a fringe, a side that falls over one eye, loose wisps."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial import cKDTree

from model.geometry import Array
from model.training.synthetic.drawing import VERTEX_FLOATS, Mesh
from model.training.synthetic.rig import LASH, SKIN, Floats, Rig

STEPS = 10
"""Pieces of a lock along its length."""


@dataclass(frozen=True)
class Strands:
    """Locks of hair, each a card that hangs from the hairline.

    Attributes:
        kind: what they make.
        roots, tips: (N, 2) x and y in the mean head, mm.
        bow: (N,) mm by which a lock bends aside half way.
        width: (N,) mm.
        lift: (N,) mm before the skin.
        density: 0..1.
    """

    kind: Literal["fringe", "side", "wisps"]
    roots: Array
    tips: Array
    bow: Array
    width: Array
    lift: Array
    density: float


def random_strands(rng: np.random.Generator) -> Strands:
    """Draw hair that reaches the eyes or nearly does."""
    kind: Literal["fringe", "side", "wisps"]
    kind = ("fringe", "side", "wisps")[rng.choice(3, p=[0.35, 0.3, 0.35])]
    side = rng.choice([-1.0, 1.0])
    if kind == "fringe":
        n = int(rng.integers(18, 42))
        x = np.linspace(-55.0, 55.0, n) + rng.normal(0.0, 3.0, n)
        sweep, end = rng.normal(0.0, 12.0), rng.uniform(-26.0, 2.0)
        tips = np.column_stack([x + sweep, end + 0.004 * x**2 + rng.normal(0.0, 5.0, n)])
        roots, width = np.column_stack([0.8 * x, np.full(n, -72.0)]), rng.uniform(4.0, 9.0, n)
    elif kind == "side":
        n = int(rng.integers(9, 20))
        reach = np.sort(rng.uniform(8.0, 62.0, n))
        tips = np.column_stack([side * reach, rng.uniform(10.0, 90.0) + rng.normal(0.0, 10.0, n)])
        roots = np.column_stack([side * (reach * 0.35 - 8.0), np.full(n, -74.0)])
        width = rng.uniform(5.0, 10.0, n)
    else:
        n = int(rng.integers(2, 6))
        x = rng.uniform(-45.0, 45.0, n)
        tips = np.column_stack([x + rng.normal(0.0, 15.0, n), rng.uniform(-15.0, 40.0, n)])
        roots, width = np.column_stack([0.8 * x, np.full(n, -70.0)]), rng.uniform(1.5, 4.5, n)
    return Strands(
        kind=kind,
        roots=roots,
        tips=tips,
        bow=rng.normal(0.0, 6.0, n),
        width=width,
        lift=rng.uniform(2.0, 7.0, n),
        density=rng.uniform(0.6, 1.0),
    )


def build_strands(rig: Rig, shape: Floats, strands: Strands, colour: Array) -> Mesh:
    """The cards (head frame) over a head of a shape (V, 3), in a linear colour (3,)."""
    front = (rig.material == SKIN) & (shape[:, 2] < 45.0)
    skin = shape[front]
    tree = cKDTree(skin[:, :2])
    t = np.linspace(0.0, 1.0, STEPS + 1)[None, :, None]
    line = strands.roots[:, None] * (1.0 - t) + strands.tips[:, None] * t
    line[..., 0] += strands.bow[:, None] * 4.0 * (t * (1.0 - t))[..., 0]
    _, nearest = tree.query(line)
    # From where it touches last, hair hangs straight down before what recedes.
    depth = np.minimum.accumulate(skin[nearest, 2], axis=1) - strands.lift[:, None]
    narrow = (1.0 - 0.6 * t[..., 0] ** 2) * strands.width[:, None] / 2.0
    n = len(line)
    vertices = np.zeros((n, STEPS + 1, 2, VERTEX_FLOATS), dtype=np.float32)
    for k, edge in enumerate((-1.0, 1.0)):
        card = vertices[:, :, k]
        card[..., 0] = line[..., 0] + edge * narrow
        card[..., 1] = line[..., 1]
        card[..., 2] = depth
        card[..., 3] = 0.5 * edge  # they bulge
        card[..., 5] = -0.85
        card[..., 6] = edge * narrow
        card[..., 7] = line[..., 1] - line[:, :1, 1]
        card[..., 8] = (0.37 * np.arange(n) % 1.0)[:, None]
        card[..., 15] = edge
    vertices[..., 9:12] = colour
    vertices[..., 12] = strands.density
    vertices[..., 13] = LASH
    vertices[..., 14] = t[..., None, 0]
    corner = np.arange(n * (STEPS + 1) * 2).reshape(n, STEPS + 1, 2)
    a, b, c, d = corner[:, :-1, 0], corner[:, :-1, 1], corner[:, 1:, 0], corner[:, 1:, 1]
    triangles = np.concatenate(
        [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([b, d, c], axis=-1).reshape(-1, 3)]
    )
    return Mesh(vertices.reshape(-1, VERTEX_FLOATS), triangles.astype(np.int32))
