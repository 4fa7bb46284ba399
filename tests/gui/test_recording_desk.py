"""Recording from the window: keys, markers, ends, and everything that can go wrong with a disk."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl

from app.gui import recording_desk
from app.live import recorder
from app.recording.reader import read_recording
from tests.app.live.world import World
from tests.gui.opened import Opened, folders

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def opened(open_window: Any, out: Path) -> Opened:
    """A window over a camera that runs."""
    window = open_window(World("A cam"), "A cam", recordings=str(out))
    window.wait_for_phase("running")
    window.wait_for_picture()
    return window


def test_record_and_stop_with_one_key(
    opened: Opened, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[QUrl] = []
    monkeypatch.setattr(recording_desk.QDesktopServices, "openUrl", shown.append)
    opened.bar.profile.setText("anna")
    opened.bar.session.setText("first")
    opened.bar.note.setText("with glasses")
    opened.press(Qt.Key.Key_R)
    opened.wait_for_frames(20)
    assert opened.bar.button.text().strip() == "Stop"
    assert "frames" in opened.bar.counts
    assert " dropped" in opened.bar.counts
    assert "free" in opened.bar.counts
    assert opened.bar.elapsed.startswith("0:")
    opened.press(Qt.Key.Key_R)
    summary = opened.wait_for_finished()
    opened.wait(lambda: opened.bar.button.text().strip() == "Record")
    assert summary.folder.name.endswith("_anna")
    recording = read_recording(summary.folder)
    assert recording.about["complete"]
    assert (recording.about["session"], recording.about["note"]) == ("first", "with glasses")
    assert len(recording) == summary.frames >= 20
    sentence = opened.sentence("recorded 1")
    assert f"{summary.frames} frames" in sentence
    assert "100.0% valid" in sentence
    assert str(summary.folder) in sentence
    opened.press_in_message("recorded 1", "Open folder")
    assert [Path(url.toLocalFile()) for url in shown] == [summary.folder]


def test_markers_by_key_and_by_text(opened: Opened) -> None:
    assert not opened.window.todo["marker_3"].isEnabled(), "nothing to mark yet"
    opened.record()
    opened.press(Qt.Key.Key_3)
    opened.press(Qt.Key.Key_M)
    assert opened.bar.marker.hasFocus()
    opened.qtbot.keyClicks(opened.bar.marker, "door 3 slammed")
    opened.press(Qt.Key.Key_Return, opened.bar.marker)
    assert opened.preview.hasFocus(), "keys work again"
    assert "door 3 slammed" in opened.bar.marker.placeholderText()
    opened.press(Qt.Key.Key_9)
    recording = opened.stop()
    marked = [e.message for e in recording.events if e.type == "marker"]
    assert marked == ["3", "door 3 slammed", "9"]


def test_what_is_said_of_a_recording_goes_when_the_next_one_begins(opened: Opened) -> None:
    opened.record()
    opened.stop()
    opened.wait(lambda: opened.sentence("recorded 1"))
    opened.record()
    assert opened.messages.topics == []
    opened.stop()
    opened.wait(lambda: opened.messages.topics == ["recorded 2"])


def test_the_first_steps_do_not_hide_a_recording(opened: Opened) -> None:
    assert opened.window.todo["first_start"].isEnabled()
    opened.record()
    opened.press(Qt.Key.Key_F2)
    assert not opened.window.todo["first_start"].isEnabled()
    assert opened.bar.isVisible()
    opened.stop()
    opened.wait(lambda: opened.window.todo["first_start"].isEnabled())


def test_typing_is_not_commanding(opened: Opened) -> None:
    opened.bar.note.setFocus()
    opened.qtbot.keyClicks(opened.bar.note, "Row 3, Room L")
    assert opened.bar.note.text() == "Row 3, Room L"
    assert not opened.window.recording_desk.recording
    assert opened.kept.now.show_gaze
    opened.press(Qt.Key.Key_Escape, opened.bar.note)
    assert opened.preview.hasFocus()


def test_closing_while_recording_finishes_the_file(opened: Opened, out: Path) -> None:
    opened.record()
    opened.window.close()
    assert opened.window.isVisible(), "it waits for the recording"
    assert "Finishing the recording" in opened.covered
    opened.window.close()  # an impatient person's second try changes nothing
    opened.wait(lambda: not opened.window.isVisible())
    (folder,) = folders(out)
    recording = read_recording(folder)
    assert recording.about["complete"]
    assert len(recording) >= 10
    assert (folder / "samples.csv").read_bytes().endswith(b"\n")


def test_no_write_access_is_told_with_details(open_window: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    place = tmp_path / "file" / "out"
    opened = open_window(World("A cam"), "A cam", recordings=str(place))
    opened.wait_for_phase("running")
    opened.do("record")
    opened.wait(lambda: opened.sentence("problem"))
    assert str(place) in opened.sentence("problem")
    message = opened.messages.message("problem")
    assert [button.text() for button in message.buttons] == ["Details"]
    assert not opened.window.recording_desk.recording
    opened.wait_for_picture()  # life goes on
    assert opened.window.todo["record"].isEnabled()


def test_a_disk_that_fills_up(opened: Opened, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = [5_000_000_000]
    monkeypatch.setattr(recorder, "free_bytes", lambda _: free[0])
    opened.record()
    assert "5.0 GB free" in opened.bar.counts
    assert opened.sentence("space") == ""
    free[0] = 900_000_000
    opened.wait(lambda: "900 MB" in opened.sentence("space"))
    assert opened.window.recording_desk.recording
    free[0] = 50_000_000
    summary = opened.wait_for_finished()
    opened.wait(lambda: not opened.window.recording_desk.recording)
    assert not summary.complete
    assert "nearly full" in opened.sentence("problem")
    assert "not to the end" in opened.sentence("recorded 1")
    recording = read_recording(summary.folder)
    assert not recording.about["complete"]
    assert len(recording) >= 10


def test_a_video_is_recorded_where_wanted(opened: Opened) -> None:
    opened.bar.video.click()
    assert opened.kept.now.record_video
    assert opened.window.todo["record_video"].isChecked()
    opened.record()
    opened.do("record")
    assert (opened.wait_for_finished().folder / "video.mp4").is_file()


def test_a_profile_that_cannot_be_one_is_told_at_once(opened: Opened) -> None:
    opened.bar.profile.setText("../elsewhere")
    opened.bar.profile.editingFinished.emit()
    assert "40 letters" in opened.sentence("profile")
    assert opened.kept.now.profile == "default"
    opened.bar.profile.setText("anna")
    opened.bar.profile.editingFinished.emit()
    assert opened.sentence("profile") == ""
    assert opened.kept.now.profile == "anna"
