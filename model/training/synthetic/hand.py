"""A hand at the face: fingers, palm and forearm as tubes, good enough out of focus."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, normalize
from model.training.synthetic.drawing import Mesh, join, solid
from model.training.synthetic.rig import MOUTH

AROUND, CAP = 10, 3
"""Points around a tube, and rings of its rounded ends."""
FINGER = 7.8
"""mm, half the width of a finger."""

_Place = Literal["chin", "cheek", "temple", "brow", "mouth"]

_PLACES: dict[_Place, tuple[Array, Array, Array]] = {
    # Of the left hand, mm in the head frame: where the fingers end, the knuckles, the elbow.
    "chin": (np.array([4, 116, -16]), np.array([34, 126, -30]), np.array([95, 360, -120])),
    "cheek": (np.array([64, 22, 4]), np.array([72, 78, 12]), np.array([95, 330, -60])),
    "temple": (np.array([74, -26, 6]), np.array([92, 30, -4]), np.array([140, 320, -90])),
    "brow": (np.array([34, -56, -30]), np.array([84, -30, -32]), np.array([160, 300, -110])),
    "mouth": (np.array([-6, 72, -44]), np.array([36, 82, -50]), np.array([100, 350, -140])),
}


@dataclass(frozen=True)
class Hand:
    """A hand that holds the head, or is before it.

    Attributes:
        place: where.
        side: -1 the user's right hand, 1 the left one.
        aside: (3,) mm by which it lies elsewhere than usual.
        fingers: how many are stretched.
        spread: mm between them.
        size: of the hand, 1 on average.
    """

    place: _Place
    side: float
    aside: Array
    fingers: int
    spread: float
    size: float


def random_hand(rng: np.random.Generator) -> Hand:
    """Draw a hand; most of them are at the chin or the cheek."""
    places = list(_PLACES)
    return Hand(
        place=places[rng.choice(len(places), p=[0.25, 0.3, 0.2, 0.12, 0.13])],
        side=float(rng.choice([-1.0, 1.0])),
        aside=rng.normal(0.0, [4.0, 8.0, 2.5]),
        fingers=int(rng.integers(2, 5)),
        spread=float(rng.uniform(15.5, 19.0)),
        size=float(rng.normal(1.0, 0.08)),
    )


def build_hand(hand: Hand, skin: Array) -> Mesh:
    """The hand (head frame) in a linear skin colour (3,)."""
    tips, knuckles, elbow = (place.astype(np.float64) for place in _PLACES[hand.place])
    along = normalize(tips - knuckles)
    across = normalize(np.cross(along, [0.3, 0.0, -1.0])) * hand.spread
    outwards = normalize(np.cross(along, across))
    outwards = outwards if outwards[2] < 0.0 else -outwards
    tubes = []
    for k in range(4):
        aside = (k - 1.5) * across
        base = knuckles + aside
        end = tips + aside * 0.9 - 5.0 * abs(k - 1.2) * along
        if k >= hand.fingers:  # bent back into the palm
            end = base + 0.35 * (end - base) + 6.0 * outwards
        middle = (base + end) / 2.0 + 4.0 * outwards
        radius = FINGER * (1.0 - 0.06 * abs(k - 1.0))
        tubes.append(_tube(np.stack([base, middle, end]), radius * np.array([1.15, 1.0, 0.85])))
    wrist = knuckles + 82.0 * normalize(elbow - knuckles)
    for aside in (-1.1 * across, -0.4 * across, 0.4 * across, 1.1 * across):
        palm = np.stack([knuckles + aside, wrist + 0.6 * aside])
        tubes.append(_tube(palm, np.array([12.0, 14.0])))
    thumb = np.stack([wrist - 1.6 * across, knuckles - 2.4 * across, tips - 2.6 * across])
    tubes.append(_tube(thumb, np.array([12.0, 10.0, 8.0])))
    tubes.append(_tube(np.stack([wrist, elbow]), np.array([26.0, 38.0])))
    mesh = join(tubes)
    assert mesh is not None
    mesh.vertices[:, :3] = (mesh.vertices[:, :3] - tips) * hand.size + tips + hand.aside
    mesh.vertices[:, [0, 3]] *= hand.side
    mesh.vertices[:, 9:12] = skin * [1.02, 0.95, 0.93]
    mesh.vertices[:, 12] = 0.04
    return mesh


def hides(mesh: Mesh, points: Array) -> NDArray[np.bool_]:
    """Which of points (N, 3) a camera at the origin does not see past a mesh, all in its frame."""
    corners = mesh.vertices[mesh.triangles, :3].astype(np.float64)
    flat = corners[..., :2] / corners[..., 2:]
    hidden = np.zeros(len(points), dtype=bool)
    for k, (x, y, z) in enumerate(points):
        edges = np.roll(flat, -1, axis=1) - flat
        away = np.array([x / z, y / z]) - flat
        turns = edges[..., 0] * away[..., 1] - edges[..., 1] * away[..., 0]
        over = (turns >= 0.0).all(axis=1) | (turns <= 0.0).all(axis=1)
        hidden[k] = bool((over & (corners[..., 2].min(axis=1) < z)).any())
    return hidden


def _tube(path: Array, radii: Array) -> Mesh:
    """A tube with rounded ends along points (N, 3), of radii (N,)."""
    ends = np.linspace(np.pi / 2.0, 0.15, CAP)
    start, stop = normalize(path[1] - path[0]), normalize(path[-1] - path[-2])
    centres = [path[0] - start * radii[0] * np.sin(a) for a in ends]
    sizes = [radii[0] * max(np.cos(a), 0.02) for a in ends]
    centres += [*path, *(path[-1] + stop * radii[-1] * np.sin(a) for a in ends[::-1])]
    sizes += [*radii, *(radii[-1] * max(np.cos(a), 0.02) for a in ends[::-1])]
    axis = normalize(path[-1] - path[0])
    right = normalize(np.cross(axis, [0.31, 0.17, 0.93]))
    down = np.cross(axis, right)
    turn = np.linspace(0.0, 2.0 * np.pi, AROUND, endpoint=False)
    circle = np.cos(turn)[:, None] * right + np.sin(turn)[:, None] * down
    line, size = np.array(centres), np.array(sizes)
    points = line[:, None] + size[:, None, None] * circle
    lean = -np.gradient(size)[:, None, None] * axis  # ends face along the tube
    normals = normalize(circle[None] * np.median(size) * 0.5 + lean)
    grid = np.arange(len(line) * AROUND).reshape(len(line), AROUND)
    a, b = grid[:-1], np.roll(grid, -1, axis=1)[:-1]
    c, d = grid[1:], np.roll(grid, -1, axis=1)[1:]
    triangles = np.concatenate(
        [np.column_stack([a.ravel(), b.ravel(), c.ravel()]),
         np.column_stack([b.ravel(), d.ravel(), c.ravel()])]
    ).astype(np.int32)  # fmt: skip
    flat = solid(points.reshape(-1, 3), normals.reshape(-1, 3), np.zeros(4), MOUTH)
    return Mesh(flat, triangles)
