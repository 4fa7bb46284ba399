"""Samples to fit int8 to and to judge it by: of different people."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.errors import UserError
from model.patches import PatchSpec
from model.training.datasets import synthgaze
from model.training.datasets.item import BadSample, Item, View, collate
from model.training.datasets.opening import open_dataset
from model.training.datasets.patchset import PatchSet, crop_middle
from model.training.exporting.form import Sources

CALIBRATION, HELD_OUT = 256, 1000
"""Samples that are enough for the ranges of activations, and for an error to 0.1 degrees."""

FEWEST = 8
MOST_BAD = 0.05
"""Share of samples that may be unreadable."""


@dataclass(frozen=True)
class Halves:
    """Samples of two groups of people.

    Attributes:
        calibration, held_out: the samples.
        people: how many there are in each.
        source: where they come from, for the card.
    """

    calibration: PatchSet
    held_out: PatchSet
    people: tuple[int, int]
    source: list[str]


def read_halves(sources: Sources, spec: PatchSpec) -> Halves:
    """Read samples and share them out by person, never by frame.

    Raises:
        UserError: if they cannot be read, or are too few, or all of one person.
    """
    if sources.dataset is not None:
        samples, source = _of_dataset(sources.dataset, sources.root, spec)
    else:
        folders = list(sources.shards)
        samples = synthgaze.load(folders, spec, limit=CALIBRATION + HELD_OUT)
        source = [folder.name for folder in folders]
    samples = _part(samples, np.flatnonzero(samples.usable.any(axis=1)), spec)
    nobody = np.zeros(len(samples))
    who = np.asarray(samples.traits.get("person", samples.traits.get("identity", nobody)))
    people = np.unique(who)
    if len(people) < 2:
        raise UserError(
            "the samples to fit int8 to are of fewer than two people, so that none are left to "
            "judge it by: give samples of more people"
        )
    mixed = np.random.default_rng(0).permutation(people)
    share = max(1, round(len(people) * CALIBRATION / (CALIBRATION + HELD_OUT)))
    fitted = np.isin(who, mixed[:share])
    first, second = np.flatnonzero(fitted)[:CALIBRATION], np.flatnonzero(~fitted)[:HELD_OUT]
    if min(len(first), len(second)) < FEWEST:
        raise UserError(
            f"there are {len(samples)} usable samples to fit int8 to and to judge it by, too few: "
            "give some hundreds, of several people"
        )
    parts = [_part(samples, which, spec) for which in (first, second)]
    counts = tuple(len(np.unique(who[which])) for which in (first, second))
    return Halves(parts[0], parts[1], (counts[0], counts[1]), source)


def _of_dataset(name: str, root: Path | None, spec: PatchSpec) -> tuple[PatchSet, list[str]]:
    if root is None:
        raise UserError(f"--dataset {name} needs its folder: give --root DIR")
    dataset = open_dataset(name, root, View(spec))
    count = min(len(dataset.labels), CALIBRATION + HELD_OUT)
    drawn = np.random.default_rng(0).permutation(len(dataset.labels))[:count]
    items: list[Item] = []
    read, bad = [], []
    for index in tqdm(np.sort(drawn).tolist(), unit="sample", disable=None, leave=False):
        try:
            items.append(dataset.read(index))
            read.append(index)
        except BadSample as error:
            bad.append(str(error))
    if not items or len(bad) > MOST_BAD * count:
        first = f", such as {bad[0]}" if bad else ""
        raise UserError(
            f"{len(bad)} of {count} samples of {name} cannot be used{first}: see what data check "
            "says of them"
        )
    labels = dataset.labels.of(np.array(read, dtype=np.int64))
    return collate(items, labels, dataset.mirrored), [name]


def _part(samples: PatchSet, which: NDArray[np.int64], spec: PatchSpec) -> PatchSet:
    return PatchSet(
        images=crop_middle(samples.images[which], spec.height, spec.width),
        head=samples.head[which],
        target=samples.target[which],
        usable=samples.usable[which],
        rotation=samples.rotation[which],
        mirrored=samples.mirrored,
        gaze=samples.gaze[which],
        points=samples.points[which],
        traits={name: values[which] for name, values in samples.traits.items()},
    )
