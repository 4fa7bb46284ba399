"""Glasses on a nose: what they do to sight, to light, and to the drawing of a head."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from model.geometry import Array, normalize
from model.training.synthetic.drawing import Drawing, Glass, Mesh, join, placed
from model.training.synthetic.frames import Glasses, build_glasses
from model.training.synthetic.glasses import GlassesStyle
from model.training.synthetic.lighting import PANELS, Lighting, facing_panel
from model.training.synthetic.optics import MOST_BENDING, SpectacleLens, seen_through
from model.training.synthetic.person import Person
from model.training.synthetic.rig import SKIN, Floats, Rig
from model.training.synthetic.scene import Scene

GLARE_DISTANCE = 1500.0
"""mm from a lens to what it mirrors over an eye."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Of linear sRGB, ITU-R BT.709."""
SHADOW_DEPTH = 32.0
"""mm behind the lenses beyond which a frame throws no shadow worth drawing."""


@dataclass(frozen=True)
class Worn:
    """Glasses that a person wears.

    Attributes:
        style: what they are.
        glasses: their meshes, head frame.
        lenses: what they do to light, the right eye's and the left eye's, camera frame.
    """

    style: GlassesStyle
    glasses: Glasses
    lenses: tuple[SpectacleLens, SpectacleLens]

    @property
    def bends(self) -> bool:
        """Whether the lenses have power, if only a power of 0."""
        return self.style.powers is not None

    def seen(self, points: Array) -> Array:
        """Where the camera sees points (N, 3), mm: through lenses not where they are."""
        return seen_through(points, self.lenses) if self.bends else points

    def seen_eye(self, e: int, iris: Array, points: Array) -> Array:
        """Where it sees points (N, 3) of one eye: all of them through its lens where that shows the
        iris (3,), so that an eye stays in one piece."""
        if not self.bends:
            return points
        lens = self.lenses[e]
        return lens.image(points) if lens.covers(lens.image(iris)) else points


def put_on(rig: Rig, person: Person, scene: Scene) -> Worn | None:
    """The glasses of a person where the nose holds them; None in a scene without."""
    if not scene.glasses:
        return None
    style = scene.extras.glasses or person.glasses
    front = min(float(person.shape[index, 2].min()) for index in rig.eyeballs)
    glasses = build_glasses(style, person.eye_centres, front)
    right, left = (lens.placed(scene.rotation, scene.position) for lens in glasses.lenses)
    return Worn(style, glasses, (right, left))


def lines_of_sight(person: Person, scene: Scene, worn: Worn | None) -> Array:
    """(2, 3) unit vectors, camera frame: where the eyes point so that they see the target. Behind
    lenses they turn less (short-sighted) or more than to where it is."""
    if worn is None or not worn.bends:
        return scene.eye_gaze(person)
    centres = scene.eye_positions(person)
    pairs = zip(worn.lenses, centres, strict=True)
    return np.stack([lens.line_of_sight(centre, scene.target) for lens, centre in pairs])


def with_glare(scene: Scene, worn: Worn | None, irises: Array) -> Lighting:
    """The scene's light, with what the scene wants mirrored over an eye put where it is.

    Args:
        irises: (2, 3) mm, their centres.
    """
    glare, lighting = scene.extras.glare, scene.lighting
    if glare is None or worn is None or not worn.bends:
        return lighting
    lens = worn.lenses[glare.eye]
    at = lens.crossing(np.zeros(3), lens.image(irises[glare.eye]))
    at = at + glare.aside[0] * lens.right + glare.aside[1] * lens.down
    bounce = _bounce(at, _front(lens, worn.style, at))
    # A step on the lens turns its normal by 1 / curve, hence what it mirrors by twice that.
    spread = GLARE_DISTANCE * (2.0 / worn.style.curve + 1.0 / np.linalg.norm(at))
    half = (float(spread * glare.half[0]), float(spread * glare.half[1]))
    panel = facing_panel(at + GLARE_DISTANCE * bounce, at, half, glare.radiance)
    panels = (*lighting.panels[: PANELS - 1], replace(panel, sight=glare.sight))
    return replace(lighting, panels=panels)


def _front(lens: SpectacleLens, style: GlassesStyle, at: Array) -> Array:
    """(3,) normal of a lens's front, a sphere around the middle of its outline, at a point (3,)."""
    x, y = np.array([(at - lens.vertex) @ lens.right, (at - lens.vertex) @ lens.down])
    middle = lens.outline.mean(axis=0)
    slope = ((x - middle[0]) * lens.right + (y - middle[1]) * lens.down) / style.curve
    return normalize(lens.forward + slope)


def _bounce(at: Array, normal: Array) -> Array:
    """(3,) the direction in which the camera's ray to a point leaves a mirror there."""
    ray = normalize(at)
    return np.asarray(ray - 2.0 * (ray @ normal) * normal)


