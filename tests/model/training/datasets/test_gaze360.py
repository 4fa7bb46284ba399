"""Gaze360 as GazeHub prepares it: its own axes and persons, and broken labels."""

import math
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from model.errors import UserError
from model.training.datasets.gaze360 import Gaze360
from model.training.datasets.item import BadSample
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
from tests.model.training.minisets.writers import write_gaze360


@pytest.fixture(scope="module")
def written(
    rendered: tuple[Sample, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Sample]]:
    folder = tmp_path_factory.mktemp("gaze360")
    return folder, write_gaze360(folder, rendered)


def unflipped(ordered: list[Sample]) -> np.ndarray:
    return np.zeros(len(ordered), dtype=bool)


def expected(ordered: list[Sample]) -> np.ndarray:
    """Gaze360: on the ray from the camera to the eyes x left, y up, z away from the camera;
    yaw = atan2(x, -z), pitch = asin(y)."""
    found = []
    for sample in ordered:
        away = sample.centre / np.linalg.norm(sample.centre)
        left = np.array([-away[2], 0.0, away[0]]) / math.hypot(away[0], away[2])
        up = np.cross(away, left)
        x, y, z = left @ sample.gaze, up @ sample.gaze, away @ sample.gaze
        found.append((math.degrees(math.asin(y)), math.degrees(math.atan2(x, -z))))
    return np.array(found)


def test_gaze_is_read_back(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_read_back(Gaze360(folder, SMALL), expected(ordered))
    assert_read_back(Gaze360(folder, EYES), expected(ordered))


def test_left_and_up_have_the_right_signs(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_signs(Gaze360(folder, SMALL), ordered, unflipped(ordered))


def test_labels(written: tuple[Path, list[Sample]]) -> None:
    """Without the frames that are not used."""
    folder, ordered = written
    labels = Gaze360(folder, SMALL).labels
    assert (folder / "Label" / "unused.label").is_file()
    assert labels.person.tolist() == [f"rec_{s.person:03d}/{s.person:06d}" for s in ordered]
    parts = ("train", "train", "val", "test")
    assert labels.subset.tolist() == [parts[sample.person] for sample in ordered]
    assert labels.place[17] == "Label/val.label, line 3"


def test_pictures(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    squares = [np.asarray(cv2.resize(s.square, (224, 224)), np.uint8) for s in ordered]
    assert_faces(Gaze360(folder, FACE), squares)
    assert_eyes(Gaze360(folder, EYES), ordered, unflipped(ordered), 0.95)
    assert not Gaze360(folder, SMALL).read(0).head.any()


def test_a_worker_reads_alike(written: tuple[Path, list[Sample]]) -> None:
    assert_picklable(Gaze360(written[0], SMALL))


def test_people_may_look_away_from_the_camera(
    written: tuple[Path, list[Sample]], tmp_path: Path
) -> None:
    shutil.copytree(written[0] / "Label", tmp_path / "Label")
    path = tmp_path / "Label" / "train.label"
    replace_in_line(path, 2, 4, f"{math.sin(3.0)},0,{-math.cos(3.0)}")
    replace_in_line(path, 2, 5, "3.0,0.0")
    assert Gaze360(tmp_path, SMALL).labels.gaze[0].tolist() == [0.0, 3.0]


@pytest.mark.parametrize(
    ("line", "column", "text", "complaint"),
    [
        pytest.param(5, 5, None, r"val\.label, line 5: 5 columns", id="cut short"),
        pytest.param(4, 5, "a,b", "line 4: 2DGaze is 'a,b'", id="no number"),
        pytest.param(4, 5, "nan,0", "line 4: 2DGaze .* no finite number", id="NaN"),
        pytest.param(3, 5, "0.1,1.6", "line 3: 2DGaze says pitch 91.7", id="pitch"),
        pytest.param(3, 5, "3.2,0.1", "line 3: 2DGaze says .* yaw 183.3", id="yaw"),
        pytest.param(3, 4, "0,0,1", "line 3: 2DGaze and 3DGaze are", id="disagree"),
        pytest.param(3, 3, "rec.jpg", "line 3: Origin is rec.jpg", id="person"),
        pytest.param(1, 4, "2DGaze", r"val\.label, line 1: the header", id="header"),
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
    replace_in_line(tmp_path / "Label/val.label", line, column, text)
    with pytest.raises(UserError, match=complaint):
        Gaze360(tmp_path, SMALL)


def test_what_is_missing(written: tuple[Path, list[Sample]], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no .*train\.label"):
        Gaze360(tmp_path, SMALL)
    shutil.copytree(written[0] / "Label", tmp_path / "Label")
    with pytest.raises(BadSample, match=r"train\.label, line 2: .*1\.jpg is missing"):
        Gaze360(tmp_path, SMALL).read(0)
