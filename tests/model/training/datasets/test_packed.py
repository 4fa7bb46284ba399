"""Packs: everything comes back exactly, by number, in workers, and as a plain webdataset."""

import gc
import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import webdataset

from model.errors import UserError
from model.patches import EYE_PATCH, EYE_PATCH_WIDE, FACE_PATCH, PatchSpec
from model.training.cli import main
from model.training.datasets.item import BadSample, GazeDataset, Item, Labels, View
from model.training.datasets.opening import open_dataset
from model.training.datasets.pack_job import most_samples, pack_dataset, plan_shards
from model.training.datasets.packed import Packed
from model.training.datasets.packing import pack
from model.training.datasets.patchset import to_grey

VIEW = View(PatchSpec("eyes", 24, 16, 960.0, 600.0))
PERSONS, EACH = 4, 5


class Made:
    """A data set of noise, four persons with five samples each."""

    name = "eyediap"
    mirrored = np.array([True, False])

    def __init__(self, stops_at: int | None = None, bad: tuple[int, ...] = ()) -> None:
        m = PERSONS * EACH
        rng = np.random.default_rng(3)
        self.stops_at, self.bad = stops_at, bad
        self.labels = Labels(
            gaze=rng.normal(size=(m, 2)),
            person=np.repeat(["b", "a/1", "ö", "a.2"], EACH),
            subset=np.repeat(["one", "", "two", "three"], EACH),
            place=np.array([f"somewhere, line {i}" for i in range(m)]),
            traits={
                "openness": rng.uniform(size=(m, 2)).astype(np.float32),
                "glasses": np.arange(m) % 2 == 0,
                "light": np.array(["even", "dim"])[np.arange(m) % 2],
                "power": np.where(np.arange(m) % 3 == 0, np.nan, 1.5),
            },
        )

    def read(self, index: int) -> Item:
        if index == self.stops_at:
            raise KeyboardInterrupt
        if index in self.bad:
            raise BadSample(f"somewhere, line {index}: the picture is missing")
        rng = np.random.default_rng([4, index])
        points = rng.normal(size=(2, 2, 2)).astype(np.float32)
        points[0, 1] = np.nan
        return Item(
            images=rng.integers(0, 256, (2, 20, 30, 3)).astype(np.uint8),
            head=rng.normal(size=(2, 4)).astype(np.float32),
            target=rng.normal(size=(2, 2)).astype(np.float32),
            usable=rng.uniform(size=2) < 0.5,
            rotation=rng.normal(size=(2, 3, 3)).astype(np.float32),
            gaze=rng.normal(size=3),
            points=points,
        )


def packed(folder: Path, dataset: GazeDataset, workers: int = 1, most: int = 6) -> Path:
    pack(pack_dataset(dataset, VIEW, folder, most), workers)
    return folder


def assert_same(one: Item, other: Item) -> None:
    for name in ("images", "head", "target", "usable", "rotation", "gaze", "points"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype, name
        np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize("workers", [1, 2])
def test_everything_comes_back_exactly(tmp_path: Path, workers: int):
    original = Made()
    dataset = Packed(packed(tmp_path / "out", original, workers), VIEW)
    assert dataset.name == "eyediap"
    assert dataset.mirrored.tolist() == [True, False]
    for name in ("gaze", "person", "subset", "place"):
        np.testing.assert_array_equal(getattr(dataset.labels, name), getattr(original.labels, name))
    assert list(dataset.labels.traits) == list(original.labels.traits)
    for name, values in original.labels.traits.items():
        np.testing.assert_array_equal(dataset.labels.traits[name], values)
        assert dataset.labels.traits[name].dtype == values.dtype
    for i in np.random.default_rng(0).permutation(PERSONS * EACH):
        assert_same(dataset.read(int(i)), original.read(int(i)))


def test_it_opens_by_name(tmp_path: Path):
    assert len(open_dataset("packed", packed(tmp_path / "out", Made()), VIEW).labels) == 20


def test_workers_of_a_loader_can_have_it(tmp_path: Path):
    dataset = Packed(packed(tmp_path / "out", Made()), VIEW)
    assert_same(pickle.loads(pickle.dumps(dataset)).read(7), dataset.read(7))
    loader = torch.utils.data.DataLoader(
        _Listed(dataset), batch_size=None, num_workers=2, multiprocessing_context="spawn"
    )
    for i, item in enumerate(loader):
        assert_same(item, dataset.read(i))


class _Listed(torch.utils.data.Dataset):
    def __init__(self, dataset: Packed) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset.labels)

    def __getitem__(self, index: int) -> Item:
        return pickle.loads(pickle.dumps(self.dataset.read(index)))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # webdataset leaves its files to Python
