"""What every data set reader yields: one sample, and what is known of all samples beforehand."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.patches import PatchSpec
from model.training.datasets.patchset import POINTS, PatchSet


@dataclass(frozen=True)
class View:
    """What of a sample a model wants to see.

    Attributes:
        spec: which patches, and how large.
        grey: whether without colour.
    """

    spec: PatchSpec
    grey: bool = False


@dataclass(frozen=True)
class Item:
    """One sample: P patches (2 eyes, the user's right one first and flipped, or 1 face).

    Attributes:
        images: (P, H, W, C) uint8, C = 3 RGB or 1 grey; as large as the view's patches or, with the
            same virtual camera, larger: the margin is for augmentation.
        head: (P, 4) float32, see `model.patches.Patches.head`; 0 where a data set does not tell.
        target: (P, 2) float32 pitch and yaw, radians, in the patches' (mirrored) normalised frames.
        usable: (P,) bool, False where nothing can be told from a patch.
        rotation: (P, 3, 3) float32, camera frame to normalised frame; the identity where a data set
            does not tell, whose camera frame then is the normalised one.
        gaze: (3,) unit vector in the camera frame.
        points: (P, 2, 2) float32, see `PatchSet.points`; NaN where nobody knows.
    """

    images: NDArray[np.uint8]
    head: NDArray[np.float32]
    target: NDArray[np.float32]
    usable: NDArray[np.bool_]
    rotation: NDArray[np.float32]
    gaze: Array
    points: NDArray[np.float32]


@dataclass(frozen=True)
class Labels:
    """What a data set says of its M samples without a picture being opened.

    Attributes:
        gaze: (M, 2) pitch and yaw, radians, in the patches' normalised frames, unmirrored (of eyes:
            the face's).
        person: (M,) str, who it is.
        subset: (M,) str, the data set's own division, such as "train", "test" or a cluster's name;
            "" where it has none.
        place: (M,) str, where a sample stands, for a person: file and line, or key and row.
        traits: what else is known of each sample, by name, arrays (M, ...), see
            `model.training.error_groups`.
    """

    gaze: Array
    person: NDArray[np.str_]
    subset: NDArray[np.str_]
    place: NDArray[np.str_]
    traits: dict[str, NDArray[np.generic]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        m = len(self.gaze)
        if self.gaze.shape != (m, 2) or any(
            array.shape[:1] != (m,)
            for array in (self.person, self.subset, self.place, *self.traits.values())
        ):
            raise ValueError("labels are of different lengths")

    def __len__(self) -> int:
        return len(self.gaze)

    def of(self, which: NDArray[np.int64]) -> "Labels":
        """The labels of some samples."""
        traits = {name: values[which] for name, values in self.traits.items()}
        return Labels(
            self.gaze[which], self.person[which], self.subset[which], self.place[which], traits
        )


class BadSample(Exception):  # noqa: N818 - a fact about the data, not a fault of the program
    """A sample that cannot be used, such as one whose picture is missing. Says where and why."""


class GazeDataset(Protocol):
    """Samples by number, read from disk only when asked for; picklable, for worker processes.

    Attributes:
        name: as on the command line, such as "mpiifacegaze".
        labels: of all samples.
        mirrored: (P,) bool, which patches are flipped.
    """

    name: str
    labels: Labels
    mirrored: NDArray[np.bool_]

    def read(self, index: int) -> Item:
        """The sample of a number.

        Raises:
            BadSample: if it cannot be used.
        """
        ...


MIRRORED_PATCHES = {"eyes": (True, False), "face": (False,)}
"""Which patches of a sample are flipped, by the kind of patch."""


def unknown_points(patches: int) -> NDArray[np.float32]:
    """`Item.points` of a data set that knows of none."""
    return np.full((patches, len(POINTS), 2), np.nan, dtype=np.float32)


def collate(items: list[Item], labels: Labels, mirrored: NDArray[np.bool_]) -> PatchSet:
    """Several samples as one patch set, whose traits tell person and subset, too.

    Args:
        items: at least one.
        labels: of these items, in the same order.
        mirrored: (P,), which patches are flipped.
    """
    return PatchSet(
        images=np.stack([item.images for item in items]),
        head=np.stack([item.head for item in items]),
        target=np.stack([item.target for item in items]),
        usable=np.stack([item.usable for item in items]),
        rotation=np.stack([item.rotation for item in items]),
        mirrored=mirrored,
        gaze=np.stack([item.gaze for item in items]),
        points=np.stack([item.points for item in items]),
        traits={**labels.traits, "person": labels.person, "subset": labels.subset},
    )
