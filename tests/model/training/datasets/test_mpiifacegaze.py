"""MPIIFaceGaze as GazeHub prepares it: its numbers, its mirrored half, and broken labels."""

import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.training.datasets.item import BadSample
from model.training.datasets.mpiifacegaze import MPIIFaceGaze
from tests.model.training.datasets.layouts import (
    EYES,
    FACE,
    SMALL,
    assert_eyes,
    assert_faces,
    assert_picklable,
    assert_read_back,
    assert_signs,
    cell,
    replace_in_line,
)
from tests.model.training.minisets.rendering import Sample
from tests.model.training.minisets.writers import write_mpiifacegaze


@pytest.fixture(scope="module")
def written(
    rendered: tuple[Sample, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Sample]]:
    folder = tmp_path_factory.mktemp("mpiifacegaze")
    return folder, write_mpiifacegaze(folder, rendered)


def flipped(ordered: list[Sample]) -> np.ndarray:
    """Every second line of a person is right."""
    return np.array([number % 2 == 1 for number in range(len(ordered))])


def expected(ordered: list[Sample]) -> np.ndarray:
    """GazeHub: S R g of unit length, x turned round where right, yaw = atan2(-x, -z),
    pitch = asin(-y)."""
    found = []
    for sample, mirror in zip(ordered, flipped(ordered), strict=True):
        x, y, z = sample.rotation @ sample.gaze
        z *= 600.0 / sample.distance
        length = math.sqrt(x * x + y * y + z * z)
        yaw = math.degrees(math.atan2(x if mirror else -x, -z))
        found.append((math.degrees(math.asin(-y / length)), yaw))
    return np.array(found)


