"""ETH-XGaze: its negated vector, its files, and broken ones."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from model.errors import UserError
from model.training.datasets.ethxgaze import ETHXGaze
from model.training.datasets.item import BadSample
from tests.model.training.datasets.layouts import (
    EYES,
    FACE,
    SMALL,
    assert_faces,
    assert_picklable,
    assert_read_back,
    assert_signs,
)
from tests.model.training.minisets.rendering import Sample
from tests.model.training.minisets.writers import write_ethxgaze


@pytest.fixture(scope="module")
def written(
    rendered: tuple[Sample, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Sample]]:
    folder = tmp_path_factory.mktemp("ethxgaze")
    return folder, write_ethxgaze(folder, rendered)


def expected(ordered: list[Sample]) -> np.ndarray:
    """ETH-XGaze: R g, pitch = asin(-y), yaw = atan2(-x, -z)."""
    found = []
    for sample in ordered:
        x, y, z = sample.rotation @ sample.gaze
        found.append((math.degrees(math.asin(-y)), math.degrees(math.atan2(-x, -z))))
    return np.array(found)


def test_gaze_is_read_back(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_read_back(ETHXGaze(folder, SMALL), expected(ordered))


def test_left_and_up_have_the_right_signs(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_signs(ETHXGaze(folder, SMALL), ordered, np.zeros(len(ordered), dtype=bool))


def test_labels(written: tuple[Path, list[Sample]]) -> None:
    """Without the persons whose labels are not public."""
    folder, ordered = written
    labels = ETHXGaze(folder, SMALL).labels
    assert (folder / "test" / "subject0006.h5").is_file()
    assert labels.person.tolist() == [f"subject{2 * sample.person:04d}" for sample in ordered]
    assert set(labels.subset) == {"train"}
    assert labels.place[12] == "subject0002.h5, row 4"


def test_labelled_files_of_test_belong_to_it(
    written: tuple[Path, list[Sample]], tmp_path: Path
) -> None:
    (tmp_path / "test").mkdir()
    shutil.copytree(written[0] / "train", tmp_path / "train")
    shutil.move(tmp_path / "train" / "subject0004.h5", tmp_path / "test")
    labels = ETHXGaze(tmp_path, SMALL).labels
    assert labels.subset.tolist() == ["train"] * 16 + ["test"] * 8


def test_head(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    data = ETHXGaze(folder, SMALL)
    for number, sample in enumerate(ordered):
        x, y, z = sample.rotation @ sample.head @ [0.0, 0.0, -1.0]
        head = [math.asin(-y), math.atan2(-x, -z), 0.0, 0.0]
        np.testing.assert_allclose(data.read(number).head[0], head, atol=1e-5)


def test_pictures(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_faces(ETHXGaze(folder, FACE), [sample.face for sample in ordered])
    with pytest.raises(UserError, match="holds faces only"):
        ETHXGaze(folder, EYES)


def test_a_worker_reads_alike(written: tuple[Path, list[Sample]]) -> None:
    assert_picklable(ETHXGaze(written[0], SMALL))


def rewritten(
    key: str, change: Callable[[np.ndarray], np.ndarray] | None
) -> Callable[[Path], None]:
    """Spoils a data set of a file: changes it, or takes it away."""

    def spoil(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            values = file[key][()]
            del file[key]
            if change is not None:
                file[key] = change(values)

    return spoil


def with_value(row: int, column: int, value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        values[row, column] = value
        return values

    return change


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        pytest.param(
            rewritten("face_gaze", None), r"train/subject0002\.h5 has no face_gaze, only", id="gaze"
        ),
        pytest.param(rewritten("face_patch", None), "has no face_patch", id="no pictures"),
        pytest.param(rewritten("face_gaze", lambda a: a[:, :1]), r"face_gaze \(8, 1\)", id="shape"),
        pytest.param(rewritten("face_gaze", lambda a: a[:5]), r"face_gaze \(5, 2\)", id="fewer"),
        pytest.param(rewritten("face_patch", lambda a: a[..., 0]), r"\(8, 224, 224\)", id="grey"),
        pytest.param(
            rewritten("face_head_pose", lambda a: a[:3]), r"face_head_pose \(3, 2\)", id="heads"
        ),
        pytest.param(
            rewritten("face_gaze", with_value(3, 1, math.nan)), "row 3: .* no finite", id="NaN"
        ),
        pytest.param(
            rewritten("face_gaze", with_value(6, 0, -1.7)), "row 6: .* pitch -97.4", id="pitch"
        ),
        pytest.param(
            rewritten("face_gaze", with_value(6, 1, 20.0)), "row 6: .* radians", id="degrees"
        ),
        pytest.param(lambda path: path.write_bytes(b"HDF"), "cannot be read as HDF5", id="no HDF5"),
        pytest.param(
            lambda path: path.write_bytes(path.read_bytes()[:5000]), "cannot be read", id="cut"
        ),
    ],
)
def test_broken_files_are_refused_by_name(
    written: tuple[Path, list[Sample]],
    tmp_path: Path,
    spoil: Callable[[Path], object],
    complaint: str,
) -> None:
    shutil.copytree(written[0] / "train", tmp_path / "train")
    spoil(tmp_path / "train" / "subject0002.h5")
    with pytest.raises(UserError, match=complaint):
        ETHXGaze(tmp_path, SMALL)


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train holds no \.h5"):
        ETHXGaze(tmp_path, SMALL)


def test_a_broken_picture_ends_no_run(written: tuple[Path, list[Sample]], tmp_path: Path) -> None:
    """One chunk is overwritten: that row is bad, the next one is read."""
    shutil.copytree(written[0] / "train", tmp_path / "train")
    path = tmp_path / "train" / "subject0002.h5"
    with h5py.File(path, "r") as file:
        chunk = file["face_patch"].id.get_chunk_info(4)
    content = bytearray(path.read_bytes())
    start = chunk.byte_offset
    content[start : start + chunk.size] = b"\xff" * chunk.size
    path.write_bytes(content)
    data = ETHXGaze(tmp_path, SMALL)
    with pytest.raises(BadSample, match=r"subject0002\.h5, row 4: cannot be read"):
        data.read(12)
    assert data.read(13).usable.all()
    gone = ETHXGaze(tmp_path, SMALL)
    (tmp_path / "train" / "subject0000.h5").unlink()
    with pytest.raises(BadSample, match=r"subject0000\.h5, row 1: cannot be read"):
        gone.read(1)
