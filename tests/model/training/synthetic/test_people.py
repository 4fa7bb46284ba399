import numpy as np
import pytest

from model.geometry import pitch_yaw
from model.training.synthetic.demo import DEMO_IDENTITIES
from model.training.synthetic.eyes import lid_gap, optical_axes, random_eyes
from model.training.synthetic.figure import pose
from model.training.synthetic.person import RESERVED_IDENTITIES, random_person
from model.training.synthetic.presets import PRESETS, TEST, TRAIN, VALIDATION, identity_number
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import random_scene
from model.training.synthetic.template import mean_person, plain_scene


def test_reserved_people_stay_out_of_training() -> None:
    rng = np.random.default_rng(0)
    for seed in (0, 1, 2, 12345, 10**9, 2**31 - 1):
        for index in rng.integers(0, 10**7, 50).tolist():
            train = identity_number(TRAIN, seed, index)
            validation = identity_number(VALIDATION, seed, index)
            test = identity_number(TEST, seed, index)
            assert 0 <= train < VALIDATION.first_identity <= validation < RESERVED_IDENTITIES
            assert RESERVED_IDENTITIES <= test < DEMO_IDENTITIES


def test_presets_are_listed_by_name() -> None:
    assert set(PRESETS) == {"train", "validation", "test", "hard"}
    assert all(name == preset.name for name, preset in PRESETS.items())


def test_the_test_preset_is_what_was_agreed() -> None:
    assert TEST.gaze_yaw == (-35.0, 35.0)
    assert TEST.gaze_pitch == (-30.0, 20.0)
    assert TEST.head_yaw == TEST.head_pitch == (-30.0, 30.0)
    assert TEST.distance == (400.0, 1000.0)
    assert TEST.glasses_share == 0.5
    assert TEST.layout_share == 0.0


def test_scenes_keep_to_their_ranges() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        scene = random_scene(rng, TEST)
        pitch, yaw = np.degrees(pitch_yaw(scene.gaze()))
        assert abs(yaw) <= 35.01
        assert -30.01 <= pitch <= 20.01
        assert 390.0 <= np.linalg.norm(scene.position) <= 1100.0
        turn_pitch, turn_yaw = np.degrees(pitch_yaw(scene.rotation.T @ scene.gaze()))
        assert abs(turn_yaw) <= 40.01
        assert -35.01 <= turn_pitch <= 25.01


def test_the_optical_axis_lies_temporal_of_the_visual_axis() -> None:
    traits = random_eyes(np.random.default_rng(1), 0.5)
    ahead = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, -1.0]])
    yaw = np.mean(
        [
            pitch_yaw(optical_axes(random_eyes(np.random.default_rng(k), 0.5), ahead))[:, 1]
            for k in range(200)
        ],
        axis=0,
    )
    assert np.degrees(yaw[0]) == pytest.approx(4.5, abs=0.5)  # the user's right: yaw > 0
    assert np.degrees(yaw[1]) == pytest.approx(-4.5, abs=0.5)
    assert 9.5 < traits.iris_depth < 12.1


def test_the_same_number_is_the_same_person(rig: Rig) -> None:
    one, two, other = (random_person(rig, k) for k in (17, 17, 18))
    np.testing.assert_array_equal(one.shape, two.shape)
    np.testing.assert_array_equal(one.paint, two.paint)
    assert np.abs(one.shape - other.shape).max() > 1.0


def test_heads_have_their_origin_between_the_eyes(rig: Rig) -> None:
    for identity in range(3):
        person = random_person(rig, identity)
        np.testing.assert_allclose(person.eye_centres.mean(axis=0), 0.0, atol=1e-6)
        right, left = person.eye_centres
        assert 50.0 < left[0] - right[0] < 76.0


def test_lids_close_in_a_blink_and_follow_the_gaze_down(rig: Rig) -> None:
    person = mean_person(rig, 1)
    scene = plain_scene(0.0, 0.0)
    opened = pose(rig, person, scene)
    shut = pose(rig, person, type(scene)(**{**scene.__dict__, "blink": np.ones(2)}))
    down = pose(
        rig, person, type(scene)(**{**scene.__dict__, "target": np.array([0.0, 300.0, 0.0])})
    )
    assert opened.openness.min() > 0.9
    assert shut.openness.max() < 0.05
    assert (down.openness < opened.openness - 0.08).all()
    assert (lid_gap(rig, rig.neutral) > 8.0).all()
