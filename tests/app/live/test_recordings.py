"""Recordings made through a session."""

import resource
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from app.live import recorder
from app.live.session import LiveSession
from app.recording.reader import read_recording
from app.source.video import VideoSource
from tests.app.live.world import Ears, World, recorded, settings, wait_for_view
from tests.material import number_of, truncate, write_video


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Thirty frames at 100 per second."""
    return write_video(tmp_path / "clip.mp4", 30, fps=100)


def only_whole_rows(folder: Path) -> bool:
    return (folder / "samples.csv").read_bytes().endswith(b"\n")


def come_back(world: World, session: LiveSession, ears: Ears) -> None:
    """Plug the lost camera in again, and wait for its frames."""
    session.take_view()  # of before
    world.plugged.add("A cam")
    ears.wait_for_phase("running")
    for _ in range(3):
        wait_for_view(session)


def test_record_and_stop(begin, ears: Ears, out: Path):
    session = begin(World("A cam"))
    session.open("A cam")
    wait_for_view(session)
    session.start_recording(out, "anna", "s1", "dim light")
    state = ears.wait_for_rows(20)
    assert state.folder.parent == out
    assert state.folder.name.endswith("_anna")
    assert (state.dropped, state.warning, state.video) == (0, "", False)
    assert state.elapsed_s > 0
    assert state.free_bytes > 0
    view = wait_for_view(session, lambda v: v.recording is not None)
    assert view.recording.folder == state.folder
    session.stop_recording()
    summary = ears.wait_for_finished()
    assert ears.recordings[-1] is None
    assert summary.folder == state.folder
    assert summary.complete
    assert summary.frames >= 20
    assert f"{summary.frames} frames, 100.0% valid" in summary.message
    recording = recorded(summary)
    assert len(recording) == summary.frames
    assert recording.samples["time"][0] == 0
    assert (np.diff(recording.samples["time_ns"]) > 0).all()
    about = recording.about
    assert (about["complete"], about["profile"]) == (True, "anna")
    assert (about["session"], about["note"]) == ("s1", "dim light")
    assert (about["source"]["name"], about["video"]) == ("A cam", None)
    assert ears.problems == []
    wait_for_view(session, lambda v: v.recording is None)


def test_one_recording_after_the_other(begin, ears: Ears, out: Path):
    session = begin(World("A cam"))
    session.open("A cam")
    for number in (1, 2, 3):
        session.start_recording(out)
        session.start_recording(out)  # one is being made already
        ears.wait_for_rows(3)
        session.stop_recording()
        ears.wait_for_finished(number)
    assert len({s.folder for s in ears.finished}) == len(list(out.iterdir())) == 3
    assert all(s.complete for s in ears.finished)


def test_a_recording_that_is_ordered_early_begins_with_the_first_frame(begin, ears: Ears):
    session = begin(World("A cam"), record_from_start=True)
    session.open("A cam")
    ears.wait_for_rows(5)
    session.stop_recording()
    assert recorded(ears.wait_for_finished()).samples["frame"][0] == 0


def test_a_file_is_recorded_whole_whenever_recording_begins(
    begin, ears: Ears, clip: Path, out: Path
):
    session = begin(World())
    session.open(str(clip))
    wait_for_view(session, lambda v: v.sample.frame > 5)
    session.start_recording(out)
    whole = recorded(ears.wait_for_finished())
    ears.wait_for_phase("ended")
    session.start_recording(out)
    again = recorded(ears.wait_for_finished(2))
    for recording in (whole, again):
        assert recording.samples["frame"].tolist() == list(range(30))
        assert recording.samples["time"].tolist() == list(range(0, 300, 10))
        assert recording.about["complete"] is True


def test_a_slow_tracker_loses_no_row_of_a_file(begin, ears: Ears, clip: Path, out: Path):
    from app.tracker import Tracker

    session = begin(World())
    find = Tracker.find
    with pytest.MonkeyPatch.context() as patch:
        import time

        def slowly(self, frame):
            time.sleep(0.03)
            return find(self, frame)

        patch.setattr(Tracker, "find", slowly)
        session.open(str(clip))
        session.start_recording(out)
        summary = ears.wait_for_finished()
    assert (summary.frames, summary.dropped) == (30, 0)


def test_a_looping_clip_is_recorded_once(begin, ears: Ears, clip: Path, out: Path):
    world = World()
    world.open_source = lambda *_: VideoSource(clip, kind="demo")  # type: ignore[method-assign]
    session = begin(world)
    session.open("demo")
    wait_for_view(session, lambda v: v.sample.frame > 40)
    session.start_recording(out)
    summary = ears.wait_for_finished()
    assert recorded(summary).samples["frame"].tolist() == list(range(30))
    wait_for_view(session, lambda v: v.sample.frame > 35 and v.recording is None)
    assert [p.name for p in out.iterdir()] == [summary.folder.name]


def test_a_file_that_breaks_off_is_not_complete(begin, ears: Ears, tmp_path: Path, out: Path):
    path = truncate(write_video(tmp_path / "broken.mkv", 60, fps=100), 0.5)
    session = begin(World())
    session.open(str(path))
    session.start_recording(out)
    summary = ears.wait_for_finished()
    assert not summary.complete
    assert "breaks off" in recorded(summary).about["warnings"][0]
    assert "breaks off" in ears.wait_for_phase("ended").message


def test_pictures_are_recorded_like_track_does(begin, ears: Ears, tmp_path: Path, out: Path):
    from PIL import Image

    from tests.material import picture

    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(picture(number)).save(folder / f"{number}.png")
    session = begin(World())
    session.open(str(folder))
    session.start_recording(out)
    recording = recorded(ears.wait_for_finished())
    assert recording.samples["file"].tolist() == [f"{n}.png" for n in range(4)]
    assert recording.samples["time"].tolist() == [0, 10, 20, 30]


@pytest.mark.parametrize("video", [False, True], ids=["rows", "rows and video"])
def test_a_lost_camera_leaves_empty_rows_and_two_events(begin, ears: Ears, out: Path, video: bool):
    world = World("A cam")
    session = begin(world)
    session.open("A cam")
    session.start_recording(out, video=video)
    before = ears.wait_for_rows(10).frames
    world.plugged.remove("A cam")
    ears.wait_for_phase("lost")
    ears.wait_for_rows(before + 30)
    come_back(world, session, ears)
    session.stop_recording()
    summary = ears.wait_for_finished()
    assert summary.complete
    recording = recorded(summary)
    rows = recording.samples
    assert rows["frame"].tolist() == list(range(len(recording)))
    assert (np.diff(rows["time_ns"]) > 0).all()
    empty = np.isnan(rows["gaze_yaw"])
    (first, *_, last) = np.nonzero(empty)[0]
    assert 0 < first < last < len(recording) - 1
    assert empty[first : last + 1].all()
    assert empty.sum() >= 20
    assert np.isnan(rows["latency_ms"][empty]).all()
    assert (rows["valid"] == ~empty).all()
    np.testing.assert_allclose(np.diff(rows["time_ns"][first : last + 1]), 10e6)
    lost_event, back_event = recording.events
    assert (lost_event.type, back_event.type) == ("camera_lost", "camera_back")
    assert lost_event.onset == rows["time"][first]
    assert back_event.onset == rows["time"][last + 1]
    assert "A cam" in lost_event.message
    assert recording.about["warnings"] == ["the camera A cam stopped giving pictures"]
    if video:
        with VideoSource(summary.folder / "video.mp4") as source:
            dark = np.array([frame.image.max() < 12 for frame in source])
        assert (dark == empty).all()


def test_stopping_while_the_camera_is_gone_keeps_the_empty_rows(begin, ears: Ears, out: Path):
    world = World("A cam")
    session = begin(world)
    session.open("A cam")
    session.start_recording(out)
    ears.wait_for_rows(5)
    world.plugged.clear()
    ears.wait_for_phase("lost")
    session.stop_recording()
    recording = recorded(ears.wait_for_finished())
    assert np.isnan(recording.samples["gaze_yaw"][-1])
    assert [event.type for event in recording.events] == ["camera_lost"]


def test_recording_can_begin_while_the_camera_is_gone(begin, ears: Ears, out: Path):
    world = World("A cam")
    session = begin(world)
    session.open("A cam")
    wait_for_view(session)
    world.plugged.clear()
    ears.wait_for_phase("lost")
    session.start_recording(out)
    ears.wait_for_rows(10)
    come_back(world, session, ears)
    session.stop_recording()
    recording = recorded(ears.wait_for_finished())
    rows = recording.samples
    assert rows["time"][0] == 0
    assert np.isnan(rows["gaze_yaw"][0])
    assert np.isfinite(rows["gaze_yaw"][-1])
    assert (np.diff(rows["frame"]) == 1).all()
    assert [event.type for event in recording.events] == ["camera_lost", "camera_back"]
    assert recording.events[0].onset == 0


def test_another_source_means_another_recording_and_both_are_whole(
    begin, ears: Ears, clip: Path, out: Path
):
    session = begin(World("A cam", "B cam"))
    session.open("A cam")
    session.start_recording(out, "anna", "s1", "a note")
    ears.wait_for_rows(10)
    session.open("B cam")
    ears.wait_for_finished(1)
    ears.wait_for_rows(10)
    session.open(str(clip))
    ears.wait_for_finished(3)  # the clip's own ends with the clip
    recordings = [recorded(summary) for summary in ears.finished]
    assert [r.about["source"]["name"] for r in recordings] == ["A cam", "B cam", "clip.mp4"]
    assert [r.about["complete"] for r in recordings] == [True] * 3
    assert {(r.about["profile"], r.about["session"]) for r in recordings} == {("anna", "s1")}
    assert recordings[1].samples["frame"][0] == 0
    assert len(recordings[2]) == 30


def test_another_source_that_cannot_be_opened_ends_the_recording(
    begin, ears: Ears, clip: Path, out: Path
):
    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(out)
    ears.wait_for_rows(3)
    session.open("/missing.mp4")
    ears.wait_for_phase("failed")
    assert ears.wait_for_finished().complete
    session.open(str(clip))
    ears.wait_for_phase("ended")
    assert len(ears.finished) == len(list(out.iterdir())) == 1


@pytest.mark.parametrize("video", [False, True])
def test_closing_while_recording_finishes_the_recording(begin, ears: Ears, out: Path, video: bool):
    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(out, video=video)
    ears.wait_for_rows(10)
    session.close()
    (summary,) = ears.finished
    assert summary.complete
    recording = recorded(summary)
    assert recording.about["complete"] is True
    assert len(recording) == summary.frames >= 10
    assert (summary.folder / "video.mp4").exists() == video


def test_markers_lie_where_they_were_set(begin, ears: Ears, clip: Path, out: Path):
    session = begin(World("A cam"))
    session.mark("nobody records yet")
    session.open("A cam")
    session.start_recording(out)
    elapsed = ears.wait_for_rows(10).elapsed_s
    session.mark("1")
    session.mark('look left, then "right"')
    ears.wait_for_rows(30)
    session.stop_recording()
    recording = recorded(ears.wait_for_finished())
    assert [(e.type, e.message) for e in recording.events] == [
        ("marker", "1"),
        ("marker", 'look left, then "right"'),
    ]
    onsets = [e.onset for e in recording.events]
    assert elapsed * 1000 <= onsets[0] <= onsets[1] <= recording.samples["time"][-1]


def test_markers_in_a_file_lie_on_the_files_clock(begin, ears: Ears, tmp_path: Path, out: Path):
    path = write_video(tmp_path / "long.mp4", 200, fps=100)
    session = begin(World())
    session.open(str(path))
    session.start_recording(out)
    elapsed = ears.wait_for_rows(50).elapsed_s
    session.mark("x")
    recording = recorded(ears.wait_for_finished())
    (event,) = recording.events
    assert elapsed * 1000 <= event.onset <= 2000


def test_changed_options_are_an_event(begin, ears: Ears, out: Path):
    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(out)
    ears.wait_for_rows(3)
    session.apply(settings(smoothing=0.9, recordings=str(out)))
    session.apply(settings(smoothing=0.9, recordings=str(out), eyes="left", fov=50.0))
    ears.wait_for_rows(30)
    session.stop_recording()
    recording = recorded(ears.wait_for_finished())
    assert [(e.type, e.message) for e in recording.events] == [
        ("settings", "eyes: left, field of view: 50 degrees")
    ]
    assert np.isnan(recording.samples["right_gaze_yaw"][-1])


def test_a_video_has_one_frame_for_every_row(begin, ears: Ears, clip: Path, out: Path):
    session = begin(World())
    session.open(str(clip))
    session.start_recording(out, video=True)
    assert ears.wait_for_rows(1).video
    summary = ears.wait_for_finished()
    recording = recorded(summary)
    assert recording.about["video"] == "video.mp4"
    assert not (summary.folder / "video.mkv").exists()
    with VideoSource(summary.folder / "video.mp4") as source:
        frames = list(source)
    assert [f.number for f in frames] == recording.samples["frame"].tolist()
    np.testing.assert_allclose([f.time_ns for f in frames], recording.samples["time_ns"], atol=1e6)
    assert [number_of(f.image) for f in frames] == list(range(30))
    assert frames[0].image[0, 0, 0] > 180  # neither mirrored nor drawn upon


def test_a_video_that_fails_does_not_end_the_rows(begin, ears: Ears, out: Path, monkeypatch):
    from app.video_writer import FrameFile
    from model.errors import UserError

    session = begin(World("A cam"))
    session.open("A cam")
    session.start_recording(out, video=True)
    ears.wait_for_rows(10)

    def fail(*_: object) -> None:
        raise UserError("the video cannot be written (its encoder broke)")

    monkeypatch.setattr(FrameFile, "add", fail)
    assert "encoder broke" in ears.wait_for_problem().sentence
    rows = ears.wait_for_rows(11)
    ears.wait_for_rows(rows.frames + 10)
    session.stop_recording()
    assert ears.wait_for_finished().complete
    assert len(ears.problems) == 1


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
