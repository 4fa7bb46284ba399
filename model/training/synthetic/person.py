"""A random person: the shape of the head, skin, hair, brows, eyes, glasses and shirt.

A person is drawn from an identity number alone, so the same number is always the same person.
Numbers from `RESERVED_IDENTITIES` on belong to the fixed test set and the demo clips; training and
validation never draw them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.training.synthetic.eyes import (
    EyeTraits,
    curled_lashes,
    eye_region_shape,
    lid_gap,
    lid_margin_curve,
    random_eyes,
    seat_eyeballs,
    smoothstep,
)
from model.training.synthetic.glasses import GlassesStyle, random_glasses
from model.training.synthetic.renderer import Photo
from model.training.synthetic.rig import LASH, MOUTH, SKIN, Floats, Rig

if TYPE_CHECKING:
    from model.training.synthetic.portrait import Portraits

RESERVED_IDENTITIES = 10**9
_PERSON_STREAM = 7

_SKIN_TONES = np.array(
    [
        [0.94, 0.81, 0.74],
        [0.91, 0.75, 0.66],
        [0.85, 0.68, 0.57],
        [0.77, 0.59, 0.47],
        [0.63, 0.46, 0.35],
        [0.47, 0.33, 0.26],
        [0.33, 0.23, 0.18],
    ]
)
"""sRGB, light to dark."""
_HAIR_COLOURS = np.array(
    [[0.012, 0.010, 0.010], [0.030, 0.020, 0.014], [0.075, 0.045, 0.025], [0.20, 0.125, 0.065],
     [0.36, 0.25, 0.14], [0.16, 0.055, 0.022], [0.33, 0.32, 0.31]]
)  # fmt: skip
_HAIR_SHARES = np.array([0.36, 0.25, 0.15, 0.09, 0.05, 0.03, 0.07])


@dataclass(frozen=True)
class Person:
    """One random person.

    Attributes:
        identity: the number everything else follows from.
        shape: (V, 3) mm in the head frame, at rest.
        eye_centres: (2, 3) mm, rotation centres of the eyeballs.
        paint: (V, 4) linear albedo and hair coverage; of lashes their length and density.
        eyes: traits of the eyes.
        glasses: the glasses this person wears when they wear any.
        shirt: (3,) linear colour.
        open_gap: (2,) mm between the lids when this person looks straight ahead.
        closed_gap: (2,) mm that remain when they are closed (the lids' thickness).
        uniforms: the shaders' knowledge of this skin, these brows and irises.
        photo: the skin around the eyes of people drawn from a portrait.
    """

    identity: int
    shape: Floats
    eye_centres: Array
    paint: Floats
    eyes: EyeTraits
    glasses: GlassesStyle
    shirt: Array
    open_gap: Array
    closed_gap: Array
    uniforms: dict[str, Array]
    photo: Photo | None = None


def linear(colour: NDArray[np.float64]) -> Array:
    """sRGB 0..1 to linear, by the plain power of 2.2."""
    return np.asarray(np.clip(colour, 0.0, 1.0) ** 2.2)


def random_person(rig: Rig, identity: int, portraits: "Portraits | None" = None) -> Person:
    """The person of an identity number.

    Args:
        portraits: where given, a share of the identities has the eyes of a photographed person;
            all others are exactly who they are without.
    """
    person = _made_up_person(rig, identity)
    chosen = portraits.choose(identity) if portraits is not None else None
    if chosen is None:
        return person
    from model.training.synthetic.likeness import in_likeness  # it needs Person itself

    return in_likeness(rig, person, *chosen)


def _made_up_person(rig: Rig, identity: int) -> Person:
    rng = np.random.default_rng([_PERSON_STREAM, identity])
    modes = rng.normal(size=len(rig.identity)).astype(np.float32) * rng.uniform(0.6, 1.05)
    shape = rig.neutral + (modes @ rig.identity).reshape(-1, 3) + eye_region_shape(rig, rng)

    tone = rng.beta(1.1, 1.25) * (len(_SKIN_TONES) - 1.001)
    k, part = int(tone), tone % 1.0
    skin = _SKIN_TONES[k] * (1.0 - part) + _SKIN_TONES[k + 1] * part
    skin = skin.mean() + (skin - skin.mean()) * rng.uniform(0.45, 0.95)
    skin = linear(skin * rng.uniform(0.95, 1.05) * rng.uniform(0.97, 1.03, 3))
    hair = _HAIR_COLOURS[rng.choice(len(_HAIR_COLOURS), p=_HAIR_SHARES)]
    hair = hair * rng.uniform(0.7, 1.35)
    eyes = random_eyes(rng, 1.0 - tone / 6.0)

    scalp, thickness = _hair(rig, rng)
    normals = rig.normals(shape)
    shape = shape + normals * (thickness * scalp)[:, None]
    shape += curled_lashes(rig, rng)
    shape, centres = seat_eyeballs(rig, shape.astype(np.float32), eyes.iris_depth, eyes.drop)

    paint = np.zeros((rig.vertex_count, 4), dtype=np.float32)
    paint[:, :3] = _skin_colours(rig, rng, skin)
    paint[:, 3] = np.maximum(scalp, _beard(rig, rng))
    lashes = rig.material == LASH
    made_up = rng.random() < 0.25
    paint[lashes] = 0.0
    paint[lashes, 0] = rng.uniform(3.5, 8.0) + 2.0 * made_up
    paint[lashes, 1] = rng.uniform(0.35, 1.0) + 0.2 * made_up
    shirt = linear(rng.uniform(0.03, 0.95) * rng.uniform(0.75, 1.0, 3))
    x, y, z = rig.neutral.T
    # The bust beyond the neckline is shirt, too.
    dressed = (rig.material == SKIN) & (y > 150.0 - 0.15 * np.clip(z, 0.0, 100.0))
    paint[dressed & (np.hypot(x, 0.8 * (z - 70.0)) > 66.0)] = [*shirt, 0.0]
    paint[rig.material == MOUTH] = [0.05, 0.015, 0.012, 0.0]
    paint[rig.material != SKIN, 3] = 0.0

    open_shape, closed_shape = shape.copy(), shape.copy()
    for e, side in enumerate("RL"):
        rest = eyes.rest[e]
        open_shape += max(rest, 0.0) * rig.expression[f"eyeBlink_{side}"]
        open_shape += max(-rest, 0.0) * rig.expression[f"eyeWide_{side}"]
        open_shape += eyes.squint * rig.expression[f"eyeSquint_{side}"]
        closed_shape += rig.expression[f"eyeBlink_{side}"]
    return Person(
        identity=identity,
        shape=shape,
        eye_centres=centres,
        paint=paint,
        eyes=eyes,
        glasses=random_glasses(rng),
        shirt=shirt,
        open_gap=lid_gap(rig, open_shape),
        closed_gap=lid_gap(rig, closed_shape),
        uniforms=_looks(rig, rng, skin, hair, eyes, made_up),
    )


def _skin_colours(rig: Rig, rng: np.random.Generator, skin: Array) -> Array:
    """Linear albedo (V, 3) with the slow changes of colour over a face."""
    x = rig.neutral.astype(np.float64)
    colour = np.tile(skin, (len(x), 1))
    for _ in range(5):
        wave = rng.normal(size=3) * rng.uniform(0.015, 0.08)
        tide = rng.uniform(0.0, 0.06) * np.sin(x @ wave + rng.uniform(0.0, 6.3))
        colour *= 1.0 + tide[:, None] * np.array([0.6, 1.0, 1.0])
    blush = rng.uniform(0.0, 0.3)
    for centre, radius in (((50, 42, 2), 24), ((-50, 42, 2), 24), ((0, 40, -40), 17)):
        near = np.exp(-((x - centre) ** 2).sum(axis=1) / radius**2)
        colour *= 1.0 - (blush * rng.uniform(0.4, 1.2) * near)[:, None] * [0.1, 0.75, 0.7]
    across = np.abs(x[:, 0])
    socket = np.exp(-(((across - 28.0) / 19.0) ** 2) - ((x[:, 1] - 2.0) / 12.0) ** 2)
    socket *= x[:, 2] < 30.0
    colour *= 1.0 - (rng.uniform(0.0, 0.5) * socket)[:, None] * [0.65, 0.9, 0.9]
    lips = np.exp(-(((x[:, 1] - 70.0) / 10.0) ** 4) - (x[:, 0] / 25.0) ** 4) * (x[:, 2] < 5.0)
    colour *= 1.0 - (rng.uniform(0.1, 0.6) * lips)[:, None] * [0.25, 0.8, 0.7]
    return np.asarray(np.clip(colour, 0.004, 0.95))


def _hair(rig: Rig, rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """Coverage (V,) 0..1 of the scalp, and the hair's thickness in mm."""
    x = rig.neutral.astype(np.float64)
    across = np.abs(x[:, 0])
    waves = sum(
        rng.uniform(0.0, 4.0) * np.sin(x[:, 0] * rng.uniform(0.05, 0.3) + rng.uniform(0, 6.3))
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


def _beard(rig: Rig, rng: np.random.Generator) -> NDArray[np.float64]:
    """Coverage (V,) of stubble, moustache or beard; most people have none."""
    x = rig.neutral.astype(np.float64)
    beard = np.zeros(len(x))
    skin = (rig.material == SKIN) & (x[:, 2] < 90.0)
    if rng.random() < 0.22:
        jaw = smoothstep(44.0, 58.0, x[:, 1] - 0.12 * np.abs(x[:, 0])) * (x[:, 1] < 135.0)
        lips = np.exp(-(((x[:, 1] - 70.0) / 9.0) ** 4) - (x[:, 0] / 26.0) ** 4)
        beard = rng.uniform(0.1, 0.75) * jaw * (1.0 - lips)
    if rng.random() < 0.15:
        moustache = np.exp(-(((x[:, 1] - 57.0) / 4.5) ** 4) - (x[:, 0] / 27.0) ** 6)
        beard = np.maximum(beard, rng.uniform(0.2, 0.9) * moustache)
    return beard * skin


def _looks(
    rig: Rig,
    rng: np.random.Generator,
    skin: Array,
    hair: Array,
    eyes: EyeTraits,
    made_up: bool,
) -> dict[str, Array]:
    lash = np.minimum(hair * 0.5, 0.5 * skin) if not made_up else np.full(3, 0.006)
    lash = lash * rng.uniform(0.4, 1.0)
    lid_colour = (
        skin
        * rng.uniform(0.4, 0.95)
        * (np.array([1.0, 0.8, 0.8]) if not made_up else rng.uniform(0.3, 1.0, 3))
    )
    monolid = rng.random() < 0.25
    brow = rng.uniform(0.45, 1.1)
    return {
        "iris_radius": np.array(eyes.iris_radius),
        "iris_depth": np.array(eyes.iris_depth),
        "iris_outer": eyes.iris_outer,
        "iris_inner": eyes.iris_inner,
        "iris_look": np.array([eyes.limbus, eyes.fibres, eyes.edge, eyes.seed]),
        "sclera": eyes.sclera,
        "sclera_look": np.array([eyes.corners, eyes.veins]),
        "crease_curve": lid_margin_curve(rig),
        "crease": np.array(
            [
                0.0 if monolid else rng.uniform(0.15, 0.75),
                rng.uniform(2.0, 7.0),
                rng.uniform(0.6, 1.4),
                rng.normal(0.0, 0.05),
            ]
        ),
        "liner": np.array(
            [
                rng.uniform(0.3, 0.9),
                rng.uniform(0.0, 0.35) + 0.3 * made_up,
                rng.uniform(0.3, 1.1) + 0.4 * made_up,
                0.0,
            ]
        ),
        "liner_colour": lash,
        "lid_shadow": np.array(
            [
                rng.uniform(0.0, 0.55),
                rng.uniform(2.5, 6.0),
                rng.uniform(0.1, 1.0),
                rng.uniform(0.4, 1.0),
            ]
        ),
        "lid_makeup": np.append(lid_colour, rng.uniform(0.0, 0.45)),
        "brow_curve": np.array(
            [
                rng.uniform(8.0, 15.0),
                rng.uniform(36.0, 47.0),
                -rng.uniform(10.5, 19.5),
                rng.uniform(1.0, 7.0),
            ]
        ),
        "brow_look": np.array(
            [rng.uniform(2.2, 5.6), brow, rng.uniform(-3.0, 4.0), rng.uniform(0.0, 5.0)]
        ),
        "hair_colour": hair,
        "hair_look": np.array([rng.uniform(0.4, 1.0), rng.uniform(0.0, 0.12)]),
        "skin_look": np.array(
            [
                rng.uniform(0.05, 0.35),
                rng.uniform(0.06, 0.4),
                rng.uniform(0.0, 0.14),
                rng.uniform(10.0, 40.0),
            ]
        ),
        "skin_marks": np.array(
            [
                rng.choice([0.0, rng.uniform(0.0, 0.7)], p=[0.7, 0.3]),
                rng.uniform(0.0, 0.45),
                rng.uniform(0.0, 400.0),
                rng.uniform(0.0, 400.0),
            ]
        ),
    }
