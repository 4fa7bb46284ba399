"""Reading shards: labels in the patches' frames, partial folders, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.geometry import pitch_yaw
from model.patches import EYE_PATCH, FACE_PATCH
from model.training.datasets import synthgaze
from model.training.synthetic.person import RESERVED_IDENTITIES
from tests.model.training.material import write_shards


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one shard of 12 samples."""
    return write_shards(tmp_path_factory.mktemp("shards"), samples=12, face=True)


def test_labels_are_in_the_patches_own_frames(shards: Path) -> None:
    patches = synthgaze.load([shards], EYE_PATCH)
    truth = pitch_yaw(patches.gaze)
    assert patches.images.shape == (12, 2, 64, 96, 3)
    assert np.abs(patches.target[:, 1] - truth).max() < np.radians(8.0)  # rolled a little
    assert np.abs(patches.target[:, 0] - truth * [1.0, -1.0]).max() < np.radians(8.0)  # mirrored


def test_shut_eyes_are_not_usable(shards: Path) -> None:
    patches = synthgaze.load([shards], EYE_PATCH, grey=True)
    assert patches.usable[:-1].all()
    assert not patches.usable[-1].any()
    assert patches.images.shape == (12, 2, 64, 96, 1)


def test_face_patches_carry_the_cyclopean_gaze(shards: Path) -> None:
    patches = synthgaze.load([shards], FACE_PATCH)
    assert patches.images.shape == (12, 1, 224, 224, 3)
    assert not patches.mirrored.any()


def test_several_folders_and_a_limit(shards: Path) -> None:
    assert len(synthgaze.load([shards, shards], EYE_PATCH)) == 24
    assert len(synthgaze.load([shards, shards], EYE_PATCH, limit=5)) == 12


def test_shards_of_older_renderers_train_beside_newer_ones(tmp_path: Path) -> None:
    """What the older ones do not tell of their samples is not told of any."""
    old = write_shards(tmp_path / "old", samples=6)
    new = write_shards(tmp_path / "new", samples=4, seed=1, traits=True)
    alone = synthgaze.load_for_training([new], EYE_PATCH, grey=True)
    assert alone.traits["iris_colour"].tolist() == ["brown", "dark brown", "blue", "grey"]
    both = synthgaze.load_for_training([old, new], EYE_PATCH, grey=True)
    assert len(both) == 10
    assert "iris_colour" not in both.traits
    assert len(both.traits["glasses"]) == 10
    assert len(synthgaze.load_for_training([old], EYE_PATCH, grey=True)) == 6


def test_an_iris_behind_a_hand_is_not_usable(tmp_path: Path) -> None:
    folder = write_shards(tmp_path, samples=3)
    path = folder / "shard_00000.npz"
    with np.load(path) as shard:
        arrays = dict(shard)
    arrays["hidden"] = np.array([[False, True], [False, False], [False, False]])
    np.savez(path, **arrays)
    usable = synthgaze.load([folder], EYE_PATCH).usable
    assert usable.tolist() == [[True, False], [True, True], [False, False]]


def spoil_shard(folder: Path) -> None:
    path = folder / "shard_00000.npz"
    path.write_bytes(path.read_bytes()[:1000])


def newer(folder: Path) -> None:
    (folder / "manifest.json").write_text(json.dumps({"schema": 99}))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        pytest.param(lambda f: (f / "manifest.json").unlink(), "no manifest", id="no manifest"),
        pytest.param(lambda f: (f / "manifest.json").write_text("{"), "is broken", id="broken"),
        pytest.param(newer, "schema 99", id="newer"),
        pytest.param(
            lambda f: (f / "shard_00000.npz").unlink(), "no complete shard", id="no shard yet"
        ),
        pytest.param(spoil_shard, "cannot be read", id="truncated shard"),
    ],
)
def test_what_cannot_be_read(
    tmp_path: Path, spoil: Callable[[Path], object], complaint: str
) -> None:
    spoil(write_shards(tmp_path, samples=2))
    with pytest.raises(UserError, match=complaint):
        synthgaze.load([tmp_path], EYE_PATCH)


def test_patches_that_were_not_rendered(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no face patches"):
        synthgaze.load([write_shards(tmp_path, samples=2)], FACE_PATCH)


@pytest.mark.parametrize(
    ("preset", "first_identity"),
    [
        pytest.param("test", 0, id="test preset"),
        pytest.param("train", RESERVED_IDENTITIES - 1, id="reserved people"),
    ],
)
def test_training_refuses_the_people_of_the_test(
    tmp_path: Path, preset: str, first_identity: int
) -> None:
    folder = write_shards(tmp_path, samples=2, preset=preset, first_identity=first_identity)
    with pytest.raises(UserError, match="must never see"):
        synthgaze.load_for_training([folder], EYE_PATCH, grey=True)
