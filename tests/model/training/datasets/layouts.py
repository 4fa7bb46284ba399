"""What every layout's test does with a written mini-set. No data set's formula stands here."""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np

from model.patches import EYE_PATCH, FACE_PATCH
from model.training.datasets.item import GazeDataset, Item, View
from tests.model.training.minisets.rendering import LEFT, UP, Sample

FACE = View(FACE_PATCH)
EYES = View(EYE_PATCH)
SMALL = View(replace(FACE_PATCH, width=64, height=64), grey=True)


def plain(ordered: list[Sample], picture: int) -> list[int]:
    """The numbers of the samples that look plainly left, or up."""
    return [number for number, sample in enumerate(ordered) if sample.picture == picture]


def assert_read_back(data: GazeDataset, expected: np.ndarray) -> None:
    """Labels, targets and camera gaze all say the expected (M, 2) degrees of pitch and yaw."""
    assert len(data.labels) == len(expected) > 0
    assert np.abs(np.degrees(data.labels.gaze) - expected).max() < 0.1
    for number in range(len(expected)):
        item = data.read(number)
        for flip, target in zip(data.mirrored, np.degrees(item.target), strict=True):
            want = expected[number] * ([1.0, -1.0] if flip else [1.0, 1.0])
            assert np.abs(target - want).max() < 0.1
        for rotation in item.rotation:
            x, y, z = rotation @ item.gaze
            back = np.degrees([np.arcsin(-y), np.arctan2(-x, -z)])
            assert np.abs(back - expected[number]).max() < 0.1
            assert np.abs(rotation @ rotation.T - np.eye(3)).max() < 1e-5


def assert_signs(data: GazeDataset, ordered: list[Sample], flipped: np.ndarray) -> None:
    """Left of the user is negative yaw and up is positive pitch; plainly so."""
    pitch, yaw = np.degrees(data.labels.gaze).T
    for number in plain(ordered, LEFT):
        assert (yaw[number] > 15.0) if flipped[number] else (yaw[number] < -15.0)
        assert abs(pitch[number]) < 10.0
    for number in plain(ordered, UP):
        assert pitch[number] > 15.0
        assert abs(yaw[number]) < 10.0


def alike(a: np.ndarray, b: np.ndarray) -> float:
    """How alike two pictures of one size are, as a correlation."""
    return float(np.corrcoef(a.astype(float).ravel(), b.astype(float).ravel())[0, 1])


def shrunk(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The means of blocks of a grey or coloured picture, grey, (height, width): for comparing."""
    grey = picture.astype(float).mean(axis=2) if picture.ndim == 3 else picture.astype(float)
    rows = np.linspace(0, len(grey), height + 1).astype(int)
    columns = np.linspace(0, grey.shape[1], width + 1).astype(int)
    sums = np.add.reduceat(np.add.reduceat(grey, rows[:-1], 0), columns[:-1], 1)
    return np.asarray(sums / np.outer(np.diff(rows), np.diff(columns)))


def assert_eyes(
    data: GazeDataset, ordered: list[Sample], flipped: np.ndarray, least: float
) -> None:
    """The right eye comes first and is flipped, the left eye follows as it is."""
    for number in range(0, len(ordered), 5):
        item = data.read(number)
        assert item.images.shape == (2, EYE_PATCH.height, EYE_PATCH.width, 3)
        right, left = ordered[number].eyes
        if flipped[number]:  # in a mirror the left eye is the right one
            right, left = left[:, ::-1], right[:, ::-1]
        shown = [shrunk(image, 12, 8) for image in item.images]
        first, second = shrunk(right[:, ::-1], 12, 8), shrunk(left, 12, 8)
        assert alike(shown[0], first) > least
        assert alike(shown[1], second) > least
        # Nor would it pass were the eyes exchanged, or not flipped.
        assert alike(shown[0], first) > alike(shown[0], first[:, ::-1]) + 0.02
        assert alike(shown[1], second) > alike(shown[1], second[:, ::-1]) + 0.02
        assert alike(shown[0], first) > alike(shown[0], shrunk(left[:, ::-1], 12, 8))
    assert data.mirrored.tolist() == [True, False]


def assert_faces(data: GazeDataset, pictures: list[np.ndarray]) -> None:
    """Face patches show these pictures (224, 224, 3) RGB, in colour and the right way round."""
    for number in range(0, len(pictures), 5):
        item = data.read(number)
        assert item.images.shape == (1, 224, 224, 3)
        assert item.images.dtype == np.uint8
        difference = item.images[0].astype(float) - pictures[number].astype(float)
        assert np.abs(difference).mean() < 4.0  # as JPEG leaves it
    assert data.mirrored.tolist() == [False]


def read_in_worker(data: GazeDataset, number: int) -> Item:
    """An item that a process of its own has read, to which the data set was pickled."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(data.read, (number,))


def assert_picklable(data: GazeDataset) -> None:
    """A worker reads what this process reads."""
    here = data.read(3)  # with whatever this leaves open
    there = read_in_worker(data, 3)
    for name in ("images", "head", "target", "rotation", "gaze"):
        np.testing.assert_array_equal(getattr(there, name), getattr(here, name))


def replace_in_line(path: Path, line: int, column: int, text: str | None) -> None:
    """Replace a cell of a label file (lines from 1, columns from 0), or cut the line off there."""
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[line - 1].split(" ")
    cells = cells[:column] if text is None else [*cells[:column], text, *cells[column + 1 :]]
    lines[line - 1] = " ".join(cells)
    path.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")


def cell(path: Path, line: int, column: int) -> str:
    """A cell of a label file (lines from 1, columns from 0)."""
    return path.read_text(encoding="utf-8").splitlines()[line - 1].split(" ")[column]
