"""Judges a model, or the models of all folds, on parts of data sets that they have not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.estimator import Provider
from model.training import protocols
from model.training.datasets.item import GazeDataset, View
from model.training.datasets.opening import open_dataset
from model.training.evaluating.models import JudgedModel, TrainedOn, find_models, open_model
from model.training.evaluating.reading import Answers, answers
from model.training.metrics import measure

WHOLE = "whole"
"""Name of the part that is everything: what another data set's model is judged on."""

NAMED = 5
"""How many persons an error names."""


@dataclass(frozen=True)
class Source:
    """A data set on disk: its name on the command line, and its folder."""

    name: str
    root: Path


@dataclass(frozen=True)
class Options:
    """How to judge.

    Attributes:
        fold: judge on the test part of this fold; None for that of the model's own, or everything.
        provider: to run on.
        workers: processes that read.
        allow_bad: share of samples that may be bad.
        limit: no more than so many samples of each part, evenly spread over it; None for all.
    """

    fold: str | None = None
    provider: Provider = "auto"
    workers: int = 0
    allow_bad: float = 0.01
    limit: int | None = None


@dataclass(frozen=True)
class Judged:
    """One model on one part of a data set.

    Attributes:
        model: the name of the model's configuration.
        trained: the fold it was trained for; None where it does not say.
        fold: the fold whose test part it was judged on, or WHOLE.
        answers: what it said.
        numbers: what `model.training.metrics.measure` makes of it.
    """

    model: str
    trained: TrainedOn | None
    fold: str
    answers: Answers
    numbers: dict[str, Any]

    @property
    def title(self) -> str:
        """Which model on which part, for a table's row."""
        if self.fold != WHOLE or self.trained is None:
            return self.fold
        return f"{self.fold}, model of {self.trained.dataset} {self.trained.fold}"


@dataclass(frozen=True)
class Verdict:
    """A data set, and every model that was judged on it.

    Attributes:
        dataset: its own name.
        protocol: by which it is divided, a key of `model.training.protocols.RULES`; "" where the
            models were judged on the whole of it.
        folds: names of all folds that the protocol makes of what is on the disk; none of the whole.
        judged: in the order of the folds.
        limited: whether only some samples of each part were looked at.
    """

    dataset: str
    protocol: str
    folds: list[str]
    judged: list[Judged] = field(default_factory=list)
    limited: bool = False

    @property
    def across(self) -> bool:
        """Whether models of another data set were judged."""
        return any(
            one.trained is None or one.trained.dataset != self.dataset for one in self.judged
        )

    @property
    def missing(self) -> list[str]:
        """Folds that no model was judged on."""
        return [name for name in self.folds if name not in {one.fold for one in self.judged}]


def judge_datasets(model: Path, sources: Sequence[Source], options: Options) -> list[Verdict]:
    """Judge what a path names on data sets.

    A model is judged on the test part of the fold that it was trained for, and on the whole of any
    other data set. Of a folder of folds every model is judged so, and of a data set's own models
    only that of `options.fold` if one is named.

    Args:
        model: an .onnx file, a training's folder, or a folder with one for each fold.
        sources: data sets.
        options: see there.

    Raises:
        UserError: if something cannot be read, or a model would be judged on persons it has seen.
    """
    if options.fold is not None and len(sources) > 1:
        raise UserError("--fold names a part of one data set: give one --dataset with it")
    paths = find_models(model)
    opened: dict[tuple[int, View], GazeDataset] = {}
    verdicts: dict[int, Verdict] = {}
    for path in paths:
        judge = open_model(path, options.provider)
        for number, source in enumerate(sources):
            key = (number, judge.view)
            if key not in opened:
                opened[key] = open_dataset(source.name, source.root, judge.view)
            dataset = opened[key]
            own = judge.trained is not None and judge.trained.dataset == dataset.name
            if own and len(paths) > 1 and options.fold not in (None, _fold(judge.trained)):
                continue  # another fold's model
            fold, which = _part(dataset, judge.trained, options.fold, judge.path)
            if number not in verdicts:
                verdicts[number] = _verdict(dataset, fold, options.limit is not None)
            verdicts[number].judged.append(_judged(judge, dataset, fold, which, options))
    if not verdicts:
        raise UserError(f"{model} holds no model of fold {options.fold}: train it, or name another")
    return [verdicts[number] for number in sorted(verdicts)]


def _judged(
    model: JudgedModel,
    dataset: GazeDataset,
    fold: str,
    which: NDArray[np.int64],
    options: Options,
) -> Judged:
    if options.limit is not None and len(which) > options.limit:
        which = which[np.linspace(0, len(which) - 1, options.limit).round().astype(np.int64)]
    said = answers(model.predict, dataset, which, options.workers, options.allow_bad)
    numbers = {**measure(said.prediction, said.truth), "bad": len(said.bad)}
    return Judged(model.name, model.trained, fold, said, numbers)


def _verdict(dataset: GazeDataset, fold: str, limited: bool) -> Verdict:
    if fold == WHOLE:
        return Verdict(dataset.name, "", [], limited=limited)
    known = [one.name for one in protocols.folds(dataset)]
    return Verdict(dataset.name, protocols.protocol_of(dataset), known, limited=limited)


def _fold(trained: TrainedOn | None) -> str | None:
    return None if trained is None else trained.fold


def _part(
    dataset: GazeDataset, trained: TrainedOn | None, fold: str | None, path: Path
) -> tuple[str, NDArray[np.int64]]:
    """Name and samples of the part that a model is judged on."""
    own = trained is not None and trained.dataset == dataset.name
    name = fold
    if name is None and own:
        name = _fold(trained)
    which = protocols.whole(dataset) if name is None else protocols.fold_of(dataset, name).test
    if trained is not None and own:
        again = sorted(trained.seen & set(np.unique(dataset.labels.person[which]).tolist()))
        if again:
            named = ", ".join(again[:NAMED]) + (" ..." if len(again) > NAMED else "")
            raise UserError(
                f"{path} saw {named} of {dataset.name} in its training, whom the part {name} "
                "shows: judge it on a fold that it did not see (--fold), or on another data set"
            )
    return WHOLE if name is None else name, which
