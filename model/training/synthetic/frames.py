"""The meshes of glasses: rims, bridge, nose pads and temples close to the eyes, and the lenses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, normalize, rotation_x
from model.training.synthetic.drawing import Mesh, join, solid
from model.training.synthetic.glasses import GlassesStyle
from model.training.synthetic.optics import SpectacleLens
from model.training.synthetic.rig import PLASTIC

RIM_POINTS = 36
WRAP = 0.08
"""Slope by which lenses wrap around the face."""
EDGE = 0.45
"""mm of a bare lens's edge that show, as a line that one sees through."""
EDGE_OPACITY = 0.3
FLAT = np.array([0.0, 0.0, 0.6])
"""mm: half the depth of most parts of a frame."""


@dataclass(frozen=True)
class Glasses:
    """A pair of glasses in the head frame, mm.

    Attributes:
        frame: its opaque parts.
        clear: those that one sees through.
        glass: the fronts of the right and the left lens.
        lenses: what they do to light.
    """

    frame: Mesh | None
    clear: Mesh | None
    glass: tuple[Mesh, Mesh]
    lenses: tuple[SpectacleLens, SpectacleLens]


def build_glasses(style: GlassesStyle, eye_centres: Array, front: float) -> Glasses:
    """Glasses on a nose.

    Args:
        eye_centres: (2, 3) mm.
        front: z in mm of the foremost point of the eyeballs.
    """
    z = front - style.distance
    middle = np.array([0.0, eye_centres[:, 1].mean() + style.drop, z])
    lean = rotation_x(-style.tilt)
    frames: list[Mesh] = []
    edges: list[Mesh] = []
    glass: list[Mesh] = []
    lenses: list[SpectacleLens] = []
    spread = max(abs(eye_centres[:, 0]).mean() + 1.0, style.half_width + 7.0)
    for e, side in enumerate((-1.0, 1.0)):
        centre = np.array([side * spread, middle[1], z])
        # Plain ones are the same both ways round, and keep the order of their points.
        outline = _outline(style) * np.array([1.0 if style.shape == "plain" else side, 1.0])
        points = centre + np.column_stack([outline, _sag(outline, style.curve, side)])
        inner = points + np.append(-0.04 * style.rim * np.sign([side, 1.0]), 0.0)
        rim = _rim(style, outline)
        ring = _ring(inner, _around(points, outline, rim), style, rim)
        bare = np.zeros(RIM_POINTS, dtype=bool)
        if style.half_rim:
            bare = outline[:, 1] >= 2.0
            ring = _without(ring, bare)
        frames.append(ring)
        if style.powers is not None and bare.any():
            edge: Array = np.full(RIM_POINTS, EDGE)
            line = _ring(points, _around(points, outline, edge), style, edge)
            line.vertices[:, 16] = EDGE_OPACITY
            edges.append(_without(line, ~bare))
        glass.append(_lens(points, centre, style))
        lenses.append(_optics(style, e, centre, outline, eye_centres[e], lean, middle))
        frames += _holders(style, side, centre, middle)
        frames += _temple(style, side, centre, outline)
    bridge_y = middle[1] - 0.3 * style.half_height
    reach = spread - style.half_width * 0.97
    bridges = [bridge_y]
    if style.shape == "aviator":
        bridges.append(middle[1] - 0.72 * style.half_height)
    for y in bridges:
        frames.append(
            _bar(
                np.array([-reach, y, z]),
                np.array([reach, y, z]),
                np.array([0.0, max(style.rim * 0.8, 0.8), 0.0]),
                style,
            )
        )
    solid_parts = frames if style.opacity >= 1.0 else []
    clear_parts = edges + (frames if style.opacity < 1.0 else [])
    return Glasses(
        _leaned(join(solid_parts), lean, middle),
        _leaned(join(clear_parts), lean, middle),
        (_leaned_mesh(glass[0], lean, middle), _leaned_mesh(glass[1], lean, middle)),
        (lenses[0], lenses[1]),
    )


