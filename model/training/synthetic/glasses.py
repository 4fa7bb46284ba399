"""What glasses look like, and the plain ones: frames of several styles, lenses without power.

Plain glasses are those of renderers 1 to 5, which the preset `test` keeps. `eyewear` draws the
others, `frames` builds both.
"""

from dataclasses import dataclass

import numpy as np

from model.geometry import Array


@dataclass(frozen=True)
class GlassesStyle:
    """What a pair of glasses looks like; lengths in mm.

    Attributes:
        half_width, half_height: of a lens.
        squareness: exponent of the superellipse, 2 is round.
        top_flat: how much the lower half narrows (0..0.3).
        rim: thickness of the rim as seen from the front.
        half_rim: whether only the upper half has a rim.
        colour: (3,) linear.
        gloss: strength of its highlights.
        distance: from the front of the eyeball to the lens.
        drop: of the lens centres below the eyes.
        tilt: radians, how the lenses lean.
        coating: (3,) colour of the lenses' reflections.
        strength: share of light reflected.
        tint: (4,) colour and opacity of the glass.
        curve: radius of the lens's front in mm.
        back_curve: how differently its back reflects: 0 like the front, 1 like a plane.
        shape: of the lenses; "plain" is the superellipse, for others see `frames.SHAPES`.
        brow: how much thicker the rim is above than below, 0..1.
        metal, tortoise, opacity: of the frame, 0..1 each.
        powers: dioptres of the right and the left lens; None where the glass neither bends light
            nor mirrors more than plain shapes.
        shadow: 0..1, how dark the frame's shadow on the skin is.
        smudge: (3,) opacity of smudges, and where on them the lenses lie.
        centring: (2, 2) mm by which the lenses' optical centres miss the pupils, x and y.
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
    shape: str = "plain"
    brow: float = 0.0
    metal: float = 0.0
    tortoise: float = 0.0
    opacity: float = 1.0
    powers: tuple[float, float] | None = None
    shadow: float = 0.0
    smudge: tuple[float, float, float] = (0.0, 0.0, 0.0)
    centring: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0))

    @property
    def kind(self) -> str:
        """A word for it, to group errors by: "plain", or what lies before the eyes."""
        if self.powers is None:
            return "plain"
        if self.tint[3] > DARK:
            return "dark"
        return "rimless" if self.opacity * self.rim < RIMLESS else "framed"


DARK = 0.35
"""Opacity from which on glasses count as sunglasses."""
RIMLESS = 0.3
"""mm of rim, less what shows through it, below which there seems to be none."""

_COATINGS = np.array(
    [[1.0, 1.0, 1.0], [0.25, 1.0, 0.5], [0.3, 0.5, 1.0], [0.75, 0.45, 1.0], [0.9, 1.0, 0.75]]
)


def random_glasses(rng: np.random.Generator) -> GlassesStyle:
    """Draw a pair of plain glasses."""
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
