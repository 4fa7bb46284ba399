"""Batches: the same ones whoever reads them, bad samples counted, resumed exactly."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(1)

from model.errors import UserError  # noqa: E402
from model.patches import EYE_PATCH  # noqa: E402
from model.training.batches import Batch, LoadedBatches, MemoryBatches, Share, read_all  # noqa: E402
from model.training.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from model.training.config import changed  # noqa: E402
from model.training.datasets.synthgaze import load  # noqa: E402
from model.training.hard_cases import hard_cases  # noqa: E402
from model.training.trainer import Budget, Options, Trainer  # noqa: E402
from tests.model.training.drawn import DrawnEyes  # noqa: E402
from tests.model.training.material import tiny_config, write_shards  # noqa: E402

EVERYTHING = np.arange(48)


def loaded(share: Share, workers: int = 0, allowed: float = 0.01,
           dataset: DrawnEyes | None = None) -> LoadedBatches:  # fmt: skip
    """Batches of drawn eyes."""
    return LoadedBatches(dataset or DrawnEyes(), EVERYTHING, share, workers, allowed, [])


def targets(batches: LoadedBatches, step: int, count: int) -> list[list[np.ndarray]]:
    """What is to be learnt, by step and part."""
    return [
        [part.target.numpy() for part in parts] for parts in islice(batches.from_step(step), count)
    ]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_worker_processes_read_the_same() -> None:
    """How torch's workers end when they are no longer wanted is torch's affair: now and then one
    that is just reading ahead aborts, and that is told as a warning."""
    alone = list(islice(loaded(Share(12)).from_step(0), 5))
    helped = list(islice(loaded(Share(12), workers=2).from_step(0), 5))
    for one, other in zip(alone, helped, strict=True):
        for name in Batch._fields:
            torch.testing.assert_close(
                getattr(one[0], name), getattr(other[0], name), rtol=0, atol=0, equal_nan=True
            )


def test_a_step_does_not_depend_on_where_reading_began() -> None:
    whole = targets(loaded(Share(12, seed=3)), 0, 9)
    later = targets(loaded(Share(12, seed=3)), 6, 3)
    np.testing.assert_array_equal(np.array(whole[6:]), np.array(later))


@pytest.mark.parametrize(("processes", "parts"), [(2, 1), (1, 3), (2, 2)])
def test_processes_and_parts_share_a_batch(processes: int, parts: int) -> None:
    """However it is divided, each step sees the same samples, every one once."""
    expected = np.concatenate(targets(loaded(Share(12)), 2, 1)[0])
    found = [
        part
        for process in range(processes)
        for part in targets(loaded(Share(12, parts, process, processes)), 2, 1)[0]
    ]
    assert len(found) == processes * parts
    together = np.concatenate(found)
    assert sorted(map(tuple, together[:, 1])) == sorted(map(tuple, expected[:, 1]))


def test_bad_samples_are_left_out_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    batches = loaded(Share(12), allowed=0.1, dataset=DrawnEyes(broken=(3, 17)))
    sizes = [len(parts[0].images) for parts in islice(batches.from_step(0), 4)]
    assert sum(sizes) == 46
    assert (batches.tally.seen, batches.tally.bad) == (48, 2)
    told = capsys.readouterr().out
    assert "left out: drawing 3: the picture is missing" in told
    assert "drawing 17" in told


def test_too_many_bad_samples_end_it() -> None:
    batches = loaded(Share(12), allowed=0.01, dataset=DrawnEyes(broken=tuple(range(30))))
    with pytest.raises(UserError, match=r"more than the allowed 1\.0%, such as: drawing"):
        list(islice(batches.from_step(0), 40))


def test_reading_everything_keeps_the_order() -> None:
    dataset = DrawnEyes(persons=8, broken=(70,))
    groups = list(read_all(dataset, np.arange(2, 96), 0))
    numbers = np.concatenate([group[1] for group in groups])
    np.testing.assert_array_equal(numbers, [i for i in range(2, 96) if i != 70])
    gaze = np.concatenate([[item.gaze for item in items] for items, *_ in groups])
    assert gaze.shape == (93, 3)
    assert [why for _, _, bad in groups for why in bad] == ["drawing 70: the picture is missing"]


def test_a_training_on_a_data_set_resumes_exactly(tmp_path: Path) -> None:
    """Killed in the middle of a round, with augmentation, dropout and parts: the same losses."""
    config = changed(tiny_config(tmp_path), ["training.accumulate=2", "training.batch=16"])
    options = Options(tmp_path, Budget(epochs=3.0), seed=4)

    def trainer() -> Trainer:
        share = Share(8, parts=2, seed=4)
        return Trainer(config, loaded(share), options)

    whole = trainer()
    losses = [float(whole.train_step()["loss"]) for _ in range(11)]
    first = trainer()
    for _ in range(5):
        first.train_step()
    save_checkpoint(tmp_path, first.state())
    second = trainer()
    second.restore(load_checkpoint(tmp_path))
    np.testing.assert_allclose(
        [float(second.train_step()["loss"]) for _ in range(6)], losses[5:], rtol=0, atol=1e-6
    )


def test_parts_add_up_to_the_whole(tmp_path: Path) -> None:
    """Without chance, a batch in two parts moves the weights as in one: gradients are added."""
    plain = ["training.augmentation=0", "fusion.dropout=0", "training.batch=16",
             "training.contrastive=0", "clip.train_text=false"]  # fmt: skip
    config = changed(tiny_config(tmp_path), plain)
    gradients = []
    for parts in (1, 2):
        trainer = Trainer(
            config, loaded(Share(8, parts)), Options(tmp_path, Budget(epochs=1.0), seed=1)
        )
        trainer.model.eval()  # running statistics would differ
        trainer._heard = lambda n: torch.ones(2 * n)  # type: ignore[method-assign]
        trainer.train_step()
        gradients.append(trainer.model.head.out.weight.grad.clone())  # type: ignore[union-attr]
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-3, atol=1e-5)


def test_hard_samples_come_as_often_as_asked(tmp_path: Path) -> None:
    """Of 40 faces, 6 seen by few pixels, 5 with glare: each three times a round, the others once,
    and closed eyes never."""
    shards = write_shards(tmp_path, samples=40)
    data = load([shards], EYE_PATCH, grey=True)
    few = np.arange(0, 6)
    head = data.head.copy()
    head[:, :, 3] = 0.0
    head[few, :, 3] = np.log(0.4)
    glare = np.zeros((40, 2))
    glare[10:15, 1] = 0.5
    usable = np.ones((40, 2), dtype=bool)
    usable[30] = False
    data = replace(data, head=head, usable=usable, traits={**data.traits, "glare": glare})
    hard = {*range(6), *range(10, 15)}
    assert set(np.flatnonzero(hard_cases(data))) == hard
    batches = MemoryBatches(data, Share(1), [], hard=3)
    marks = torch.from_numpy(data.target)
    seen = np.zeros(40, dtype=int)
    for (batch,), _ in zip(batches.from_step(0), range(batches.rounds), strict=False):
        seen[int((marks == batch.target).all(dim=(1, 2)).nonzero())] += 1
    assert [seen[k] for k in range(40)] == [0 if k == 30 else 3 if k in hard else 1
                                            for k in range(40)]  # fmt: skip
    assert batches.samples == 39
