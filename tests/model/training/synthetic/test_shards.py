import json
from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.training.synthetic import shards
from model.training.synthetic.shards import Job, render_shards
from model.training.synthetic.studio import Studio


def _job(out: Path, data: Path, count: int, seed: int = 4) -> Job:
    return Job("train", seed, count, out, data, "projected", "eyes")


def test_a_run_can_be_taken_up_again(
    tmp_path: Path, data_folder: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD_SAMPLES", 2)
    job = _job(tmp_path, data_folder, 4)
    shards._prepare(job)
    reports = _Reports()
    assert shards._render_shard(job, studio, 0, reports, _Never())  # type: ignore[arg-type]
    shards._write_manifest(job)
    before = job.path(0).stat().st_mtime_ns

    assert [k for k in range(job.shards) if not shards._is_whole(job, k)] == [1]
    shards._prepare(job)
    assert shards._render_shard(job, studio, 1, reports, _Never())  # type: ignore[arg-type]
    shards._write_manifest(job)
    assert job.path(0).stat().st_mtime_ns == before
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert [entry["count"] for entry in manifest["shards"]] == [2, 2]
    assert manifest["kept"] == 4
    assert manifest["dropped"] == 0
    with np.load(job.path(1)) as arrays:
        assert arrays["index"].tolist() == [2, 3]
        assert arrays["eyes"].shape == (2, 2, 64, 96, 3)
        assert arrays["eyes"].dtype == np.uint8


def test_stopping_leaves_no_broken_shard(tmp_path: Path, data_folder: Path, studio: Studio) -> None:
    job = _job(tmp_path, data_folder, 4)
    shards._prepare(job)
    assert not shards._render_shard(job, studio, 0, _Reports(), _Now())  # type: ignore[arg-type]
    assert list(tmp_path.glob("shard_*")) == []


def test_shards_of_another_run_are_kept_apart(tmp_path: Path, data_folder: Path) -> None:
    shards._prepare(_job(tmp_path, data_folder, 4))
    with pytest.raises(UserError, match="seed differs"):
        render_shards(_job(tmp_path, data_folder, 4, seed=5), 1)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, data_folder: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        render_shards(_job(tmp_path / "file" / "below", data_folder, 4), 1)


def test_workers_render_in_their_own_processes(tmp_path: Path, data_folder: Path) -> None:
    job = _job(tmp_path, data_folder, 2)
    assert render_shards(job, 1)
    with np.load(job.path(0)) as arrays:
        assert arrays["index"].tolist() == [0, 1]


class _Reports:
    def put(self, report: tuple[str, object]) -> None:
        assert report[0] != "error"


class _Never:
    def is_set(self) -> bool:
        return False


class _Now:
    def is_set(self) -> bool:
        return True
