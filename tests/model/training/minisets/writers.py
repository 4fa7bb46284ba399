"""Writes rendered samples in the layouts of GazeHub's prepared sets and of ETH-XGaze.

The numbers follow each set's own code. `turn` spoils a set: see `mirrored_yaw` and `swapped`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray

from tests.model.training.minisets.rendering import PERSONS, Sample

Vector = NDArray[np.float64]
Turn = Callable[[Vector], Vector]

MPII = "Face Left Right Origin WhichEye 3DGaze 3DHead 2DGaze 2DHead Rmat Smat GazeOrigin"
DIAP = "Face Left Right metapath 3DGaze 3DHead 2DGaze 2DHead Rvec Svec GazeOrigin"
GENE = "Face Left Right Origin 3DGaze 3DHead 2DGaze 2DHead"
G360 = "Face Left Right Origin 3DGaze 2DGaze"


def as_it_is(gaze: Vector) -> Vector:
    """What a sound set holds."""
    return gaze


def mirrored_yaw(gaze: Vector) -> Vector:
    """A vector (3,) with x turned round: the fault of a set whose pictures alone were flipped."""
    return gaze * np.array([-1.0, 1.0, 1.0])


def swapped(gaze: Vector) -> Vector:
    """A unit vector (3,) with pitch and yaw exchanged."""
    pitch, yaw = np.arcsin(-gaze[1]), np.arctan2(-gaze[0], -gaze[2])
    return np.array([-np.cos(yaw) * np.sin(pitch), -np.sin(yaw), -np.cos(yaw) * np.cos(pitch)])


def write_mpiifacegaze(
    folder: Path, samples: Sequence[Sample], turn: Turn = as_it_is
) -> list[Sample]:
    """MPIIFaceGaze; every second line of a person is "right": a mirrored world.

    Returns:
        The samples in the order of the label files.
    """
    ordered: list[Sample] = []
    for p in range(PERSONS):
        person, lines = f"p{p:02d}", [MPII]
        for number, sample in enumerate(_of(samples, p), start=1):
            right = number % 2 == 0
            scale = 600.0 / sample.distance
            scaled = np.diag([1.0, 1.0, scale]) @ sample.rotation
            gaze = _unit(scaled @ sample.gaze)
            head = sample.rotation @ sample.head
            origin = scaled @ sample.centre
            # The picture's left eye is "left" here.
            pictures = [sample.face, *map(_equalised, sample.eyes)]
            if right:
                pictures = [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
                pictures[1:] = pictures[:0:-1]
                gaze[0], origin[0] = -gaze[0], -origin[0]
                # One element is turned round, and Rodrigues finds the nearest rotation.
                head[0, 2] = -head[0, 2]
            gaze = _unit(turn(gaze))
            turned = _rotation_vector(head)
            head = np.asarray(cv2.Rodrigues(turned)[0], dtype=np.float64)
            names = _save(folder / "Image", pictures, f"{person}/{{}}/{number}.jpg")
            lines.append(
                " ".join(
                    [
                        *names,
                        f"day01/{number:04d}.jpg",
                        "right" if right else "left",
                        _text(gaze),
                        _text(turned),
                        _text(_gaze_2d(gaze)),
                        _text(_head_2d(head)),
                        _text(_rotation_vector(sample.rotation)),
                        _text([1.0, 1.0, scale]),
                        _text(origin),
                    ]
                )
            )
            ordered.append(sample)
        _write_lines(folder / "Label" / f"{person}.label", lines)
    return ordered


def write_eyediap(folder: Path, samples: Sequence[Sample], turn: Turn = as_it_is) -> list[Sample]:
    """EyeDiap; two clusters of two persons.

    Returns:
        The samples in the order of the label files.
    """
    ordered: list[Sample] = []
    for cluster in range(PERSONS // 2):
        lines = [DIAP]
        for p in (2 * cluster, 2 * cluster + 1):
            person = f"p{p + 1}"
            for number, sample in enumerate(_of(samples, p), start=1):
                scale = 600.0 / sample.distance
                gaze = _unit(turn(sample.rotation @ sample.gaze))
                head = sample.rotation @ sample.head
                right_eye, left_eye = map(_equalised, sample.eyes)
                pictures = [sample.face, left_eye, right_eye]
                names = _save(folder / "Image", pictures, f"{person}/{{}}/{number}.jpg")
                lines.append(
                    " ".join(
                        [
                            *names,
                            f"{p + 1}_A_DS_S_{15 * number}",
                            _text(gaze),
                            _text(_rotation_vector(head)),
                            _text(_gaze_2d(gaze)),
                            _text(_head_2d(head)),
                            _text(_rotation_vector(sample.rotation)),
                            _text([1.0, 1.0, scale]),
                            _text(np.diag([1.0, 1.0, scale]) @ sample.rotation @ sample.centre),
                        ]
                    )
                )
                ordered.append(sample)
        _write_lines(folder / "ClusterLabel" / f"Cluster{cluster}.label", lines)
    return ordered


def write_rtgene(folder: Path, samples: Sequence[Sample], turn: Turn = as_it_is) -> list[Sample]:
    """RT-Gene; a person for each of train1, train2, train3 and valid.

    Returns:
        The samples in the order of the label files.
    """
    ordered: list[Sample] = []
    parts = {"train1": "s001", "train2": "s003", "train3": "s005", "valid": "s014"}
    for p, (part, person) in enumerate(parts.items()):
        lines = [GENE]
        for number, sample in enumerate(_of(samples, p), start=1):
            gaze = _unit(turn(sample.rotation @ sample.gaze))
            head = sample.rotation @ sample.head
            right_eye, left_eye = sample.eyes
            names = []
            for kind, picture in (
                ("face", sample.face), ("left", left_eye), ("right", right_eye)
            ):  # fmt: skip
                path = f"{person}_glasses/original/{kind}/{kind}_{number:06d}_rgb.png"
                names += _save(folder / "Image", [picture], path)
            lines.append(
                " ".join(
                    [
                        *names,
                        person,
                        _text(gaze),
                        _text(-head[:, 2]),
                        _text(_gaze_2d(gaze)),
                        _text(_head_2d(head)),
                    ]
                )
            )
            ordered.append(sample)
        _write_lines(folder / "Label" / f"{part}.label", lines)
    return ordered


def write_gaze360(folder: Path, samples: Sequence[Sample], turn: Turn = as_it_is) -> list[Sample]:
    """Gaze360; two persons of a recording to train on, one to validate and one to test on.

    Returns:
        The samples in the order of the label files, without those of unused.label.
    """
    ordered: list[Sample] = []
    count = 0
    for part, persons in {"train": (0, 1), "val": (2,), "test": (3,), "unused": (3,)}.items():
        lines = [G360]
        for p in persons:
            for sample in _of(samples, p):
                count += 1
                # On the ray to the eyes: x to the picture's left, y up, z away from the camera.
                away = _unit(sample.centre)
                left = _unit(np.cross(away, [0.0, 1.0, 0.0]))
                up = np.cross(away, left)
                frame = np.stack([left, up, away])
                ours = turn(frame @ sample.gaze * np.array([-1.0, -1.0, 1.0]))
                gaze = ours * np.array([-1.0, -1.0, 1.0])
                right_eye, left_eye = sample.eyes
                square = np.asarray(cv2.resize(sample.square, (224, 224)), dtype=np.uint8)
                names = []
                for kind, picture in (
                    ("Face", square), ("Left", left_eye), ("Right", right_eye)
                ):  # fmt: skip
                    names += _save(folder / "Image", [picture], f"{part}/{kind}/{count}.jpg")
                lines.append(
                    " ".join(
                        [
                            *names,
                            f"rec_{p:03d}/head/{p:06d}/{count:06d}.jpg",
                            _text(gaze),
                            _text([np.arctan2(gaze[0], -gaze[2]), np.arcsin(gaze[1])]),
                        ]
                    )
                )
                if part != "unused":
                    ordered.append(sample)
        _write_lines(folder / "Label" / f"{part}.label", lines)
    return ordered


def write_ethxgaze(folder: Path, samples: Sequence[Sample], turn: Turn = as_it_is) -> list[Sample]:
    """ETH-XGaze; three persons to train on, and one to test on whose labels are not public.

    Returns:
        The samples in the order of the files, without those to test on.
    """
    ordered: list[Sample] = []
    for p in range(PERSONS):
        part = "test" if p == PERSONS - 1 else "train"
        own = _of(samples, p)
        gazes = [turn(sample.rotation @ sample.gaze) for sample in own]
        negated = -np.array(gazes)
        heads = [(sample.rotation @ sample.head)[:, 2] for sample in own]
        path = folder / part / f"subject{2 * p:04d}.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(path, "w") as file:
            file.create_dataset(
                "face_patch",
                data=np.stack([sample.face[..., ::-1] for sample in own]),
                chunks=(1, 224, 224, 3),
                compression="lzf",
            )
            if part == "train":
                angles = [[np.arcsin(g[1]), np.arctan2(g[0], g[2])] for g in negated]
                file["face_gaze"] = np.array(angles, dtype=np.float32)
                ordered += own
            angles = [[np.arcsin(z[1]), np.arctan2(z[0], z[2])] for z in heads]
            file["face_head_pose"] = np.array(angles, dtype=np.float32)
            file["face_mat_norm"] = np.stack([sample.rotation for sample in own])
            file["cam_index"] = np.zeros((len(own), 1), dtype=np.int32)
            file["frame_index"] = np.arange(len(own), dtype=np.int32)[:, None]
    return ordered


WRITERS: dict[str, Callable[[Path, Sequence[Sample], Turn], list[Sample]]] = {
    "mpiifacegaze": write_mpiifacegaze,
    "eyediap": write_eyediap,
    "rt-gene": write_rtgene,
    "gaze360": write_gaze360,
    "eth-xgaze": write_ethxgaze,
}
"""The writer of each layout, by the data set's name on the command line."""


