"""Opens pictures of a data set to see whether they can be read, and what faces in them do."""

import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.face import FaceTracker
from model.geometry import Array
from model.patches import PatchSpec
from model.training.check.turned import Verdict, compare, seen_angles
from model.training.datasets.item import BadSample, GazeDataset

_CHUNK = 64

_dataset: GazeDataset | None = None


@dataclass(frozen=True)
class Opened:
    """What opening samples came to.

    Attributes:
        count: how many were opened.
        bad: number of each that cannot be used, with a sentence.
    """

    count: int
    bad: dict[int, str]


def open_samples(dataset: GazeDataset, numbers: NDArray[np.int64], workers: int) -> Opened:
    """Read samples, in so many processes, with a progress bar."""
    bad: dict[int, str] = {}
    with tqdm(total=len(numbers), unit="sample", desc="opening") as progress:
        for number, reason in _reasons(dataset, numbers.tolist(), workers):
            progress.update()
            if reason is not None:
                bad[number] = reason
    return Opened(len(numbers), bad)


def _reasons(
    dataset: GazeDataset, numbers: list[int], workers: int
) -> Iterator[tuple[int, str | None]]:
    if workers <= 1 or len(numbers) <= 2 * _CHUNK:
        for number in numbers:
            yield number, _reason(dataset, number)
        return
    # Spawned: a forked process may hang on locks that OpenCV's threads held.
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _start_worker, (dataset,)) as pool:
        yield from pool.imap_unordered(_try_in_worker, numbers, _CHUNK)


def _start_worker(dataset: GazeDataset) -> None:
    global _dataset
    _dataset = dataset
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C, and ends them


def _try_in_worker(number: int) -> tuple[int, str | None]:
    assert _dataset is not None
    return number, _reason(_dataset, number)


def _reason(dataset: GazeDataset, number: int) -> str | None:
    try:
        dataset.read(number)
    except BadSample as error:
        return str(error)
    return None


def compare_faces(dataset: GazeDataset, numbers: NDArray[np.int64], spec: PatchSpec) -> Verdict:
    """Compare labels with what FaceMesh sees in face patches, with a progress bar.

    Samples that the data set itself has flipped (trait "flipped") are compared apart, too: were
    their labels not flipped with them, both halves together would seem to say nothing.
    """
    labels: list[Array] = []
    seen: list[tuple[float, float]] = []
    which: list[int] = []
    with FaceTracker(static=True) as tracker:
        for number in tqdm(numbers.tolist(), unit="face", desc="looking"):
            try:
                item = dataset.read(number)
            except BadSample:
                continue
            if not (item.usable[0] and np.isfinite(item.target[0]).all()):
                continue
            angles = seen_angles(tracker, item.images[0], spec)
            if angles is not None:
                labels.append(item.target[0].astype(np.float64))
                seen.append(angles)
                which.append(number)
    told, shown = np.reshape(labels, (-1, 2)), np.reshape(seen, (-1, 2))
    verdict = compare(told, shown)
    flipped = dataset.labels.traits.get("flipped")
    if flipped is None or verdict.problems:
        return verdict
    member = np.asarray(flipped, dtype=bool)[which]
    problems = [
        f"{group}: {problem}"
        for group, own in (("samples stored flipped", member), ("the others", ~member))
        for problem in compare(told[own], shown[own]).problems
    ]
    return replace(verdict, problems=problems)
