"""Eyes: the shapes of lids that the morphable head lacks, what an eyeball is like, and how lids
follow the gaze.

ICT-FaceKit's identities have no hooded, epicanthic, narrow or deep-set eyes. Displacement fields
around the eyes of the mean head give every person their own.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, normalize, pitch_yaw, vector
from model.training.synthetic.rig import LASH, SKIN, Floats, Rig, fit_sphere, rotation_centre

SIDES = ("R", "L")
EYE_X = 31.2
"""mm from the middle of the mean head to the middle of each eye."""

LOWER_LID_RAISE = 0.45
"""mm, mean over people; with LID_REST and EYEBALL_HEIGHT it puts lids and irises where photographs
have them, see docs/decisions/0008 and 0013: seen from the front, the upper lid's dark line begins
0.84 iris radii above the iris's centre, and the lower lid's edge lies 0.92 below."""

EYEBALL_HEIGHT = np.array([-2.06, 0.15, 0.34])
"""Where an eyeball's centre lies, down from the corners of the eye: mm, and shares of the upper and
of the lower lid's height there. A regression on photographs of people looking into the camera."""

DROP_SPREAD = 0.2
"""mm by which people differ from that. With the angles between their visual and optical axes,
irises then vary in height as those of photographed people do whose lids are known."""

LID_SPREAD = 0.5
EYEBALL_SPREAD = np.array([0.8, 0.1, 0.5])
"""How far the morphable head's identities may move lids and (temporally, down, back) eyeballs
against the eye region as a whole, see `as_photographed` and docs/decisions/0013."""

LID_REST = -0.32
"""Mean over people of `EyeTraits.rest`."""

WINDOW_SCALE = 0.962
"""The window mesh is shrunk so much, so that lids of every shape lie before it."""


