"""Drawn persons: a data set in memory whose samples and errors a test decides."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from model.card import card_path, load_card
from model.geometry import vector
from model.patches import PatchSpec
from model.training.checkpoint import save_checkpoint
from model.training.datasets.item import BadSample, Item, Labels, View, unknown_points
from model.training.gazeclip import GazeCLIP
from tests.material import write_tiny_model
from tests.model.training.material import draw_eye, tiny_config


class DrawnPersons:
    """Two eyes for each sample, drawn anew whenever they are read.

    The head's angles are the gaze's plus an offset of each person's, for a model that takes the one
    for the other (`tests.material.write_tiny_model`): then its errors are those offsets.

    Args:
        name: of the data set whose protocol holds.
        view: what the model wants to see.
        persons: names, with the offset of each in (pitch, yaw), degrees.
        each: samples of each person.
        noise: deviation of a further error, degrees.
        bad: numbers of samples that cannot be read.
        shut: numbers of samples whose eyes are shut.
    """

    def __init__(
        self,
        name: str,
        view: View,
        persons: dict[str, tuple[float, float]],
        each: int = 12,
        noise: float = 0.0,
        bad: tuple[int, ...] = (),
        shut: tuple[int, ...] = (),
    ) -> None:
        self.name, self.view = name, view
        self.mirrored = np.array([True, False])
        self._bad, self._shut = bad, shut
        count = each * len(persons)
        generator = np.random.default_rng(7)
        gaze = np.radians(generator.uniform([-20.0, -25.0], [15.0, 25.0], (count, 2)))
        offsets = np.repeat(np.array(list(persons.values())), each, axis=0)
        self._said = gaze + np.radians(offsets + generator.normal(0.0, noise, (count, 2)))
        person = np.repeat(np.array(list(persons)), each)
        place = np.array([f"{name}.label:{line}" for line in range(2, count + 2)])
        self.labels = Labels(gaze, person, np.full(count, ""), place)

    def read(self, index: int) -> Item:
        """See `GazeDataset`."""
        if index in self._bad:
            raise BadSample(f"{self.labels.place[index]}: its picture is missing")
        pitch, yaw = self.labels.gaze[index]
        flip = np.array([[1.0, -1.0], [1.0, 1.0]])
        generator = np.random.default_rng(index)
        images = np.stack([draw_eye(pitch, side, generator) for side in (-yaw, yaw)])
        height, width = self.view.spec.height, self.view.spec.width
        images = images[:, (64 - height) // 2 :, (96 - width) // 2 :][:, :height, :width]
        head = np.zeros((2, 4), dtype=np.float32)
        head[:, :2] = self._said[index] * flip
        return Item(
            images=images[..., :1] if self.view.grey else images,
            head=head,
            target=(self.labels.gaze[index] * flip).astype(np.float32),
            usable=np.full(2, index not in self._shut),
            rotation=np.tile(np.eye(3, dtype=np.float32), (2, 1, 1)),
            gaze=vector([pitch, yaw]),
            points=unknown_points(2),
        )


def write_model(path: Path, fold: dict[str, Any] | None = None) -> Path:
    """An exported model that takes the head's direction for the gaze, whose card tells a fold."""
    write_tiny_model(path)
    if fold is not None:
        content = json.loads(card_path(path).read_text(encoding="utf-8"))
        content["training"]["fold"] = fold
        card_path(path).write_text(json.dumps(content), encoding="utf-8")
        assert load_card(path).training["fold"] == fold
    return path


def write_training(folder: Path, fold: dict[str, Any] | None, towers: Path) -> Path:
    """A checkpoint of a network that has learnt nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    config = tiny_config(towers)
    network = GazeCLIP(config)
    content: dict[str, Any] = {
        "config": config.to_json(),
        "average": network.state_dict(),
        "training": {"command": "python main.py train"},
        "data": [],
    }
    if fold is not None:
        content["fold"] = fold
    save_checkpoint(folder, content)
    return folder


def fold_content(dataset: str, fold: str, persons: list[str]) -> dict[str, Any]:
    """What a training on one fold of leaving one person out tells in its checkpoint."""
    chooser = persons[(persons.index(fold) + 1) % len(persons)]
    learnt = [name for name in persons if name not in (fold, chooser)]
    return {
        "dataset": dataset,
        "protocol": "leave one person out",
        "fold": fold,
        "persons": {"train": learnt, "validation": [chooser], "test": [fold]},
    }


def angle_by_cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Degrees between gazes (N, 2) in degrees, by another formula than the program's."""
    (p, y), (q, z) = np.radians(a).T, np.radians(b).T
    cosine = np.sin(p) * np.sin(q) + np.cos(p) * np.cos(q) * np.cos(y - z)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


EYES = PatchSpec("eyes", 72, 48, 960.0, 600.0)
"""What `write_tiny_model` sees."""
