"""Sources in the window: started on the demo, chosen, lost and regained, ended, refused."""

import threading
from pathlib import Path
from typing import Any

import pytest

from app.gui import permission
from app.gui.source_desk import PATIENCE_MS
from app.recording.reader import read_recording
from tests.app.live.world import World
from tests.gui.opened import has_colour
from tests.material import write_video


def test_starts_on_the_demo_where_there_is_no_camera(open_window: Any) -> None:
    opened = open_window(World())  # nothing is quick here: the real model, the real face
    opened.wait_for_phase("running")
    with opened.qtbot.waitSignal(opened.preview.drawn) as drawn:
        opened.wait_for_picture()
    assert drawn.args[0] > 0
    opened.wait(lambda: opened.page.caption.words.text().startswith("looking "))
    assert "No camera was found" in opened.sentence("camera")
    assert "demo" in opened.sentence("camera")
    assert opened.covered == ""
    opened.wait(lambda: opened.page.status.text("processed_fps").endswith("fps"))
    opened.wait(lambda: opened.page.status.text("distance").endswith("cm"))
    assert opened.page.status.text("provider") == "CPU"
    assert all(image is not None for image in opened.page.eyes.images)
    opened.wait(lambda: opened.page.plot.points("yaw_deg") > 5)
    # Amber arrows, from the eyes along the gaze.
    assert has_colour(opened.preview.image, (255, 190, 40))


@pytest.mark.usefixtures("quick")
def test_try_again_finds_the_camera_that_was_plugged_in_meanwhile(open_window: Any) -> None:
    world = World()
    opened = open_window(world)
    opened.wait_for_phase("running")
    assert opened.window.source_desk.state.demo_instead
    world.plugged.add("A cam")
    opened.cameras.refresh()
    opened.wait(lambda: "A cam" in opened.sentence("camera"))
    opened.press_in_message("camera", "Try again")
    opened.wait_for_phase("running", "A cam")
    opened.wait(lambda: opened.messages.topics == [])
    opened.wait_for_picture()


@pytest.mark.usefixtures("quick")
def test_a_camera_is_chosen_from_the_menu_and_remembered(open_window: Any) -> None:
    opened = open_window(World("A cam", "B cam"), "A cam")
    opened.wait_for_phase("running", "A cam")
    opened.cameras.refresh()
    menu = opened.page.source.menu()
    opened.wait(lambda: [action.text() for action in menu.camera_actions] == ["A cam", "B cam"])
    assert [action.isChecked() for action in menu.camera_actions] == [True, False]
    menu.camera_actions[1].trigger()
    opened.wait_for_phase("running", "B cam")
    assert [action.isChecked() for action in menu.camera_actions] == [False, True]
    assert opened.kept.now.source == "B cam"
    names = [source.name for source in opened.world.opened]
    assert names == ["A cam", "B cam"], "each is opened once"


@pytest.mark.usefixtures("quick")
def test_switching_the_source_while_recording_leaves_two_whole_recordings(
    open_window: Any, tmp_path: Path
) -> None:
    opened = open_window(World("A cam"), "A cam", recordings=str(tmp_path / "out"))
    opened.wait_for_phase("running")
    opened.record()
    clip = write_video(tmp_path / "clip.mp4", 30, fps=100)
    opened.window.source_desk.open(str(clip))
    opened.wait_for_finished(2)
    opened.wait_for_phase("ended")
    first, second = (read_recording(summary.folder) for summary in opened.finished)
    assert first.about["source"]["name"] == "A cam"
    assert first.about["complete"]
    assert (second.about["source"]["name"], len(second)) == ("clip.mp4", 30)
    said = [opened.sentence(topic) for topic in opened.messages.topics]
    for summary in opened.finished:
        assert any(str(summary.folder) in sentence for sentence in said)


