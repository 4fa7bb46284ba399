"""Sources and views; recordings have rooms of their own."""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.live.session import LiveSession
from app.source import Source
from tests.app.live.world import PATIENCE_S, Ears, World, settings, wait_for_view
from tests.material import write_video


def test_without_a_camera_the_demo_plays_and_says_why(begin, ears: Ears):
    session = begin(World())
    session.open()
    state = ears.wait_for_phase("running")
    assert (state.kind, state.name, state.size) == ("demo", "demo.mp4", (640, 480))
    assert state.demo_instead
    assert state.message == "No camera was found. Meanwhile the demo clip plays."
    assert wait_for_view(session).words.startswith("looking ")
    assert [s.phase for s in ears.sources] == ["opening", "running"]


def test_the_first_camera_is_taken_and_try_again_finds_one(begin, ears: Ears):
    world = World()
    session = begin(world)
    session.open()
    ears.wait_for_phase("running", "demo.mp4")
    world.plugged |= {"B cam", "A cam"}
    session.retry()
    state = ears.wait_for_phase("running", "A cam")
    assert (state.kind, state.demo_instead, state.message) == ("camera", False, "")
    assert state.fps_stated == 100


def test_a_camera_that_refuses_gives_way_to_the_next_and_then_to_the_demo(begin, ears: Ears):
    world = World("A cam", "B cam")
    world.refusing.add("A cam")
    session = begin(world)
    session.open()
    state = ears.wait_for_phase("running", "B cam")
    assert state.message == "The camera A cam cannot be opened: close other programs that use it."
    world.refusing.add("B cam")
    session.retry()
    state = ears.wait_for_phase("running", "demo.mp4")
    assert state.demo_instead
    assert "A cam cannot be opened" in state.message


@pytest.mark.parametrize(("plugged", "expected"), [(True, "B cam"), (False, "A cam")])
def test_the_remembered_camera_goes_before_the_first(
    begin, ears: Ears, plugged: bool, expected: str
):
    world = World("A cam", "B cam")
    if not plugged:
        world.plugged.remove("B cam")
    begin(world, settings(source="B cam")).open()
    assert ears.wait_for_phase("running").name == expected


def test_what_was_named_and_is_not_there_is_told_and_something_else_can_be_opened(
    begin, ears: Ears, clip: Path
):
    session = begin(World())
    session.open("/missing.mp4")
    state = ears.wait_for_phase("failed")
    assert state.message == "There is no file or folder /missing.mp4: check the path."
    session.open(str(clip))
    assert ears.wait_for_phase("running").kind == "video"


def test_a_model_that_is_not_there_is_told_and_another_one_is_taken_up(
    begin, ears: Ears, clip: Path
):
    session = begin(World(), settings(model="/missing.onnx"))
    session.open(str(clip))
    assert "no model" in ears.wait_for_phase("failed").message
    session.apply(settings())
    assert ears.wait_for_phase("running").name == "clip.mp4"


def test_a_video_ends_and_plays_again(begin, ears: Ears, clip: Path):
    session = begin(World())
    session.open(str(clip))
    state = ears.wait_for_phase("ended")
    assert (state.kind, state.message) == ("video", "clip.mp4 is over.")
    session.restart()
    ears.wait(lambda: [s.phase for s in ears.sources].count("ended") == 2, "a second end")


def test_only_the_last_of_many_wishes_counts(begin, ears: Ears, clip: Path):
    world = World("A cam", "B cam")
    session = begin(world)
    for text in ("A cam", "demo", str(clip), "B cam"):
        session.open(text)
    ears.wait_for_phase("running", "B cam")
    ears.wait(lambda: sum(not _closed(s) for s in world.opened) == 1, "all others are closed")


def _closed(source: object) -> bool:
    closed = getattr(source, "_closed", None)
    if closed is not None:
        return bool(closed.is_set())
    return not source._thread.is_alive()  # type: ignore[attr-defined]


def test_views_are_mirrored_and_fitted_into_the_window(begin, ears: Ears):
    session = begin(World("A cam"))
    session.set_view_size(320, 500)
    session.open("A cam")
    view = wait_for_view(session)
    assert view.picture.shape == (240, 320, 3)
    assert view.picture.flags.c_contiguous
    assert view.picture[200, -3, 0] > 180  # red on the left in the camera's picture
    assert view.picture[200, 3, 0] < 180
    session.set_view_size(80, 60)
    assert wait_for_view(session, lambda v: v.picture.shape[0] < 100).picture.shape == (60, 80, 3)


def test_a_mirrored_camera_is_turned_back(begin, ears: Ears):
    session = begin(World("A cam"))
    session.open("A cam")
    ears.wait_for_phase("running")
    before = len(ears.sources)
    session.apply(settings(mirrored=True))
    ears.wait(lambda: len(ears.sources) >= before + 2, "opened again")
    assert ears.wait_for_phase("running", "A cam").name == "A cam"


def test_a_view_tells_everything_about_its_frame(begin, ears: Ears):
    session = begin(World("A cam"))
    session.open("A cam")
    view = wait_for_view(session, lambda v: v.measures.latency_ms is not None)
    assert view.sample.face is not None
    assert view.eyes is not None
    assert [eye.shape for eye in view.eyes] == [(192, 288, 3)] * 2
    assert view.words == "looking straight ahead"
    assert view.gaze is not None
    assert np.degrees(view.gaze) == pytest.approx([5, -10], abs=1)
    assert 0 < view.confidence < 1
    assert view.measures.provider == "CPU"
    assert view.measures.distance_mm == pytest.approx(600, rel=0.05)
    assert view.recording is None


