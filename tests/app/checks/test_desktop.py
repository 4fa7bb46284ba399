import sys
from pathlib import Path
from typing import Any

import pytest

from app.checks import Finding
from app.checks.desktop import ask_qt, camera_findings, no_window, screen_findings
from app.source.camera import Camera

WEBCAM = {"name": "HD Webcam", "id": "/dev/video0", "formats": [[640, 480, 30], [1280, 720, 60]]}


def cameras(monkeypatch: pytest.MonkeyPatch, *found: Camera) -> None:
    monkeypatch.setattr("app.source.camera.list_cameras", lambda: list(found))


def test_qt_tells_what_it_knows_also_without_a_display(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    facts, trouble = ask_qt(without_display=True)
    assert trouble == ""
    assert facts["platform"] == "offscreen"
    assert facts["qt"].startswith("6.")
    assert facts["screens"][0]["px"][0] > 0
    assert isinstance(facts["cameras"], list)


def test_qt_that_ends_its_process_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
    facts, trouble = ask_qt(without_display=False)
    assert facts == {}
    assert trouble.startswith("Qt does not start: ")
    assert "\n" not in trouble


@pytest.mark.parametrize(
    ("reason", "display", "state", "fix"),
    [
        ("there is no display (...)", False, "note", "on a desktop"),
        ("the display :1 (DISPLAY) does not answer", True, "wrong", "desktop's own session"),
        ("it needs libraries: run sudo apt install x", True, "wrong", "run sudo apt install x"),
    ],
)
def test_no_display_is_a_note_a_broken_one_is_wrong(
    reason: str, display: bool, state: str, fix: str
):
    finding = no_window(reason, display)
    assert (finding.found, finding.state) == (reason.partition(": ")[0], state)
    assert fix in finding.fix


def screen(**changes: Any) -> Finding:
    told = {"name": "DP-1", "px": [3840, 2160], "mm": [597, 336], "scale": 2.0, "hz": 59.94}
    (finding,) = screen_findings([{**told, **changes}])
    return finding


def test_screens_in_pixels_and_millimetres():
    assert screen().found == "DP-1: 3840 x 2160 px (scaled by 2), 597 x 336 mm, 60 Hz"
    assert screen().state == "ok"
    assert "scaled" not in screen(scale=1.0).found
    assert screen(mm=[0, 0]).state == "note"
    assert screen(mm=[16, 9]).state == "note"


def test_no_camera_is_a_note(monkeypatch: pytest.MonkeyPatch):
    cameras(monkeypatch)
    (finding,) = camera_findings([])
    assert (finding.state, finding.found) == ("note", "none is connected")
    assert "demo" in finding.fix


def test_cameras_with_their_formats(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "platform", "linux")
    device = tmp_path / "video0"
    device.touch()
    cameras(monkeypatch, Camera("HD Webcam", 0, 200, str(device)))
    (finding,) = camera_findings([WEBCAM])
    assert finding.state == "ok"
    assert finding.what == "camera 0"
    assert finding.found == f"HD Webcam ({device}): 640 x 480 at 30/s, 1280 x 720 at 60/s"
    known, unknown = camera_findings([{**WEBCAM, "name": "Other", "id": "x"}])
    assert known.found.endswith("formats unknown")
    assert unknown.found.startswith("Other: 640 x 480")


def test_two_cameras_of_one_name_keep_their_own_formats(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(sys, "platform", "linux")
    paths = [tmp_path / "video0", tmp_path / "video2"]
    for path in paths:
        path.touch()
    cameras(monkeypatch, *(Camera("Cam", n, 200, str(path)) for n, path in enumerate(paths)))
    told = [
        {"name": "Cam", "id": str(path), "formats": [[640, 480, 30 + n]]}
        for n, path in enumerate(paths)
    ]
    assert [finding.found[-4:] for finding in camera_findings(told)] == ["30/s", "31/s"]


def test_a_camera_that_one_may_not_use_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "platform", "linux")
    # Root may use every file there is, so the file is one that there is not.
    cameras(monkeypatch, Camera("HD Webcam", 0, 200, str(tmp_path / "gone")))
    (finding,) = camera_findings([])
    assert finding.state == "wrong"
    assert "video" in finding.fix
