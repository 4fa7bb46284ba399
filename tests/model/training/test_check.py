"""`data check`: counts, missing files, turned angles, exchanged eyes, the contact sheet."""

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from model.patches import EYE_PATCH, FACE_PATCH
from model.training.check import opening
from model.training.check.counting import angle_ranges, missing_files, spread
from model.training.check.opening import open_samples
from model.training.check.sheet import SIDE, draw_sheet
from model.training.check.turned import compare
from model.training.cli import main
from model.training.datasets.item import View
from model.training.datasets.opening import open_dataset
from tests.model.training.minisets.rendering import LEFT, UP, Sample
from tests.model.training.minisets.writers import WRITERS, as_it_is, mirrored_yaw, swapped


@pytest.fixture(scope="module")
def eyediap(rendered: tuple[Sample, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eyediap")
    WRITERS["eyediap"](folder, rendered, as_it_is)
    return folder


def run(name: str, folder: Path, *more: str) -> int:
    return main(["data", "check", "--dataset", name, "--root", str(folder), *more])


@pytest.mark.parametrize("name", WRITERS)
def test_a_sound_set_passes(
    name: str,
    rendered: tuple[Sample, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ordered = WRITERS[name](tmp_path, rendered, as_it_is)
    report = tmp_path / "report.json"
    assert run(name, tmp_path, "--json", str(report)) == 0
    told = capsys.readouterr().out
    assert f"samples   {len(ordered)}\n" in told
    assert "no problem found" in told
    found = json.loads(report.read_text())
    assert found["samples"] == len(ordered) == found["opened"] == found["faces"]["found"]
    assert list(found["persons"].values()) == [8] * (len(ordered) // 8)
    assert found["problems"] == found["notes"] == []
    assert found["bad"]["samples"] == 0
    (pitch, _), (_, yaw) = found["faces"]["correlation"]
    assert pitch > 0.6
    assert yaw > 0.9


@pytest.mark.parametrize(
    ("name", "turn", "complaint"),
    [
        *((name, mirrored_yaw, "yaw seems mirrored") for name in WRITERS),
        *((name, swapped, "pitch and yaw seem swapped") for name in WRITERS),
    ],
)
def test_turned_angles_are_caught(
    name: str,
    turn: Callable[[np.ndarray], np.ndarray],
    complaint: str,
    rendered: tuple[Sample, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Angles and vectors agree in these sets: only the pictures give them away."""
    WRITERS[name](tmp_path, rendered, turn)
    assert run(name, tmp_path) == 2
    told = capsys.readouterr()
    assert f"problem: {complaint}" in told.out
    assert told.err.splitlines()[-1].startswith(f"error: {name} in {tmp_path}: {complaint}")


def test_labels_that_were_not_mirrored_with_their_pictures(
    rendered: tuple[Sample, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of MPIIFaceGaze is mirrored; labels that are not say nothing in the mean of all."""
    WRITERS["mpiifacegaze"](tmp_path, rendered, as_it_is)
    for path in (tmp_path / "Label").iterdir():
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            cells = line.split(" ")
            if cells[4] == "right":
                for column in (5, 7):
                    x, rest = cells[column].split(",", 1)
                    cells[column] = f"{-float(x)},{rest}"
                lines[number] = " ".join(cells)
        path.write_text("".join(f"{line}\n" for line in lines))
    assert run("mpiifacegaze", tmp_path) == 2
    assert "problem: samples stored flipped: yaw seems mirrored" in capsys.readouterr().out


def test_missing_and_broken_pictures_are_counted(
    eyediap: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(eyediap, tmp_path / "set")
    faces = tmp_path / "set" / "Image" / "p2" / "face"
    (faces / "3.jpg").unlink()
    (faces / "5.jpg").unlink()
    (faces / "7.jpg").write_bytes(b"no picture")
    shutil.rmtree(tmp_path / "set" / "Image" / "p4")
    report, sheet = tmp_path / "report.json", tmp_path / "sheet.png"
    assert run("eyediap", tmp_path / "set", "--json", str(report), "--sheet", str(sheet)) == 2
    found = json.loads(report.read_text())
    assert found["missing"]["samples"] == 10
    assert found["missing"]["files"] == 32
    assert found["missing"]["examples"][0].startswith("ClusterLabel/Cluster0.label, line 12: ")
    assert found["bad"]["samples"] == 11
    assert any("7.jpg is no picture" in example for example in found["bad"]["examples"])
    assert "31.2% of the samples lack a file" in capsys.readouterr().out
    assert cv2.imread(str(sheet)) is not None


def test_few_bad_pictures_are_no_problem(
    eyediap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.training.check.run.WORST_SHARE", 0.05)
    shutil.copytree(eyediap, tmp_path / "set")
    (tmp_path / "set" / "Image" / "p2" / "face" / "3.jpg").unlink()
    assert run("eyediap", tmp_path / "set") == 0


def test_all_samples_are_opened_by_several_processes(
    eyediap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_CHUNK", 4)
    shutil.copytree(eyediap, tmp_path / "set")
    (tmp_path / "set" / "Image" / "p3" / "face" / "1.jpg").unlink()
    data = open_dataset("eyediap", tmp_path / "set", View(FACE_PATCH))
    opened = open_samples(data, np.arange(32), 2)
    assert opened.count == 32
    assert list(opened.bad) == [16]
    assert "1.jpg is missing" in opened.bad[16]


def test_exchanged_eyes_are_caught(
    eyediap: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("eyediap", eyediap, "--patch", "eyes") == 0
    assert "the user's right one at the picture's left in 100%" in capsys.readouterr().out
    shutil.copytree(eyediap, tmp_path / "set")
    for person in (tmp_path / "set" / "Image").iterdir():
        (person / "left").rename(person / "other")
        (person / "right").rename(person / "left")
        (person / "other").rename(person / "right")
    assert run("eyediap", tmp_path / "set", "--patch", "eyes") == 2
    assert "left and right eyes seem exchanged" in capsys.readouterr().err


def test_arrows_point_where_the_gaze_goes(eyediap: Path) -> None:
    """To the picture's right of who looks to the own left; up of who looks up; mirrored where the
    patch is."""
    row, name, side = 0, 146, SIDE + 6
    faces = draw_sheet(open_dataset("eyediap", eyediap, View(FACE_PATCH)))
    left, up = (
        faces[48 + row : 48 + row + SIDE, name + side * c : name + side * c + SIDE]
        for c in (LEFT, UP)
    )
    x, y = red(left)
    assert x.mean() > SIDE / 2 + 8
    assert np.ptp(x) > 2 * np.ptp(y)
    x, y = red(up)
    assert y.mean() < SIDE / 2 - 8
    assert np.ptp(y) > 2 * np.ptp(x)
    eyes = draw_sheet(open_dataset("eyediap", eyediap, View(EYE_PATCH)))
    height = round(SIDE / 2 * EYE_PATCH.height / EYE_PATCH.width)
    pair = eyes[48 : 48 + height, name : name + SIDE]
    assert red(pair[:, : SIDE // 2])[0].mean() < SIDE / 4 - 4
    assert red(pair[:, SIDE // 2 :])[0].mean() > SIDE / 4 + 4


def red(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows of the arrow's pixels."""
    away = np.abs(picture.astype(int) - (60, 40, 235)).max(axis=2)
    rows, columns = np.nonzero(away < 12)
    assert len(rows) > 20
    return columns, rows


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        pytest.param(["--sheet", "sheet.jpg"], "does not end in .png", id="sheet"),
        pytest.param(["--json", "nowhere/a.json"], "there is no folder for", id="folder"),
        pytest.param(["--pictures", "0"], "not a whole number above 0", id="none"),
    ],
)
def test_wrong_flags(
    flags: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("eyediap", tmp_path, *flags) == 2
    assert complaint in capsys.readouterr().err
    assert run("eyediap", tmp_path / "none") == 2
    assert "there is no folder" in capsys.readouterr().err


def angles(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and what pictures that are hard to read show of them; radians."""
    rng = np.random.default_rng(3)
    labels = np.radians(rng.uniform(-20.0, 20.0, (count, 2)))
    return labels, labels * (0.6, 1.1) + 0.1 + np.radians(rng.normal(0.0, 8.0, (count, 2)))


def test_sound_angles_are_found_sound() -> None:
    verdict = compare(*angles(200))
    assert verdict.problems == verdict.notes == []
    assert verdict.faces == 200


@pytest.mark.parametrize(
    ("turn", "complaint"),
    [
        pytest.param(lambda a: a * (1.0, -1.0), "yaw seems mirrored: .* -0.8", id="yaw"),
        pytest.param(lambda a: a * (-1.0, 1.0), "pitch seems mirrored: .* -0.6", id="pitch"),
        pytest.param(lambda a: a[:, ::-1], r"swapped: .*\(0\.8.*\(0\.6\d\)$", id="swapped"),
        pytest.param(lambda a: a[:, ::-1] * (-1.0, 1.0), "swapped: .* mirrored", id="both"),
    ],
)
def test_turned_angles_are_told(turn: Callable[[np.ndarray], np.ndarray], complaint: str) -> None:
    labels, seen = angles(200)
    (problem,) = compare(turn(labels), seen).problems
    assert re.search(complaint, problem)


def test_where_nothing_can_be_told() -> None:
    labels, seen = angles(200)
    assert "found 11 faces only" in compare(labels[:11], seen[:11]).notes[0]
    assert "found 0 faces only" in compare(labels[:0], seen[:0]).notes[0]
    still = compare(labels * (1.0, 0.02), seen)
    assert "yaw varies too little (0.2 degrees)" in still.notes[0]
    shuffled = compare(labels, np.random.default_rng(0).permutation(seen))
    assert ["cannot be told" in note for note in shuffled.notes] == [True, True]
    assert still.problems == shuffled.problems == []


def test_counting(eyediap: Path) -> None:
    data = open_dataset("eyediap", eyediap, View(EYE_PATCH))
    missing = missing_files(data)
    assert missing is not None
    assert missing.files == 64
    assert len(missing.samples) == 0
    ranges = angle_ranges(data.labels)
    assert ranges["yaw"]["max"] == pytest.approx(
        math.degrees(data.labels.gaze[:, 1].max()), abs=0.01
    )
    assert spread(10, 4).tolist() == [0, 3, 6, 9]
    assert spread(3, 10).tolist() == [0, 1, 2]
