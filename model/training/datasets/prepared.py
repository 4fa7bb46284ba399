"""A data set that has been prepared as label files beside folders of pictures."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, vector
from model.training.datasets.item import (
    MIRRORED_PATCHES,
    BadSample,
    Item,
    Labels,
    View,
    unknown_points,
)
from model.training.datasets.patchset import to_grey


@dataclass(frozen=True)
class Parsed:
    """What a reader takes from label files, all of M samples.

    Attributes:
        labels: of all samples.
        pictures: (M, 3) str, paths from the folder Image: the face, then the eye that is seen at
            the user's right and the one at their left.
        head: (M, 3) float32, see `Item.head`, unmirrored: pitch, yaw and log(distance / 600 mm).
        rotation: (M, 3, 3) float32 camera frame to normalised frame; None where nobody knows.
    """

    labels: Labels
    pictures: NDArray[np.str_]
    head: NDArray[np.float32]
    rotation: NDArray[np.float32] | None = None


class PreparedSet:
    """Samples of label files and picture files; see `model.training.datasets.item.GazeDataset`.

    Args:
        name: as on the command line.
        root: the folder that holds Image.
        view: what the model wants to see.
        parsed: what the label files say.
    """

    def __init__(self, name: str, root: Path, view: View, parsed: Parsed) -> None:
        self.name = name
        self.labels = parsed.labels
        self.mirrored = np.array(MIRRORED_PATCHES[view.spec.kind])
        self._root = root
        self._view = view
        self._parsed = parsed

    def pictures(self, index: int) -> list[Path]:
        """The files that a sample is read from."""
        columns = (0,) if self._view.spec.kind == "face" else (1, 2)
        return [self._root / "Image" / self._parsed.pictures[index, c] for c in columns]

    def read(self, index: int) -> Item:
        """The sample of a number.

        Raises:
            BadSample: if a picture of it is missing or broken.
        """
        spec = self._view.spec
        told = str(self.labels.place[index])
        images = np.stack(
            [read_picture(path, told, spec.width, spec.height) for path in self.pictures(index)]
        )
        rotation = None if self._parsed.rotation is None else self._parsed.rotation[index]
        return make_item(
            images, self._view, self.labels.gaze[index], self._parsed.head[index], rotation
        )


def make_item(
    images: NDArray[np.uint8],
    view: View,
    gaze: Array,
    head: NDArray[np.float32],
    rotation: NDArray[np.float32] | None = None,
) -> Item:
    """An item of pictures as a data set stores them.

    Args:
        images: (P, H, W, 3) RGB, none of them flipped yet.
        view: what the model wants to see.
        gaze: (2,) pitch and yaw in the normalised frame, radians.
        head: (3,) the head's pitch and yaw there, and log(distance / 600 mm).
        rotation: (3, 3) camera frame to normalised frame; None where nobody knows.
    """
    mirrored = MIRRORED_PATCHES[view.spec.kind]
    shown = np.stack([p[:, ::-1] if flip else p for p, flip in zip(images, mirrored, strict=True)])
    R = np.eye(3) if rotation is None else np.asarray(rotation, dtype=np.float64)
    signs = np.where(mirrored, -1.0, 1.0)
    heads = np.zeros((len(images), 4), dtype=np.float32)
    heads[:, :3] = head
    heads[:, 1] *= signs
    target = np.tile(gaze, (len(images), 1))
    target[:, 1] *= signs
    return Item(
        images=to_grey(shown) if view.grey else shown,
        head=heads,
        target=target.astype(np.float32),
        usable=np.ones(len(images), dtype=bool),
        rotation=np.tile(R, (len(images), 1, 1)).astype(np.float32),
        gaze=R.T @ vector(gaze),
        points=unknown_points(len(images)),
    )


def read_picture(path: Path, told: str, width: int, height: int) -> NDArray[np.uint8]:
    """A picture file as (height, width, 3) RGB.

    Raises:
        BadSample: if it is missing, unreadable, or cut short.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadSample(f"{told}: {path} is missing") from None
    except OSError as error:
        raise BadSample(f"{told}: {path} cannot be read ({error.strerror})") from error
    # A JPEG that ends too early is decoded all the same, the rest of it grey.
    short = content[:2] == b"\xff\xd8" and b"\xff\xd9" not in content
    found = None
    if content and not short:
        found = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise BadSample(f"{told}: {path} is {'cut short' if short else 'no picture'}")
    return resized(np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8), width, height)


def resized(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A picture (h, w, 3) as (height, width, 3), averaged where it shrinks."""
    h, w = picture.shape[:2]
    if (h, w) == (height, width):
        return picture
    way = cv2.INTER_AREA if h >= height and w >= width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=way), dtype=np.uint8)
