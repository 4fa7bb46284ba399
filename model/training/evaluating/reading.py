"""Runs a model over samples on disk; never more of their pictures in memory than a few batches."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.errors import UserError
from model.training.batches import read_all
from model.training.datasets.item import GazeDataset, collate
from model.training.datasets.patchset import PatchSet
from model.training.metrics import Prediction, Truth, join_predictions, join_truths

NAMED = 3
"""How many bad samples an error names."""


@dataclass(frozen=True)
class Answers:
    """What a model said about samples, and what is true.

    Attributes:
        prediction, truth: of M samples.
        place: (M,) str, where each one stands in its data set.
        bad: of each sample that could not be read, where it stands and why.
    """

    prediction: Prediction
    truth: Truth
    place: NDArray[np.str_]
    bad: list[str] = field(default_factory=list)


def answers(
    ask: Callable[[PatchSet], Prediction],
    dataset: GazeDataset,
    which: NDArray[np.int64],
    workers: int = 0,
    allow_bad: float = 0.01,
) -> Answers:
    """Ask a model about samples of a data set.

    Args:
        ask: what the model says about a patch set.
        dataset, which: numbers of samples in it.
        workers: processes that read beside this one; 0 for none.
        allow_bad: share of bad samples from which on the answers are worth nothing.

    Raises:
        UserError: if more samples are bad, or none can be judged.
    """
    predictions: list[Prediction] = []
    truths: list[Truth] = []
    places: list[NDArray[np.str_]] = []
    bad: list[str] = []
    with tqdm(total=len(which), unit=" samples", desc=dataset.name, disable=None) as bar:
        for items, numbers, failed in read_all(dataset, which, workers):
            bad += failed
            _refuse_bad(dataset.name, bad, len(which), allow_bad)
            if items:
                labels = dataset.labels.of(numbers)
                patches = collate(items, labels, dataset.mirrored)
                predictions.append(ask(patches))
                truths.append(Truth.of(patches))
                places.append(labels.place)
            bar.update(len(items) + len(failed))
    if not any(truth.usable.any() for truth in truths):
        raise UserError(f"no sample of {dataset.name} can be judged: run `data check` on it")
    return Answers(join_predictions(predictions), join_truths(truths), np.concatenate(places), bad)


def _refuse_bad(name: str, bad: list[str], samples: int, allowed: float) -> None:
    if len(bad) <= allowed * samples:
        return
    named = "; ".join(bad[:NAMED]) + (" ..." if len(bad) > NAMED else "")
    raise UserError(
        f"{len(bad)} of the {samples} samples of {name} cannot be used so far, more than the "
        f"{100.0 * allowed:g} % that --allow-bad allows: {named}"
    )