def test_gaze_is_read_back(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_read_back(MPIIFaceGaze(folder, SMALL), expected(ordered))
    assert_read_back(MPIIFaceGaze(folder, EYES), expected(ordered))


def test_left_and_up_have_the_right_signs(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_signs(MPIIFaceGaze(folder, SMALL), ordered, flipped(ordered))


def test_labels(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    labels = MPIIFaceGaze(folder, SMALL).labels
    assert labels.person.tolist() == [f"p{sample.person:02d}" for sample in ordered]
    assert set(labels.subset) == {""}
    assert labels.place[9] == "Label/p01.label, line 3"
    np.testing.assert_array_equal(labels.traits["flipped"], flipped(ordered))


def test_head_and_camera(written: tuple[Path, list[Sample]]) -> None:
    """The head's pitch and yaw, the distance; and in the mirror a rotation that fits the gaze."""
    folder, ordered = written
    data = MPIIFaceGaze(folder, SMALL)
    for number, (sample, mirror) in enumerate(zip(ordered, flipped(ordered), strict=True)):
        item = data.read(number)
        x, y, z = sample.rotation @ sample.head @ [0.0, 0.0, -1.0]
        pitch, yaw, distance, detail = item.head[0]
        assert distance == pytest.approx(math.log(sample.distance / 600.0), abs=1e-5)
        assert detail == 0.0
        if not mirror:
            assert pitch == pytest.approx(math.asin(-y), abs=1e-5)
            assert yaw == pytest.approx(math.atan2(-x, -z), abs=1e-5)
        # The camera's own frame, mirrored too, up to GazeHub's scaling of the gaze.
        x, y, z = sample.gaze * ([-1.0, 1.0, 1.0] if mirror else [1.0, 1.0, 1.0])
        assert item.gaze @ [x, y, z] > math.cos(math.radians(8.0))


def test_pictures(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    faces = [
        sample.face[:, ::-1] if mirror else sample.face
        for sample, mirror in zip(ordered, flipped(ordered), strict=True)
    ]
    assert_faces(MPIIFaceGaze(folder, FACE), faces)
    # Histograms are equalised: grey levels differ, what lies where does not.
    assert_eyes(MPIIFaceGaze(folder, EYES), ordered, flipped(ordered), 0.8)
    assert MPIIFaceGaze(folder, SMALL).read(0).images.shape == (1, 64, 64, 1)


def test_a_worker_reads_alike(written: tuple[Path, list[Sample]]) -> None:
    assert_picklable(MPIIFaceGaze(written[0], SMALL))


LABEL = Path("Label/p02.label")


@pytest.mark.parametrize(
    ("line", "column", "text", "complaint"),
    [
        pytest.param(5, 9, None, r"p02\.label, line 5: 9 columns, where .* 12", id="cut short"),
        pytest.param(4, 7, "0.1,abc", r"line 4: 2DGaze is '0.1,abc'", id="no number"),
        pytest.param(4, 7, "0.1", "line 4: 2DGaze is '0.1', not 2 numbers", id="one number"),
        pytest.param(4, 7, "0.1,nan", "line 4: 2DGaze .* no finite number", id="NaN"),
        pytest.param(6, 8, "inf,0.1", "line 6: 2DHead .* no finite number", id="infinite"),
        pytest.param(3, 7, "0.1,1.7", "line 3: 2DGaze says pitch 97.4 and yaw 5.7", id="pitch"),
        pytest.param(3, 7, "-12.5,3", "line 3: 2DGaze says .* radians", id="degrees"),
        pytest.param(7, 5, "0,0,0", "line 7: 3DGaze has no length", id="no vector"),
        pytest.param(7, 5, "0.6,0,-0.8", "line 7: 2DGaze and 3DGaze are", id="disagree"),
        pytest.param(7, 9, "1,2", "line 7: Rmat is '1,2', not 3 numbers", id="rotation"),
        pytest.param(7, 10, "1,1,0", "line 7: Smat scales by 0", id="scale"),
        pytest.param(8, 4, "both", "line 8: WhichEye is 'both'", id="which eye"),
        pytest.param(1, 7, "2DHead", r"p02\.label, line 1: the header", id="header"),
    ],
)
def test_broken_labels_are_refused_by_file_and_line(
    written: tuple[Path, list[Sample]],
    tmp_path: Path,
    line: int,
    column: int,
    text: str | None,
    complaint: str,
) -> None:
    shutil.copytree(written[0] / "Label", tmp_path / "Label")
    replace_in_line(tmp_path / LABEL, line, column, text)
    with pytest.raises(UserError, match=complaint):
        MPIIFaceGaze(tmp_path, SMALL)


@pytest.mark.parametrize(
    ("turned", "complaint"),
    [
        pytest.param(lambda yaw, pitch: f"{pitch},{yaw}", "swapped", id="swapped"),
        pytest.param(lambda yaw, pitch: f"{-float(yaw)},{pitch}", "mirrored", id="mirrored"),
    ],
)
def test_columns_that_contradict_each_other(
    written: tuple[Path, list[Sample]], tmp_path: Path, turned: object, complaint: str
) -> None:
    shutil.copytree(written[0] / "Label", tmp_path / "Label")
    yaw, pitch = cell(tmp_path / LABEL, 2, 7).split(",")
    assert callable(turned)
    replace_in_line(tmp_path / LABEL, 2, 7, turned(yaw, pitch))
    with pytest.raises(UserError, match=rf"p02\.label, line 2: 2DGaze and 3DGaze .*{complaint}"):
        MPIIFaceGaze(tmp_path, SMALL)


def test_missing_folders_and_files(written: tuple[Path, list[Sample]], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no folder .*Label"):
        MPIIFaceGaze(tmp_path, SMALL)
    (tmp_path / "Label").mkdir()
    with pytest.raises(UserError, match=r"holds no p\*\.label"):
        MPIIFaceGaze(tmp_path, SMALL)
    shutil.rmtree(tmp_path / "Label")
    shutil.copytree(written[0] / "Label", tmp_path / "Label")
    (tmp_path / "Image" / "p03").mkdir(parents=True)
    assert len(MPIIFaceGaze(tmp_path, SMALL).labels) == len(written[1])
    (tmp_path / "Label" / "p03.label").unlink()
    with pytest.raises(UserError, match=r"no Label/p03\.label"):
        MPIIFaceGaze(tmp_path, SMALL)
    (tmp_path / "Label" / "p03.label").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is no text"):
        MPIIFaceGaze(tmp_path, SMALL)


def test_bad_pictures_end_no_run(written: tuple[Path, list[Sample]], tmp_path: Path) -> None:
    """A sample whose picture is missing, cut short or no picture is bad; the others are not."""
    shutil.copytree(written[0] / "Label", tmp_path / "Label")
    shutil.copytree(written[0] / "Image" / "p00", tmp_path / "Image" / "p00")
    faces = tmp_path / "Image" / "p00" / "face"
    (faces / "2.jpg").unlink()
    (faces / "3.jpg").write_bytes((faces / "3.jpg").read_bytes()[:2000])
    (faces / "4.jpg").write_bytes(b"no picture")
    (faces / "5.jpg").write_bytes(b"")
    data = MPIIFaceGaze(tmp_path, SMALL)
    reasons = ("is missing", "is cut short", "is no picture", "is no picture")
    for number, reason in enumerate(reasons, start=1):
        told = rf"Label/p00\.label, line {number + 2}: .*{re.escape(f'{number + 1}.jpg')} {reason}"
        with pytest.raises(BadSample, match=told):
            data.read(number)
    assert data.read(0).usable.all()
    assert data.read(5).usable.all()
