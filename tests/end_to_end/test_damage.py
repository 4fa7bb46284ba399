"""Damaged input, full disk, Ctrl-C, kill: all rows so far are kept, and nothing is hidden."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.recording.reader import read_recording
from app.source.video import VideoSource
from tests.end_to_end.command import Running, only_recording, rows_in, run
from tests.material import number_of, picture, truncate, write_video


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More frames than any of these tests lets through."""
    return write_video(tmp_path_factory.mktemp("long") / "long.mp4", 6000)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_truncated_video_is_tracked_up_to_the_break(
    tmp_path: Path, tiny_model: Path, suffix: str
):
    path = write_video(
        tmp_path / f"a{suffix}", 40, size=(320, 240),
        options={"movflags": "faststart"} if suffix == ".mp4" else {},
    )  # fmt: skip
    with VideoSource(truncate(path, 0.7)) as source:
        readable = [number_of(frame.image) for frame in source]
    done = run("track", path, "--out", tmp_path / "out", "--model", tiny_model)
    assert done.returncode == 0
    assert done.stderr.startswith("warning: ")
    assert done.stderr.count("\n") == 1
    recording = read_recording(only_recording(tmp_path / "out"))
    assert recording.samples["frame"].tolist() == readable
    assert len(readable) > 5
    assert recording.about["complete"] is False
    assert len(recording.about["warnings"]) == 1


def test_a_broken_picture_among_good_ones_is_skipped_named_and_counted(
    tmp_path: Path, tiny_model: Path
):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(picture(number)).save(folder / f"{number}.png")
    truncate(folder / "2.png", 0.5)
    done = run("track", folder, "--out", tmp_path / "out", "--model", tiny_model)
    assert done.returncode == 0
    assert done.stderr.startswith("warning: 1 of 4 pictures")
    assert "2.png" in done.stderr
    assert done.stderr.count("\n") == 1
    recording = read_recording(only_recording(tmp_path / "out"))
    assert recording.samples["file"].tolist() == ["0.png", "1.png", "3.png"]
    assert recording.about["skipped_pictures"] == ["2.png"]
    assert recording.about["complete"] is False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("a disk small enough to fill needs root, to mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_ends_the_recording_with_all_rows_kept(
    small_disk: Path, long_video: Path, tiny_model: Path
):
    done = run("track", long_video, "--out", small_disk, "--model", tiny_model)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "space" in done.stderr
    assert done.stderr.count("\n") == 1
    folder = only_recording(small_disk)
    assert (folder / "samples.csv").read_bytes().endswith(b"\n")
    recording = read_recording(folder)
    assert len(recording) > 100
    assert recording.samples["frame"].tolist() == list(range(len(recording)))
    assert recording.about["complete"] is False
    assert [path.name for path in folder.iterdir() if path.suffix == ".new"] == []


def test_a_disk_that_was_full_from_the_start_keeps_no_recording(
    small_disk: Path, long_video: Path, tiny_model: Path
):
    (small_disk / "filling").write_bytes(bytes(64 * 1024))
    done = run("track", long_video, "--out", small_disk, "--model", tiny_model)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert [path.name for path in small_disk.iterdir()] == ["filling"]


@pytest.mark.parametrize("times", [1, 3], ids=["once", "impatiently"])
def test_ctrl_c_finishes_everything(tmp_path: Path, long_video: Path, tiny_model: Path, times: int):
    out, overlay = tmp_path / "out", tmp_path / "o.mp4"
    arguments = ("track", long_video, "--out", out, "--overlay", overlay, "--model", tiny_model)
    with Running(*arguments) as running:
        running.wait_for(lambda: rows_in(out) > 30)
        for _ in range(times):
            running.send(signal.SIGINT)
        code, said, complained = running.finish()
    assert (code, complained) == (0, "")
    recording = read_recording(only_recording(out))
    assert f"{len(recording)} frames" in said
    assert recording.samples["frame"].tolist() == list(range(len(recording)))
    assert recording.about["complete"] is True
    assert recording.about["samples"] == len(recording)
    with VideoSource(overlay) as drawn:
        assert sum(1 for _ in drawn) == len(recording)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.15, 0.2, 0.25])
def test_ctrl_c_before_the_first_frame_is_no_error(
    tmp_path: Path, long_video: Path, tiny_model: Path, seconds: float
):
    """Whatever is being loaded just then."""
    with Running("track", long_video, "--out", tmp_path / "out", "--model", tiny_model) as running:
        time.sleep(seconds)
        running.send(signal.SIGINT)
        code, _, complained = running.finish()
    assert complained == ""
    assert code == 0 or code == -signal.SIGINT  # before Python itself was there
    assert not (tmp_path / "out").exists()


def test_a_kill_loses_no_row_older_than_a_second(
    tmp_path: Path, long_video: Path, tiny_model: Path
):
    out = tmp_path / "out"
    with Running("track", long_video, "--out", out, "--model", tiny_model) as running:
        running.wait_for(lambda: rows_in(out) > 30)
        time.sleep(1.0)
        seen = rows_in(out)
        running.send(signal.SIGKILL)
        killed = time.time()
        running.finish()
    recording = read_recording(only_recording(out))
    assert recording.about["complete"] is False
    assert recording.samples["frame"].tolist() == list(range(len(recording)))
    assert len(recording) >= seen
    # The file's last change tells how fresh its last row is, frames themselves being slow to come
    # on a busy machine.
    changed = (recording.folder / "samples.csv").stat().st_mtime
    assert killed - changed < 2.0
