"""What a model says of recordings with targets: all that the fit needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.errors import UserError
from model.estimator import Estimator, combine
from model.geometry import Array, angle_between
from model.patches import Patches, to_camera
from model.training.datasets.item import BadSample, GazeDataset, Item
from model.training.datasets.patchset import crop_middle

FRAMES_PER_TARGET = 40
"""Of one target in one recording, spread over its time: neighbouring frames tell the same."""

MOST_BAD = 0.2
"""Share of frames that may be unreadable."""


@dataclass(frozen=True)
class Looks:
    """M frames of P patches each.

    Attributes:
        gaze: (M, P, 2) what the model says, pitch and yaw in radians in the patches' frames.
        sigma: (M, P) radians.
        embedding: (M, P, E).
        truth: (M, P, 2) what it should say.
        usable: (M, P), whether an eye is open enough; at least one of each frame.
        rotation: (M, P, 3, 3), camera frame to the patches'.
        mirrored: (P,).
        direction: (M, 3) true gaze of the face, unit vectors in the camera frame.
        target: (M,) which target was looked at, as numbers from 0.
        recording: (M,) which recording it is, likewise.
        recordings: their names.
        left_out: frames that could not be read.
    """

    gaze: Array
    sigma: Array
    embedding: Array
    truth: Array
    usable: NDArray[np.bool_]
    rotation: Array
    mirrored: NDArray[np.bool_]
    direction: Array
    target: NDArray[np.int64]
    recording: NDArray[np.int64]
    recordings: tuple[str, ...]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.gaze)

    @property
    def targets(self) -> NDArray[np.int64]:
        """The numbers of the targets."""
        return np.unique(self.target)

    def errors(self, gaze: Array) -> Array:
        """Degrees (M,) between the face's gaze, as the app combines it, and the truth.

        Args:
            gaze: (M, P, 2) in the patches' frames, instead of the model's own.
        """
        own = np.stack(
            [
                to_camera(gaze[:, i], self.rotation[:, i], mirror)
                for i, mirror in enumerate(self.mirrored)
            ],
            axis=1,
        )
        found, _ = combine(own, self.sigma, self.usable)
        return np.degrees(angle_between(found, self.direction))

    def by_target(self, errors: Array, targets: NDArray[np.int64]) -> Array:
        """Mean of errors (M,) over the frames of each of some targets."""
        return np.array([errors[self.target == target].mean() for target in targets])


def look(estimator: Estimator, datasets: Sequence[tuple[str, GazeDataset]]) -> Looks:
    """Run a model over recordings, as the app would.

    Args:
        estimator: the model.
        datasets: each with its name; their trait `target` tells the target, and `target_px` with
            `screen_px`, where they are there, its place, by which it is known elsewhere.

    Raises:
        UserError: if there are no targets, or too many frames are bad.
    """
    chosen = [
        (number, index)
        for number, (name, dataset) in enumerate(datasets)
        for index in _spread(name, dataset)
    ]
    keys = [_target_keys(name, dataset) for name, dataset in datasets]
    folders = [_recordings(name, dataset) for name, dataset in datasets]
    rows, targets, recordings, bad = [], [], [], []
    for number, index in tqdm(chosen, unit="frame", disable=None, leave=False):
        try:
            item = datasets[number][1].read(index)
        except BadSample as error:
            bad.append(str(error))
            continue
        if not item.usable.any():
            continue
        rows.append(_look_at(estimator, item, datasets[number][1].mirrored))
        targets.append(keys[number][index])
        recordings.append(folders[number][index])
    if len(bad) > MOST_BAD * len(chosen):
        raise UserError(
            f"{len(bad)} of {len(chosen)} frames cannot be used, such as {bad[0]}: record anew"
        )
    if not rows:
        raise UserError("no frame of the recordings shows open eyes: record anew")
    names, which = np.unique(recordings, return_inverse=True)
    gaze, sigma, embedding, truth, usable, rotation, direction = (
        np.stack(part) for part in zip(*rows, strict=True)
    )
    return Looks(
        gaze=gaze,
        sigma=sigma,
        embedding=embedding,
        truth=truth,
        usable=usable,
        rotation=rotation,
        mirrored=datasets[0][1].mirrored,
        direction=direction,
        target=np.unique(targets, return_inverse=True)[1].astype(np.int64),
        recording=which.astype(np.int64),
        recordings=tuple(str(name) for name in names),
        left_out=len(bad),
    )


def _look_at(
    estimator: Estimator, item: Item, mirrored: NDArray[np.bool_]
) -> tuple[NDArray[np.generic], ...]:
    spec = estimator.spec
    patches = Patches(
        images=np.ascontiguousarray(crop_middle(item.images, spec.height, spec.width)),
        rotation=item.rotation.astype(np.float64),
        mirrored=mirrored,
        head=item.head,
    )
    found = estimator.look_twice(patches, item.usable)
    return (
        found.gaze.astype(np.float64),
        found.sigma.astype(np.float64),
        found.embedding.astype(np.float64),
        item.target.astype(np.float64),
        item.usable,
        patches.rotation,
        item.gaze,
    )


def _spread(name: str, dataset: GazeDataset) -> list[int]:
    """Frames of each target of each recording, evenly over its time, in order."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, key in enumerate(
        zip(_recordings(name, dataset), _target_keys(name, dataset), strict=True)
    ):
        groups.setdefault(key, []).append(index)
    found: list[int] = []
    for members in groups.values():
        count = min(len(members), FRAMES_PER_TARGET)
        found += [members[round(i)] for i in np.linspace(0, len(members) - 1, count)]
    return sorted(found)


def _target_keys(name: str, dataset: GazeDataset) -> list[str]:
    """Which target each frame belongs to: by its place on the screen where that is known, so that
    the same dot in two recordings is one target."""
    traits = dataset.labels.traits
    if "target" not in traits:
        raise UserError(f"{name} tells of no targets: give a recording with targets.csv")
    if "target_px" in traits and "screen_px" in traits:
        places = np.column_stack([traits["screen_px"], traits["target_px"]])
        return [" ".join(f"{number:g}" for number in place) for place in places.tolist()]
    return [f"{name} {target}" for target in traits["target"].tolist()]


def _recordings(name: str, dataset: GazeDataset) -> list[str]:
    told = dataset.labels.traits.get("recording")
    if told is None:
        return [name] * len(dataset.labels)
    return [str(one) for one in told.tolist()]


def name_of(folder: Path) -> str:
    """A recording's name, which is that of its folder."""
    return folder.resolve().name
