"""Raw MPIIFaceGaze to patches, found and cut as the app finds and cuts them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.face import FaceTracker
from model.geometry import Array, normalize
from model.landmarks import EYE_CORNERS, Face
from model.training.datasets.item import BadSample, View
from model.training.datasets.pack_job import (
    SHARD_SAMPLES,
    Packing,
    Sample,
    most_samples,
    plan_shards,
)
from model.training.preparing.annotations import Annotation, Person, read_persons
from model.training.preparing.cutting import cut_item, label

NAME = "mpiifacegaze"
MOUTH_CORNERS = (61, 291)
MAX_SLIP = 0.5
"""Share of the annotated distance of the eyes: a face whose eyes or mouth lie farther off is
another one."""


@dataclass
class RawPictures:
    """The samples of raw MPIIFaceGaze; picklable.

    The gaze starts midway between the eyeballs, as everywhere here, not at the annotation's face
    centre, which lies between eyes and mouth: seen from there the same target is about 2 degrees
    higher. Where the eyeballs are comes from the annotation's own head pose, on whose scale its
    targets are told too; how far our tracker takes a head to be does not enter the truth.
    """

    root: Path
    persons: list[Person]
    view: View
    _tracker: FaceTracker | None = field(default=None, repr=False)
    _maps: dict[tuple[str, int, int], tuple[Any, Any]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._which = [(p, a) for p in self.persons for a in p.annotations]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_tracker": None, "_maps": {}}

    def samples(self, index: int) -> Iterator[Sample | BadSample]:
        """See `datasets.pack_job.Source`."""
        person, annotation = self._which[index]
        place = f"{person.name}/{person.name}.txt, line {annotation.line} ({annotation.file})"
        try:
            yield self._sample(person, annotation, place)
        except BadSample as error:
            yield BadSample(f"{place}: {error}")

    def close(self) -> None:
        """Let go of the face tracker."""
        if self._tracker is not None:
            self._tracker.close()
            self._tracker = None

    def _sample(self, person: Person, annotation: Annotation, place: str) -> Sample:
        image = self._picture(person, annotation)
        if self._tracker is None:
            self._tracker = FaceTracker(static=True)
        face = self._tracker.find(image, person.camera)
        if face is None:
            raise BadSample("no face is found in it")
        slip = _slip(face, _undistorted(annotation.landmarks, person))
        if slip > MAX_SLIP:
            raise BadSample(f"the face found is another one ({slip:.1f} eye distances off)")
        eyes = annotation.eyes
        middle = eyes.mean(axis=0)
        gaze = normalize(annotation.target - middle)
        item = cut_item(
            image, face, self.view, gaze, normalize(annotation.target - eyes), open_only=False
        )
        size = (image.shape[1], image.shape[0])
        labels = label(
            face, gaze, person.name, place, size,
            eyes_position=middle.astype(np.float32),
            day=annotation.file.split("/")[0],
            which_eye=annotation.eye,
            off_screen=_off_screen(annotation, person),
        )  # fmt: skip
        return item, labels

    def _picture(self, person: Person, annotation: Annotation) -> NDArray[np.uint8]:
        """(H, W, 3) RGB as a camera without distortion would have taken it."""
        path = self.root / person.name / annotation.file
        if not path.is_file():
            raise BadSample("the picture is missing")
        bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if bgr is None:
            raise BadSample("the picture cannot be read")
        rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        if not np.any(person.distortion):
            return rgb
        height, width = rgb.shape[:2]
        key = (person.name, width, height)
        if key not in self._maps:
            self._maps = {
                key: cv2.initUndistortRectifyMap(
                    person.camera, person.distortion, np.eye(3), person.camera, (width, height),
                    cv2.CV_16SC2,
                )
            }  # fmt: skip
        return np.asarray(cv2.remap(rgb, *self._maps[key], cv2.INTER_LINEAR), dtype=np.uint8)


def prepare(root: Path, out: Path, view: View, samples: int = SHARD_SAMPLES) -> Packing:
    """The run that makes patches of raw MPIIFaceGaze, for `packing.pack`.

    Args:
        root: the folder that holds p00 .. p14.
        out: where the shards go.
        view: which patches.
        samples: of one shard, at most.

    Raises:
        UserError: if an annotation or calibration cannot be understood.
    """
    persons = read_persons(root)
    known = hashlib.sha256()
    for person in persons:
        known.update((root / person.name / f"{person.name}.txt").read_bytes())
        known.update(person.camera.tobytes() + person.distortion.tobytes())
    names = np.array([person.name for person in persons for _ in person.annotations])
    plan = plan_shards(names, most_samples(view.spec, samples))
    origin = {"annotations": known.hexdigest()}
    return Packing(out, NAME, view, RawPictures(root, persons, view), plan, origin)


def _undistorted(pixels: Array, person: Person) -> Array:
    if not np.any(person.distortion):
        return pixels
    points = cv2.undistortPoints(pixels[:, None], person.camera, person.distortion, P=person.camera)
    return np.asarray(points, dtype=np.float64)[:, 0]


def _slip(face: Face, landmarks: Array) -> float:
    """How far the middles of eyes and mouth lie from the annotated ones, the farthest of them, in
    annotated distances of the eyes."""
    annotated = landmarks.reshape(3, 2, 2).mean(axis=1)
    pairs = np.array([*EYE_CORNERS, MOUTH_CORNERS])
    found = face.landmarks[pairs, :2].mean(axis=1)
    off = np.linalg.norm(found - annotated, axis=1).max()
    return float(off / max(np.linalg.norm(annotated[1] - annotated[0]), 1.0))


def _off_screen(annotation: Annotation, person: Person) -> bool:
    if person.screen_px is None:
        return False
    x, y = annotation.target_px
    return not (0 <= x <= person.screen_px[0] and 0 <= y <= person.screen_px[1])