def smoothstep(low: float, high: float, x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Hermite step from 0 at `low` to 1 at `high`, as in GLSL."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@dataclass(frozen=True)
class EyeTraits:
    """One person's eyes.

    Attributes:
        iris_radius, iris_depth: mm; depth from the rotation centre forward.
        drop: mm by which the eyeballs lie lower than the lids tell, see `EYEBALL_HEIGHT`.
        kappa: (yaw, pitch) radians of the optical axis from the visual axis: temporal, upwards.
        scatter: (2, 2) radians added to that, per eye.
        follow: how far the lids go with a vertical turn of the eye, 1 on average.
        rest: (2,) eyeBlink (> 0) or eyeWide (< 0) of each eye at rest.
        squint: eyeSquint at rest.
        colour: of the irises, in a word of IRIS_COLOURS.
        iris_outer, iris_inner, sclera: linear colours.
        limbus, fibres, edge, seed: look of the iris.
        corners, veins: look of the sclera.
    """

    iris_radius: float
    iris_depth: float
    drop: float
    kappa: Array
    scatter: Array
    follow: float
    rest: Array
    squint: float
    colour: str
    iris_outer: Array
    iris_inner: Array
    sclera: Array
    limbus: float
    fibres: float
    edge: float
    seed: float
    corners: float
    veins: float


IRIS_COLOURS = ("brown", "dark brown", "black", "hazel", "blue", "green", "grey")
_IRIS_PAINTS = np.array(
    [
        [[0.105, 0.052, 0.026], [0.075, 0.036, 0.018]],
        [[0.055, 0.029, 0.018], [0.040, 0.021, 0.013]],
        [[0.028, 0.017, 0.013], [0.022, 0.013, 0.010]],  # nearly black
        [[0.190, 0.115, 0.045], [0.150, 0.070, 0.022]],
        [[0.130, 0.190, 0.255], [0.180, 0.190, 0.180]],
        [[0.130, 0.165, 0.095], [0.180, 0.135, 0.060]],
        [[0.185, 0.205, 0.215], [0.150, 0.150, 0.145]],
    ]
)
"""Linear, at the edge and inside, of each of IRIS_COLOURS."""
_SCLERA = np.array([0.43, 0.395, 0.375])
_IRIS_SHARES = np.array([0.27, 0.29, 0.18, 0.08, 0.09, 0.04, 0.05])


def random_eyes(rng: np.random.Generator, skin_lightness: float) -> EyeTraits:
    """Draw a person's eyes; light irises go with light skin.

    Args:
        skin_lightness: 0..1.
    """
    shares = _IRIS_SHARES.copy()
    shares[3:] *= 0.15 + 1.6 * max(skin_lightness - 0.25, 0.0)
    chosen = rng.choice(len(shares), p=shares / shares.sum())
    outer, inner = _IRIS_PAINTS[chosen]
    narrow = float(np.clip(rng.normal(LID_REST, 0.15), -1.1, 0.5))
    ptosis = np.zeros(2)
    if rng.random() < 0.12:
        ptosis[rng.integers(2)] = rng.uniform(0.05, 0.35)
    return EyeTraits(
        iris_radius=float(np.clip(rng.normal(5.9, 0.2), 5.4, 6.4)),
        iris_depth=float(np.clip(rng.normal(10.8, 0.5), 9.6, 12.0)),
        drop=float(rng.normal(0.0, DROP_SPREAD)),
        kappa=np.radians([rng.normal(4.5, 1.5), rng.normal(-1.0, 1.5)]),
        scatter=np.radians(rng.normal(0.0, 0.7, (2, 2))),
        follow=float(rng.uniform(0.55, 1.3)),
        rest=narrow + rng.normal(0.0, 0.03, 2) + ptosis,
        squint=float(np.clip(rng.normal(-0.05, 0.25), 0.0, 0.85)),
        colour=IRIS_COLOURS[chosen],
        iris_outer=outer * rng.uniform(0.5, 1.4) * rng.uniform(0.92, 1.08, 3),
        iris_inner=inner * rng.uniform(0.5, 1.4) * rng.uniform(0.92, 1.08, 3),
        sclera=_SCLERA * rng.uniform(0.6, 1.05) * rng.uniform(0.95, 1.05, 3),
        limbus=float(rng.uniform(0.3, 0.95)),
        fibres=float(rng.uniform(0.1, 0.9)),
        edge=float(rng.uniform(0.03, 0.10)),
        seed=float(rng.random()),
        corners=float(rng.uniform(0.2, 1.0)),
        veins=float(rng.uniform(0.0, 0.7) ** 2),
    )


def lid_margin_curve(rig: Rig) -> Array:
    """(3,) y = a + b |x| + c x^2 of the upper lid's margin in the mean head, mm."""
    index = np.concatenate([lid.upper for lid in rig.lids])
    x, y = np.abs(rig.neutral[index, 0]), rig.neutral[index, 1]
    inside = (x > 22.0) & (x < 44.0)
    return np.asarray(np.polyfit(x[inside], y[inside], 2)[::-1])


def eye_region_shape(rig: Rig, rng: np.random.Generator) -> Floats:
    """Offsets (V, 3) in mm that give one person's eyes their shape."""
    near = _around_both_eyes(rig)
    x, y = rig.neutral[near, 0].astype(np.float64), rig.neutral[near, 1].astype(np.float64)
    front = 1.0 - smoothstep(15.0, 45.0, rig.neutral[near, 2])
    side = np.sign(x)
    across = np.abs(x)
    a, b, c = lid_margin_curve(rig)
    above = a + b * across + c * across**2 - y
    radius = np.hypot((across - EYE_X) / 1.15, y)
    region = (1.0 - smoothstep(15.0, 30.0, radius)) * front
    along = smoothstep(15.0, 23.0, across) * (1.0 - smoothstep(46.0, 58.0, across)) * front
    is_skin, is_lash = rig.material[near] == SKIN, rig.material[near] == LASH
    offset = np.zeros((len(near), 3))

    # The two halves of a face differ a little in everything.
    def uneven(amount: float) -> NDArray[np.floating]:
        right, left = amount * (1.0 + rng.normal(0.0, 0.12, 2))
        return np.where(side < 0.0, right, left)

    # Hooded: the fold above the crease sinks over the lid and comes forward.
    hooded = rng.choice([0.0, rng.uniform(0.0, 0.5), rng.uniform(0.5, 1.2)], p=[0.5, 0.35, 0.15])
    lateral = rng.choice([-1.0, 0.0, 0.0, 1.0]) * rng.uniform(0.3, 1.0)
    profile = along * np.clip(1.0 + lateral * (across - EYE_X) / 13.0, 0.0, 2.0)
    height = rng.uniform(6.0, 8.5)
    fold = np.exp(-(((above - height) / 3.2) ** 2)) * profile * is_skin
    offset[:, 1] += uneven(hooded) * rng.uniform(3.5, 5.5) * fold
    offset[:, 2] -= uneven(hooded) * rng.uniform(1.2, 3.0) * fold
    # Hollow or full upper sockets.
    full = np.exp(-(((above - 12.0) / 5.0) ** 2)) * along * is_skin
    offset[:, 2] -= uneven(rng.normal(0.0, 1.6)) * full
    # Epicanthic fold: skin comes down and outwards over the inner corner.
    if rng.random() < 0.35:
        inner = np.exp(-(((across - 18.0) / 4.0) ** 2) - ((y + 1.0) / 5.5) ** 2) * is_skin * front
        amount = uneven(rng.uniform(0.3, 1.2))
        offset[:, 0] += side * amount * 3.2 * inner
        offset[:, 1] += amount * 1.2 * inner
        offset[:, 2] -= amount * 1.3 * inner
    # Height and width of the opening, and its tilt.
    squeeze = np.exp(-((y / 10.0) ** 2)) * along * is_skin
    offset[:, 1] -= (y - 1.0) * uneven(float(np.clip(rng.normal(0.04, 0.12), -0.2, 0.32))) * squeeze
    # The lower lid of photographed people stands higher than the morphable head's.
    moved = np.exp(-(((y - 5.0) / 4.0) ** 2)) * along * (is_skin | is_lash)
    offset[:, 1] -= uneven(rng.normal(LOWER_LID_RAISE, 0.5)) * moved
    offset[:, 0] += side * (across - EYE_X) * rng.normal(0.0, 0.05) * region * is_skin
    offset[:, 1] -= (
        (across - EYE_X) * uneven(math.tan(math.radians(rng.normal(-0.8, 1.9)))) * region
    )
    # Deep-set or protruding eyes, a brow that overhangs them, bags below.
    offset[:, 2] += rng.normal(0.3, 1.5) * region
    ridge = np.exp(-(((y + 21.0) / 7.0) ** 2)) * smoothstep(6.0, 16.0, across) * front
    ridge *= 1.0 - smoothstep(45.0, 60.0, across)
    offset[:, 2] -= rng.normal(0.0, 2.0) * ridge * is_skin
    offset[:, 1] += rng.normal(0.0, 2.0) * ridge * is_skin
    bag = np.exp(-(((y - 13.0) / 3.5) ** 2)) * along * is_skin
    offset[:, 2] -= uneven(max(rng.normal(0.2, 0.8), 0.0)) * bag
    everywhere = np.zeros((rig.vertex_count, 3), dtype=np.float32)
    everywhere[near] = offset
    return everywhere


@lru_cache(maxsize=1)
def _around_both_eyes(rig: Rig) -> NDArray[np.intp]:
    """Indices of the vertices that `eye_region_shape` moves: beyond, its bells have died away."""
    x, y, z = rig.neutral.T
    return np.flatnonzero((np.abs(x) < 70.0) & (np.abs(y) < 90.0) & (z < 45.0))


def as_photographed(rig: Rig, offset: Floats) -> Floats:
    """Identity offsets (V, 3) in mm of the morphable head, calmed around the eyes.

    Its identities move lids, corners and eyeballs against each other twice as far as photographed
    people's vary. Each eye region goes along with its lids as a whole, and `LID_SPREAD` and
    `EYEBALL_SPREAD` say what stays of the rest.
    """
    calmed = offset.copy()
    for lid, index, (near, share) in zip(rig.lids, rig.eyeballs, _eye_regions(rig), strict=True):
        whole = offset[np.concatenate([lid.upper, lid.lower])].mean(axis=0)
        moved = share[:, None] * (1.0 - LID_SPREAD) * (offset[near] - whole)
        calmed[near] -= moved.astype(np.float32)
        ball = offset[index].mean(axis=0) - whole
        calmed[index] = offset[index] - ((1.0 - EYEBALL_SPREAD) * ball).astype(np.float32)
    return calmed


@lru_cache(maxsize=1)
def _eye_regions(rig: Rig) -> list[tuple[NDArray[np.intp], Array]]:
    """Of each eye the indices (N,) of the vertices around it, and how far (N,), 0..1, they belong
    to its region."""
    x, y, z = rig.neutral.T.astype(np.float64)
    front = 1.0 - smoothstep(15.0, 45.0, z)
    regions = []
    for side in (-1.0, 1.0):
        radius = np.hypot((x - side * EYE_X) / 1.15, y)
        share = (1.0 - smoothstep(14.0, 30.0, radius)) * front
        near = np.flatnonzero(share)
        regions.append((near, share[near]))
    return regions


def curled_lashes(rig: Rig, rng: np.random.Generator) -> Floats:
    """Offsets (V, 3) in mm that curl the lashes: the upper ones up and outwards, so that from the
    front they show as a fringe above the eye, the lower ones down."""
    offset = np.zeros((rig.vertex_count, 3), dtype=np.float32)
    lashes = rig.material == LASH
    reach = rig.root_distance * lashes
    curl, fan = rng.uniform(0.1, 0.9), rng.uniform(0.0, 0.4)
    offset[:, 1] = np.where(rig.upper_root, -curl, 0.2 * curl) * reach
    across = (np.abs(rig.neutral[:, 0]) - EYE_X) / 13.0
    offset[:, 0] = np.sign(rig.neutral[:, 0]) * fan * across * reach
    return offset


def seat_eyeballs(
    rig: Rig, shape: Floats, iris_depth: float, heights: Array | None = None
) -> tuple[Floats, Array]:
    """Make the window meshes true spheres, and move a head so that its origin lies midway between
    its eyeballs' rotation centres.

    Args:
        shape: (V, 3) mm.
        iris_depth: mm from the rotation centre forward.
        heights: (2,) y of the rotation centres, mm; None for those of the morphable head.

    Returns:
        The new vertices (V, 3), and the rotation centres (2, 3), mm in the head frame.
    """
    seated = shape.copy()
    centres = np.zeros((2, 3))
    for e, index in enumerate(rig.eyeballs):
        centre, radius = fit_sphere(shape[index])
        outward = normalize(shape[index] - centre)
        seated[index] = centre + outward * (radius * WINDOW_SCALE)
        centres[e] = rotation_centre(centre, radius, iris_depth)
    if heights is not None:
        centres[:, 1] = heights
    middle = centres.mean(axis=0)
    return (seated - middle).astype(np.float32), centres - middle


def heights_between_lids(rig: Rig, shape: Floats, traits: EyeTraits) -> Array:
    """(2,) y in mm of the rotation centres of eyeballs behind the lids of a shape (V, 3).

    A lid that droops on one side alone has not taken its eyeball along.
    """
    rest = float(traits.rest.min())
    resting = shape + sum(
        max(rest, 0.0) * rig.expression[f"eyeBlink_{side}"]
        + max(-rest, 0.0) * rig.expression[f"eyeWide_{side}"]
        for side in SIDES
    )
    corners = np.zeros(2)
    for e, lid in enumerate(rig.lids):
        corners[e] = resting[[lid.upper[0], lid.upper[-1], lid.lower[0], lid.lower[-1]], 1].mean()
    upper, lower = lid_heights(rig, resting)
    constant, by_upper, by_lower = EYEBALL_HEIGHT
    down = constant + by_upper * (upper - corners) + by_lower * (lower - corners)
    return np.asarray(corners + down.mean() + traits.drop)


def optical_axes(traits: EyeTraits, visual: Array) -> Array:
    """Optical axes (2, 3) of eyes whose visual axes (2, 3) are given, both in the head frame."""
    angles = pitch_yaw(visual)
    # Temporal is towards the user's own right (yaw > 0) for the right eye, left for the left.
    outwards = np.array([1.0, -1.0])
    angles[:, 1] += outwards * traits.kappa[0] + traits.scatter[:, 0]
    angles[:, 0] += traits.kappa[1] + traits.scatter[:, 1]
    return vector(angles)


def lid_expression(
    traits: EyeTraits, eye_gaze: Array, blink: Array, mood: float, squint: float
) -> dict[str, float]:
    """Weights of the expressions that move the lids.

    Args:
        eye_gaze: (2, 2) pitch and yaw of each eye in the head, radians.
        blink: (2,) 0 = as open as this person's eyes are, 1 = closed.
        mood: eyeWide (> 0) or heavy lids (< 0) at this moment.
        squint: added to the person's own.
    """
    weights: dict[str, float] = {}
    for e, side in enumerate(SIDES):
        pitch, yaw = np.degrees(eye_gaze[e])
        vertical = pitch / 30.0 * traits.follow
        weights[f"eyeLookUp_{side}"] = float(np.clip(vertical, 0.0, 1.2))
        weights[f"eyeLookDown_{side}"] = float(np.clip(-vertical * 0.9, 0.0, 1.1))
        outward = yaw / 30.0 if side == "R" else -yaw / 30.0
        weights[f"eyeLookOut_{side}"] = float(np.clip(outward, 0.0, 1.2))
        weights[f"eyeLookIn_{side}"] = float(np.clip(-outward, 0.0, 1.2))
        rest = traits.rest[e] - mood
        # A lowered lid has less way to go: narrow eyes narrow less when they look down.
        narrow = max(rest, 0.0) * (1.0 - 0.7 * weights[f"eyeLookDown_{side}"])
        weights[f"eyeWide_{side}"] = max(-rest, 0.0) * (1.0 - blink[e])
        weights[f"eyeSquint_{side}"] = float(np.clip(traits.squint + squint, 0.0, 1.0))
        weights[f"eyeBlink_{side}"] = narrow + (1.0 - narrow) * float(blink[e])
        for name in ("eyeLookUp", "eyeLookDown", "eyeSquint"):
            weights[f"{name}_{side}"] *= 1.0 - float(blink[e])
    return weights


def lid_gap(rig: Rig, vertices: Floats) -> Array:
    """(2,) mm between the margins of the lids over the middle of each eye."""
    upper, lower = lid_heights(rig, vertices)
    return lower - upper


def lid_heights(rig: Rig, vertices: Floats) -> tuple[Array, Array]:
    """(2,) y in mm of the upper and of the lower lids' margins over the middle of each eye."""
    heights = np.zeros((2, 2))
    for e, lid in enumerate(rig.lids):
        upper, lower = vertices[lid.upper], vertices[lid.lower]
        x = np.abs(upper[:, 0]), np.abs(lower[:, 0])
        middle = 0.5 * (x[0][[0, -1]].mean() + x[1][[0, -1]].mean())
        at = middle + np.linspace(-5.0, 5.0, 5)
        heights[0, e] = np.interp(at, x[0], upper[:, 1]).mean()
        heights[1, e] = np.interp(at, x[1], lower[:, 1]).mean()
    return heights[0], heights[1]


def lid_curves(rig: Rig, vertices: Floats) -> tuple[Array, Array]:
    """(2, 3) y = a + b x + c x^2 of upper and of lower lid margins, mm in the head frame."""
    upper: list[Array] = []
    lower: list[Array] = []
    for lid in rig.lids:
        for index, curves in ((lid.upper, upper), (lid.lower, lower)):
            p = vertices[index[2:-2]]
            curves.append(np.polyfit(p[:, 0], p[:, 1], 2)[::-1])
    return np.array(upper), np.array(lower)
