"""Several processes train one model: what `accelerate launch` starts on several GPUs, on CPUs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")

from app import PROJECT  # noqa: E402
from model.training.checkpoint import load_checkpoint, trained_model  # noqa: E402
from tests.model.training.material import tiny_config, write_shards  # noqa: E402


def test_two_processes_train_one_model(tmp_path: Path) -> None:
    """Each takes its half of every batch; one writes; resuming goes on where both were."""
    config = tmp_path / "tiny.json"
    config.write_text(json.dumps(tiny_config(tmp_path).to_json()))
    shards = write_shards(tmp_path / "shards", samples=64)
    out = tmp_path / "run"

    def launch(epochs: int, *more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2",
             "--standalone", "main.py", "train", "--config", str(config),
             "--shards", str(shards), "--validation", str(shards), "--out", str(out),
             "--epochs", str(epochs), "--threads", "1", *more],
            cwd=PROJECT,
            env={**os.environ, "ACCELERATE_USE_CPU": "1", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert launch(2).count("on 2 processes") == 1
    first = load_checkpoint(out)
    assert first["training"]["processes"] == 2
    assert first["step"] == 2 * (63 // 16)
    launch(3, "--resume")
    second = load_checkpoint(out)
    assert second["step"] == 3 * (63 // 16)
    moved = [
        not torch.equal(value, first["average"][key])
        for key, value in trained_model(second).state_dict().items()
        if key.endswith("weight") and "embedding" not in key
    ]
    assert all(moved)
