"""The small parts of the window, each by itself."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.gui import cameras as cameras_module
from app.gui import permission
from app.gui.cameras import CameraList
from app.gui.caption import Caption
from app.gui.live_page import LivePage
from app.gui.message_bar import MOST, MessageBar
from app.gui.plot import TracePlot
from app.gui.record_bar import RecordBar
from app.gui.source_menu import SourceMenu
from app.gui.source_words import standing
from app.gui.status_panel import HintLine, StatusPanel
from app.gui.timing import Mean
from app.gui.wording import count, duration
from app.hints import HINTS
from app.live.state import Measures, RecordingState, SourceState, Trace
from app.settings import Settings
from app.source.camera import Camera
from tests.gui.views import make_view
from tests.material import picture

FRONT, TWIN, OTHER = (
    Camera("HD Webcam", 0, 0, "/dev/video0"),
    Camera("HD Webcam", 2, 0, "/dev/video2"),
    Camera("Microscope", 4, 0, "/dev/video4"),
)


def test_caption(qtbot: QtBot) -> None:
    caption = Caption()
    qtbot.addWidget(caption)
    caption.show_view(make_view())
    assert (caption.words.text(), caption.confidence.value()) == ("looking up left", 60)
    caption.show_view(make_view(face=False))
    assert (caption.words.text(), caption.confidence.value()) == ("no face", 0)
    assert not caption.confidence.isEnabled()
    caption.show_view(None)
    assert caption.words.text() == ""


def test_status(qtbot: QtBot) -> None:
    panel = StatusPanel()
    qtbot.addWidget(panel)
    panel.show_measures(Measures(29.97, 24.6, 11.0, "CUDA", 583.0, 12), 17.4)
    names = ("source_fps", "processed_fps", "latency", "provider", "distance", "dropped")
    shown = [panel.text(name) for name in names]
    assert shown == ["30 fps", "25 fps", "17 ms", "CUDA", "58 cm", "12"]
    panel.show_measures(Measures(), None)
    assert {panel.text(name) for name in names} == {"–"}


def test_hint(qtbot: QtBot) -> None:
    line = HintLine()
    qtbot.addWidget(line)
    line.show_hint(None)
    assert line.sentence == "All is well."
    line.show_hint(HINTS["too_dark"])
    assert line.sentence == HINTS["too_dark"].sentence
    assert line.accessibleDescription() == line.sentence
    line.show_hint(None, idle=True)
    assert line.sentence == ""


def test_a_view_reaches_every_part_of_the_page(qtbot: QtBot) -> None:
    nothing = np.zeros(0)
    page = LivePage(lambda: Trace(nothing, nothing, nothing, nothing, nothing), QMenu())
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    eyes = (picture(1, (90, 60)), picture(2, (90, 60)))
    page.show_view(replace(make_view(hint="too_dark"), eyes=eyes))
    assert page.preview.image is not None
    assert page.caption.words.text() == "looking up left"
    assert page.hint.sentence == HINTS["too_dark"].sentence
    assert [image is not None for image in page.eyes.images] == [True, True]
    page.show_source_name("A camera with a name that is far too long for its place", "camera")
    assert "…" in page.source.text()
    assert page.source.accessibleDescription().endswith("its place")
    qtbot.waitUntil(lambda: page.status.text("distance") == "60 cm")
    page.forget_view(picture_too=False)
    assert page.preview.image is not None
    assert page.caption.words.text() == page.hint.sentence == ""
    assert page.eyes.images == (None, None)
    assert page.status.text("distance") == "–"
    page.forget_view(picture_too=True)
    assert page.preview.image is None


def test_plot_asks_only_while_it_is_seen(qtbot: QtBot) -> None:
    asked: list[int] = []
    time_s = np.linspace(-10, 0, 50)

    def trace() -> Trace:
        asked.append(1)
        yaw = np.where(time_s > -5, np.nan, 10.0)
        return Trace(time_s, yaw, time_s, time_s * 0, time_s * 0 + 1)

    plot = TracePlot(trace)
    qtbot.addWidget(plot)
    plot.show()
    qtbot.waitUntil(lambda: len(asked) >= 2)
    assert (plot.points("yaw_deg"), plot.points("pitch_deg")) == (25, 50)
    plot.fold(True)
    assert plot.is_folded
    before = len(asked)
    qtbot.wait(150)
    assert len(asked) == before
    plot.fold(False)
    qtbot.waitUntil(lambda: len(asked) > before)
    plot.hide()
    before = len(asked)
    qtbot.wait(150)
    assert len(asked) == before


def test_record_bar(qtbot: QtBot) -> None:
    bar = RecordBar()
    qtbot.addWidget(bar)
    bar.show()
    bar.show_settings(Settings(profile="anna", session="s1", record_video=True))
    assert (bar.profile.text(), bar.session.text()) == ("anna", "s1")
    assert bar.video.isChecked()
    bar.show_recording(RecordingState(Path("r"), 3723.9, 111_717, 3, 52_000_000_000))
    assert bar.elapsed == "1:02:03"
    assert bar.counts == "111,717 frames · 3 dropped · 52.0 GB free"
    assert not bar.profile.isVisible()
    with qtbot.waitSignal(bar.marked) as marked:
        bar.marker.setText("  a word ")
        bar.set_marker.click()
    assert marked.args == ["a word"]
    assert bar.marker.text() == ""
    with qtbot.assertNotEmitted(bar.marked):
        bar.set_marker.click()  # nothing to say
    bar.show_recording(None)
    assert bar.profile.isVisible()


def test_messages_one_for_each_topic(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    assert not bar.isVisibleTo(None)
    pressed: list[str] = []
    bar.say("camera", "No camera.", actions=[("Try", lambda: pressed.append("x"))], closable=False)
    bar.say("problem", "One.", "error")
    bar.say("problem", "Another.", "error")
    assert bar.topics == ["camera", "problem"]
    assert bar.message("problem").sentence == "Another."
    bar.message("camera").buttons[0].click()
    assert pressed == ["x"]
    for number in range(5):
        bar.say(f"recorded {number}", "Done.", "good")
    assert len(bar.topics) == MOST
    assert bar.topics[0] == "camera", "what cannot be closed stays"
    bar.say("camera", "No camera.", actions=[("Use", lambda: pressed.append("y"))])
    bar.message("camera").buttons[0].click()
    assert pressed == ["x", "y"]


def test_a_messages_buttons_are_reached_in_their_order(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.say("problem", "One.", "error", [("Details", print), ("Mend", print)])
    bar.show()
    message = bar.message("problem")
    chain = [message.buttons[0]]
    while (following := chain[-1].nextInFocusChain()) is not chain[0]:
        chain.append(following)
    reached = [widget for widget in chain if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert reached == [*message.buttons, message.close_button]


def test_standing_of_a_source() -> None:
    opening = standing(SourceState("opening", name="HD Webcam"), False)
    assert opening.title == "Opening HD Webcam …"
    assert standing(SourceState("opening"), False).title == "Looking for a camera …"
    assert standing(SourceState("running", "camera", "HD Webcam"), False).again == ""
    instead = standing(SourceState("running", "demo", "demo.mp4", demo_instead=True), False)
    assert (instead.name, instead.again, instead.replays) == ("Demo clip", "Try again", False)
    video = standing(SourceState("running", "video", "a.mp4"), False)
    assert (video.again, video.replays) == ("Play again", True)
    lost = SourceState("lost", "camera", "HD Webcam")
    assert "recording" not in standing(lost, False).text
    assert "recording" in standing(lost, True).text
    failed = standing(SourceState("failed", None, "x", message="It is not there."), False)
    assert (failed.text, failed.deeds) == ("It is not there.", ("retry", "demo"))


def test_cameras_of_one_name_are_told_apart(qtbot: QtBot) -> None:
    found = [[FRONT, TWIN, OTHER]]
    cameras = CameraList(lambda: found[0])
    menu = SourceMenu(cameras, [], Settings())
    qtbot.addWidget(menu)
    assert [action.text() for action in menu.camera_actions] == ["No camera is connected"]
    with qtbot.waitSignal(cameras.changed):
        cameras.refresh()
    assert cameras.names == ["HD Webcam", "HD Webcam", "Microscope"]
    chosen: list[str] = []
    menu.chosen.connect(chosen.append)
    for action in menu.camera_actions:
        action.trigger()
    assert chosen == ["0", "2", "Microscope"]
    found[0] = []
    with qtbot.waitSignal(cameras.changed):
        cameras.refresh()
    assert [action.isEnabled() for action in menu.camera_actions] == [False]


def test_cameras_that_cannot_be_listed_are_none(qtbot: QtBot) -> None:
    def fail() -> list[Camera]:
        raise OSError("no bus")

    cameras = CameraList(fail)
    cameras.cameras = (FRONT,)
    with qtbot.waitSignal(cameras.changed):
        cameras.refresh()
    assert cameras.names == []


def test_news_of_cameras_without_qts_media_part(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)  # as where a library is missing
    monkeypatch.setattr(cameras_module, "sys", SimpleNamespace(platform="linux"))
    cameras = CameraList(lambda: [FRONT])
    cameras.watch()
    with qtbot.waitSignal(cameras.changed):
        cameras._devices.directoryChanged.emit("/dev")
    assert cameras_module.camera_formats("HD Webcam") == []


@pytest.mark.parametrize(
    ("status", "answer", "may"),
    [
        (Qt.PermissionStatus.Granted, None, True),
        (Qt.PermissionStatus.Denied, None, False),
        (Qt.PermissionStatus.Undetermined, Qt.PermissionStatus.Granted, True),
        (Qt.PermissionStatus.Undetermined, Qt.PermissionStatus.Denied, False),
    ],
)
def test_permission_on_macos(
    monkeypatch: pytest.MonkeyPatch,
    status: Qt.PermissionStatus,
    answer: Qt.PermissionStatus | None,
    may: bool,
) -> None:
    class Application:
        def checkPermission(self, _: Any) -> Qt.PermissionStatus:  # noqa: N802  (Qt's name)
            return status

        def requestPermission(self, _: Any, __: Any, then: Any) -> None:  # noqa: N802
            then(SimpleNamespace(status=lambda: answer))

    monkeypatch.setattr(permission, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(permission, "QApplication", SimpleNamespace(instance=Application))
    monkeypatch.delenv("OPENCV_AVFOUNDATION_SKIP_AUTH", raising=False)
    told: list[bool] = []
    permission.ask_for_camera(QObject(), told.append)
    assert told == [may]
    assert permission.os.environ["OPENCV_AVFOUNDATION_SKIP_AUTH"] == "1"


def test_elsewhere_nobody_is_asked() -> None:
    told: list[bool] = []
    permission.ask_for_camera(QObject(), told.append)
    assert told == [True]


def test_figures_for_people() -> None:
    assert [duration(s) for s in (-1, 7.9, 750, 3723)] == ["0:00", "0:07", "12:30", "1:02:03"]
    assert count(1234567) == "1,234,567"


def test_mean() -> None:
    mean = Mean(2)
    assert mean.now is None
    for value in (100.0, 2.0, 4.0):
        mean.add(value)
    assert mean.now == 3.0
    mean.clear()
    assert mean.now is None
