"""Glasses as people wear them: prescriptions, shapes, materials, coatings, tints, smudges."""

import math

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.training.synthetic.glasses import GlassesStyle

_STREAM = 21

STRONGEST = (-9.0, 4.5)
"""Dioptres: lenses beyond are rare, and thick ones of another look."""

GLASS_BENDING = 530.0
"""mm times dioptres of a surface in crown glass or CR-39 (refractive index 1.53)."""

_SHAPES = {
    # share; half width, half height in mm; exponent of the superellipse
    "rectangle": (0.26, (24.5, 28.0), (13.0, 16.5), (3.4, 5.5)),
    "square": (0.20, (24.0, 27.5), (18.0, 22.0), (3.2, 5.0)),
    "round": (0.16, (21.0, 25.0), (20.5, 24.0), (2.0, 2.1)),
    "panto": (0.13, (22.0, 25.5), (19.0, 23.0), (2.1, 2.5)),
    "oval": (0.08, (23.5, 27.0), (14.0, 18.0), (2.0, 2.3)),
    "cat-eye": (0.08, (24.0, 28.0), (17.0, 21.5), (2.3, 3.0)),
    "aviator": (0.06, (26.0, 29.5), (20.0, 24.0), (2.2, 2.6)),
    "hexagon": (0.03, (22.5, 26.0), (20.0, 23.0), (2.0, 2.0)),
}

_COATINGS = np.array(
    [[0.16, 1.0, 0.38], [0.13, 0.33, 1.0], [0.55, 0.22, 1.0], [1.0, 0.80, 0.30], [1.0, 0.3, 0.55]]
)
"""Linear colours of what antireflective coatings leave: green most often, blue, violet, gold."""
_COATING_SHARES = np.array([0.42, 0.30, 0.16, 0.07, 0.05])

_TINTS = np.array([[0.18, 0.085, 0.03], [0.05, 0.055, 0.06], [0.03, 0.085, 0.045],
                   [0.55, 0.32, 0.06], [0.07, 0.11, 0.30], [0.45, 0.08, 0.11]])  # fmt: skip
"""Brown, grey, green, amber, blue, rose."""


def eyewear(identity: int) -> GlassesStyle:
    """The glasses of an identity number; no other trait of that person depends on them."""
    rng = np.random.default_rng([_STREAM, identity])
    powers = _prescription(rng)
    names = list(_SHAPES)
    shares = np.array([_SHAPES[name][0] for name in names])
    shape = names[rng.choice(len(names), p=shares / shares.sum())]
    _, width, height, square = _SHAPES[shape]
    rims = rng.choice(["full", "half", "none", "brow"], p=[0.72, 0.12, 0.10, 0.06])
    material = "metal" if rims in ("none", "half") else _material(rng, shape)
    colour, tortoise, opacity = _colour(rng, material)
    rim = {"metal": rng.uniform(0.6, 1.2), "acetate": rng.uniform(1.6, 4.2)}[
        "metal" if material == "metal" else "acetate"
    ]
    if rims == "none":
        rim, opacity = 0.45, 0.3
    coating, strength = _coating(rng)
    front, back_curve = _curves(rng, float(np.mean(powers)))
    return GlassesStyle(
        half_width=rng.uniform(*width),
        half_height=rng.uniform(*height),
        squareness=rng.uniform(*square),
        top_flat=rng.uniform(0.0, 0.12) + 0.12 * (shape in ("panto", "cat-eye")),
        rim=rim,
        half_rim=rims == "half",
        colour=colour,
        gloss=rng.uniform(0.1, 0.6) + 0.5 * (material == "metal"),
        # To the cornea 11 to 15: it stands out 1.5 mm before the mesh that shows the eyeball.
        distance=rng.uniform(12.5, 16.5),
        drop=rng.uniform(-1.0, 5.0),
        tilt=math.radians(rng.uniform(4.0, 13.0)),
        coating=coating,
        strength=strength,
        tint=_tint(rng),
        curve=front,
        back_curve=back_curve,
        shape=shape,
        brow=0.85 if rims == "brow" else rng.uniform(0.0, 0.35),
        metal=float(material == "metal"),
        tortoise=tortoise,
        opacity=opacity,
        powers=powers,
        shadow=rng.uniform(0.1, 0.6) * (0.5 + 0.5 * opacity),
        smudge=(rng.choice([0.0, rng.uniform(0.0, 0.22)], p=[0.55, 0.45]), *rng.random(2)),
        centring=((rng.normal(0.0, 1.2), rng.normal(1.5, 1.5)),
                  (rng.normal(0.0, 1.2), rng.normal(1.5, 1.5))),
    )  # fmt: skip