def test_settings_count_from_the_next_frame_on(begin, ears: Ears, clip: Path):
    session = begin(World("A cam"))
    session.open("A cam")
    view = wait_for_view(session)
    assert np.isfinite(view.sample.estimate.eye_gaze).all()
    session.apply(settings(eyes="left", fov=40.0, show_gaze=False, smoothing=1.0))
    view = wait_for_view(session, lambda v: np.isnan(v.sample.estimate.eye_gaze[0]).all())
    assert [s.phase for s in ears.sources] == ["opening", "running"]
    session.apply(settings(source=str(clip)))
    ears.wait_for_phase("running", "clip.mp4")


def test_layers_are_drawn_anew_also_when_nothing_plays(begin, ears: Ears, tmp_path: Path):
    clip = write_video(tmp_path / "large.mp4", 30, (640, 480), fps=100)
    session = begin(World())
    session.open(str(clip))
    ears.wait_for_phase("ended")
    last = wait_for_view(session, lambda v: v.sample.frame == 29)
    session.apply(
        replace(settings(), show_eyes=False, show_irises=False, show_head=False, show_gaze=False)
    )
    bare = wait_for_view(session)
    assert bare.sample.frame == 29
    assert (bare.picture != last.picture).any()


def test_the_trace_follows_and_starts_anew_with_another_source(begin, ears: Ears, clip: Path):
    session = begin(World("A cam"))
    assert len(session.trace().time_s) == 0
    session.open("A cam")
    ears.wait(lambda: len(session.trace().time_s) > 20, "a trace")
    trace = session.trace()
    assert trace.time_s[-1] == 0
    assert (np.diff(trace.time_s) > 0).all()
    assert trace.yaw_deg == pytest.approx(-10, abs=1)
    assert trace.pitch_deg == pytest.approx(5, abs=1)
    assert np.isfinite(trace.left_openness).all()
    session.open(str(clip))
    ears.wait_for_phase("ended")
    assert 0 < len(session.trace().time_s) <= 30


def test_what_nobody_foresaw_is_told_with_details_and_the_session_lives_on(
    begin, ears: Ears, clip: Path
):
    world = World("A cam")
    session = begin(world)
    session.open("A cam")
    wait_for_view(session)
    world.broken.add("A cam")
    problem = ears.wait_for_problem()
    assert "the driver went mad" in problem.sentence
    assert "Traceback" in problem.details
    assert ears.wait_for_phase("failed").name == "A cam"
    session.open(str(clip))
    ears.wait_for_phase("running", "clip.mp4")


def test_a_lost_camera_comes_back_by_itself(begin, ears: Ears):
    world = World("A cam")
    session = begin(world)
    session.open("A cam")
    wait_for_view(session)
    world.plugged.remove("A cam")
    state = ears.wait_for_phase("lost")
    assert (state.kind, state.name) == ("camera", "A cam")
    assert state.message == (
        "The camera A cam stopped giving pictures. It is taken up again as soon as it is back."
    )
    world.plugged.add("A cam")
    ears.wait_for_phase("running", "A cam")
    assert ears.problems == []


def test_a_lost_camera_can_be_left_for_another_source(begin, ears: Ears, clip: Path):
    world = World("A cam")
    session = begin(world)
    session.open("A cam")
    wait_for_view(session)
    world.plugged.remove("A cam")
    ears.wait_for_phase("lost")
    session.open(str(clip))
    ears.wait_for_phase("ended", "clip.mp4")


def test_closing_ends_all_threads_whatever_goes_on(begin, ears: Ears, clip: Path):
    before = set(threading.enumerate())
    for text in ("A cam", str(clip), "demo", "/missing"):
        session: LiveSession = begin(World("A cam"))
        session.open(text)
        if text == "A cam":
            wait_for_view(session)
        session.close()
        session.close()
        session.open("demo")  # comes too late, and harms nobody
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE_S)
    assert set(threading.enumerate()) <= before


def test_dropped_frames_are_counted_and_logged(
    begin, ears: Ears, clip: Path, caplog: pytest.LogCaptureFixture
):
    from app.live.measures import Meter
    from app.sample import Sample
    from tests.material import frame

    meter = Meter("clip.mp4", "CPUExecutionProvider")
    with caplog.at_level(logging.INFO, "app.live.measures"):
        for number in (0, 1, 5, 6, 8):
            measures = meter.add(frame(number), Sample(number, 0, 0))
        meter.log_dropped()
        meter.log_dropped()
    assert measures.dropped == 4
    assert [r.message for r in caplog.records] == ["clip.mp4: 4 frames dropped: 2-4, 7"]


def test_closing_waits_for_a_source_that_is_being_opened(begin, monkeypatch: pytest.MonkeyPatch):
    """Models that are half loaded when the process ends take it down."""
    world = World("A cam")
    opened = threading.Event()
    open_source = world.open_source

    def slowly(*arguments: object) -> Source:
        time.sleep(0.3)
        opened.set()
        return open_source(*arguments)  # type: ignore[arg-type]

    world.open_source = slowly  # type: ignore[method-assign]
    session = begin(world)
    session.open("A cam")
    time.sleep(0.1)
    session.close()
    assert opened.is_set()
    assert "open" not in [thread.name for thread in threading.enumerate()]
