"""RT-Gene as GazeHub prepares it: its parts, and broken labels."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.training.datasets.item import BadSample
from model.training.datasets.rtgene import RTGene
from tests.model.training.datasets.layouts import (
    EYES,
    FACE,
    SMALL,
    assert_eyes,
    assert_faces,
    assert_picklable,
    assert_read_back,
    assert_signs,
    replace_in_line,
)
from tests.model.training.minisets.rendering import Sample
from tests.model.training.minisets.writers import write_rtgene


@pytest.fixture(scope="module")
def written(
    rendered: tuple[Sample, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Sample]]:
    folder = tmp_path_factory.mktemp("rtgene")
    return folder, write_rtgene(folder, rendered)


def unflipped(ordered: list[Sample]) -> np.ndarray:
    return np.zeros(len(ordered), dtype=bool)


def expected(ordered: list[Sample]) -> np.ndarray:
    """GazeHub: yaw = atan2(-x, -z), pitch = asin(-y)."""
    found = []
    for sample in ordered:
        x, y, z = sample.rotation @ sample.gaze
        found.append((math.degrees(math.asin(-y)), math.degrees(math.atan2(-x, -z))))
    return np.array(found)


def test_gaze_is_read_back(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_read_back(RTGene(folder, SMALL), expected(ordered))
    assert_read_back(RTGene(folder, EYES), expected(ordered))


def test_left_and_up_have_the_right_signs(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_signs(RTGene(folder, SMALL), ordered, unflipped(ordered))


def test_labels(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    labels = RTGene(folder, SMALL).labels
    persons, parts = ("s001", "s003", "s005", "s014"), ("train1", "train2", "train3", "valid")
    assert labels.person.tolist() == [persons[sample.person] for sample in ordered]
    assert labels.subset.tolist() == [parts[sample.person] for sample in ordered]
    assert labels.place[25] == "Label/valid.label, line 3"


def test_head(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    data = RTGene(folder, SMALL)
    for number, sample in enumerate(ordered):
        item = data.read(number)
        x, y, z = sample.rotation @ sample.head @ [0.0, 0.0, -1.0]
        head = [math.asin(-y), math.atan2(-x, -z), 0.0, 0.0]
        np.testing.assert_allclose(item.head[0], head, atol=1e-5)
        np.testing.assert_array_equal(item.rotation[0], np.eye(3))


def test_pictures(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_faces(RTGene(folder, FACE), [sample.face for sample in ordered])
    assert_eyes(RTGene(folder, EYES), ordered, unflipped(ordered), 0.95)


def test_a_worker_reads_alike(written: tuple[Path, list[Sample]]) -> None:
    assert_picklable(RTGene(written[0], SMALL))


@pytest.mark.parametrize(
    ("line", "column", "text", "complaint"),
    [
        pytest.param(5, 7, None, r"train2\.label, line 5: 7 columns", id="cut short"),
        pytest.param(4, 6, "0.1,", "line 4: 2DGaze is '0.1,'", id="no number"),
        pytest.param(4, 7, "nan,0", "line 4: 2DHead .* no finite number", id="NaN"),
        pytest.param(3, 6, "-2,0.1", "line 3: 2DGaze says pitch 5.7 and yaw -114.6", id="yaw"),
        pytest.param(3, 0, "a/b.png", "line 3: a/b.png does not begin with a person", id="person"),
        pytest.param(1, 3, "Source", r"train2\.label, line 1: the header", id="header"),
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
    replace_in_line(tmp_path / "Label/train2.label", line, column, text)
    with pytest.raises(UserError, match=complaint):
        RTGene(tmp_path, SMALL)


def test_what_is_missing(written: tuple[Path, list[Sample]], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no .*train1\.label"):
        RTGene(tmp_path, SMALL)
    shutil.copytree(written[0] / "Label", tmp_path / "Label")
    with pytest.raises(BadSample, match=r"train1\.label, line 2: .*rgb\.png is missing"):
        RTGene(tmp_path, SMALL).read(0)
    (tmp_path / "Label" / "valid.label").unlink()
    with pytest.raises(UserError, match=r"there is no .*valid\.label"):
        RTGene(tmp_path, SMALL)


def test_labels_may_lie_one_folder_below(
    written: tuple[Path, list[Sample]], tmp_path: Path
) -> None:
    shutil.copytree(written[0] / "Label", tmp_path / "Label" / "test")
    assert len(RTGene(tmp_path, SMALL).labels) == len(written[1])
