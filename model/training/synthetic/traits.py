"""What is true of a sample beside its gaze, in numbers and words to group errors by."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.training.synthetic.figure import Figure
from model.training.synthetic.lighting import Lighting
from model.training.synthetic.person import Person
from model.training.synthetic.scene import Scene

BACKLIGHT, SIDE, DIM = 1.5, 0.3, 0.45
"""Where a room's light begins to count as from behind, from one side, as dim; of
100 rooms about 18, 20 and 20 in this order, the rest being even."""


def skin_tone(albedo: NDArray[np.floating]) -> float:
    """The individual typology angle in degrees of a skin's linear albedo (3,), from +90 (lightest)
    to -90.

    ITA = atan((L* - 50) / b*): Chardon, Cretois, Hourseau, "Skin colour typology and suntanning
    pathways", Int. J. Cosmetic Science 13, 1991.
    """
    srgb = np.clip(albedo, 0.0, 1.0) ** (1.0 / 2.2)
    lab = cv2.cvtColor(srgb.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_RGB2Lab)[0, 0]
    return math.degrees(math.atan2(float(lab[0]) - 50.0, max(float(lab[2]), 1e-3)))


def light_kind(lighting: Lighting) -> str:
    """ "from behind", "from one side", "dim" or "even"."""
    if lighting.backlight > BACKLIGHT:
        return "from behind"
    if abs(lighting.side) > SIDE:
        return "from one side"
    return "dim" if lighting.level < DIM else "even"


def traits(person: Person, scene: Scene, figure: Figure) -> dict[str, NDArray[Any]]:
    """Arrays by name, as shards hold them.

    iris_colour: a word of `eyes.IRIS_COLOURS`, of the eye, not of a contact lens on it.
    skin_tone: see `skin_tone`.
    glasses: whether there are any; glasses_kind: "", or see `GlassesStyle.kind`.
    dioptres: (2,) of the right and the left lens.
    glare: (2,) see `worn.glare_over_irises`.
    hidden: (2,) whether a hand is before the iris: what is behind it cannot be learnt.
    contact: contact lenses, "", "clear" or "coloured".
    hair, hand, mask, cover, phone: whether there is one, see `extras.Extras`.
    light: see `light_kind`; light_level: on the face, 1 where that of a white wall in full light.
    """
    style = figure.worn.style if figure.worn is not None else None
    contact = scene.extras.contact
    worn = "" if contact is None else "clear" if contact.colours is None else "coloured"
    return {
        "iris_colour": np.array(person.eyes.colour),
        "skin_tone": np.array(skin_tone(person.skin), dtype=np.float32),
        "glasses": np.array(style is not None),
        "glasses_kind": np.array("" if style is None else style.kind),
        "dioptres": np.array((style and style.powers) or (0.0, 0.0), dtype=np.float32),
        "glare": figure.glare.astype(np.float32),
        "hidden": figure.hidden,
        "contact": np.array(worn),
        "hair": np.array(scene.extras.strands is not None),
        "hand": np.array(scene.extras.hand is not None),
        "mask": np.array(scene.extras.mask),
        "cover": np.array(scene.extras.cover),
        "phone": np.array(scene.extras.phone),
        "light": np.array(light_kind(scene.lighting)),
        "light_level": np.array(scene.lighting.level, dtype=np.float32),
    }
