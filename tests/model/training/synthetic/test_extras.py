"""What people have before the face: drawn, told in the traits, and absent from the test."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.geometry import project
from model.training.synthetic.extras import (
    NO_EXTRAS,
    ContactLens,
    Extras,
    random_contact,
    with_extras,
)
from model.training.synthetic.figure import pose
from model.training.synthetic.garments import SLOPE, Garment, _spanned, build_garment
from model.training.synthetic.hand import random_hand
from model.training.synthetic.person import random_person
from model.training.synthetic.presets import (
    CAMERA,
    HARD,
    TEST,
    TRAIN,
    VALIDATION,
    ExtraShares,
    Preset,
)
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import PHONE_DISTANCE, random_phone, random_scene
from model.training.synthetic.strands import random_strands
from model.training.synthetic.studio import Studio
from model.training.synthetic.template import mean_person, plain_scene

EVERYTHING = ExtraShares(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5)


@pytest.mark.parametrize("preset", [TEST, VALIDATION, CAMERA])
def test_presets_that_stay_as_they_are(preset: Preset, rig: Rig) -> None:
    assert preset.extras == ExtraShares()
    scene = random_scene(np.random.default_rng(2), preset)
    same = with_extras(np.random.default_rng(1), preset, mean_person(rig, 8), scene)
    assert same.extras is NO_EXTRAS or same.extras == NO_EXTRAS
    assert same.lighting is scene.lighting


def test_training_and_the_hard_preset_have_them() -> None:
    for preset in (TRAIN, HARD):
        shares = vars(preset.extras).values()
        assert all(0.0 < share <= 1.0 for share in shares)
    assert HARD.first_identity == TEST.first_identity


@pytest.mark.parametrize(
    ("share", "trait", "value"),
    [
        ("contact", "contact", ("clear", "coloured")),
        ("hair", "hair", (True,)),
        ("hand", "hand", (True,)),
        ("mask", "mask", (True,)),
        ("cover", "cover", (True,)),
        ("phone", "phone", (True,)),
    ],
)
def test_traits_say_what_there_is(
    studio: Studio, share: str, trait: str, value: tuple[Any, ...]
) -> None:
    bare = replace(TRAIN, glasses_share=0.0, layout_share=1.0, extras=ExtraShares())
    with_it = replace(bare, extras=ExtraShares(**{share: 1.0}))
    without, sample = (studio.sample(p, 8, 1, "projected", "eyes") for p in (bare, with_it))
    assert without is not None
    assert sample is not None
    assert not without[trait]
    assert sample[trait].item() in value


def test_a_sample_with_everything_is_drawn_again_alike(studio: Studio) -> None:
    preset = replace(TRAIN, extras=EVERYTHING, glasses_share=0.7)
    first = studio.sample(preset, 4, 6, "projected", "both")
    for index in (7, 8):
        studio.sample(preset, 4, index, "projected", "eyes")
    again = studio.sample(preset, 4, 6, "projected", "both")
    assert first is not None
    assert again is not None
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])


def _covered(rig: Rig, renderer: Renderer, extras: Extras) -> tuple[np.ndarray, np.ndarray]:
    """Where (H, W) extras change the picture of a head, and the irises (2, 2) in it."""
    person = mean_person(rig, 8)
    pictures = []
    for extra in (NO_EXTRAS, extras):
        scene = replace(plain_scene(0.0, 0.0, 400.0), extras=extra)
        figure = pose(rig, person, scene)
        drawn = renderer.draw(figure.drawing, scene.camera, (0, 0, scene.width, scene.height))
        pictures.append(drawn[..., :3].astype(int))
    changed = np.abs(pictures[1] - pictures[0]).max(axis=2) > 12
    return changed, project(figure.iris_centres, scene.camera)


def test_a_mask_covers_nose_and_mouth_and_leaves_the_eyes(rig: Rig, renderer: Renderer) -> None:
    mask = Garment("mask", np.array([0.3, 0.6, 0.8]), 0.0, 2.0)
    changed, irises = _covered(rig, renderer, Extras(garments=(mask,)))
    x, y = np.round(irises.mean(axis=0)).astype(int)
    per_mm = np.linalg.norm(irises[1] - irises[0]) / 62.0
    mouth = int(y + 70 * per_mm)
    assert changed[mouth - 5 : mouth + 6, x - 20 : x + 21].mean() > 0.95
    assert not changed[: int(y + 12 * per_mm)].any()


def test_cloth_hangs_on_triangles_of_the_head(rig: Rig) -> None:
    cap = Garment("cap", np.array([0.6, 0.05, 0.05]), 0.0, 5.0)
    cloth = build_garment(rig, rig.neutral, rig.normals(rig.neutral), cap)
    assert set(np.unique(cloth.triangles)) == set(range(len(cloth.vertices)))
    before = cloth.vertices[:, :3] - cloth.vertices[:, 6:9]
    np.testing.assert_allclose(before, 5.0 * cloth.vertices[:, 3:6], atol=1e-3)
    of_head = {corners.tobytes() for corners in rig.neutral[rig.triangles]}
    assert all(corners.tobytes() in of_head for corners in cloth.vertices[cloth.triangles, 6:9])


def test_cloth_is_spanned_from_what_stands_out() -> None:
    grid = np.stack(np.meshgrid(np.arange(0.0, 81.0, 4.0), np.arange(0.0, 61.0, 4.0)), axis=-1)
    points = np.column_stack([grid.reshape(-1, 2), np.zeros(grid[..., 0].size)]).astype(np.float32)
    tip = np.flatnonzero((points[:, 0] == 40.0) & (points[:, 1] == 20.0))
    points[tip, 2] = -15.0
    spanned, normals = _spanned(points)
    far = np.hypot(points[:, 0] - 40.0, points[:, 1] - 20.0)
    cone = -np.clip(15.0 - SLOPE * far, 0.0, None)
    np.testing.assert_allclose(spanned[:, 2], np.minimum(cone, points[:, 2]), atol=2.5)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-5)
    assert (normals[:, 2] < 0.0).all()


def test_a_cap_covers_the_hair_and_leaves_the_eyes(rig: Rig, renderer: Renderer) -> None:
    cap = Garment("cap", np.array([0.6, 0.05, 0.05]), 0.0, 5.0)
    changed, irises = _covered(rig, renderer, Extras(garments=(cap,)))
    y = int(irises[:, 1].mean())
    assert changed[: y - 60].mean() > 0.05
    left, right = irises[:, 0].astype(int)
    assert not changed[y - 20 :, left - 30 : right + 30].any()


def test_a_hand_and_hair_come_before_the_face(rig: Rig, renderer: Renderer) -> None:
    hand = replace(random_hand(np.random.default_rng(0)), place="cheek", side=1.0)
    changed, irises = _covered(rig, renderer, Extras(hand=hand))
    columns = np.nonzero(changed.any(axis=0))[0]
    assert columns.min() > irises[0, 0]  # the left hand is at the image's right
    shares = []
    for seed in range(6):
        strands = random_strands(np.random.default_rng(seed))
        changed, _ = _covered(rig, renderer, Extras(strands=strands))
        shares.append(changed.mean())
    assert min(shares) > 0.0005
    assert max(shares) < 0.2


def test_an_iris_behind_a_hand_is_told_of(rig: Rig, renderer: Renderer) -> None:
    """What a hand hides cannot be learnt: told of just those irises that the picture lacks."""
    person = mean_person(rig, 8)
    counts = [0, 0]
    for seed in range(12):
        rng = np.random.default_rng(seed)
        # Moved up to the eyes, where most hands are not.
        hand = replace(random_hand(rng), place="mouth", aside=np.array([0.0, -78.0, 0.0]))
        hand = replace(hand, aside=hand.aside + rng.normal(0.0, [15.0, 15.0, 0.0]))
        scene = replace(plain_scene(0.0, 0.0, 400.0), extras=Extras(hand=hand))
        changed, irises = _covered(rig, renderer, scene.extras)
        hidden = pose(rig, person, scene).hidden
        for e, (x, y) in enumerate(np.round(irises).astype(int)):
            assert hidden[e] == changed[y, x]
            counts[int(hidden[e])] += 1
    assert min(counts) >= 3


def test_the_bald_have_no_hair_before_the_face(rig: Rig) -> None:
    preset = replace(TRAIN, extras=ExtraShares(hair=1.0))
    scene = random_scene(np.random.default_rng(2), preset)
    rng = np.random.default_rng(1)
    for identity in range(30):
        person = random_person(rig, identity)
        drawn = with_extras(rng, preset, person, scene).extras.strands is not None
        assert drawn == person.has_hair


def test_a_contact_lens_shows_as_a_ring_on_the_white(rig: Rig, renderer: Renderer) -> None:
    lens = ContactLens(7.1, 0.6, None)
    changed, irises = _covered(rig, renderer, Extras(contact=lens))
    rows, columns = np.nonzero(changed)
    nearest = np.min([np.hypot(columns - x, rows - y) for x, y in irises], axis=0) / (
        plain_scene(0.0, 0.0, 400.0).camera[0, 0] / 400.0
    )
    assert len(rows) > 10
    assert 6.0 < np.median(nearest) < 8.2
    colours = [random_contact(np.random.default_rng(k)).colours is not None for k in range(300)]
    assert 0.05 < np.mean(colours) < 0.22


def test_phones_are_small_upright_and_near() -> None:
    preset = replace(TRAIN, layout_share=1.0, extras=ExtraShares(phone=1.0))
    rng = np.random.default_rng(1)
    for _ in range(30):
        phone = random_phone(rng)
        assert 30.0 <= phone.half[0] <= 37.5
        assert phone.half[1] > 1.9 * phone.half[0]
        scene = random_scene(rng, preset)
        assert scene.extras.phone
        assert scene.width < scene.height
        assert PHONE_DISTANCE[0] - 1 <= np.linalg.norm(scene.position) <= 1.3 * PHONE_DISTANCE[1]
        assert np.linalg.norm(scene.target) < 190.0  # on the phone, which is about the camera
