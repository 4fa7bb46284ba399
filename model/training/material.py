"""What a training learns from and is chosen by: rendered shards in memory, or a fold of a data set
that worker processes read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from accelerate import Accelerator
from numpy.typing import NDArray

from model.errors import UserError
from model.training.batches import Batches, LoadedBatches, MemoryBatches, Share, Tally, read_all
from model.training.config import GazeClipConfig
from model.training.datasets import synthgaze
from model.training.datasets.item import GazeDataset, View, collate
from model.training.datasets.opening import open_dataset
from model.training.datasets.patchset import PatchSet
from model.training.protocols import RULES, Fold, fold_of, folds, protocol_of

VALIDATION_SAMPLES = 2000
"""Samples that the validations during training look at, spread evenly."""


class Material(Protocol):
    """What `train` needs to know about data.

    Attributes:
        fold: what the checkpoint says of who was trained on, see `FoldMaterial`; None of shards.
    """

    @property
    def fold(self) -> dict[str, Any] | None:
        """Told in the checkpoint."""
        ...

    def batches(self, config: GazeClipConfig, seed: int, accelerator: Accelerator) -> Batches:
        """What to learn from."""
        ...

    def validation(self, config: GazeClipConfig) -> PatchSet | None:
        """What to choose the best state by, or None."""
        ...


@dataclass(frozen=True)
class ShardMaterial:
    """Folders of rendered shards, which are read into memory.

    Attributes:
        shards: to learn from; on resuming they may hold more than before.
        judged: folder to validate on, or None.
    """

    shards: list[Path]
    judged: Path | None = None
    fold: dict[str, Any] | None = None

    def batches(self, config: GazeClipConfig, seed: int, accelerator: Accelerator) -> Batches:
        """See `Material`."""
        data = synthgaze.load_for_training(self.shards, config.patch, config.grey)
        share = share_of(config, data.images.shape[1], seed, accelerator)
        sources = [synthgaze.summary(folder) for folder in self.shards]
        return MemoryBatches(data, share, sources, config.training.hard)

    def validation(self, config: GazeClipConfig) -> PatchSet | None:
        """See `Material`."""
        if self.judged is None:
            return None
        return synthgaze.load([self.judged], config.patch, config.grey, VALIDATION_SAMPLES)


@dataclass(frozen=True)
class DataPlace:
    """A data set on disk, and how it is read.

    Attributes:
        name: see `model.training.datasets.opening.NAMES`.
        root: its folder.
        workers: processes that read ahead.
        allowed: share of samples that may be bad.
    """

    name: str
    root: Path
    workers: int = 2
    allowed: float = 0.01

    def open(self, config: GazeClipConfig) -> GazeDataset:
        """The data set as a model wants to see it."""
        return open_dataset(self.name, self.root, View(config.patch, config.grey))


@dataclass
class FoldMaterial:
    """One fold of a data set.

    Attributes:
        place: the data set.
        name: of the fold.
        fold: for the checkpoint: the data set, its protocol, the fold and the persons of its parts.
    """

    place: DataPlace
    name: str
    fold: dict[str, Any] | None = None
    _opened: tuple[GazeDataset, Fold] | None = field(default=None, repr=False)

    def _open(self, config: GazeClipConfig) -> tuple[GazeDataset, Fold]:
        if self._opened is None:
            dataset = self.place.open(config)
            fold = fold_of(dataset, self.name)
            self.fold = {
                "dataset": dataset.name,
                "protocol": protocol_of(dataset),
                "rule": RULES[protocol_of(dataset)],
                "fold": fold.name,
                "persons": {
                    part: np.unique(dataset.labels.person[getattr(fold, part)]).tolist()
                    for part in ("train", "validation", "test")
                },
            }
            self._opened = dataset, fold
        return self._opened

    def batches(self, config: GazeClipConfig, seed: int, accelerator: Accelerator) -> Batches:
        """See `Material`."""
        dataset, fold = self._open(config)
        assert self.fold is not None
        return LoadedBatches(
            dataset,
            fold.train,
            share_of(config, len(dataset.mirrored), seed, accelerator),
            self.place.workers,
            self.place.allowed,
            [{**self.fold, "samples": len(fold.train)}],
        )

    def validation(self, config: GazeClipConfig) -> PatchSet | None:
        """See `Material`."""
        dataset, fold = self._open(config)
        return in_memory(dataset, spread(fold.validation, VALIDATION_SAMPLES), self.place)


def fold_names(place: DataPlace, config: GazeClipConfig) -> list[str]:
    """The folds of a data set."""
    return [fold.name for fold in folds(place.open(config))]


def share_of(config: GazeClipConfig, per_sample: int, seed: int, accelerator: Accelerator) -> Share:
    """What each process works through of a configuration's batches."""
    training = config.training
    return Share(
        batch=max(training.batch // per_sample, 1),
        parts=training.accumulate,
        process=accelerator.process_index,
        processes=accelerator.num_processes,
        seed=seed,
    )


def spread(which: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """At most so many of the given samples, spread evenly."""
    if len(which) <= count:
        return which
    return which[np.linspace(0, len(which) - 1, count).round().astype(np.int64)]


def in_memory(dataset: GazeDataset, which: NDArray[np.int64], place: DataPlace) -> PatchSet:
    """Samples of a data set as a patch set, without those that cannot be used.

    Raises:
        UserError: if more than the allowed share cannot be used.
    """
    items, kept, tally = [], [], Tally(place.allowed)
    for group, numbers, complaints in read_all(dataset, which, place.workers):
        tally.add(len(group), complaints)
        items += group
        kept.append(numbers)
    if not items:
        raise UserError(f"none of the samples of {dataset.name} can be used: check the data set")
    return collate(items, dataset.labels.of(np.concatenate(kept)), dataset.mirrored)
