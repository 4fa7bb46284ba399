"""Our own recordings: the demo clip with targets, whose true gaze is known frame by frame."""

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import PROJECT
from model.errors import UserError
from model.geometry import angle_between, normalize, vector
from model.patches import EYE_PATCH, FACE_PATCH, PatchSpec, to_camera
from model.screen import make_screen
from model.training.datasets.item import View
from model.training.datasets.opening import open_dataset
from model.training.datasets.recordings import Recordings
from tests.material import write_video

ASSETS = PROJECT / "assets"
SCREEN = {
    "pixels": [1920, 1080],
    "millimetres": [531.4, 298.9],
    "camera_mm": [265.7, -10.0],
    "camera_tilt_deg": 0.0,
}
ABOUT = {
    "schema": 1,
    "profile": "anna",
    "video": "video.mp4",
    "screen": {**SCREEN, "name": "", "pixel_ratio": 1.0},
    "options": {"fov_deg": 65.0},
}
ROWS = [(1200, 960.0, 540.0), (2600, 960.0, 108.0), (4100, 1728.0, 540.0), (5600, 192.0, 972.0)]
"""The demo clip's first four targets, each when it has been looked at for a while."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of the demo clip, tracked once."""
    folder = recording(tmp_path_factory.mktemp("recordings") / "20260101T000000Z_anna")
    Recordings(folder, View(EYE_PATCH))
    return folder


def recording(
    folder: Path,
    about: dict[str, Any] = ABOUT,
    rows: list[tuple[float, float, float]] | None = None,
) -> Path:
    """A recording's folder with the demo clip as its video."""
    folder.mkdir(parents=True)
    shutil.copy(ASSETS / "demo.mp4", folder / "video.mp4")
    (folder / "samples.csv").write_text("frame,time,time_ns\n0,0,0\n")
    (folder / "events.csv").write_text(
        "onset,duration,type,pixel_x,pixel_y,dispersion_deg,message\n"
    )
    (folder / "recording.json").write_text(json.dumps(about))
    write_targets(folder, ROWS if rows is None else rows)
    return folder


def write_targets(folder: Path, rows: list[tuple[float, float, float]]) -> None:
    lines = ["time_ms,x,y", *(f"{t},{x},{y}" for t, x, y in rows)]
    (folder / "targets.csv").write_text("\n".join(lines) + "\n")


def copied(demo: Path, folder: Path) -> Path:
    """A copy with its patches."""
    shutil.copytree(demo, folder)
    return folder


def packed_at(folder: Path) -> int:
    (path,) = folder.glob("patches/*/packed.json")
    return path.stat().st_mtime_ns


def test_the_gaze_goes_from_between_the_eyes_to_the_target(demo: Path):
    dataset = open_dataset("recordings", demo, View(EYE_PATCH))
    screen = make_screen((1920, 1080), (531.4, 298.9), (265.7, -10.0))
    traits = dataset.labels.traits
    assert len(dataset.labels) == 4 * 13
    for i in range(0, 52, 6):
        item = dataset.read(i)
        assert item.images.shape == (2, 64, 96, 3)
        at = screen.in_camera(traits["target_px"][i])
        expected = normalize(at - traits["head_position"][i])
        assert np.degrees(angle_between(item.gaze, expected)) < 1e-3
        own = to_camera(item.target, item.rotation, dataset.mirrored)
        # Each eye turns in a little: towards the same point from 3 cm to either side.
        assert np.degrees(angle_between(own, expected)).max() < 4.0
        np.testing.assert_allclose(normalize(own.sum(axis=0)), expected, atol=2e-3)


def test_it_is_nearly_what_the_rendered_person_did(demo: Path):
    """Nearly: where the head is, is estimated."""
    dataset = Recordings(demo, View(EYE_PATCH, grey=True))
    with (ASSETS / "demo.csv").open() as file:
        truth = {int(row["frame"]): row for row in csv.DictReader(file)}
    signs = set()
    for i in range(len(dataset.labels)):
        row = truth[round(dataset.labels.traits["time_ms"][i] * 30 / 1000)]
        yaw, pitch = float(row["gaze_yaw"]), float(row["gaze_pitch"])
        gaze = dataset.read(i).gaze
        assert np.degrees(angle_between(gaze, vector(np.radians([pitch, yaw])))) < 1.0
        signs.add((np.sign(gaze[0]) if abs(gaze[0]) > 0.2 else 0, gaze[1] > 0.05))
    # Up and straight; down and straight; the screen's right, picture's left; its left.
    assert signs == {(0, False), (0, True), (-1, True), (1, True)}


def test_frames_belong_to_the_target_they_are_near(demo: Path):
    labels = Recordings(demo, View(EYE_PATCH)).labels
    # Numbered by place on the screen, from left to right and from top to bottom.
    number = {(192.0, 972.0): 0, (960.0, 108.0): 1, (960.0, 540.0): 2, (1728.0, 540.0): 3}
    for i in range(len(labels)):
        near = min(ROWS, key=lambda row: abs(row[0] - labels.traits["time_ms"][i]))
        assert abs(near[0] - labels.traits["time_ms"][i]) <= 200.0
        assert labels.traits["target"][i] == number[near[1:]]
    assert set(labels.person) == {"anna"}
    assert set(labels.subset) == {""}
    assert labels.place[0] == "20260101T000000Z_anna/video.mp4, 1000 ms"