@pytest.mark.usefixtures("quick")
def test_a_camera_that_is_lost_comes_back_and_the_recording_goes_on(
    open_window: Any, tmp_path: Path
) -> None:
    world = World("A cam")
    opened = open_window(world, "A cam", recordings=str(tmp_path / "out"))
    opened.wait_for_phase("running")
    opened.record()
    world.plugged.clear()
    opened.wait_for_phase("lost")
    assert "The camera is gone" in opened.covered
    assert "The recording goes on" in opened.covered
    assert not opened.window.todo["retry"].isEnabled(), "it would only end the recording"
    assert opened.page.caption.words.text() == ""
    assert opened.page.status.text("source_fps") == "–"
    opened.wait_for_frames(opened.window.recording_desk.state.frames + 10)
    world.plugged.add("A cam")
    opened.wait_for_phase("running")
    opened.wait_for_picture()
    assert opened.covered == ""
    recording = opened.stop()
    assert {"camera_lost", "camera_back"} <= {event.type for event in recording.events}


@pytest.mark.usefixtures("quick")
def test_a_video_ends_and_is_played_again(open_window: Any, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", 20, fps=100)
    opened = open_window(World(), str(clip))
    opened.wait_for_phase("ended")
    assert "clip.mp4 is over" in opened.covered
    assert opened.preview.image is not None, "the last picture stays"
    opened.press_on_cover("Play again")
    opened.wait(lambda: len(opened.world.opened) == 2)
    opened.wait_for_picture()
    opened.wait_for_phase("ended")


@pytest.mark.usefixtures("quick")
def test_a_source_that_cannot_be_opened_says_why(open_window: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    opened = open_window(World(), str(broken))
    opened.wait_for_phase("failed")
    assert "broken.mp4" in opened.covered
    assert not opened.window.todo["record"].isEnabled()
    tips = [button.toolTip() for button in opened.preview.cover.buttons]
    assert [tip.rpartition(" ")[2] for tip in tips] == ["(F5)", "(D)"]
    opened.press_on_cover("Demo clip")
    opened.wait_for_phase("running", "demo.mp4")
    assert opened.covered == ""
    assert opened.window.todo["record"].isEnabled()
    assert opened.messages.topics == [], "the demo was chosen, it stands in for nothing"


@pytest.mark.usefixtures("quick")
def test_a_camera_that_takes_its_time_is_named(
    open_window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, ready = World("A cam"), threading.Event()
    open_at_once = world.open_source

    def open_slowly(*args: Any) -> Any:
        ready.wait()
        return open_at_once(*args)

    monkeypatch.setattr(world, "open_source", open_slowly)
    opened = open_window(world, "A cam")
    opened.wait(lambda: opened.covered == "Opening A cam …")
    ready.set()
    opened.wait_for_picture()
    assert opened.covered == ""


@pytest.mark.usefixtures("quick")
def test_a_camera_that_may_not_be_used_is_explained(
    open_window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = [False]
    monkeypatch.setattr(permission, "ask_for_camera", lambda _, then: then(may[0]))
    opened = open_window(World("A cam"), "A cam")
    opened.wait(lambda: "macOS does not let" in opened.covered)
    opened.qtbot.wait(PATIENCE_MS + 100)
    assert "macOS does not let" in opened.covered, "nothing else is said over it"
    assert opened.world.opened == []
    may[0] = True
    opened.press_on_cover("Try again")
    opened.wait_for_phase("running", "A cam")
    opened.wait_for_picture()
    assert opened.covered == ""


@pytest.mark.usefixtures("quick")
def test_files_are_opened_from_dialogs_and_dropped(
    open_window: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.gui import source_desk

    clip = write_video(tmp_path / "clip.mp4", 20, fps=100)
    opened = open_window(World("A cam"), "A cam")
    opened.wait_for_phase("running", "A cam")
    chosen = [""]
    monkeypatch.setattr(source_desk.QFileDialog, "getOpenFileName", lambda *_: (chosen[0], ""))
    opened.do("open_video")  # cancelled
    chosen[0] = str(clip)
    opened.do("open_video")
    opened.wait_for_phase("ended", "clip.mp4")
    assert [source.name for source in opened.world.opened] == ["A cam", "clip.mp4"]
    assert opened.kept.now.source == "", "a video is not the camera of the next start"
