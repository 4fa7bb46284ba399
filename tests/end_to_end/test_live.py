"""The engine behind the window, with the real models: what it records is what `track` records."""

from pathlib import Path

import numpy as np
import pytest

from app.live.session import LiveSession
from app.live.state import RecordingSummary
from app.recording.reader import Recording, read_recording
from app.settings import DEFAULT_MODEL, Settings
from app.source.video import VideoSource
from app.track import TrackOptions, track
from app.video_writer import VideoWriter
from tests.app.live.world import Ears, wait_for_view

FRAMES = 100
OF_THEIR_MOMENT = ("timestamp_unix", "latency_ms")
"""Columns that tell when a recording was made and on what machine."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, demo_clip: Path) -> Path:
    """The demo clip's beginning, with a blink in it."""
    path = tmp_path_factory.mktemp("clip") / "demo.mp4"
    with VideoSource(demo_clip) as source, VideoWriter(path, source.size, 30.0) as writer:
        for frame, _ in zip(source, range(FRAMES), strict=False):
            writer.add(frame.image, frame.time_ns)
    return path


@pytest.fixture(scope="module")
def tracked(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The same clip through `track`."""
    out = tmp_path_factory.mktemp("track")
    folder = track(TrackOptions(str(clip), out, DEFAULT_MODEL), say=lambda _: None)
    assert folder is not None
    return read_recording(folder)


def same(summary: RecordingSummary, expected: Recording) -> None:
    """Fail unless a recording holds the same rows and events as another."""
    assert summary.complete
    assert summary.dropped == 0
    found = read_recording(summary.folder)
    assert list(found.samples) == list(expected.samples)
    for name, column in expected.samples.items():
        if name in OF_THEIR_MOMENT:
            continue
        if column.dtype.kind == "f":
            np.testing.assert_allclose(found.samples[name], column, atol=1e-4, err_msg=name)
        else:
            assert found.samples[name].tolist() == column.tolist(), name
    assert found.events == expected.events
    for key in ("model", "options", "samples", "valid_share", "data_loss", "complete"):
        assert found.about[key] == expected.about[key], key


def test_what_is_recorded_live_is_what_track_records(
    clip: Path, tracked: Recording, tmp_path: Path
):
    def open_demo(*_: object) -> VideoSource:
        return VideoSource(clip)

    ears = Ears()
    chosen = Settings(recordings=str(tmp_path), smoothing=1.0)
    session = LiveSession(chosen, ears, open_demo, list, record_from_start=True)
    try:
        session.set_view_size(1000, 750)
        session.open("demo")
        same(ears.wait_for_finished(1), tracked)
        ears.wait_for_phase("ended")
        assert ears.views > FRAMES / 4
    finally:
        session.close()
    assert ears.problems == []


def test_so_is_a_recording_that_begins_while_the_clip_plays_again(
    clip: Path, tracked: Recording, tmp_path: Path
):
    def open_demo(*_: object) -> VideoSource:
        return VideoSource(clip, kind="demo")

    ears = Ears()
    session = LiveSession(Settings(eyes="left"), ears, open_demo, list)
    try:
        session.open("demo")
        wait_for_view(session, lambda view: view.sample.frame > FRAMES)
        session.apply(Settings())
        session.start_recording(tmp_path)
        summary = ears.wait_for_finished(1)
        wait_for_view(session, lambda view: view.recording is None)
    finally:
        session.close()
    same(summary, tracked)
    assert [path.name for path in tmp_path.iterdir()] == [summary.folder.name]
    assert ears.problems == []
