"""Glasses: frames of several styles close to the eyes, with nose pads, and lenses that mirror."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, normalize, rotation_x
from model.training.synthetic.renderer import VERTEX_FLOATS, Mesh, join
from model.training.synthetic.rig import PLASTIC

RIM_POINTS = 36


@dataclass(frozen=True)
class GlassesStyle:
    """What a pair of glasses looks like; lengths in mm.

    Attributes:
        half_width, half_height: of a lens.
        squareness: exponent of the superellipse, 2 is round.
        top_flat: how much the lower half narrows (0..0.3).
        rim: thickness of the rim as seen from the front; 0 for none below ("half" frames).
        half_rim: whether only the upper half has a rim.
        colour: (3,) linear.
        gloss: strength of its highlights.
        distance: from the front of the eyeball to the lens.
        drop: of the lens centres below the eyes.
        tilt: radians, how the lenses lean.
        coating: (3,) colour of the lenses' reflections; strength: share of light reflected.
        strength: see coating.
        tint: (4,) colour and opacity of the glass.
        curve: radius of the lens's front in mm.
        back_curve: how differently its back reflects.
    """

    half_width: float
    half_height: float
    squareness: float
    top_flat: float
    rim: float
    half_rim: bool
    colour: Array
    gloss: float
    distance: float
    drop: float
    tilt: float
    coating: Array
    strength: float
    tint: Array
    curve: float
    back_curve: float


_COATINGS = np.array(
    [[1.0, 1.0, 1.0], [0.25, 1.0, 0.5], [0.3, 0.5, 1.0], [0.75, 0.45, 1.0], [0.9, 1.0, 0.75]]
)


def random_glasses(rng: np.random.Generator) -> GlassesStyle:
    """Draw a pair of glasses."""
    dark = rng.choice([0.008, 0.02, 0.06, 0.25, 0.5], p=[0.4, 0.2, 0.15, 0.15, 0.1])
    return GlassesStyle(
        half_width=rng.uniform(22.5, 28.5),
        half_height=rng.uniform(14.0, 24.0),
        squareness=rng.choice([2.0, 2.3, 2.8, 3.6, 5.0]),
        top_flat=rng.uniform(0.0, 0.25),
        rim=rng.choice([0.7, 1.2, 2.0, 3.2]) * rng.uniform(0.8, 1.2),
        half_rim=bool(rng.random() < 0.12),
        colour=dark * rng.uniform(0.6, 1.4, 3),
        gloss=rng.uniform(0.05, 0.6),
        distance=rng.uniform(12.0, 19.0),
        drop=rng.uniform(-1.5, 6.0),
        tilt=np.radians(rng.uniform(2.0, 13.0)),
        coating=_COATINGS[rng.integers(len(_COATINGS))] * rng.uniform(0.8, 1.0, 3),
        strength=rng.choice([0.006, 0.02, 0.05, 0.09]) * rng.uniform(0.7, 1.3),
        tint=np.append(
            rng.uniform(0.0, 0.03, 3), rng.choice([0.02, 0.06, 0.15], p=[0.7, 0.2, 0.1])
        ),
        curve=rng.uniform(70.0, 300.0),
        back_curve=rng.uniform(0.2, 1.0),
    )


def build_glasses(style: GlassesStyle, eye_centres: Array, front: float) -> tuple[Mesh, Mesh]:
    """Frame and lenses in the head frame.

    Args:
        eye_centres: (2, 3) mm.
        front: z in mm of the foremost point of the eyeballs.
    """
    z = front - style.distance
    middle = np.array([0.0, eye_centres[:, 1].mean() + style.drop, z])
    lean = rotation_x(-style.tilt)
    frames: list[Mesh] = []
    lenses: list[Mesh] = []
    spread = max(abs(eye_centres[:, 0]).mean() + 1.0, style.half_width + 7.0)
    for side in (-1.0, 1.0):
        centre = np.array([side * spread, middle[1], z])
        outline = _outline(style)
        points = centre + np.column_stack([outline, _sag(outline, style.curve, side)])
        inside = points + np.append(-0.04 * style.rim * np.sign([side, 1.0]), 0.0)
        outer = centre + np.column_stack(
            [outline * (1.0 + style.rim / np.linalg.norm(outline, axis=1, keepdims=True)),
             _sag(outline, style.curve, side)]
        )  # fmt: skip
        keep = outline[:, 1] < 2.0 if style.half_rim else np.ones(len(outline), dtype=bool)
        frames.append(_ring(inside, outer, style, keep))
        lenses.append(_lens(points, centre, style))
        outer_end = side * (style.half_width + style.rim)
        hinge = centre + np.array([outer_end, -0.45 * style.half_height, 1.0])
        ear = np.array([side * 76.0, hinge[1] + 2.0, 88.0])
        height = max(style.rim * 0.9, 1.0)
        frames.append(_bar(hinge, ear, np.array([0.0, height, 0.0]), style))
        pad = np.array([side * 9.0, middle[1] + 5.5, z + 5.0])
        half_pad = np.array([side * 0.75, 4.0, 1.0])
        frames.append(_bar(pad - half_pad, pad + half_pad, np.array([1.2, 0.0, 1.4]), style))
        inner = centre + np.array([-side * style.half_width, 1.0, 0.5])
        frames.append(_bar(inner, pad, np.array([0.0, 0.5, 0.0]), style))
    bridge_y = middle[1] - 0.3 * style.half_height
    reach = spread - style.half_width * 0.97
    frames.append(
        _bar(
            np.array([-reach, bridge_y, z]),
            np.array([reach, bridge_y, z]),
            np.array([0.0, max(style.rim * 0.8, 0.8), 0.0]),
            style,
        )
    )
    frame, glass = join(frames), join(lenses)
    assert frame is not None
    assert glass is not None
    for mesh in (frame, glass):
        mesh.vertices[:, :3] = (mesh.vertices[:, :3] - middle) @ lean.T + middle
        mesh.vertices[:, 3:6] = mesh.vertices[:, 3:6] @ lean.T
    return frame, glass


def _outline(style: GlassesStyle) -> NDArray[np.float64]:
    angle = np.linspace(0.0, 2.0 * np.pi, RIM_POINTS, endpoint=False)
    power = 2.0 / style.squareness
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power * style.half_width
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * style.half_height
    return np.column_stack([x * (1.0 - style.top_flat * np.clip(y / style.half_height, 0, 1)), y])


def _sag(outline: NDArray[np.float64], radius: float, side: float) -> NDArray[np.float64]:
    """How far points of a lens lie behind its middle; lenses also wrap around the face a little."""
    return (outline**2).sum(axis=1) / (2.0 * radius) + 0.08 * side * outline[:, 0]


def _vertices(points: Array, normals: Array, paint: Array) -> NDArray[np.float32]:
    packed = np.zeros((len(points), VERTEX_FLOATS), dtype=np.float32)
    packed[:, :3], packed[:, 3:6], packed[:, 6:9] = points, normals, points
    packed[:, 9:13] = paint
    packed[:, 13] = PLASTIC
    return packed


def _ring(inner: Array, outer: Array, style: GlassesStyle, keep: NDArray[np.bool_]) -> Mesh:
    """A rim with a rounded front: inner edge, crest, outer edge, and its depth backwards."""
    n = len(inner)
    crest = (inner + outer) / 2.0 - [0.0, 0.0, 0.5 + 0.3 * style.rim]
    back = outer + np.array([0.0, 0.0, 1.5 + style.rim])
    outwards = normalize(outer - inner.mean(axis=0))
    front = np.array([0.0, 0.0, -1.0])
    normals = [normalize(front * 0.7 - outwards), np.tile(front, (n, 1)),
               normalize(front * 0.7 + outwards), outwards]  # fmt: skip
    points = np.concatenate([inner, crest, outer, back])
    vertices = _vertices(points, np.concatenate(normals), np.append(style.colour, style.gloss))
    here = np.arange(n)
    there = (here + 1) % n
    here, there = here[keep & keep[there]], there[keep & keep[there]]
    triangles = []
    for k in range(3):
        a, b, c, d = k * n + here, k * n + there, (k + 1) * n + here, (k + 1) * n + there
        triangles += [np.column_stack([a, b, c]), np.column_stack([b, d, c])]
    return Mesh(vertices, np.concatenate(triangles).astype(np.int32))


def _bar(start: Array, end: Array, half: Array, style: GlassesStyle) -> Mesh:
    """A flat bar between two points; `half` is half its extent across."""
    depth = np.array([0.0, 0.0, 0.6])
    points = np.array([start - half, start + half, end - half, end + half])
    points = np.concatenate([points - depth, points + depth])
    along = normalize(np.asarray(end) - start)
    normal = np.cross(along, normalize(half))
    normal = normal if normal[2] < 0.0 else -normal
    normals = np.concatenate([np.tile(normal, (4, 1)), np.tile(normalize(half), (4, 1))])
    vertices = _vertices(points, normals, np.append(style.colour, style.gloss))
    quads = [(0, 1, 2, 3), (4, 5, 6, 7), (0, 2, 4, 6), (1, 3, 5, 7)]
    triangles = [t for a, b, c, d in quads for t in ((a, b, c), (b, d, c))]
    return Mesh(vertices, np.array(triangles, dtype=np.int32))


def _lens(rim: NDArray[Any], centre: Array, style: GlassesStyle) -> Mesh:
    """A fan whose normals are those of a sphere in front of the eye."""
    points = np.vstack([centre, rim])
    offset = points - centre
    forward = -np.ones((len(points), 1))
    normals = normalize(np.hstack([offset[:, :2] / style.curve, forward]))
    normals[:, 0] += 0.08 * np.sign(centre[0])
    paint = np.append(style.coating, style.strength)
    n = len(rim)
    here = np.arange(n)
    triangles = np.column_stack([np.zeros(n, dtype=int), 1 + here, 1 + (here + 1) % n])
    return Mesh(_vertices(points, normalize(normals), paint), triangles.astype(np.int32))
