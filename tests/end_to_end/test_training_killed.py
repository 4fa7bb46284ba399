"""A training that is killed and goes on ends where one ends that nobody stopped."""

import json
import signal
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")

from tensorboard.backend.event_processing.event_accumulator import (  # noqa: E402
    EventAccumulator,
)

from model.training.checkpoint import load_checkpoint  # noqa: E402
from tests.end_to_end.command import Running, run  # noqa: E402
from tests.model.training.material import tiny_config, write_shards  # noqa: E402


def curve(folder: Path) -> dict[int, float]:
    """The validation error by step."""
    events = EventAccumulator(str(folder)).Reload()
    return {event.step: event.value for event in events.Scalars("validation/mean_deg")}


def test_a_killed_training_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    config = tmp_path / "tiny.json"
    config.write_text(json.dumps(tiny_config(tmp_path).to_json()))
    shards = write_shards(tmp_path / "shards", samples=96)

    def command(out: Path) -> list[object]:
        return [
            "train", "--config", config, "--shards", shards, "--validation", shards, "--epochs", 10,
            "--out", out, "--threads", 1, "--checkpoint-minutes", 0.01,
        ]  # fmt: skip

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done = run(*command(whole), timeout=200)
    assert done.returncode == 0, done.stderr
    with Running(*command(killed)) as running:
        running.wait_for(lambda: (killed / "checkpoint.pt").is_file(), timeout=120)
        running.send(signal.SIGKILL)
        running.finish()
    stopped = load_checkpoint(killed)
    assert not stopped["done"]
    done = run(*command(killed), "--resume", timeout=200)
    assert done.returncode == 0, done.stderr
    expected, found = load_checkpoint(whole), load_checkpoint(killed)
    assert stopped["step"] < found["step"] == expected["step"]
    for key, value in expected["average"].items():
        torch.testing.assert_close(found["average"][key], value, rtol=0, atol=1e-6)
    assert found["best_step"] == expected["best_step"]
    resumed, uninterrupted = curve(killed), curve(whole)
    for step, error in resumed.items():
        assert error == pytest.approx(uninterrupted[step], abs=1e-6)