def glare_over_irises(
    worn: Worn | None, lighting: Lighting, irises: Array, exposure: float
) -> Array:
    """(2,) how bright what the lenses mirror over the irises' centres (2, 3) is, about 0 to 1 where
    1 is the picture's white; 0 without glasses."""
    found = np.zeros(2)
    if worn is None:
        return found
    for e, lens in enumerate(worn.lenses):
        at = lens.crossing(np.zeros(3), lens.image(irises[e]) if worn.bends else irises[e])
        bounce = _bounce(at, _front(lens, worn.style, at))
        light = sum((panel.mirrored(at, bounce) for panel in lighting.panels), np.zeros(3))
        seen = light * worn.style.coating * worn.style.strength * exposure
        found[e] = min(float(seen @ LUMINANCE), 1.0)
    return found


def with_glasses(drawing: Drawing, rig: Rig, shape: Floats, scene: Scene, worn: Worn) -> Drawing:
    """A drawing of a head of a shape (V, 3), head frame, with its glasses on."""

    def here(mesh: Mesh) -> Mesh:
        return placed(mesh, scene.rotation, scene.position)

    style, glasses, lenses = worn.style, worn.glasses, worn.lenses
    parts = [] if drawing.things is None else [drawing.things]
    if glasses.frame is not None:
        parts.append(here(glasses.frame))
    fronts = [here(mesh) for mesh in glasses.glass]
    uniforms = {
        **drawing.uniforms,
        "tint": style.tint,
        "back_curve": np.array(style.back_curve),
        "lens_axis": scene.rotation @ np.array([0.0, 0.0, -1.0]),
        "smudge": np.array(style.smudge),
        "lens_limit": np.array(MOST_BENDING),
    }
    head = drawing.head
    if style.shadow > 0.0:
        head = head.copy()
        head[:, 9] *= frame_shadow(rig, shape, scene, worn)
    return replace(
        drawing,
        head=head,
        things=join(parts),
        lenses=None if worn.bends else join(fronts),
        uniforms=uniforms,
        glasses=tuple(map(_glass, fronts, lenses)) if worn.bends else (),
        clear=None if glasses.clear is None else here(glasses.clear),
    )


def _glass(front: Mesh, lens: SpectacleLens) -> Glass:
    uniforms = {
        "lens_vertex": lens.vertex,
        "lens_forward": lens.forward,
        "lens_power": np.array(1e-3 * lens.power),
    }
    return Glass(front, uniforms)


def frame_shadow(rig: Rig, shape: Floats, scene: Scene, worn: Worn) -> NDArray[np.float32]:
    """The share of light (V,) that reaches each point of the skin past the frame.

    The strongest light throws it, softer the farther the skin lies behind the frame.
    """
    lighting = scene.lighting
    strength = lighting.colours.sum(axis=1)
    light = scene.rotation.T @ lighting.directions[int(strength.argmax())]
    share = np.ones(len(shape), dtype=np.float32)
    near = _around_eyes(rig)
    for lens in worn.glasses.lenses:
        slant = float(light @ lens.forward)
        if slant < 0.25:  # from behind, or so flat that it lights little
            continue
        offset = shape[near] - lens.vertex
        depth = -(offset @ lens.forward)
        shaded = (depth > 0.0) & (depth < SHADOW_DEPTH)
        offset, depth, below = offset[shaded], depth[shaded], near[shaded]
        on_lens = offset + (depth / slant)[:, None] * light
        flat = np.column_stack([on_lens @ lens.right, on_lens @ lens.down])
        rim = lens.outline * (1.0 + 0.5 * worn.style.rim / _reach(lens.outline))
        distance, _ = cKDTree(_finer(rim)).query(flat)
        width = 0.5 * worn.style.rim + 1.0 + 0.10 * depth
        faint = 1.0 - depth / SHADOW_DEPTH
        dark = worn.style.shadow * slant * faint * np.exp(-((distance / width) ** 2))
        share[below] *= (1.0 - dark).astype(np.float32)
    return share


def _reach(outline: Array) -> Array:
    return np.linalg.norm(outline - outline.mean(axis=0), axis=1, keepdims=True)


def _finer(outline: Array) -> Array:
    """An outline with three points where it has one."""
    following = np.roll(outline, -1, axis=0)
    return np.concatenate(
        [outline + share * (following - outline) for share in (0.0, 1 / 3, 2 / 3)]
    )


@lru_cache(maxsize=1)
def _around_eyes(rig: Rig) -> NDArray[np.intp]:
    """Indices of the skin that glasses may shade."""
    x, y, z = rig.neutral.T
    front = (np.abs(x) < 75.0) & (y > -40.0) & (y < 45.0) & (z < 45.0)
    return np.flatnonzero(front & (rig.material == SKIN))