def test_any_webdataset_loader_reads_it(tmp_path: Path):
    original = Made()
    folder = packed(tmp_path / "out", original)
    urls = [str(path) for path in sorted(folder.glob("*.tar"))]
    assert len(urls) == 4  # no person is in two
    stream = webdataset.WebDataset(urls, shardshuffle=False).decode("rgb8")
    for i, sample in enumerate(stream):
        item = original.read(i)
        np.testing.assert_array_equal(sample["right.png"], item.images[0])
        np.testing.assert_array_equal(sample["left.png"], item.images[1])
        told = sample["json"]
        assert told["person"] == original.labels.person[i]
        assert told["place"] == f"somewhere, line {i}"
        np.testing.assert_array_equal(told["gaze"], item.gaze)
        np.testing.assert_array_equal(np.float32(told["target"]), item.target)
        assert told["points"][0][1] == [None, None]
        assert told["traits"]["light"] == original.labels.traits["light"][i]
    assert i == 19
    del stream, sample
    gc.collect()


def test_persons_stay_together():
    person = np.repeat(["b", "a", "c", "d", "e"], [3, 9, 1, 2, 2])
    plan = plan_shards(person, 5)
    assert [person[which].tolist() for which in plan] == [
        ["b"] * 3,
        ["a"] * 5,
        ["a"] * 4 + ["c"],
        ["d"] * 2 + ["e"] * 2,
    ]
    assert sorted(np.concatenate(plan).tolist()) == list(range(17))
    mixed = plan_shards(np.array(["x", "y", "x", "z", "y"]), 2)
    assert [which.tolist() for which in mixed] == [[0, 2], [1, 4], [3]]
    # 256 MB: a thousand faces of 224 x 224 fit, of 448 x 448 fewer.
    assert most_samples(FACE_PATCH) == 1000
    assert most_samples(replace(FACE_PATCH, width=448, height=448)) == 425


def test_an_interrupted_run_is_taken_up_again(tmp_path: Path):
    folder = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        packed(folder, Made(stops_at=12))
    assert sorted(path.name for path in folder.glob("*.tar*")) == [
        "shard_00000.tar",
        "shard_00001.tar",
    ]
    with pytest.raises(UserError, match="not packed to its end"):
        Packed(folder, VIEW)
    before = (folder / "shard_00001.tar").stat().st_mtime_ns
    packed(folder, Made())
    assert (folder / "shard_00001.tar").stat().st_mtime_ns == before
    other = packed(tmp_path / "other", Made())
    for path in other.glob("*.tar"):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_bad_samples_are_counted(tmp_path: Path):
    with pytest.raises(UserError, match=r"2 of 20 samples .* more than 5 %: somewhere, line 3: "):
        packed(tmp_path / "out", Made(bad=(3, 17)))
    index = pack(pack_dataset(Made(bad=(3, 17)), VIEW, tmp_path / "out", 6), 1, allowed_bad=0.1)
    assert (index["count"], index["left_out"]) == (18, 2)
    dataset = Packed(tmp_path / "out", VIEW)
    assert_same(dataset.read(3), Made().read(4))
    assert dataset.labels.place[16] == "somewhere, line 18"
    everything = Made(bad=tuple(range(20)))
    with pytest.raises(UserError, match="none of the 20 samples"):
        pack(pack_dataset(everything, VIEW, tmp_path / "none", 6), 1, allowed_bad=1.0)


