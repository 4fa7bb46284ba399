"""Counts what a data set holds: persons, samples, files, angles."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.training.datasets.item import GazeDataset, Labels
from model.training.protocols import folds, protocol_of

EXAMPLES = 5
"""So many bad samples are named."""

PERCENTILES = {"min": 0, "5 %": 5, "median": 50, "95 %": 95, "max": 100}


@dataclass(frozen=True)
class Missing:
    """Files that are not there.

    Attributes:
        samples: numbers of the samples that lack one.
        files: how many files were looked for.
        examples: a sentence for each of the first few.
    """

    samples: NDArray[np.int64]
    files: int
    examples: list[str]


def missing_files(dataset: GazeDataset) -> Missing | None:
    """Which picture files do not exist; None of a data set that is not made of picture files."""
    pictures = getattr(dataset, "pictures", None)
    if pictures is None:
        return None
    listed: dict[str, frozenset[str]] = {}
    lacking: list[int] = []
    examples: list[str] = []
    files = 0
    for number in range(len(dataset.labels)):
        paths: list[Path] = pictures(number)
        files += len(paths)
        for path in paths:
            # One listing of a folder is quicker than a question for each of its files.
            folder, name = os.path.split(path)
            if folder not in listed:
                listed[folder] = frozenset(os.listdir(folder) if os.path.isdir(folder) else ())
            if name not in listed[folder]:
                lacking.append(number)
                if len(examples) < EXAMPLES:
                    examples.append(f"{dataset.labels.place[number]}: {path} is missing")
                break
    return Missing(np.array(lacking, dtype=np.int64), files, examples)


def angle_ranges(labels: Labels) -> dict[str, dict[str, float]]:
    """Percentiles of pitch and yaw, degrees, of the samples that have any."""
    known = labels.gaze[np.isfinite(labels.gaze).all(axis=1)]
    if len(known) == 0:
        return {}
    return {
        axis: {
            name: round(float(np.degrees(np.percentile(known[:, column], share))), 2)
            for name, share in PERCENTILES.items()
        }
        for column, axis in enumerate(("pitch", "yaw"))
    }


def count_samples(labels: Labels) -> dict[str, Any]:
    """How many samples there are, of each person and of each subset."""
    by_subset = {
        str(subset): {
            "samples": int((labels.subset == subset).sum()),
            "persons": len(np.unique(labels.person[labels.subset == subset])),
        }
        for subset in np.unique(labels.subset)
    }
    per_person = Counter(labels.person.tolist())
    return {
        "samples": len(labels),
        "persons": {person: per_person[person] for person in sorted(per_person)},
        "subsets": by_subset,
    }


def count_folds(dataset: GazeDataset) -> dict[str, Any]:
    """The folds that the data set's protocol makes, or why it makes none."""
    protocol = protocol_of(dataset)
    try:
        made = folds(dataset)
    except UserError as error:
        return {"protocol": protocol, "folds": [], "reason": str(error)}
    return {
        "protocol": protocol,
        "folds": [
            {
                "name": fold.name,
                "train": len(fold.train),
                "validation": len(fold.validation),
                "test": len(fold.test),
            }
            for fold in made
        ],
    }


def spread(count: int, wanted: int) -> NDArray[np.int64]:
    """At most so many numbers below a count, evenly spread."""
    if wanted >= count:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, wanted).round().astype(np.int64))
