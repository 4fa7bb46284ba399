import csv
import json
from pathlib import Path

import numpy as np
import pytest

from model.geometry import angle_between, normalize, vector
from model.training.synthetic import demo
from model.training.synthetic import demo_plan as script
from model.training.synthetic.demo import COLUMNS, describe, write_truth

ASSETS = Path(__file__).parents[4] / "assets"


def test_targets_on_the_screen_are_seen_under_the_written_angles(tmp_path: Path) -> None:
    moments, _ = script.plan(3)
    write_truth(tmp_path / "demo.csv", moments, [1.0] * len(moments))
    with (tmp_path / "demo.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(moments)
    for row, moment in zip(rows[::40], moments[::40], strict=True):
        pixel = np.array([float(row["pixel_x"]), float(row["pixel_y"])])
        ray = normalize(script.screen_point(pixel) - moment.position)
        gaze = vector(np.radians([float(row["gaze_pitch"]), float(row["gaze_yaw"])]))
        assert np.degrees(angle_between(ray, gaze)) < 0.01


def test_the_right_of_the_screen_is_to_the_users_right() -> None:
    points = script.screen_point(np.array([[0.0, 540.0], [1920.0, 540.0], [960.0, 0.0]]))
    assert points[1, 0] < 0.0 < points[0, 0]
    assert points[2, 1] > 0.0  # below the camera


def test_a_clip_shows_nine_dots_then_five_then_text() -> None:
    moments, fixations = script.plan(3)
    description = describe(3, len(moments), fixations)
    names = [segment["name"] for segment in description["segments"]]
    assert names == ["nine dots", "five dots", "reading"]
    assert [len(s["targets"]) for s in description["segments"][:2]] == [9, 5]
    assert 34.0 < len(moments) / script.FPS < 45.0
    blinks = np.array([m.blink for m in moments])
    assert 6 <= int((np.diff((blinks > 0.9).astype(int)) == 1).sum()) <= 14
    eyes = np.array([m.position for m in moments])
    assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() < 2.0


def test_the_clip_in_the_repository_is_whole() -> None:
    description = json.loads((ASSETS / "demo.json").read_text(encoding="utf-8"))
    with (ASSETS / "demo.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == description["frames"]
    assert (ASSETS / "demo.mp4").stat().st_size <= 4_000_000
    moments, _ = script.plan(description["seed"])
    assert len(moments) == description["frames"]
    blinking = np.mean([row["blink"] == "1" for row in rows])
    assert 0.02 < blinking < 0.15


def test_a_video_too_large_is_encoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (480, 640, 3), dtype=np.uint8) for _ in range(3)]
    demo._encode(tmp_path / "first.mp4", noise, 20)
    large = (tmp_path / "first.mp4").stat().st_size
    monkeypatch.setattr(demo, "MAX_BYTES", large // 2)
    demo.write_video(tmp_path / "demo.mp4", noise)
    assert (tmp_path / "demo.mp4").stat().st_size <= large // 2
    assert len(list(demo._decode(tmp_path / "demo.mp4"))) == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["demo.mp4", "first.mp4"]
