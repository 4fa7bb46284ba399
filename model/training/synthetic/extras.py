"""What a person wears or has before the face at a moment, beyond what all people have.

Drawn from numbers of its own, so that everything else about a sample stays what it would be
without.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from model.geometry import Array
from model.training.synthetic.eyewear import eyewear
from model.training.synthetic.garments import Garment, random_cover, random_mask
from model.training.synthetic.glasses import GlassesStyle
from model.training.synthetic.hand import Hand, random_hand
from model.training.synthetic.lighting import with_sights
from model.training.synthetic.sights import LIGHTS, SCREENS
from model.training.synthetic.strands import Strands, random_strands

if TYPE_CHECKING:
    from model.training.synthetic.person import Person
    from model.training.synthetic.presets import Preset
    from model.training.synthetic.scene import Scene


_CONTACT_COLOURS = np.array(
    [[0.11, 0.19, 0.33], [0.09, 0.19, 0.10], [0.22, 0.24, 0.26], [0.24, 0.15, 0.06],
     [0.19, 0.14, 0.30]]
)  # fmt: skip
"""Linear: blue, green, grey, honey, violet."""


@dataclass(frozen=True)
class Glare:
    """A lamp, window or screen that a lens mirrors into the camera, over one of the eyes.

    Attributes:
        eye: over which, 0 the user's right.
        aside: (2,) mm on the lens by which it misses the iris.
        half: (2,) mm, half its size as it is seen on the lens.
        radiance: (3,), see `Panel`.
        sight: see `Panel`.
    """

    eye: int
    aside: Array
    half: Array
    radiance: Array
    sight: str


@dataclass(frozen=True)
class ContactLens:
    """A pair of contact lenses.

    Attributes:
        radius: of the edge in mm.
        darkness: of that edge, 0..1.
        colours: (2, 3) linear, of coloured ones, at the edge of the iris and inside; else None.
    """

    radius: float
    darkness: float
    colours: Array | None


@dataclass(frozen=True)
class Extras:
    """All of that.

    Attributes:
        glasses: worn in place of the person's plain ones, where the scene has glasses.
        glare: in those.
        contact: contact lenses.
        strands: hair before the face.
        hand: at the face.
        garments: a mask, a cap, a headscarf.
        phone: whether the screen is a phone's.
    """

    glasses: GlassesStyle | None = None
    glare: Glare | None = None
    contact: ContactLens | None = None
    strands: Strands | None = None
    hand: Hand | None = None
    garments: tuple[Garment, ...] = ()
    phone: bool = False

    @property
    def mask(self) -> bool:
        """Whether there is a mask."""
        return any(garment.kind == "mask" for garment in self.garments)

    @property
    def cover(self) -> bool:
        """Whether something covers the hair."""
        return any(garment.kind != "mask" for garment in self.garments)


NO_EXTRAS = Extras()


def with_extras(
    rng: np.random.Generator, preset: "Preset", person: "Person", scene: "Scene"
) -> "Scene":
    """A scene with what a preset wants drawn beyond the usual."""
    shares = preset.extras
    extras, lighting = scene.extras, scene.lighting
    if scene.glasses and rng.random() < shares.eyewear:
        lighting = with_sights(rng, lighting)
        glare = random_glare(rng) if rng.random() < shares.glare else None
        extras = replace(extras, glasses=eyewear(person.identity), glare=glare)
    if not scene.glasses and rng.random() < shares.contact:
        extras = replace(extras, contact=random_contact(rng))
    garments: tuple[Garment, ...] = ()
    if rng.random() < shares.cover:
        garments = (random_cover(rng),)
    elif rng.random() < shares.hair and person.has_hair:
        extras = replace(extras, strands=random_strands(rng))
    if rng.random() < shares.mask:
        garments = (*garments, random_mask(rng))
    if rng.random() < shares.hand:
        extras = replace(extras, hand=random_hand(rng))
    return replace(scene, lighting=lighting, extras=replace(extras, garments=garments))


def random_glare(rng: np.random.Generator) -> Glare:
    """Something that a lens mirrors over or beside an iris, from faint to blinding."""
    screen = rng.random() < 0.6
    names = SCREENS if screen else LIGHTS
    tint = np.exp(rng.normal(0.0, 0.12, 3)) * ([0.92, 1.0, 1.12] if screen else [1.0, 1.0, 1.0])
    half = rng.uniform(3.0, 17.0)
    return Glare(
        eye=int(rng.integers(2)),
        aside=rng.normal(0.0, 6.0, 2),
        half=half * np.array([1.0, rng.uniform(0.5, 0.8) if screen else rng.uniform(0.4, 1.8)]),
        radiance=np.exp(rng.uniform(np.log(1.0), np.log(40.0))) * tint,
        sight=names[rng.integers(len(names))],
    )


def random_contact(rng: np.random.Generator) -> ContactLens:
    """Contact lenses: soft ones are 13.8 to 14.5 mm wide; few are coloured."""
    colours = None
    if rng.random() < 0.12:
        outer = _CONTACT_COLOURS[rng.integers(len(_CONTACT_COLOURS))] * rng.uniform(0.7, 1.2)
        colours = np.stack([outer, outer * rng.uniform(0.7, 1.4, 3)])
    return ContactLens(rng.uniform(6.9, 7.3), rng.uniform(0.03, 0.22), colours)
