"""Which samples of a data set are learnt from, chosen by and judged on.

Published protocols name training and test only. No epoch is ever chosen on test data here: each
fold sets persons aside from its *training* part for that, as `RULES` says in words.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.training.datasets.item import GazeDataset, Labels

Which = NDArray[np.int64]

PERSONS, CLUSTERS, RT_GENE, FIXED, HELD_OUT = (
    "leave one person out", "leave one cluster out", "three folds", "fixed split",
    "held-out persons",
)  # fmt: skip

RULES = {
    PERSONS: "each person in turn is tested on; the next one by name chooses the epoch; all "
    "others are learnt from",
    CLUSTERS: "each cluster of persons in turn is tested on; of the others the first person by "
    "name chooses the epoch, the rest are learnt from",
    RT_GENE: "train1, train2 and train3 in turn are tested on, the other two learnt from; valid "
    "chooses the epoch",
    FIXED: "test is tested on, val chooses the epoch, train is learnt from; a data set without "
    "val gives the last tenth of its training persons by name for that",
    HELD_OUT: "every tenth person by name is tested on, the one after chooses the epoch, all "
    "others are learnt from",
}
"""Each protocol in words, for reports."""

PROTOCOLS = {
    "mpiifacegaze": PERSONS,
    "eyediap": CLUSTERS,
    "rt-gene": RT_GENE,
    "gaze360": FIXED,
    "eth-xgaze": FIXED,
    "recordings": PERSONS,
    "synthgaze": HELD_OUT,
}
"""The protocol of each data set. ETH-XGaze's test labels are not public: without them it falls back
to held-out persons."""


@dataclass(frozen=True)
class Fold:
    """One division of a data set.

    Attributes:
        name: such as the person left out.
        train, validation, test: numbers of samples, ascending.
    """

    name: str
    train: Which
    validation: Which
    test: Which


def protocol_of(dataset: GazeDataset) -> str:
    """The protocol that a data set on disk is judged by, a key of RULES."""
    named = PROTOCOLS.get(dataset.name, PERSONS)
    if named == FIXED and not (dataset.labels.subset == "test").any():
        return HELD_OUT
    return named


def folds(dataset: GazeDataset) -> list[Fold]:
    """The folds of a data set by its own protocol.

    Raises:
        UserError: if it holds too few persons or parts for it.
    """
    protocol = protocol_of(dataset)
    makers = {
        PERSONS: _by_person, CLUSTERS: _by_cluster, RT_GENE: _rt_gene, FIXED: _fixed,
        HELD_OUT: _held_out,
    }  # fmt: skip
    found = list(makers[protocol](dataset.labels))
    for fold in found:
        for part in ("train", "validation", "test"):
            if len(getattr(fold, part)) == 0:
                raise UserError(
                    f"{dataset.name} has nothing for the {part} part of fold {fold.name} "
                    f"({protocol}: {RULES[protocol]}): check that the data set is whole"
                )
    return found


def fold_of(dataset: GazeDataset, name: str) -> Fold:
    """The fold of a name.

    Raises:
        UserError: if there is none.
    """
    known = folds(dataset)
    for fold in known:
        if fold.name == name:
            return fold
    names = ", ".join(fold.name for fold in known)
    raise UserError(f"{dataset.name} has no fold {name}; its folds are: {names}")


def whole(dataset: GazeDataset) -> Which:
    """All labelled samples: what another data set's model is tested on."""
    return np.flatnonzero(np.isfinite(dataset.labels.gaze).all(axis=1))


def _fold(name: str, train: NDArray[np.bool_], validation: NDArray[np.bool_],
          test: NDArray[np.bool_]) -> Fold:  # fmt: skip
    return Fold(name, *(np.flatnonzero(part) for part in (train, validation, test)))


def _by_person(labels: Labels) -> Iterator[Fold]:
    persons = np.unique(labels.person)
    if len(persons) < 3:
        raise UserError(
            f"leaving one person out needs at least three persons, not {len(persons)}: one to "
            "test on, one to choose the epoch by, one to learn from"
        )
    for left_out, chooser in zip(persons, np.roll(persons, -1), strict=True):
        test, validation = labels.person == left_out, labels.person == chooser
        yield _fold(str(left_out), ~test & ~validation, validation, test)


def _by_cluster(labels: Labels) -> Iterator[Fold]:
    clusters = np.unique(labels.subset)
    if len(clusters) < 2:
        raise UserError("leaving one cluster out needs at least two clusters: check ClusterLabel")
    for cluster in clusters:
        test = labels.subset == cluster
        # A person belongs to one cluster; were it otherwise, testing on them would be cheating.
        others = ~test & ~np.isin(labels.person, labels.person[test])
        chooser = np.unique(labels.person[others])[:1]
        validation = others & np.isin(labels.person, chooser)
        yield _fold(str(cluster), others & ~validation, validation, test)


def _rt_gene(labels: Labels) -> Iterator[Fold]:
    parts = ("train1", "train2", "train3")
    validation = labels.subset == "valid"
    for part in parts:
        test = labels.subset == part
        others = np.isin(labels.subset, [other for other in parts if other != part])
        yield _fold(part, others, validation, test)


def _fixed(labels: Labels) -> Iterator[Fold]:
    train, test = labels.subset == "train", labels.subset == "test"
    validation = labels.subset == "val"
    if not validation.any():
        persons = np.unique(labels.person[train])
        choosers = persons[-max(len(persons) // 10, 1) :]
        validation = train & np.isin(labels.person, choosers)
        train = train & ~validation
    yield _fold("test", train, validation, test)


def _held_out(labels: Labels) -> Iterator[Fold]:
    usable = labels.subset != "test"  # without labels, or it would be a fixed split
    number = np.unique(labels.person, return_inverse=True)[1]
    persons = int(number.max(initial=-1)) + 1
    if persons < 3:
        raise UserError(f"holding persons out needs at least three persons, not {persons}")
    every = min(10, persons)
    test, validation = usable & (number % every == 0), usable & (number % every == 1)
    yield _fold("held-out", usable & ~test & ~validation, validation, test)
