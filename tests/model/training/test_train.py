"""Training: it learns, it resumes exactly, it refuses what it must not do."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(1)  # for nets this small, and beside other work, more threads are slower

from accelerate.state import AcceleratorState  # noqa: E402

from model.errors import UserError  # noqa: E402
from model.patches import EYE_PATCH  # noqa: E402
from model.training.batches import MemoryBatches, Share  # noqa: E402
from model.training.checkpoint import load_checkpoint, save_checkpoint, trained_model  # noqa: E402
from model.training.config import GazeClipConfig, TrainingConfig  # noqa: E402
from model.training.datasets import synthgaze  # noqa: E402
from model.training.material import ShardMaterial  # noqa: E402
from model.training.metrics import measure  # noqa: E402
from model.training.order import Order  # noqa: E402
from model.training.predict import predict  # noqa: E402
from model.training.train import train  # noqa: E402
from model.training.trainer import Budget, Options, Trainer, learning_rate  # noqa: E402
from tests.model.training.material import tiny_config, write_shards  # noqa: E402


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn eyes to train on."""
    return write_shards(tmp_path_factory.mktemp("shards"), samples=160)


@pytest.fixture(autouse=True)
def forget_devices() -> Iterator[None]:
    """A process keeps one arithmetic, which accelerate remembers; these tests try several."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


def batches(config: GazeClipConfig, shards: Path, seed: int = 0) -> MemoryBatches:
    """Batches of shards for one process."""
    data = synthgaze.load([shards], config.patch, config.grey)
    return MemoryBatches(data, Share(config.training.batch // 2, seed=seed), [])


def test_it_learns_gaze_and_words(shards: Path, tmp_path: Path) -> None:
    """On drawn eyes: unseen ones within degrees, and the right sentence of nine by far more often
    than by chance."""
    config = tiny_config(tmp_path)
    held_out = synthgaze.load([write_shards(tmp_path / "v", 60, seed=9)], EYE_PATCH, grey=True)
    options = Options(tmp_path / "run", Budget(epochs=30.0))
    path = train(config, ShardMaterial([shards]), options)
    content = load_checkpoint(path)
    model = trained_model(content)
    found = measure(predict(model, held_out), held_out)
    assert found["mean_deg"] < 5.0
    assert found["zero_shot_accuracy"] > 0.4
    assert 0.8 < found["yaw_slope"] < 1.2
    assert content["training"]["steps"] == content["step"]
    assert content["data"][0]["dataset"] == "SynthGaze"


def test_a_resumed_training_equals_an_uninterrupted_one(shards: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    data = batches(config, shards)
    options = Options(tmp_path, Budget(epochs=3.0), seed=4)
    whole = Trainer(config, data, options)
    losses = [whole.train_step()["loss"] for _ in range(14)]
    first = Trainer(config, data, options)
    for _ in range(6):
        first.train_step()
    save_checkpoint(tmp_path, first.state())
    second = Trainer(config, data, replace(options, seed=5))  # the checkpoint holds the seed
    second.restore(load_checkpoint(tmp_path))
    again = [second.train_step()["loss"] for _ in range(8)]
    assert again == losses[6:]
    for key, value in whole.average.state_dict().items():
        assert torch.equal(value, second.average.state_dict()[key]), key


def test_resuming_takes_new_shards_in(shards: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    options = Options(tmp_path / "run", Budget(epochs=0.5))
    train(config, ShardMaterial([shards]), options)
    more = write_shards(tmp_path / "more", samples=32, seed=3)
    longer = replace(options, budget=Budget(epochs=0.7))
    train(None, ShardMaterial([shards, more]), longer, resume=True)
    content = load_checkpoint(tmp_path / "run")
    assert content["samples"] == 159 + 31
    assert len(content["data"]) == 2


def test_a_frozen_text_tower_is_restored_with_the_rest(shards: Path, tmp_path: Path) -> None:
    """A resumed training builds its towers with random weights first: none may stay."""
    config = tiny_config(tmp_path)
    config = replace(
        config,
        clip=replace(config.clip, train_text=False),
    )
    data = batches(config, shards)
    options = Options(tmp_path, Budget(epochs=3.0), seed=1)
    first = Trainer(config, data, options)
    first.train_step()
    save_checkpoint(tmp_path, first.state())
    second = Trainer(config, data, replace(options, seed=2))
    second.train_step()
    second.restore(load_checkpoint(tmp_path))
    assert second.train_step()["loss"] == first.train_step()["loss"]


def test_a_training_starts_from_another(shards: Path, tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    train(config, ShardMaterial([shards]), Options(tmp_path / "one", Budget(epochs=0.3)))
    data = batches(config, shards)
    trainer = Trainer(config, data, Options(tmp_path, Budget(epochs=1.0), seed=8))
    trainer.start_from(tmp_path / "one")
    expected = load_checkpoint(tmp_path / "one")["average"]
    for key, value in trainer.model.state_dict().items():
        assert torch.equal(value, expected[key]), key


def test_what_is_built_differently_starts_anew_but_not_the_towers(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tiny_config(tmp_path)
    train(config, ShardMaterial([shards]), Options(tmp_path / "one", Budget(epochs=0.3)))
    data = batches(config, shards)
    wider = replace(config, fusion=replace(config.fusion, hidden=80))
    trainer = Trainer(wider, data, Options(tmp_path, Budget(epochs=1.0), seed=8))
    trainer.start_from(tmp_path / "one")
    expected = load_checkpoint(tmp_path / "one")["average"]
    assert torch.equal(trainer.model.head.out.weight, expected["head.out.weight"])
    assert "starting anew: head.exchange" in capsys.readouterr().out
    (tmp_path / "words").mkdir()
    other = tiny_config(tmp_path / "words")
    tower = Path(other.clip.architecture)
    tower.write_text(tower.read_text().replace('"embed_dim": 32', '"embed_dim": 48'))
    with pytest.raises(UserError, match="other towers"):
        Trainer(other, data, Options(tmp_path, Budget(epochs=1.0))).start_from(tmp_path / "one")


def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_go_on(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Options(tmp_path / "run", Budget(minutes=10.0), command="python main.py train ...")
    steps = 0
    step = Trainer.train_step

    def interrupted(self: Trainer) -> dict[str, torch.Tensor]:
        nonlocal steps
        steps += 1
        if steps == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "train_step", interrupted)
        train(tiny_config(tmp_path), ShardMaterial([shards]), options)
    assert load_checkpoint(tmp_path / "run")["step"] == 3
    assert "python main.py train ... --resume" in capsys.readouterr().out


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_validation_is_told_while_training(
    shards: Path, tmp_path: Path, precision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Options(tmp_path / "run", Budget(epochs=0.2), precision=precision)
    train(tiny_config(tmp_path), ShardMaterial([shards], shards), options)
    assert "validation mean" in capsys.readouterr().out
    assert list((tmp_path / "run").glob("events.out.tfevents*"))


def test_a_folder_with_a_training_is_not_overwritten(shards: Path, tmp_path: Path) -> None:
    options = Options(tmp_path, Budget(epochs=0.1))
    (tmp_path / "checkpoint.pt").write_bytes(b"something")
    with pytest.raises(UserError, match="holds a training already"):
        train(tiny_config(tmp_path), ShardMaterial([shards]), options)
    with pytest.raises(UserError, match="cannot be read"):
        train(None, ShardMaterial([shards]), options, resume=True)


def test_there_is_nothing_to_resume(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no checkpoint"):
        train(None, ShardMaterial([shards]), Options(tmp_path, Budget(epochs=1.0)), resume=True)


@pytest.mark.parametrize(
    ("minutes", "epochs"),
    [(None, None), (1.0, 1.0), (0.0, None), (None, -1.0), (float("nan"), None)],
)
def test_a_budget_is_one_positive_number(minutes: float | None, epochs: float | None) -> None:
    with pytest.raises(UserError, match="--minutes or --epochs"):
        Budget(minutes, epochs)


def test_the_rate_rises_and_falls() -> None:
    rates = [learning_rate(progress / 100.0, 0.1) for progress in range(101)]
    assert rates.index(max(rates)) == 10
    assert rates[0] < 0.02
    assert rates[-1] == pytest.approx(0.01)


def test_everything_is_drawn_once_a_round() -> None:
    order = Order(np.arange(10) * 3, 5, seed=0)
    drawn = np.concatenate([order.of(0), order.of(1)])
    assert sorted(drawn.tolist()) == list(range(0, 30, 3))
    again = Order(np.arange(10) * 3, 5, seed=0)
    np.testing.assert_array_equal(again.of(7), [order.of(step) for step in range(8)][7])
    assert order.of(2).tolist() != order.of(0).tolist()


def test_strength_nothing_overfits(shards: Path, tmp_path: Path) -> None:
    """Without augmentation a handful of samples is learnt by heart."""
    config = tiny_config(tmp_path)
    config = replace(
        config,
        fusion=replace(config.fusion, dropout=0.0),
        training=TrainingConfig(batch=16, rate=3e-3, augmentation=0.0),
    )
    few = batches(config, write_shards(tmp_path / "few", samples=9))
    trainer = Trainer(config, few, Options(tmp_path, Budget(epochs=120.0)))
    errors = [trainer.train_step()["error_deg"] for _ in range(120)]
    assert errors[0] > 8.0
    assert errors[-1] < 2.0
