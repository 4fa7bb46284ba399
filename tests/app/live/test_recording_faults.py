"""Recordings that something keeps from being made, or from going on."""

import resource
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.live import recorder
from app.recording.reader import read_recording
from app.source.video import VideoSource
from tests.app.live.world import Ears, World, recorded, wait_for_view


def only_whole_rows(folder: Path) -> bool:
    return (folder / "samples.csv").read_bytes().endswith(b"\n")


Usage = namedtuple("Usage", "total used free")


def disk_with(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(recorder.shutil, "disk_usage", lambda _: Usage(10**12, 0, free))


def test_a_disk_that_fills_up_is_warned_of_and_then_the_recording_stops(
    begin, ears: Ears, out: Path, monkeypatch: pytest.MonkeyPatch
):
    disk_with(monkeypatch, 999_000_000)
    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(out)
    state = ears.wait_for_rows(10)
    assert state.warning == "Only 999 MB are left on the disk: the recording stops at 100 MB."
    disk_with(monkeypatch, 99_000_000)
    assert "nearly full (99 MB left)" in ears.wait_for_problem().sentence
    summary = ears.wait_for_finished()
    assert ears.recordings[-1] is None
    assert not summary.complete
    assert "not to the end" in summary.message
    recording = recorded(summary)
    assert recording.about["complete"] is False
    assert len(recording) == summary.frames >= 10
    wait_for_view(session, lambda v: v.recording is None)  # the live view goes on
    assert len(ears.problems) == 1


def test_a_full_disk_from_the_start_is_told(
    begin, ears: Ears, out: Path, monkeypatch: pytest.MonkeyPatch
):
    disk_with(monkeypatch, 5_000_000)
    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(out)
    assert "only 5 MB are left on its disk" in ears.wait_for_problem().sentence
    assert not out.exists()
    wait_for_view(session)


def test_a_disk_that_is_full_all_at_once_keeps_whole_rows(begin, ears: Ears, out: Path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    session = begin(World("A cam"))
    session.open("A cam")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        session.start_recording(out)
        problem = ears.wait_for_problem()
        summary = ears.wait_for_finished()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "cannot be written" in problem.sentence
    assert not summary.complete
    assert only_whole_rows(summary.folder)
    recording = recorded(summary)
    assert len(recording) > 20
    assert recording.about["complete"] is False
    assert len(ears.problems) == 1
    wait_for_view(session, lambda v: v.recording is None)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 64 kB, where we may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if (
        not sys.platform.startswith("linux")
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("only who administers a Linux computer can make a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("video", [False, True], ids=["rows", "rows and video"])
def test_a_real_disk_that_is_full(
    begin, ears: Ears, small_disk: Path, monkeypatch: pytest.MonkeyPatch, video: bool
):
    monkeypatch.setattr(recorder, "FULL_BYTES", 0)  # as where another program fills it at once
    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(small_disk / "recordings", video=video)
    summary = ears.wait_for_finished()
    assert not summary.complete
    assert "no space left on device" in ears.problems[-1].sentence
    assert "everything before is kept" in ears.problems[-1].sentence
    assert only_whole_rows(summary.folder)
    recording = recorded(summary)
    assert 20 < len(recording) <= summary.frames
    assert recording.about["complete"] is False
    if video:
        with VideoSource(summary.folder / "video.mkv") as source:
            assert sum(1 for _ in source) > 5
    wait_for_view(session, lambda v: v.recording is None)


def test_a_disk_that_has_gone_is_told(
    begin, ears: Ears, out: Path, monkeypatch: pytest.MonkeyPatch
):
    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(out)
    ears.wait_for_rows(5)

    def gone(_: object) -> None:
        raise OSError("no such device")

    monkeypatch.setattr(recorder.shutil, "disk_usage", gone)
    assert "cannot be reached any more" in ears.wait_for_problem().sentence
    assert not ears.wait_for_finished().complete


def test_a_folder_nobody_may_write_to_is_told_and_the_view_goes_on(
    begin, ears: Ears, tmp_path: Path
):
    below_a_file = tmp_path / "file"
    below_a_file.write_text("x")
    session = begin(World("A cam"))
    session.open("A cam")
    wait_for_view(session)
    session.start_recording(below_a_file / "out")
    assert "No recording can be made" in ears.wait_for_problem().sentence
    assert [r for r in ears.recordings if r is not None] == []
    wait_for_view(session, lambda v: v.recording is None)
    session.start_recording(tmp_path / "out")
    ears.wait_for_rows(3)


@pytest.mark.parametrize("profile", ["../up", "a b", ""])
def test_a_profile_that_will_not_do_is_told(begin, ears: Ears, out: Path, profile: str):
    session = begin(World("A cam"))
    session.open("A cam")
    wait_for_view(session)
    session.start_recording(out, profile)
    assert "profile name" in ears.wait_for_problem().sentence
    assert not out.exists()


def test_with_nothing_open_there_is_nothing_to_record(begin, ears: Ears, out: Path):
    session = begin(World())
    session.start_recording(out)
    assert "nothing to record" in ears.wait_for_problem().sentence


def test_a_tracker_that_breaks_leaves_an_incomplete_recording(begin, ears: Ears, out: Path):
    world = World("A cam")
    session = begin(world)
    session.open("A cam")
    session.start_recording(out)
    ears.wait_for_rows(10)
    world.broken.add("A cam")
    ears.wait_for_problem()
    summary = ears.wait_for_finished()
    assert not summary.complete
    assert len(recorded(summary)) == summary.frames >= 10


def test_a_window_that_breaks_does_not_keep_a_recording_from_being_finished(
    begin, ears: Ears, out: Path, monkeypatch: pytest.MonkeyPatch
):
    def gone(*_: object) -> None:
        raise RuntimeError("Internal C++ object already deleted")

    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(out)
    ears.wait_for_rows(10)
    for name in ("view_ready", "source_changed", "recording_changed", "recording_finished"):
        monkeypatch.setattr(ears, name, gone)
    session.open("/missing.mp4")
    session.close()
    (folder,) = out.iterdir()
    recording = read_recording(folder)
    assert recording.about["complete"] is True
    assert len(recording) >= 10
