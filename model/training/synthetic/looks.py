"""What a person's skin, lids, brows, hair and eyes look like, in the shaders' numbers."""

import numpy as np

from model.geometry import Array
from model.training.synthetic.eyes import EyeTraits, lid_margin_curve
from model.training.synthetic.rig import Rig


def looks(
    rig: Rig,
    rng: np.random.Generator,
    skin: Array,
    hair: Array,
    eyes: EyeTraits,
    made_up: bool,
) -> dict[str, Array]:
    """Numbers by the names of the shaders' uniforms.

    Args:
        skin, hair: (3,) linear colours.
        made_up: whether lids and lashes are.
    """
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