def _prescription(rng: np.random.Generator) -> tuple[float, float]:
    """Dioptres of the right and the left lens.

    Of adults who wear glasses, about two in three are short-sighted, most by less than 3 dioptres,
    few by more than 6 (Vitale et al., Arch. Ophthalmol. 126, 2008, who count everybody); the
    others read with + 0.5 to + 3, are far-sighted, or wear glass without power against screens.
    """
    kind = rng.choice(["short", "far", "none"], p=[0.68, 0.22, 0.10])
    sphere = 0.0
    if kind == "short":
        sphere = -0.25 - rng.gamma(1.7, 1.45)
    elif kind == "far":
        sphere = 0.5 + rng.gamma(2.0, 0.65)
    unequal = rng.normal(0.0, 0.35) if kind != "none" else 0.0
    if rng.random() < 0.05:
        unequal += rng.normal(0.0, 1.2)
    powers = np.clip([sphere + unequal / 2.0, sphere - unequal / 2.0], *STRONGEST)
    return float(powers[0]), float(powers[1])


def _material(rng: np.random.Generator, shape: str) -> str:
    metal = 0.75 if shape == "aviator" else 0.35
    kinds = ["metal", "black", "tortoise", "clear", "coloured"]
    rest = (1.0 - metal) * np.array([0.45, 0.25, 0.13, 0.17])
    return str(rng.choice(kinds, p=[metal, *rest]))


def _colour(rng: np.random.Generator, material: str) -> tuple[Array, float, float]:
    """Linear colour (3,), share of tortoise and opacity of a frame."""
    if material == "metal":
        metals = np.array([[0.30, 0.30, 0.30], [0.36, 0.24, 0.09], [0.015, 0.015, 0.016],
                           [0.08, 0.08, 0.085], [0.40, 0.22, 0.16]])  # fmt: skip
        choice = rng.choice(5, p=[0.3, 0.22, 0.25, 0.15, 0.08])
        return metals[choice] * rng.uniform(0.7, 1.2), 0.0, 1.0
    if material == "black":
        return rng.uniform(0.004, 0.03) * np.ones(3), 0.0, 1.0
    if material == "tortoise":
        return np.array([0.022, 0.011, 0.006]) * rng.uniform(0.7, 1.6), rng.uniform(0.5, 1.0), 0.97
    if material == "clear":
        return rng.uniform(0.35, 0.6) * rng.uniform(0.85, 1.0, 3), 0.0, rng.uniform(0.18, 0.55)
    hue = np.exp(rng.normal(0.0, 0.8, 3))
    return 0.06 * hue / hue.mean() * rng.uniform(0.3, 3.0), 0.0, rng.uniform(0.75, 1.0)


def _coating(rng: np.random.Generator) -> tuple[Array, float]:
    """Colour (3,) and strength of what one surface mirrors, as a share of the light.

    Bare plastic of index 1.5 to 1.6 mirrors 4 to 5 % (Fresnel); good coatings leave 0.5 to 1.5 %,
    those against blue light, and mirrored ones, much more.
    """
    kind = rng.choice(["coated", "bare", "strong"], p=[0.55, 0.25, 0.20])
    if kind == "bare":
        return np.ones(3), rng.uniform(0.035, 0.055)
    colour = _COATINGS[rng.choice(len(_COATINGS), p=_COATING_SHARES)]
    colour = colour ** rng.uniform(0.5, 1.3) * rng.uniform(0.85, 1.0, 3)
    if kind == "coated":
        return colour, rng.uniform(0.008, 0.03)
    return colour, float(np.exp(rng.uniform(np.log(0.04), np.log(0.22))))


def _curves(rng: np.random.Generator, power: float) -> tuple[float, float]:
    """Radius of a lens's front in mm, and how its back differs, see `GlassesStyle.back_curve`.

    The surfaces' powers add up to the lens's. Fronts are flatter the more it diverges.
    """
    front = float(np.clip(4.5 + 0.45 * power + rng.normal(0.0, 0.8), 1.0, 9.0))
    back = front - power
    return GLASS_BENDING / front, 1.0 - back / front


def _tint(rng: np.random.Generator) -> NDArray[np.float64]:
    """Colour of the glass, and how far it colours what is seen through it (4,)."""
    kind = rng.choice(["clear", "light", "dark"], p=[0.80, 0.13, 0.07])
    share = {"clear": rng.uniform(0.0, 0.05), "light": rng.uniform(0.08, 0.35),
             "dark": rng.uniform(0.45, 0.75)}[str(kind)]  # fmt: skip
    return np.append(_TINTS[rng.integers(len(_TINTS))] * rng.uniform(0.7, 1.3), share)
