"""Rendered shards as a data set: the same as when they are loaded whole, one by one."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.geometry import head_rotation
from model.patches import EYE_PATCH, FACE_PATCH
from model.training.datasets.item import BadSample, View
from model.training.datasets.opening import open_dataset
from model.training.datasets.synthgaze import SynthGaze, load
from model.training.protocols import fold_of
from tests.model.training.material import write_shards


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shards of 7 and 5 samples."""
    first = write_shards(tmp_path / "shards", 7, seed=1, face=True, traits=True)
    second = write_shards(tmp_path / "second", 5, 2, first_identity=7, face=True, traits=True)
    shutil.copy(second / "shard_00000.npz", first / "shard_00001.npz")
    return first


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("spec", [EYE_PATCH, FACE_PATCH])
def test_it_is_what_load_gives(folder: Path, spec, grey: bool):
    whole = load([folder], spec, grey)
    dataset = open_dataset("synthgaze", folder, View(spec, grey))
    assert len(dataset.labels) == len(whole) == 12
    np.testing.assert_array_equal(dataset.mirrored, whole.mirrored)
    for i in (11, 0, 6, 7):
        item = dataset.read(i)
        for name in ("images", "head", "target", "usable", "rotation", "gaze", "points"):
            np.testing.assert_array_equal(getattr(item, name), getattr(whole, name)[i])
    for name, values in whole.traits.items():
        np.testing.assert_array_equal(dataset.labels.traits[name], values)


def test_what_is_known_beforehand(folder: Path):
    labels = SynthGaze(folder, View(EYE_PATCH)).labels
    assert labels.person.tolist() == [str(n) for n in range(12)]
    assert labels.place[[0, 8]].tolist() == ["shard_00000.npz, row 0", "shard_00001.npz, row 1"]
    assert set(labels.subset) == {""}


def test_without_face_patches_the_heads_pose_tells_the_normalised_gaze(tmp_path: Path):
    folder = write_shards(tmp_path / "shards", 6)
    path = folder / "shard_00000.npz"
    arrays = dict(np.load(path))
    labels = SynthGaze(folder, View(EYE_PATCH)).labels
    # Heads straight before the camera: the normalised frame is the camera's own.
    np.testing.assert_allclose(labels.gaze, labels.traits["gaze_angles"], atol=1e-6)
    # A head of 20 degrees roll on the axis: the frame is rolled with it.
    roll = np.radians(20.0)
    arrays["head_angles"][:, 2] = roll
    np.savez(path, **arrays)
    gaze = SynthGaze(folder, View(EYE_PATCH)).labels.gaze
    x, y, z = head_rotation(0.0, 0.0, roll).T @ arrays["gaze"].astype(np.float64).T
    np.testing.assert_allclose(gaze[:, 0], np.arcsin(-y), atol=1e-6)
    np.testing.assert_allclose(gaze[:, 1], np.arctan2(-x, -z), atol=1e-6)


def test_no_picture_is_held(folder: Path):
    dataset = SynthGaze(folder, View(EYE_PATCH))
    sent = pickle.dumps(dataset)
    assert len(sent) < 40_000  # one picture of a sample has 36864 bytes, all of them 12 times that
    np.testing.assert_array_equal(pickle.loads(sent).read(9).images, dataset.read(9).images)


def test_the_protocol_holds_persons_out(folder: Path):
    fold = fold_of(SynthGaze(folder, View(EYE_PATCH)), "held-out")
    assert (len(fold.train), len(fold.validation), len(fold.test)) == (8, 2, 2)


def test_the_test_preset_is_marked(tmp_path: Path):
    folder = write_shards(tmp_path / "shards", 4, preset="test")
    assert set(SynthGaze(folder, View(EYE_PATCH)).labels.subset) == {"test"}


def test_what_cannot_be_used(folder: Path, tmp_path: Path):
    plain = write_shards(tmp_path / "plain", 4)
    with pytest.raises(UserError, match="holds no face patches"):
        SynthGaze(plain, View(FACE_PATCH))
    with pytest.raises(UserError, match=r"holds no manifest.json"):
        SynthGaze(tmp_path, View(EYE_PATCH))
    dataset = SynthGaze(plain, View(EYE_PATCH))
    path = plain / "shard_00000.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:2000])
    with pytest.raises(BadSample, match=r"shard_00000.npz, row 3: damaged"):
        dataset.read(3)
    with pytest.raises(UserError, match=r"shard_00000.npz cannot be read"):
        SynthGaze(plain, View(EYE_PATCH))
    arrays = dict(np.load(folder / "shard_00000.npz"))
    np.savez_compressed(path, **arrays)
    with pytest.raises(UserError, match=r"shard_00000.npz cannot be read"):
        SynthGaze(plain, View(EYE_PATCH))
    (plain / "manifest.json").write_text(json.dumps({"schema": 99}))
    with pytest.raises(UserError, match="schema 99"):
        SynthGaze(plain, View(EYE_PATCH))
