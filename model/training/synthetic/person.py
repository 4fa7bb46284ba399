"""A random person: the shape of the head, skin, hair, brows, eyes, glasses and shirt.

A person is drawn from an identity number alone, so the same number is always the same person.
Numbers from `RESERVED_IDENTITIES` on belong to the fixed test set and the demo clips; training and
validation never draw them.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.training.synthetic.drawing import Photo
from model.training.synthetic.eyes import (
    EyeTraits,
    as_photographed,
    curled_lashes,
    eye_region_shape,
    heights_between_lids,
    lid_gap,
    random_eyes,
    seat_eyeballs,
)
from model.training.synthetic.glasses import GlassesStyle, random_glasses
from model.training.synthetic.looks import looks
from model.training.synthetic.rig import LASH, MOUTH, SKIN, Floats, Rig
from model.training.synthetic.skin import beard, scalp, skin_colours

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
        skin: (3,) linear albedo, about which that of the skin varies.
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
    skin: Array
    paint: Floats
    eyes: EyeTraits
    glasses: GlassesStyle
    shirt: Array
    open_gap: Array
    closed_gap: Array
    uniforms: dict[str, Array]
    photo: Photo | None = None

    @property
    def has_hair(self) -> bool:
        """Whether the scalp is covered, not bald or shaven."""
        return bool(np.quantile(self.paint[:, 3], 0.9) > 0.9)

    @cached_property
    def brightness(self) -> float:
        """Linear albedo, in the middle of its range, of what is not hair."""
        return float(np.median(self.paint[self.paint[:, 3] < 0.05, :3]))


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
    head = as_photographed(rig, (modes @ rig.identity).reshape(-1, 3))
    shape = rig.neutral + head + eye_region_shape(rig, rng)

    tone = rng.beta(1.1, 1.25) * (len(_SKIN_TONES) - 1.001)
    k, part = int(tone), tone % 1.0
    skin = _SKIN_TONES[k] * (1.0 - part) + _SKIN_TONES[k + 1] * part
    skin = skin.mean() + (skin - skin.mean()) * rng.uniform(0.45, 0.95)
    skin = linear(skin * rng.uniform(0.95, 1.05) * rng.uniform(0.97, 1.03, 3))
    hair = _HAIR_COLOURS[rng.choice(len(_HAIR_COLOURS), p=_HAIR_SHARES)]
    hair = hair * rng.uniform(0.7, 1.35)
    eyes = random_eyes(rng, 1.0 - tone / 6.0)

    hairy, thickness = scalp(rig, rng)
    normals = rig.normals(shape)
    shape = shape + normals * (thickness * hairy)[:, None]
    shape += curled_lashes(rig, rng)
    shape = shape.astype(np.float32)
    heights = heights_between_lids(rig, shape, eyes)
    shape, centres = seat_eyeballs(rig, shape, eyes.iris_depth, heights)

    paint = np.zeros((rig.vertex_count, 4), dtype=np.float32)
    paint[:, :3] = skin_colours(rig, rng, skin)
    paint[:, 3] = np.maximum(hairy, beard(rig, rng))
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
        skin=skin,
        paint=paint,
        eyes=eyes,
        glasses=random_glasses(rng),
        shirt=shirt,
        open_gap=lid_gap(rig, open_shape),
        closed_gap=lid_gap(rig, closed_shape),
        uniforms=looks(rig, rng, skin, hair, eyes, made_up),
    )
