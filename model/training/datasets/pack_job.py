"""What is packed: where samples come from, and which of them go into which shard."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model.patches import PatchSpec
from model.training.datasets.item import BadSample, GazeDataset, Item, Labels, View
from model.training.datasets.pack_files import SCHEMA

SHARD_SAMPLES, SHARD_BYTES = 1000, 256_000_000
"""A shard holds at most so many samples, and not more than about so many bytes."""

Which = NDArray[np.int64]
Sample = tuple[Item, Labels]
"""An item, and what is known of it beforehand: labels of length 1."""


class Source(Protocol):
    """Where the samples of a pack come from; picklable, for worker processes."""

    def samples(self, index: int) -> Iterator[Sample | BadSample]:
        """The samples of one number (most sources: one), or why there are none."""
        ...

    def close(self) -> None:
        """Let go of what `samples` opened."""
        ...


@dataclass
class DatasetSource:
    """The samples of a data set that can be read already."""

    dataset: GazeDataset

    def samples(self, index: int) -> Iterator[Sample | BadSample]:
        """See `Source`."""
        try:
            yield self.dataset.read(index), self.dataset.labels.of(np.array([index]))
        except BadSample as error:
            yield error

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class Packing:
    """One run; picklable, so that worker processes can have it.

    Attributes:
        out: the folder of shards.
        name: of the original data set, by whose protocol the pack is judged.
        view: what of the samples is stored; pictures may be larger.
        source: gives the samples.
        plan: the numbers that go into each shard.
        origin: what else must be the same for shards to belong together, such as hashes.
        unit: what the numbers count, for the progress bar.
    """

    out: Path
    name: str
    view: View
    source: Source
    plan: Sequence[Which]
    origin: dict[str, Any] = field(default_factory=dict)
    unit: str = "sample"

    @property
    def asked(self) -> int:
        """How many numbers there are."""
        return sum(len(which) for which in self.plan)

    def description(self) -> dict[str, Any]:
        """What has to be the same for shards to belong together."""
        spec = self.view.spec
        plan = hashlib.sha256(b"|".join(np.asarray(w, "<i8").tobytes() for w in self.plan))
        return {
            "schema": SCHEMA,
            "name": self.name,
            "view": {
                "kind": spec.kind, "width": spec.width, "height": spec.height,
                "focal": spec.focal, "distance": spec.distance, "grey": self.view.grey,
            },
            "asked": self.asked,
            "plan": plan.hexdigest(),
            "origin": self.origin,
        }  # fmt: skip


def plan_shards(person: NDArray[np.str_], most: int) -> list[Which]:
    """Divide samples into shards: persons in the order in which they come, each in as few shards
    as can be, small ones together."""
    if len(person) == 0:
        return []
    _, first, number = np.unique(person, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(np.argsort(first))[number], kind="stable")
    borders = np.flatnonzero(np.diff(number[order])) + 1
    shards: list[Which] = []
    current: list[Which] = []
    for group in np.split(order, borders):
        if sum(map(len, current)) + len(group) > most and current:
            shards.append(np.concatenate(current))
            current = []
        pieces = np.array_split(group, -(-len(group) // most))
        shards += pieces[:-1]
        current.append(pieces[-1])
    return [*shards, np.concatenate(current)]


def most_samples(spec: PatchSpec, samples: int = SHARD_SAMPLES) -> int:
    """How many samples with patches of a size go into one shard."""
    patch = 3 * spec.width * spec.height * (2 if spec.kind == "eyes" else 1)
    return max(1, min(samples, SHARD_BYTES // patch))


def pack_dataset(dataset: GazeDataset, view: View, out: Path, samples: int) -> Packing:
    """The run that packs a data set.

    Args:
        dataset: opened with that view.
        view: what of it is stored.
        out: where to.
        samples: of one shard, at most.
    """
    labels = dataset.labels
    known = hashlib.sha256(np.ascontiguousarray(labels.gaze).tobytes())
    for words in (labels.person, labels.subset, labels.place):
        known.update("\n".join(words.tolist()).encode())
    plan = plan_shards(labels.person, most_samples(view.spec, samples))
    origin = {"labels": known.hexdigest()}
    return Packing(out, dataset.name, view, DatasetSource(dataset), plan, origin)
