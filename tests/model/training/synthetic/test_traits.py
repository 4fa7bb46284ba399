"""Skin tone, light and the words that shards keep."""

from dataclasses import replace

import numpy as np
import pytest

from model.training.synthetic.eyes import IRIS_COLOURS
from model.training.synthetic.person import linear, random_person
from model.training.synthetic.presets import TRAIN
from model.training.synthetic.rig import Rig
from model.training.synthetic.studio import Studio
from model.training.synthetic.template import plain_scene
from model.training.synthetic.traits import light_kind, skin_tone


@pytest.mark.parametrize(
    ("srgb", "degrees"),
    [
        # From L* and b* by the CIE's formulas for sRGB under D65: 84.6 and 13.7; 51.2 and 19.3;
        # 26.5 and 11.3. The renderer's sRGB is the plain power of 2.2, hence the tolerance.
        ((240, 204, 186), 68.4),
        ((161, 110, 90), 3.6),
        ((84, 56, 46), -64.4),
    ],
)
def test_the_typology_angle(srgb: tuple[int, int, int], degrees: float) -> None:
    assert skin_tone(linear(np.array(srgb) / 255.0)) == pytest.approx(degrees, abs=4.0)


def test_people_have_all_tones_and_colours(rig: Rig) -> None:
    people = [random_person(rig, k) for k in range(40)]
    tones = [skin_tone(person.skin) for person in people]
    assert max(tones) > 45.0
    assert min(tones) < -30.0
    assert {person.eyes.colour for person in people} <= set(IRIS_COLOURS)
    assert len({person.eyes.colour for person in people}) >= 4


def test_light_in_words() -> None:
    light = plain_scene(0.0, 0.0).lighting
    assert light_kind(light) == "even"
    assert light_kind(replace(light, level=0.2)) == "dim"
    assert light_kind(replace(light, backlight=2.0)) == "from behind"
    side = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, -1.0, 0.0]])
    lamp = replace(light, directions=side, colours=np.diag([3.0, 0.0, 0.0])[[0, 1, 1]])
    assert light_kind(lamp) == "from one side"
    assert lamp.side > 0.3


def test_samples_say_who_and_in_what_light(studio: Studio) -> None:
    sample = studio.sample(TRAIN, 2, 4, "projected", "eyes")
    assert sample is not None
    assert sample["iris_colour"].item() in IRIS_COLOURS
    assert -90.0 <= float(sample["skin_tone"]) <= 90.0
    assert sample["light"].item() in ("even", "dim", "from behind", "from one side")
    assert sample["dioptres"].shape == sample["glare"].shape == (2,)
