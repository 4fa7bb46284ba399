"""A data set of drawn eyes, made up when asked for: for tests of all that reads data sets."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, vector
from model.training.datasets.item import BadSample, Item, Labels, unknown_points
from tests.model.training.material import draw_eye


@dataclass
class DrawnEyes:
    """Persons who look about; picklable.

    Args:
        persons: how many.
        each: samples of every one.
        broken: numbers of samples whose pictures are "missing".
        offset: (persons, 2) degrees of pitch and yaw by which a person's gaze is off their irises.
    """

    persons: int = 4
    each: int = 12
    broken: tuple[int, ...] = ()
    offset: Array | None = None
    name: str = "recordings"
    labels: Labels = field(init=False)
    mirrored: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        count = self.persons * self.each
        generator = np.random.default_rng(5)
        low, high = np.radians([-25.0, -30.0]), np.radians([18.0, 30.0])
        gaze = generator.uniform(low, high, (count, 2))
        number = np.repeat(np.arange(self.persons), self.each)
        self._seen = gaze.copy()
        if self.offset is not None:
            gaze = gaze + np.radians(self.offset)[number]
        self.mirrored = np.array([True, False])
        self.labels = Labels(
            gaze=gaze,
            person=np.array([f"p{n:02d}" for n in number]),
            subset=np.full(count, ""),
            place=np.array([f"drawing {i}" for i in range(count)]),
            traits={"target": np.arange(count) % self.each},
        )

    def read(self, index: int) -> Item:
        """A pair of eyes, 64 x 96 grey pixels each."""
        if index in self.broken:
            raise BadSample(f"{self.labels.place[index]}: the picture is missing")
        images, targets = [], []
        for flip in (-1.0, 1.0):
            pitch, yaw = self._seen[index]
            generator = np.random.default_rng([index, 1 if flip > 0 else 0])
            images.append(draw_eye(pitch, flip * yaw, generator)[:, :, :1])
            targets.append(self.labels.gaze[index] * (1.0, flip))
        return Item(
            images=np.stack(images),
            head=np.zeros((2, 4), np.float32),
            target=np.array(targets, np.float32),
            usable=np.ones(2, bool),
            rotation=np.stack([np.eye(3, dtype=np.float32)] * 2),
            gaze=vector(self.labels.gaze[index]),
            points=unknown_points(2),
        )
