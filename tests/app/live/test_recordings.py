"""Recordings made through a session: of cameras, files and pictures, from beginning to end."""

from pathlib import Path

import numpy as np
import pytest

from app.source.video import VideoSource
from tests.app.live.world import Ears, World, recorded, wait_for_view
from tests.material import truncate, write_video


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