def test_it_is_tracked_once(demo: Path, tmp_path: Path):
    folder = copied(demo, tmp_path / "one")
    before = packed_at(folder)
    Recordings(folder, View(EYE_PATCH))
    Recordings(folder, View(EYE_PATCH, grey=True))
    os.utime(folder / "video.mp4")  # touched or copied, and still the same
    Recordings(folder, View(EYE_PATCH))
    assert packed_at(folder) == before
    write_targets(folder, [(1200, 960.0, 600.0)])
    labels = Recordings(folder, View(EYE_PATCH)).labels
    assert len(labels) == 13
    assert set(labels.traits["target_px"][:, 1]) == {600.0}
    before = packed_at(folder)
    changed = {**ABOUT, "options": {"fov_deg": 50.0}}
    (folder / "recording.json").write_text(json.dumps(changed))
    again = Recordings(folder, View(EYE_PATCH)).labels.traits["head_position"]
    assert packed_at(folder) != before
    assert again[0, 2] > 1.2 * labels.traits["head_position"][0, 2]


def test_patches_may_lie_elsewhere(tmp_path: Path):
    folder = recording(tmp_path / "one", rows=ROWS[:1])
    dataset = Recordings(folder, View(FACE_PATCH), cache=tmp_path / "cache")
    assert dataset.read(3).images.shape == (1, 224, 224, 3)
    assert not (folder / "patches").exists()
    assert len(list((tmp_path / "cache" / "one").iterdir())) == 1


def test_a_folder_of_several(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    first = copied(demo, tmp_path / "20260101T000000Z_anna")
    second = recording(
        tmp_path / "b", {**ABOUT, "profile": None, "screen": None}, [(2600, 960.0, 108.0)]
    )
    (second / "screen.json").write_text(json.dumps(SCREEN))
    third = recording(tmp_path / "c")
    (third / "targets.csv").unlink()
    dataset = Recordings(tmp_path, View(EYE_PATCH))
    assert "1 recordings" in capsys.readouterr().err
    labels = dataset.labels
    assert len(labels) == 52 + 13
    assert labels.person[[0, -1]].tolist() == ["anna", "b"]
    assert labels.traits["recording"][[0, -1]].tolist() == [first.name, "b"]
    # The same place on the screen is the same target in both.
    assert set(labels.traits["target"][52:]) == {1}
    np.testing.assert_array_equal(
        dataset.read(52).images, Recordings(second, View(EYE_PATCH)).read(0).images
    )


def test_frames_without_a_face_are_left_out_and_counted(tmp_path: Path):
    folder = recording(tmp_path / "one", rows=[(500, 960.0, 540.0)])
    write_video(folder / "video.mp4", 30)
    with pytest.raises(UserError, match=r"none of the 13 samples .*: no face"):
        Recordings(folder, View(EYE_PATCH))


def test_blinks_are_left_out_and_counted(tmp_path: Path):
    with (ASSETS / "demo.csv").open() as file:
        shut = [int(row["frame"]) for row in csv.DictReader(file) if row["blink"] == "1"]
    folder = recording(tmp_path / "one", rows=[(shut[len(shut) // 2] * 1000 / 30, 960.0, 540.0)])
    dataset = Recordings(folder, View(EYE_PATCH))
    assert dataset.left_out > 0
    assert len(dataset.labels) + dataset.left_out in (12, 13)  # 200 ms are just six frames
    assert dataset.labels.traits["openness"].mean(axis=1).min() >= 0.25


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def about(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "recording.json").write_text(json.dumps({**ABOUT, **changes}))

    return change


def targets(*rows: tuple[float, float, float]) -> Callable[[Path], None]:
    return lambda folder: write_targets(folder, list(rows))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (remove("video.mp4"), "holds no video.mp4: record with the video switched on"),
        (remove("targets.csv"), "holds no targets.csv: write one"),
        (remove("recording.json"), "holds no recording that can be read"),
        (about(screen=None), 'write a screen.json beside it, such as {"pixels": [1920, 1080]'),
        (about(screen={"pixels": [1920]}), "recording.json makes no sense"),
        (about(screen={**SCREEN, "millimetres": [0, 1]}), "recording.json makes no sense"),
        (targets((1200, 2000.0, 5.0)), "line 2: the target 2000, 5 lies off the screen"),
        (targets((99_000, 20.0, 5.0)), "line 2: video.mp4 has no frame near 99000 ms"),
    ],
)
def test_what_is_missing_is_one_sentence(tmp_path: Path, spoil: Callable[[Path], None], told: str):
    folder = recording(tmp_path / "one")
    spoil(folder)
    with pytest.raises(UserError) as caught:
        Recordings(folder, View(EYE_PATCH))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_folders_without_recordings(tmp_path: Path):
    with pytest.raises(UserError, match="holds no recording"):
        Recordings(tmp_path, View(PatchSpec("eyes", 72, 48, 960.0, 600.0)))
    (recording(tmp_path / "one") / "targets.csv").unlink()
    with pytest.raises(UserError, match=r"holds 1 recordings, but none with a targets.csv"):
        Recordings(tmp_path, View(EYE_PATCH))
