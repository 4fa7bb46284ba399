"""EyeDiap as GazeHub prepares it: clusters, R alone, and broken labels."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.training.datasets.eyediap import EyeDiap
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
from tests.model.training.minisets.writers import write_eyediap


@pytest.fixture(scope="module")
def written(
    rendered: tuple[Sample, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Sample]]:
    folder = tmp_path_factory.mktemp("eyediap")
    return folder, write_eyediap(folder, rendered)


def unflipped(ordered: list[Sample]) -> np.ndarray:
    return np.zeros(len(ordered), dtype=bool)


def expected(ordered: list[Sample]) -> np.ndarray:
    """GazeHub: R g, yaw = atan2(-x, -z), pitch = asin(-y)."""
    found = []
    for sample in ordered:
        x, y, z = sample.rotation @ sample.gaze
        found.append((math.degrees(math.asin(-y)), math.degrees(math.atan2(-x, -z))))
    return np.array(found)


def test_gaze_is_read_back(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_read_back(EyeDiap(folder, SMALL), expected(ordered))
    assert_read_back(EyeDiap(folder, EYES), expected(ordered))


def test_left_and_up_have_the_right_signs(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_signs(EyeDiap(folder, SMALL), ordered, unflipped(ordered))


def test_labels(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    labels = EyeDiap(folder, SMALL).labels
    assert labels.person.tolist() == [f"p{sample.person + 1}" for sample in ordered]
    assert labels.subset.tolist() == [f"Cluster{sample.person // 2}" for sample in ordered]
    assert labels.place[16] == "ClusterLabel/Cluster1.label, line 2"


def test_head_and_camera(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    for kind in (SMALL, EYES):
        data = EyeDiap(folder, kind)
        for number, sample in enumerate(ordered):
            item = data.read(number)
            x, y, z = sample.rotation @ sample.head @ [0.0, 0.0, -1.0]
            for flip, head in zip(data.mirrored, item.head, strict=True):
                assert head[0] == pytest.approx(math.asin(-y), abs=1e-5)
                assert head[1] == pytest.approx(math.atan2(x if flip else -x, -z), abs=1e-5)
                assert head[2] == pytest.approx(math.log(sample.distance / 600.0), abs=1e-5)
                assert head[3] == 0.0
            np.testing.assert_allclose(item.gaze, sample.gaze, atol=1e-5)
            np.testing.assert_allclose(item.rotation[0], sample.rotation, atol=1e-5)


def test_pictures(written: tuple[Path, list[Sample]]) -> None:
    folder, ordered = written
    assert_faces(EyeDiap(folder, FACE), [sample.face for sample in ordered])
    assert_eyes(EyeDiap(folder, EYES), ordered, unflipped(ordered), 0.8)


def test_a_worker_reads_alike(written: tuple[Path, list[Sample]]) -> None:
    assert_picklable(EyeDiap(written[0], SMALL))


@pytest.mark.parametrize(
    ("line", "column", "text", "complaint"),
    [
        pytest.param(5, 6, None, r"Cluster1\.label, line 5: 6 columns", id="cut short"),
        pytest.param(4, 6, "x,0", "line 4: 2DGaze is 'x,0'", id="no number"),
        pytest.param(4, 4, "nan,0,-1", "line 4: 3DGaze .* no finite number", id="NaN"),
        pytest.param(3, 6, "1.7,0.1", "line 3: 2DGaze says pitch 5.7 and yaw 97.4", id="yaw"),
        pytest.param(9, 8, "1,2,3,4", "line 9: Rvec is", id="rotation"),
        pytest.param(9, 9, "1,1,-2", "line 9: Svec scales by -2", id="scale"),
        pytest.param(1, 3, "Origin", r"Cluster1\.label, line 1: the header", id="header"),
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
    shutil.copytree(written[0] / "ClusterLabel", tmp_path / "ClusterLabel")
    replace_in_line(tmp_path / "ClusterLabel/Cluster1.label", line, column, text)
    with pytest.raises(UserError, match=complaint):
        EyeDiap(tmp_path, SMALL)


def test_what_is_missing(written: tuple[Path, list[Sample]], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no folder .*ClusterLabel"):
        EyeDiap(tmp_path, SMALL)
    shutil.copytree(written[0] / "ClusterLabel", tmp_path / "ClusterLabel")
    with pytest.raises(BadSample, match=r"Cluster0\.label, line 2: .*1\.jpg is missing"):
        EyeDiap(tmp_path, SMALL).read(0)
    (tmp_path / "ClusterLabel" / "Cluster1.label").write_text(
        "Face Left Right metapath 3DGaze 3DHead 2DGaze 2DHead Rvec Svec GazeOrigin\n"
    )
    with pytest.raises(UserError, match=r"Cluster1\.label holds no samples"):
        EyeDiap(tmp_path, SMALL)
