"""Where a training's batches come from: memory, or a data set that worker processes read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from model.errors import UserError
from model.training.datasets.item import BadSample, GazeDataset, Item
from model.training.datasets.patchset import PatchSet
from model.training.hard_cases import hard_cases
from model.training.order import Order

NAMED = 5
"""So many bad samples are told of one by one."""

ENOUGH = 200
"""Samples after which a share of bad ones means something."""


class Batch(NamedTuple):
    """Samples as tensors, see `PatchSet` for the shapes."""

    images: Tensor
    head: Tensor
    target: Tensor
    usable: Tensor
    points: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        return Batch(*(part.to(device, non_blocking=True) for part in self))


class Batches(Protocol):
    """Batches by step, the same ones whenever they are asked for.

    Attributes:
        samples: how many samples a round has.
        per_sample: patches of each.
        rounds: steps of a round.
        sources: what they were made of, for the model card.
    """

    samples: int
    per_sample: int
    rounds: int
    sources: list[dict[str, object]]

    def from_step(self, step: int) -> Iterator[list[Batch]]:
        """Batches from a step on, without end, each in the parts it is worked through in."""
        ...


@dataclass(frozen=True)
class Share:
    """What of each batch one process works through.

    Attributes:
        batch: samples of a whole batch, over all processes.
        parts: how many parts each process works through, for want of memory.
        process, processes: which of how many it is.
        seed: of the order.
    """

    batch: int
    parts: int = 1
    process: int = 0
    processes: int = 1
    seed: int = 0

    def of(self, batch: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """A process's own parts of a batch. The parts of all processes together are the batch, so
        that the number of processes changes speed alone."""
        pieces = np.array_split(batch, self.processes * self.parts)
        return [piece for piece in pieces[self.process :: self.processes] if len(piece)]


class MemoryBatches:
    """Batches of a patch set in memory: the quickest, where it fits.

    Args:
        data: the patch set.
        share: of each batch.
        sources: for the model card.
        hard: how many times a round shows the hard samples.

    Raises:
        UserError: if no eye in it is open.
    """

    def __init__(
        self, data: PatchSet, share: Share, sources: list[dict[str, object]], hard: int = 1
    ) -> None:
        open_eyed = np.flatnonzero(data.usable.any(axis=1))
        if len(open_eyed) == 0:
            raise UserError("the shards hold no open eye to train on: render more")
        self.sources = sources
        self.samples, self.per_sample = len(open_eyed), data.images.shape[1]
        self._share = share
        often = open_eyed[hard_cases(data)[open_eyed]] if hard > 1 else open_eyed[:0]
        items = np.concatenate([open_eyed, *[often] * (hard - 1)])
        self._order = Order(items, share.batch, share.seed)
        self.rounds = self._order.steps
        self._all = Batch(
            *(
                torch.from_numpy(array)
                for array in (data.images, data.head, data.target, data.usable, data.points)
            )
        )

    def from_step(self, step: int) -> Iterator[list[Batch]]:
        """See `Batches`."""
        while True:
            parts = self._share.of(self._order.of(step))
            yield [Batch(*(array[torch.from_numpy(part)] for array in self._all)) for part in parts]
            step += 1


@dataclass
class Tally:
    """How many samples were asked for, and which could not be used.

    Attributes:
        allowed: share of bad ones above which the work is given up.
    """

    allowed: float
    seen: int = 0
    bad: int = 0
    told: list[str] = field(default_factory=list)

    def add(self, good: int, complaints: list[str]) -> None:
        """Count a batch.

        Raises:
            UserError: when more than the allowed share is bad.
        """
        self.seen += good + len(complaints)
        self.bad += len(complaints)
        for complaint in complaints:
            if len(self.told) < NAMED and complaint not in self.told:
                self.told.append(complaint)
                print(f"left out: {complaint}", flush=True)
        if self.bad > self.allowed * max(self.seen, ENOUGH):
            raise UserError(
                f"{self.bad} of {self.seen} samples cannot be used, more than the allowed "
                f"{self.allowed:.1%}, such as: {self.told[0]}; mend the data, or allow more with "
                "--allow-bad"
            )


class LoadedBatches:
    """Batches of a data set on disk, read ahead by worker processes.

    A sample that cannot be used is left out and counted.

    Args:
        dataset: where they come from.
        which: (N,) numbers of the samples to train on.
        share: of this process.
        workers: how many processes read ahead; 0 to read in this one.
        allowed: share of bad samples above which training is given up.
        sources: for the model card.
    """

    def __init__(
        self,
        dataset: GazeDataset,
        which: NDArray[np.int64],
        share: Share,
        workers: int,
        allowed: float,
        sources: list[dict[str, object]],
    ) -> None:
        self.sources = sources
        self.samples, self.per_sample = len(which), len(dataset.mirrored)
        self.tally = Tally(allowed)
        self._dataset, self._share, self._workers = dataset, share, workers
        self._order = Order(which, share.batch, share.seed)
        self.rounds = self._order.steps

    def from_step(self, step: int) -> Iterator[list[Batch]]:
        """See `Batches`."""
        loader = DataLoader(
            _Reading(self._dataset),
            batch_sampler=_Steps(self._order, self._share, step),
            collate_fn=_together,
            num_workers=self._workers,
            multiprocessing_context="spawn" if self._workers else None,
            persistent_workers=False,
        )
        parts: list[Batch] = []
        for count, (batch, complaints) in enumerate(loader, start=1):
            self.tally.add(0 if batch is None else len(batch.images), complaints)
            if batch is not None:
                parts.append(batch)
            if count % self._share.parts == 0:
                yield parts
                parts = []


class _Steps:
    """Hands the numbers of each part of each step to a loader, without end."""

    def __init__(self, order: Order, share: Share, step: int) -> None:
        self._order, self._share, self._step = order, share, step

    def __iter__(self) -> Iterator[list[int]]:
        step = self._step
        while True:
            parts = self._share.of(self._order.of(step))
            parts += [parts[-1][:0]] * (self._share.parts - len(parts)) if parts else []
            yield from (part.tolist() for part in parts)
            step += 1


class _Reading(torch.utils.data.Dataset[Item | str]):
    """A data set as a loader wants it; what is wrong with a bad sample in its place."""

    def __init__(self, dataset: GazeDataset) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset.labels)

    def __getitem__(self, index: int) -> Item | str:
        try:
            return self._dataset.read(index)
        except BadSample as reason:
            return str(reason)


def _together(found: list[Item | str]) -> tuple[Batch | None, list[str]]:
    complaints = [one for one in found if isinstance(one, str)]
    items = [one for one in found if isinstance(one, Item)]
    if not items:
        return None, complaints
    batch = Batch(
        *(
            torch.from_numpy(np.stack([getattr(item, name) for item in items]))
            for name in Batch._fields
        )
    )
    return batch, complaints


def read_all(
    dataset: GazeDataset, which: NDArray[np.int64], workers: int
) -> Iterator[tuple[list[Item], NDArray[np.int64], list[str]]]:
    """Samples of a data set in order, in groups: those that can be used, their numbers, and of
    each other one where it stands and why.

    Args:
        dataset: where they come from.
        which: (N,) numbers.
        workers: processes that read ahead; 0 to read in this one.
    """
    groups = [which[start : start + GROUP].tolist() for start in range(0, len(which), GROUP)]
    loader = DataLoader(
        _Reading(dataset),
        batch_sampler=groups,
        collate_fn=list,
        num_workers=workers,
        multiprocessing_context="spawn" if workers else None,
    )
    for group, found in zip(groups, loader, strict=True):
        good = [i for i, one in enumerate(found) if isinstance(one, Item)]
        numbers = np.array(group, dtype=np.int64)[good]
        yield [found[i] for i in good], numbers, [one for one in found if isinstance(one, str)]


GROUP = 64
"""Samples that `read_all` hands out at a time."""
