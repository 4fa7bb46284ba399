"""`track` on a camera, which end-to-end tests have none of."""

from pathlib import Path

import numpy as np
import pytest

from app.recording.reader import read_recording
from app.source import opening
from app.source.camera import Camera
from app.track import TrackOptions, track
from tests.app.source.devices import FakeDevice


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> FakeDevice:
    """A camera that gives up after 500 frames."""
    device = FakeDevice(frames=500)
    monkeypatch.setattr(Camera, "open", lambda self: device)
    monkeypatch.setattr(opening, "list_cameras", lambda: [Camera("Fake HD", 3, 0, "")])
    return device


def test_a_camera_is_recorded_until_it_is_lost(
    camera: FakeDevice, tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
):
    folder = track(TrackOptions("fake hd", tmp_path, tiny_model, size=(640, 480), fps=60.0))
    assert folder is not None
    recording = read_recording(folder)
    frames = recording.samples["frame"]
    assert (np.diff(frames) >= 1).all()
    assert (np.diff(recording.samples["time_ns"]) > 0).all()
    about = recording.about
    assert about["dropped_frames"] == frames[-1] - frames[0] + 1 - len(frames)
    assert about["dropped_frames"] > 0  # 200 frames per second are more than it can do
    assert 30 < about["fps_measured"] <= 201
    assert about["complete"] is False
    assert about["source"]["name"] == "Fake HD"
    assert about["source"]["size_asked_px"] == [640, 480]
    assert about["source"]["fps_asked"] == 60.0
    assert [event.type for event in recording.events] == ["camera_lost"]
    assert camera.released
    assert capsys.readouterr().err == "warning: the camera Fake HD stopped giving pictures\n"
    latency = recording.samples["latency_ms"]
    assert np.median(latency) < 100


def test_enough_frames_are_a_clean_stop(camera: FakeDevice, tmp_path: Path, tiny_model: Path):
    folder = track(TrackOptions("3", tmp_path, tiny_model, max_frames=5))
    assert folder is not None
    recording = read_recording(folder)
    assert len(recording) == 5
    assert recording.about["complete"] is True
