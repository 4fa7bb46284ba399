"""What a recording holds beside its rows: markers, changed options, a video."""

from pathlib import Path

import numpy as np

from app.source.video import VideoSource
from tests.app.live.world import Ears, World, recorded, settings
from tests.material import number_of, write_video


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
    sentence = ears.wait_for_problem().sentence
    assert (
        sentence == "The video cannot be written (its encoder broke); the rows are still recorded."
    )
    rows = ears.wait_for_rows(11)
    ears.wait_for_rows(rows.frames + 10)
    session.stop_recording()
    summary = ears.wait_for_finished()
    assert summary.complete
    warnings = recorded(summary).about["warnings"]
    assert warnings == ["the video cannot be written (its encoder broke)"]
    assert len(ears.problems) == 1