def _of(samples: Sequence[Sample], person: int) -> list[Sample]:
    return [sample for sample in samples if sample.person == person]


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector))


def _rotation_vector(matrix: Vector) -> Vector:
    return np.asarray(cv2.Rodrigues(matrix)[0], dtype=np.float64).ravel()


def _gaze_2d(gaze: Vector) -> list[float]:
    return [float(np.arctan2(-gaze[0], -gaze[2])), float(np.arcsin(-gaze[1]))]


def _head_2d(head: Vector) -> list[float]:
    away = head[:, 2]
    return [float(np.arctan2(away[0], away[2])), float(np.arcsin(away[1]))]


def _equalised(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)), np.uint8)


def _text(numbers: Sequence[float] | Vector) -> str:
    return ",".join(str(float(number)) for number in numbers)


def _save(images: Path, pictures: Sequence[NDArray[np.uint8]], pattern: str) -> list[str]:
    """Write pictures of face, left and right; returns their paths as label files name them."""
    names = []
    for kind, picture in zip(("face", "left", "right"), pictures, strict=False):
        name = pattern.format(kind)
        path = images / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # OpenCV writes blue first.
        stored = picture if picture.ndim == 2 else np.ascontiguousarray(picture[..., ::-1])
        if not cv2.imwrite(str(path), stored, [cv2.IMWRITE_JPEG_QUALITY, 95]):
            raise OSError(f"{path} was not written")
        names.append(name)
    return names


def _write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
