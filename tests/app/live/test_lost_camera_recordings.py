"""Recordings whose camera goes, and comes back; and what the plot makes of it."""

from pathlib import Path

import numpy as np
import pytest

from app.live.session import LiveSession
from app.source.video import VideoSource
from tests.app.live.world import Ears, World, recorded, wait_for_view


def come_back(world: World, session: LiveSession, ears: Ears) -> None:
    """Plug the lost camera in again, and wait for its frames."""
    session.take_view()  # of before
    world.plugged.add("A cam")
    ears.wait_for_phase("running")
    for _ in range(3):
        wait_for_view(session)


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


def test_the_plot_has_a_gap_where_the_camera_was_gone(begin, ears: Ears):
    world = World("A cam")
    session = begin(world)
    session.open("A cam")
    for _ in range(5):
        wait_for_view(session)
    world.plugged.clear()
    ears.wait_for_phase("lost")
    ears.wait(lambda: np.isnan(session.trace().yaw_deg).sum() >= 10, "a plot that moves on")
    come_back(world, session, ears)
    trace = session.trace()
    (first, *_, last) = np.nonzero(np.isnan(trace.yaw_deg))[0]
    assert 0 < first < last < len(trace.time_s) - 1
    assert np.isnan(trace.yaw_deg[first : last + 1]).all()
    assert np.isnan(trace.left_openness[first : last + 1]).all()
    assert (np.diff(trace.time_s) > 0).all()