def _holders(style: GlassesStyle, side: float, centre: Array, middle: Array) -> list[Mesh]:
    """The nose pad of one lens, and its arm."""
    pad = np.array([side * 9.0, middle[1] + 5.5, centre[2] + 5.0])
    half_pad = np.array([side * 0.75, 4.0, 1.0])
    inner = centre + np.array([-side * style.half_width, 1.0, 0.5])
    return [
        _bar(pad - half_pad, pad + half_pad, np.array([1.2, 0.0, 1.4]), style),
        _bar(inner, pad, np.array([0.0, 0.5, 0.0]), style),
    ]


def _temple(style: GlassesStyle, side: float, centre: Array, outline: Array) -> list[Mesh]:
    """What holds one lens to the ear."""
    high = np.array([0.0, max(style.rim * 0.9, 1.0), 0.0])
    if style.shape == "plain":
        end = side * (style.half_width + style.rim)
        hinge = centre + np.array([end, -0.45 * style.half_height, 1.0])
        return [_bar(hinge, np.array([side * 76.0, hinge[1] + 2.0, 88.0]), high, style)]
    # From the upper outer corner of the lens a lug leads outwards to the hinge.
    corner = outline[np.argmax(side * outline[:, 0] - 0.5 * outline[:, 1])]
    lug = centre + np.append(corner, _sag(corner[None], style.curve, side)[0])
    hinge = lug + np.array([side * (style.rim + 3.5), 0.0, 4.0])
    ear = np.array([side * max(76.0, abs(hinge[0]) + 2.0), hinge[1] + 4.0, 88.0])
    width = np.array([0.3 + 0.25 * style.rim, 0.0, 0.0])
    return [_bar(lug, hinge, high, style), _bar(hinge, ear, high, style, width)]


def _optics(
    style: GlassesStyle, e: int, centre: Array, outline: Array, eye: Array, lean: Array,
    middle: Array,
) -> SpectacleLens:  # fmt: skip
    """A lens as light sees it, its optical centre before the pupil."""
    slope = WRAP * np.sign(centre[0])
    offset = eye[:2] + style.centring[e] - centre[:2]
    vertex = centre + np.append(offset, slope * offset[0])
    return SpectacleLens(
        vertex=lean @ (vertex - middle) + middle,
        forward=lean @ normalize([slope, 0.0, -1.0]),
        right=lean @ normalize([1.0, 0.0, slope]),
        down=lean @ np.array([0.0, 1.0, 0.0]),
        power=0.0 if style.powers is None else style.powers[e],
        outline=outline - offset,
    )


def _outline(style: GlassesStyle) -> NDArray[np.float64]:
    """(36, 2) mm around a lens's middle: x towards the temple, y down."""
    angle = np.linspace(0.0, 2.0 * np.pi, RIM_POINTS, endpoint=False)
    power = 2.0 / style.squareness
    u = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    v = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    if style.shape == "hexagon":  # corners at the nose and the temple
        sector = np.mod(angle, np.pi / 3.0) - np.pi / 6.0
        radius = np.cos(np.pi / 6.0) / np.cos(sector)
        u, v = radius * np.cos(angle), radius * np.sin(angle) / np.cos(np.pi / 6.0)
    lower = np.clip(v, 0.0, 1.0)
    u = u * (1.0 - style.top_flat * lower)
    if style.shape == "cat-eye":  # the upper outer corner rises
        v = v - 0.22 * np.clip(u, 0.0, 1.0) ** 2 * (1.0 - lower)
    elif style.shape == "aviator":  # a drop that hangs towards the temple
        u = u * (1.0 - 0.18 * lower) + 0.10 * lower
        v = np.where(v < 0.0, 0.82 * v, 1.08 * v)
    elif style.shape == "panto":
        v = np.where(v < 0.0, 0.9 * v, v)
    return np.column_stack([u * style.half_width, v * style.half_height])


def _rim(style: GlassesStyle, outline: Array) -> NDArray[np.float64]:
    """(36,) mm: the rim's thickness; thicker above where the style says so."""
    up = np.clip(-outline[:, 1] / style.half_height, -1.0, 1.0)
    return np.asarray(style.rim * (1.0 + style.brow * up))


def _around(points: Array, outline: Array, rim: Array) -> NDArray[np.float64]:
    """The outer edge of a rim around points (36, 3)."""
    away = outline * (rim / np.linalg.norm(outline, axis=1))[:, None]
    return points + np.column_stack([away, np.zeros(len(away))])


