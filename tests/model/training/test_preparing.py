"""Raw MPIIFaceGaze to patches: truth, signs, faults by name, and runs that are cut short."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from app import PROJECT
from model.face import FaceTracker
from model.geometry import angle_between
from model.patches import EYE_PATCH, EYE_PATCH_WIDE, FACE_PATCH, cut_patches, to_camera
from model.training.cli import main
from model.training.datasets.item import View
from model.training.datasets.packed import Packed
from tests.model.training.raw_mpiifacegaze import (
    DISTORTED,
    LEFT,
    PICTURES,
    UP,
    RawSample,
    render_raw,
    write_raw,
)
from tests.model.training.synthetic.conftest import (  # noqa: F401
    data_folder,
    head,
    renderer,
    rig,
    studio,
)


@pytest.fixture(scope="module")
def samples(studio) -> list[RawSample]:  # noqa: F811
    return render_raw(studio)


@pytest.fixture
def raw(tmp_path: Path, samples: list[RawSample]) -> Path:
    return write_raw(tmp_path / "raw", samples)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, samples: list[RawSample]) -> Path:
    """Shards of two samples, made in one go."""
    folder = tmp_path_factory.mktemp("prepared")
    root = write_raw(folder / "raw", samples)
    assert prepare(root, folder / "out", "--shard-samples", "2") == 0
    return folder / "out"


def prepare(root: Path, out: Path, *more: str) -> int:
    return main(command(root, out, *more))


def command(root: Path, out: Path, *more: str) -> list[str]:
    words = ["data", "prepare", "--dataset", "mpiifacegaze", "--raw", str(root)]
    return [*words, "--out", str(out), "--workers", "1", *more]


def changed(root: Path, change: Callable[[list[str]], list[str]], line: int = 1) -> None:
    """Change the columns of one line of p00."""
    path = root / "p00" / "p00.txt"
    lines = path.read_text().splitlines()
    lines[line - 1] = " ".join(change(lines[line - 1].split()))
    path.write_text("\n".join(lines) + "\n")


def shards(folder: Path) -> list[str]:
    return [entry["sha256"] for entry in json.loads((folder / "packed.json").read_text())["shards"]]


def test_the_gaze_is_the_truth(prepared: Path, samples: list[RawSample]):
    dataset = Packed(prepared, View(EYE_PATCH))
    assert dataset.name == "mpiifacegaze"
    assert dataset.labels.person.tolist() == [f"p{s.person:02d}" for s in samples]
    for i, sample in enumerate(samples):
        item = dataset.read(i)
        assert item.images.shape == (2, 64, 96, 3)
        assert np.degrees(angle_between(item.gaze, sample.gaze)) < 0.1
        told = to_camera(item.target, item.rotation, dataset.mirrored)
        # The eyes' distance from each other is not annotated, but the average head's.
        assert np.degrees(angle_between(told, sample.eye_gaze)).max() < 0.6
        assert item.usable.all()


def test_left_and_up_have_the_right_signs(prepared: Path, samples: list[RawSample]):
    dataset = Packed(prepared, View(EYE_PATCH))
    for i, sample in enumerate(samples):
        item, (pitch, yaw) = dataset.read(i), np.degrees(dataset.labels.gaze[i])
        if sample.picture == LEFT:  # the person's left: the picture's right, x > 0, yaw < 0
            assert item.gaze[0] > 0.4
            assert yaw < -18
            assert np.degrees(item.target[1, 1]) < -18  # the left eye is not flipped,
            assert np.degrees(item.target[0, 1]) > 18  # the right one is
        if sample.picture == UP:  # y < 0, pitch > 0
            assert item.gaze[1] < -0.3
            assert pitch > 12
            assert np.degrees(item.target[:, 0]).min() > 12


def test_patches_are_those_that_the_app_cuts(raw: Path, prepared: Path, samples: list[RawSample]):
    dataset = Packed(prepared, View(EYE_PATCH))
    image = cv2.cvtColor(cv2.imread(str(raw / "p00" / "day02" / "0003.jpg")), cv2.COLOR_BGR2RGB)
    with FaceTracker(static=True) as tracker:
        face = tracker.find(image, samples[2].camera)
    assert face is not None
    expected, item = cut_patches(image, face, EYE_PATCH_WIDE), dataset.read(2)
    np.testing.assert_array_equal(item.images, expected.images)
    np.testing.assert_array_equal(item.head, expected.head)
    np.testing.assert_allclose(item.rotation, expected.rotation, atol=1e-6)


def test_distortion_is_taken_out(raw: Path, prepared: Path, samples: list[RawSample]):
    dataset = Packed(prepared, View(EYE_PATCH))
    prepared_off, crooked_off = [], []
    with FaceTracker(static=True) as tracker:
        for i in range(DISTORTED * PICTURES, (DISTORTED + 1) * PICTURES):
            sample = samples[i]
            path = raw / "p01" / sample.line.split()[0]
            bent = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            straight = tracker.find(sample.image, sample.camera)
            crooked = tracker.find(bent, sample.camera)
            assert straight is not None
            assert crooked is not None
            told = dataset.labels.traits["head_position"][i]
            prepared_off.append(np.linalg.norm((told - straight.translation)[:2]))
            crooked_off.append(np.linalg.norm((crooked.translation - straight.translation)[:2]))
    farthest = int(np.argmax(crooked_off))  # near the middle of a picture nothing is distorted
    assert crooked_off[farthest] > 1.5  # mm to the side
    assert prepared_off[farthest] < 0.5 * crooked_off[farthest]
    assert np.mean(prepared_off) < 1.0


def test_faces(raw: Path, tmp_path: Path, samples: list[RawSample]):
    assert prepare(raw, tmp_path / "out", "--patch", "face") == 0
    dataset = Packed(tmp_path / "out", View(FACE_PATCH, grey=True))
    item = dataset.read(LEFT)
    assert item.images.shape == (1, 224, 224, 1)
    gaze = to_camera(item.target, item.rotation, dataset.mirrored)[0]
    assert np.degrees(angle_between(gaze, samples[LEFT].gaze)) < 0.1
    np.testing.assert_allclose(item.target[0], dataset.labels.gaze[LEFT], atol=1e-5)


def test_what_is_known_of_a_picture(prepared: Path):
    labels = Packed(prepared, View(EYE_PATCH)).labels
    assert labels.place[4] == "p01/p01.txt, line 1 (day01/0001.jpg)"
    assert labels.traits["day"][:4].tolist() == ["day01", "day01", "day02", "day02"]
    assert labels.traits["which_eye"][:2].tolist() == ["right", "left"]
    assert not labels.traits["off_screen"].any()
    assert labels.traits["image_size"][0].tolist() == [640, 480]


def test_processes_make_the_same_shards(raw: Path, prepared: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert prepare(raw, out, "--shard-samples", "2", "--workers", "2") == 0
    assert shards(out) == shards(prepared)


def test_a_killed_run_is_taken_up_again(
    raw: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    words = command(raw, out, "--shard-samples", "2")
    running = subprocess.Popen(
        [sys.executable, str(PROJECT / "main.py"), *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not (out / "shard_00000.npz").is_file() and time.monotonic() < until:
        assert running.poll() is None
        time.sleep(0.005)
    running.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    running.wait()
    assert not json.loads((out / "packed.json").read_text())["complete"]
    before = os.stat(out / "shard_00000.tar").st_mtime_ns

    assert main(["data", "pack", "--dataset", "packed", "--root", str(out), "--out", "x"]) == 2
    assert "not packed to its end" in capsys.readouterr().err
    assert main(words) == 0
    assert os.stat(out / "shard_00000.tar").st_mtime_ns == before
    assert shards(out) == shards(prepared)
    files = {path.name for path in out.iterdir()}
    assert files == {"packed.json", "labels.npz", *(f"shard_{k:05d}.tar" for k in range(6))}
    # Once whole, it stays as it is; another run does not go into the same folder.
    assert main(words) == 0
    assert os.stat(out / "shard_00000.tar").st_mtime_ns == before
    capsys.readouterr()
    assert prepare(raw, out, "--patch", "face") == 2
    assert "another pack" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_ctrl_c_twice_stops_all_processes(raw: Path, tmp_path: Path):
    for person in ("p00", "p01", "p02"):  # long enough to be interrupted
        path = raw / person / f"{person}.txt"
        path.write_text(path.read_text() * 100)
    out = tmp_path / "out"
    running = subprocess.Popen(
        [sys.executable, str(PROJECT / "main.py"),
         *command(raw, out, "--shard-samples", "10", "--workers", "2")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=PROJECT,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not list(out.glob("*.npz")) and time.monotonic() < until:
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert told.decode().rstrip().endswith("stopped")
    assert not list(out.glob("*.part"))
    assert not json.loads((out / "packed.json").read_text())["complete"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda cells: cells[:20], "line 3, has 20 columns instead of 28"),
        (lambda cells: [*cells[:5], "nan", *cells[6:]], "line 3, holds something that is no numb"),
        (lambda cells: [*cells[:5], "12,5", *cells[6:]], "line 3, holds something that is no nu"),
        (lambda cells: [*cells[:26], "5000", cells[27]], "line 3: the face is not before the cam"),
        (lambda cells: [*cells[:20], "-500", *cells[21:]], "line 3: the face is not before the"),
    ],
)
def test_a_broken_line_is_named(
    raw: Path, tmp_path: Path, change, told: str, capsys: pytest.CaptureFixture[str]
):
    changed(raw, change, 3)
    assert prepare(raw, tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert f"{raw / 'p00' / 'p00.txt'}, {told}" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_poses_of_another_head_are_refused(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for line in range(1, PICTURES + 1):
        changed(raw, lambda c: [*c[:22], str(float(c[22]) + 20.0), *c[23:]], line)
    assert prepare(raw, tmp_path / "out") == 2
    assert "lie 20 mm from where the heads' poses put them" in capsys.readouterr().err


def test_a_missing_calibration_is_named(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = raw / "p02" / "Calibration" / "Camera.mat"
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    assert prepare(raw, tmp_path / "out") == 2
    assert f"{path} cannot be read" in capsys.readouterr().err
    path.unlink()
    assert prepare(raw, tmp_path / "out") == 2
    assert f"there is no {path}" in capsys.readouterr().err
    assert prepare(tmp_path, tmp_path / "out") == 2
    assert "holds no folders p00" in capsys.readouterr().err


def test_bad_pictures_are_counted_and_told(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    day = raw / "p00" / "day01"
    (day / "0001.jpg").unlink()
    cv2.imwrite(str(day / "0002.jpg"), np.zeros((480, 640, 3), np.uint8))
    # Annotated somewhere else in the picture: whoever is found is not who is meant.
    changed(raw, lambda c: [*c[:3], *(str(float(v) / 4.0) for v in c[3:15]), *c[15:]], line=3)
    (raw / "p00" / "day02" / "0004.jpg").write_bytes(b"no picture")
    out = tmp_path / "out"
    assert prepare(raw, out) == 2
    error = capsys.readouterr().err
    assert "4 of 12 samples of mpiifacegaze are bad, more than 5 %" in error
    assert "line 1 (day01/0001.jpg): the picture is missing" in error
    assert "line 2 (day01/0002.jpg): no face is found in it" in error
    assert "line 3 (day02/0003.jpg): the face found is another one" in error
    assert "line 4 (day02/0004.jpg): the picture cannot be read" in error
    assert prepare(raw, out, "--allow-bad", "0.5") == 0
    assert "8 samples of 2 persons" in capsys.readouterr().out
    dataset = Packed(out, View(EYE_PATCH))
    assert np.unique(dataset.labels.person).tolist() == ["p01", "p02"]
    assert dataset.index["left_out"] == 4