def test_grey_and_margin(tmp_path: Path):
    folder = packed(tmp_path / "out", Made())
    item, original = Packed(folder, replace(VIEW, grey=True)).read(2), Made().read(2)
    np.testing.assert_array_equal(item.images, to_grey(original.images))
    smaller = View(replace(VIEW.spec, width=12, height=8))
    item = Packed(folder, smaller).read(2)
    np.testing.assert_array_equal(item.images, original.images)  # the rest is margin
    np.testing.assert_allclose(item.points, original.points * 2.0)  # in half widths of the view


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (View(FACE_PATCH), "holds eyes patches, the model needs face patches"),
        (View(replace(VIEW.spec, focal=1000.0)), "focal length 960 at 600 mm, the model's is 1000"),
        (View(replace(VIEW.spec, distance=500.0)), "at 600 mm, the model's is 960 at 500 mm"),
        (View(EYE_PATCH), "are 30 x 20, the model needs 72 x 48"),
    ],
)
def test_another_view_is_refused(tmp_path: Path, view: View, told: str):
    folder = packed(tmp_path / "out", Made())
    with pytest.raises(UserError, match=told) as caught:
        Packed(folder, view)
    assert "\n" not in str(caught.value)


def test_damage_is_named(tmp_path: Path):
    folder = packed(tmp_path / "out", Made())
    path = folder / "shard_00001.tar"
    whole = path.read_bytes()
    dataset = Packed(folder, VIEW)
    path.write_bytes(bytes(len(whole)))
    with pytest.raises(BadSample, match=r"shard_00001.tar, somewhere, line 6: damaged"):
        dataset.read(6)
    path.write_bytes(whole[:-10])
    with pytest.raises(UserError, match=f"shard_00001.tar has {len(whole) - 10} bytes instead"):
        Packed(folder, VIEW)
    path.unlink()
    with pytest.raises(UserError, match=r"shard_00001.tar is missing"):
        Packed(folder, VIEW)
    (folder / "labels.npz").write_bytes(b"PK")
    path.write_bytes(whole)
    with pytest.raises(UserError, match=r"labels.npz cannot be read"):
        Packed(folder, VIEW)
    index = json.loads((folder / "packed.json").read_text())
    (folder / "packed.json").write_text(json.dumps({**index, "schema": 9}))
    with pytest.raises(UserError, match="schema 9"):
        Packed(folder, VIEW)
    (folder / "packed.json").write_text("{")
    with pytest.raises(UserError, match=r"packed.json is broken"):
        Packed(folder, VIEW)
    with pytest.raises(UserError, match=r"holds no packed.json"):
        Packed(tmp_path, VIEW)


def test_folders_are_not_mixed_up(tmp_path: Path):
    folder = packed(tmp_path / "out", Made())
    other = Made()
    other.labels = other.labels.of(np.arange(10))
    with pytest.raises(UserError, match="holds another pack"):
        packed(folder, other)
    (folder / "packed.json").unlink()
    with pytest.raises(UserError, match=r"shards without packed.json"):
        packed(folder, Made())
    other.labels = other.labels.of(np.arange(0))
    with pytest.raises(UserError, match="nothing to pack"):
        packed(tmp_path / "new", other)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    first = packed(tmp_path / "first", Made())
    words = ["data", "pack", "--dataset", "packed", "--root", str(first), "--workers", "1"]
    out = tmp_path / "out"
    assert main([*words, "--size", "24x16", "--grey", "--out", str(out)]) == 0
    assert "20 samples of 4 persons in 1 shards" in capsys.readouterr().out
    dataset = Packed(out, replace(VIEW, grey=True))
    np.testing.assert_array_equal(dataset.read(9).images, to_grey(Made().read(9).images))
    with pytest.raises(UserError, match="are grey, the model sees colours"):
        Packed(out, VIEW)
    assert main([*words, "--out", str(out / "no")]) == 2
    assert f"needs {EYE_PATCH_WIDE.width} x {EYE_PATCH_WIDE.height}" in capsys.readouterr().err
    assert main([*words, "--size", "24", "--out", str(out)]) == 2
    assert "no size such as 96x64" in capsys.readouterr().err
    shutil.rmtree(first)
    assert main([*words, "--out", str(out)]) == 2
    assert "there is no folder" in capsys.readouterr().err