def _sag(outline: NDArray[np.float64], radius: float, side: float) -> NDArray[np.float64]:
    """How far points of a lens lie behind its middle; lenses also wrap around the face a little."""
    return (outline**2).sum(axis=1) / (2.0 * radius) + WRAP * side * outline[:, 0]


def _vertices(points: Array, normals: Array, style: GlassesStyle) -> NDArray[np.float32]:
    look = (style.metal, style.tortoise, style.opacity)
    return solid(points, normals, np.append(style.colour, style.gloss), PLASTIC, look)


def _ring(inner: Array, outer: Array, style: GlassesStyle, rim: Array) -> Mesh:
    """A rim with a rounded front: inner edge, crest, outer edge, and its depth backwards."""
    n = len(inner)
    zero = np.zeros(n)
    crest = (inner + outer) / 2.0 - np.column_stack([zero, zero, 0.5 + 0.3 * rim])
    back = outer + np.column_stack([zero, zero, 1.5 + rim])
    outwards = normalize(outer - inner.mean(axis=0))
    front = np.array([0.0, 0.0, -1.0])
    normals = [normalize(front * 0.7 - outwards), np.tile(front, (n, 1)),
               normalize(front * 0.7 + outwards), outwards]  # fmt: skip
    points = np.concatenate([inner, crest, outer, back])
    vertices = _vertices(points, np.concatenate(normals), style)
    here = np.arange(n)
    there = (here + 1) % n
    triangles = []
    for k in range(3):
        a, b, c, d = k * n + here, k * n + there, (k + 1) * n + here, (k + 1) * n + there
        triangles += [np.column_stack([a, b, c]), np.column_stack([b, d, c])]
    return Mesh(vertices, np.concatenate(triangles).astype(np.int32))


def _without(ring: Mesh, gone: NDArray[np.bool_]) -> Mesh:
    """A ring less its triangles that touch points (36,) which are gone."""
    touched = np.tile(gone, len(ring.vertices) // len(gone))[ring.triangles].any(axis=1)
    return Mesh(ring.vertices, ring.triangles[~touched])


def _bar(start: Array, end: Array, half: Array, style: GlassesStyle, depth: Array = FLAT) -> Mesh:
    """A flat bar between two points; `half` and `depth` are half its extents across."""
    points = np.array([start - half, start + half, end - half, end + half])
    points = np.concatenate([points - depth, points + depth])
    along = normalize(np.asarray(end) - start)
    normal = np.cross(along, normalize(half))
    normal = normal if normal[2] < 0.0 else -normal
    normals = np.concatenate([np.tile(normal, (4, 1)), np.tile(normalize(half), (4, 1))])
    vertices = _vertices(points, normals, style)
    quads = [(0, 1, 2, 3), (4, 5, 6, 7), (0, 2, 4, 6), (1, 3, 5, 7)]
    triangles = [t for a, b, c, d in quads for t in ((a, b, c), (b, d, c))]
    return Mesh(vertices, np.array(triangles, dtype=np.int32))


def _lens(rim: NDArray[Any], centre: Array, style: GlassesStyle) -> Mesh:
    """A fan whose normals are those of a sphere in front of the eye."""
    points = np.vstack([centre, rim])
    offset = points - centre
    forward = -np.ones((len(points), 1))
    normals = normalize(np.hstack([offset[:, :2] / style.curve, forward]))
    normals[:, 0] += WRAP * np.sign(centre[0])
    paint = np.append(style.coating, style.strength)
    n = len(rim)
    here = np.arange(n)
    triangles = np.column_stack([np.zeros(n, dtype=int), 1 + here, 1 + (here + 1) % n])
    vertices = solid(points, normalize(normals), paint, PLASTIC)
    return Mesh(vertices, triangles.astype(np.int32))


def _leaned_mesh(mesh: Mesh, lean: Array, middle: Array) -> Mesh:
    """A mesh turned about the middle of the glasses; its reference stays."""
    mesh.vertices[:, :3] = (mesh.vertices[:, :3] - middle) @ lean.T + middle
    mesh.vertices[:, 3:6] = mesh.vertices[:, 3:6] @ lean.T
    return mesh


def _leaned(mesh: Mesh | None, lean: Array, middle: Array) -> Mesh | None:
    return None if mesh is None else _leaned_mesh(mesh, lean, middle)
