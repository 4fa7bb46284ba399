"""`track demo`: what a stranger sees first, held against the clip's own truth."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app import PROJECT
from app.recording.columns import sample_columns
from app.recording.reader import Recording, read_recording
from app.source.video import VideoSource
from model.geometry import angle_between, vector
from tests.end_to_end.command import only_recording, run


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """`track demo`, once."""
    out = tmp_path_factory.mktemp("demo")
    done = run("track", "demo", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    return read_recording(only_recording(out))


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    """assets/demo.csv."""
    return pd.read_csv(PROJECT / "assets" / "demo.csv")


def test_one_row_per_frame_and_all_columns(recording: Recording, truth: pd.DataFrame):
    assert recording.samples["frame"].tolist() == truth["frame"].tolist()
    assert list(recording.samples) == [column.name for column in sample_columns(pictures=False)]
    assert (np.diff(recording.samples["time_ns"]) > 0).all()
    assert recording.about["complete"] is True
    assert recording.about["source"]["kind"] == "demo"
    assert recording.about["source"]["size_px"] == [640, 480]
    assert recording.about["fps_measured"] == pytest.approx(30, abs=0.01)
    assert recording.about["warnings"] == []


def test_a_face_nearly_everywhere_and_valid_where_the_eyes_are_open(
    recording: Recording, truth: pd.DataFrame
):
    blink = truth["blink"].to_numpy() == 1
    valid = recording.samples["valid"] == 1
    assert np.isfinite(recording.samples["head_z"]).mean() >= 0.99
    assert valid[~blink].mean() >= 0.98
    assert (~valid[blink]).mean() >= 0.8


def test_gaze_is_right_without_calibration(recording: Recording, truth: pd.DataFrame):
    valid = recording.samples["valid"] == 1
    pitch, yaw = recording.samples["gaze_pitch"][valid], recording.samples["gaze_yaw"][valid]
    expected = truth.loc[valid]
    errors = angle_between(
        vector(np.radians(np.column_stack([pitch, yaw]))),
        vector(np.radians(expected[["gaze_pitch", "gaze_yaw"]].to_numpy())),
    )
    assert np.degrees(errors).mean() <= 5.0
    assert np.corrcoef(pitch, expected["gaze_pitch"])[0, 1] >= 0.9
    assert np.corrcoef(yaw, expected["gaze_yaw"])[0, 1] >= 0.9


def test_angles_and_unit_vectors_agree(recording: Recording):
    samples = recording.samples
    found = np.isfinite(samples["gaze_yaw"])
    angles = np.column_stack([samples["gaze_pitch"], samples["gaze_yaw"]])[found]
    axes = np.column_stack([samples[f"gaze_dir_{axis}"] for axis in "xyz"])[found]
    np.testing.assert_allclose(vector(np.radians(angles)), axes, atol=5e-6)


def test_pandas_and_pymovements_open_it_without_surgery(recording: Recording):
    from pymovements.gaze import from_csv

    path = recording.folder / "samples.csv"
    table = pd.read_csv(path)
    assert len(table) == len(recording)
    with open(path, encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == list(table.columns)
    gaze = from_csv(str(path), auto_column_detect=True, distance_column="distance")
    assert len(gaze.samples) == len(recording)
    assert "pixel" in gaze.samples.columns


@pytest.mark.parametrize("eyes", ["left", "right"])
def test_one_eye_is_enough(tmp_path: Path, truth: pd.DataFrame, eyes: str):
    done = run("track", "demo", "--out", tmp_path, "--eyes", eyes, "--max-frames", 180)
    assert done.returncode == 0
    samples = read_recording(only_recording(tmp_path)).samples
    other = {"left": "right", "right": "left"}[eyes]
    assert len(samples["frame"]) == 180  # the first fixations
    assert np.isnan(samples[f"{other}_gaze_yaw"]).all()
    np.testing.assert_allclose(samples[f"{eyes}_gaze_yaw"], samples["gaze_yaw"], atol=1e-3)
    assert np.corrcoef(samples["gaze_yaw"], truth["gaze_yaw"][:180])[0, 1] > 0.7


def test_a_mirrored_camera_gives_the_same_gaze(
    tmp_path: Path, recording: Recording, demo_clip: Path
):
    from app.video_writer import VideoWriter

    with VideoSource(demo_clip, mirrored=True) as source:
        writer = VideoWriter(tmp_path / "mirrored.mp4", source.size, 30.0)
        for number, frame in enumerate(source):
            if number < 60:
                writer.add(frame.image, frame.time_ns)
        writer.close()
    done = run("track", tmp_path / "mirrored.mp4", "--mirrored", "--out", tmp_path / "out")
    assert done.returncode == 0
    samples = read_recording(only_recording(tmp_path / "out")).samples
    for column in ("gaze_yaw", "head_x"):
        difference = np.abs(samples[column] - recording.samples[column][:60])
        assert np.nanmedian(difference) < 3.0


def test_an_overlay_has_every_frame_drawn_upon(tmp_path: Path, demo_clip: Path):
    overlay = tmp_path / "overlay.mp4"
    done = run("track", "demo", "--out", tmp_path / "out", "--overlay", overlay,
               "--max-frames", 40)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    with VideoSource(overlay) as drawn, VideoSource(demo_clip) as plain:
        assert drawn.size == plain.size
        pairs = [(d.image, p.image) for d, p in zip(drawn, plain, strict=False)]
    assert len(pairs) == 40
    for drawn_image, plain_image in pairs:
        changed = np.abs(drawn_image.astype(int) - plain_image).max(axis=2) > 60
        assert 300 < changed.sum() < 0.1 * changed.size


def test_torch_stays_out_of_the_app(tmp_path: Path):
    code = """
import sys
from app.cli import main
code = main(sys.argv[1:])
heavy = sorted({name.split(".")[0] for name in sys.modules} & {"torch", "open_clip", "timm"})
sys.exit(f"imported: {heavy}" if heavy else code)
"""
    arguments = ["track", "demo", "--out", str(tmp_path), "--max-frames", "3"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_real_webcam_video(tmp_path: Path, data_dir: Path):
    video = data_dir / "video" / "webcam-1080p60.mp4"
    done = run("track", video, "--out", tmp_path, "--max-frames", 240)
    assert (done.returncode, done.stderr) == (0, "")
    recording = read_recording(only_recording(tmp_path))
    assert recording.samples["frame"].tolist() == list(range(240))
    assert (recording.samples["valid"] == 1).mean() >= 0.95
