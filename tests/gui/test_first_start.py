"""The first start: from nothing to the live view in a few steps, by hand or by keys alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QListWidget, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui import permission
from app.gui.bridge import Bridge
from app.gui.cameras import CameraList
from app.gui.first_start import FirstStart
from app.gui.steps import STEPS, CheckStep, Step, camera_texts
from app.live.state import SourceState, View
from app.settings import Settings
from app.source.camera import Camera
from tests.gui.views import make_view

FRONT, BACK = Camera("Front", 0, 0, "/dev/video0"), Camera("Back", 2, 0, "/dev/video2")

RUNNING = SourceState("running", "camera", "Front", (1280, 720), 30.0)
DEMO = SourceState("running", "demo", "demo", (640, 480), 30.0, demo_instead=True)


class FakeSession:
    """Hands out one view at a time and remembers what was asked of it."""

    def __init__(self) -> None:
        self.view: View | None = None
        self.sizes: list[tuple[int, int]] = []
        self.retries = 0

    def take_view(self) -> View | None:
        view, self.view = self.view, None
        return view

    def set_view_size(self, width: int, height: int) -> None:
        self.sizes.append((width, height))

    def retry(self) -> None:
        self.retries += 1


class Started:
    """A first start and all that it told."""

    def __init__(
        self,
        qtbot: QtBot,
        cameras: list[Camera],
        settings: Settings,
        steps: tuple[type[Step], ...] = STEPS,
    ) -> None:
        self.session, self.bridge = FakeSession(), Bridge()
        self.cameras = CameraList(lambda: cameras)
        self.cameras.cameras = tuple(cameras)
        self.page = FirstStart(
            self.session,  # type: ignore[arg-type]
            self.bridge,
            settings,
            cameras=self.cameras,
            steps=steps,
        )
        self.changed: list[dict[str, Any]] = []
        self.finished: list[Settings] = []
        self.page.changed.connect(self.changed.append)
        self.page.finished.connect(self.finished.append)
        qtbot.addWidget(self.page)
        self.page.resize(900, 600)
        self.page.show()
        qtbot.waitExposed(self.page)

    def plug(self, *cameras: Camera) -> None:
        self.cameras.cameras = cameras
        self.cameras.changed.emit(cameras)

    def show(self, view: View) -> None:
        self.session.view = view
        self.bridge.view_ready.emit()

    def button(self, name: str) -> QPushButton:
        button = self.page.findChild(QPushButton, name)
        assert isinstance(button, QPushButton)
        return button

    def press(self, qtbot: QtBot, name: str) -> None:
        qtbot.mouseClick(self.button(name), Qt.MouseButton.LeftButton)

    @property
    def title(self) -> str:
        label = self.page.findChild(QLabel, "stepTitle")
        assert isinstance(label, QLabel)
        return label.text()

    @property
    def list(self) -> QListWidget:
        found = self.page.findChild(QListWidget, "cameras")
        assert isinstance(found, QListWidget)
        return found


@pytest.fixture
def started(qtbot: QtBot) -> Started:
    return Started(qtbot, [FRONT, BACK], Settings(theme="dark"))


def test_the_steps_lead_to_the_live_view(started: Started, qtbot: QtBot) -> None:
    assert started.title == "Choose your camera"
    assert not started.button("back").isVisible()

    started.press(qtbot, "next")
    assert started.title == "Light and distance"
    started.press(qtbot, "back")
    assert started.title == "Choose your camera"
    started.press(qtbot, "next")
    started.press(qtbot, "next")
    assert started.title == "Calibrate"
    assert not started.finished
    started.press(qtbot, "next")

    assert started.finished == [Settings(theme="dark", first_start_done=True)]


def test_it_can_be_skipped_and_does_not_come_back(started: Started, qtbot: QtBot) -> None:
    started.press(qtbot, "skip")

    assert started.finished == [Settings(theme="dark", first_start_done=True)]


def test_it_goes_by_keys_alone(started: Started, qtbot: QtBot) -> None:
    for _ in STEPS:
        focused = QApplication.focusWidget()
        assert focused is started.button("next")
        qtbot.keyClick(focused, Qt.Key.Key_Space)

    assert len(started.finished) == 1


def test_no_button_is_dead(started: Started, qtbot: QtBot) -> None:
    started.bridge.source_changed.emit(RUNNING)
    for _ in STEPS:
        for button in started.page.findChildren(QPushButton):
            assert button.isEnabled()
            assert button.text()
        started.page.go_on()


def test_a_further_step_finds_its_place(qtbot: QtBot) -> None:
    class Further(Step):
        title = "A further one"

    started = Started(qtbot, [FRONT], Settings(), (*STEPS, Further))
    for _ in STEPS:
        assert started.button("next").text() == "Next"
        started.press(qtbot, "next")
    assert started.title == "A further one"
    assert started.button("next").text() == "Start"
    started.press(qtbot, "next")

    assert len(started.finished) == 1


def test_a_camera_is_chosen_at_once_and_kept(started: Started, qtbot: QtBot) -> None:
    _click(qtbot, started.list, 1)
    assert started.changed == [{"source": "Back"}]

    started.press(qtbot, "skip")
    assert started.finished[0].source == "Back"


def test_a_camera_gone_to_by_arrows_is_chosen_by_going_on(started: Started, qtbot: QtBot) -> None:
    started.bridge.source_changed.emit(RUNNING)
    assert started.list.currentRow() == 0
    qtbot.keyClick(started.list, Qt.Key.Key_Down)
    assert started.changed == []

    started.press(qtbot, "next")

    assert started.changed == [{"source": "Back"}]


def test_going_on_with_the_camera_that_is_open_changes_nothing(
    started: Started, qtbot: QtBot
) -> None:
    started.bridge.source_changed.emit(RUNNING)
    started.press(qtbot, "next")

    assert started.changed == []


def test_twins_are_told_apart_by_their_numbers() -> None:
    twin = Camera("Front", 4, 0, "/dev/video4")

    assert camera_texts([FRONT, twin, BACK]) == ["0", "4", "Back"]


def test_without_a_camera_it_says_so_until_one_is_plugged_in(qtbot: QtBot) -> None:
    started = Started(qtbot, [], Settings())
    started.bridge.source_changed.emit(DEMO)
    assert not started.list.isVisible()
    assert any("No camera was found" in text for text in _visible_words(started.page))

    started.plug(FRONT)

    assert [started.list.item(row).text() for row in range(started.list.count())] == ["Front"]
    assert started.list.isVisible()
    assert not any("No camera was found" in text for text in _visible_words(started.page))


def test_looking_again_asks_for_the_cameras(qtbot: QtBot) -> None:
    found: list[Camera] = []
    started = Started(qtbot, found, Settings())
    found.append(FRONT)

    started.press(qtbot, "lookAgain")

    qtbot.waitUntil(lambda: started.list.count() == 1)


def test_a_mirrored_camera_is_turned_round(started: Started) -> None:
    box = started.page.findChild(QCheckBox, "mirrored")
    assert isinstance(box, QCheckBox)
    box.click()

    assert started.changed == [{"mirrored": True}]
    assert started.page.settings.mirrored


def test_the_picture_is_shown_live(started: Started) -> None:
    started.bridge.source_changed.emit(RUNNING)
    started.show(make_view(size=(320, 240)))

    image = started.page.preview.image
    assert image is not None
    assert (image.width(), image.height()) == (320, 240)
    assert started.session.view is None
    width, height = started.session.sizes[-1]
    assert (width, height) == (started.page.preview.width(), started.page.preview.height())


def test_a_view_is_left_to_the_live_page_while_that_is_shown(started: Started) -> None:
    started.bridge.source_changed.emit(RUNNING)
    started.page.hide()

    started.show(make_view())

    assert started.session.view is not None


def test_the_ticks_and_the_hint_follow(started: Started, qtbot: QtBot) -> None:
    started.bridge.source_changed.emit(RUNNING)
    started.press(qtbot, "next")
    step = started.page.step
    assert isinstance(step, CheckStep)
    assert set(step.standings.values()) == {"waiting"}

    started.show(make_view(hint="too_far", distance_mm=1210.0))
    assert step.standings["distance"] == "wrong"
    assert _check(step, "distance").accessibleName().endswith("needs your attention")
    assert step.hint.sentence.startswith("You are far away")
    assert "about 121 cm" in _visible_words(step)

    started.show(make_view(distance_mm=600.0))
    assert set(step.standings.values()) == {"good"}
    assert _check(step, "distance").accessibleName().endswith(": good")
    assert step.hint.sentence == "All is well."


def test_a_camera_that_is_lost_takes_the_ticks_with_it(started: Started, qtbot: QtBot) -> None:
    started.bridge.source_changed.emit(RUNNING)
    started.press(qtbot, "next")
    started.show(make_view())

    started.bridge.source_changed.emit(SourceState("lost", "camera", "Front"))

    step = started.page.step
    assert isinstance(step, CheckStep)
    assert set(step.standings.values()) == {"waiting"}
    assert started.page.preview.cover.isVisible()
    assert started.page.preview.cover.title.text() == "The camera is gone"

    started.bridge.source_changed.emit(RUNNING)
    assert not started.page.preview.cover.isVisible()


def test_a_camera_that_fails_says_why_and_can_be_tried_again(
    started: Started, qtbot: QtBot
) -> None:
    sentence = "another program uses the camera Front: close it"
    started.bridge.source_changed.emit(SourceState("failed", "camera", "Front", message=sentence))

    assert started.page.preview.cover.text.text() == sentence
    (again,) = started.page.preview.cover.buttons
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    assert started.session.retries == 1


def test_a_camera_that_may_not_be_used_is_explained(
    started: Started, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    answers = [False, False, True]
    monkeypatch.setattr(permission, "ask_for_camera", lambda _context, then: then(answers.pop(0)))

    _click(qtbot, started.list, 0)

    cover = started.page.preview.cover
    assert cover.title.text() == "The camera may not be used"
    assert [button.text() for button in cover.buttons] == ["Open System Settings", "Try again"]
    cover.buttons[1].click()
    assert (cover.isVisible(), started.session.retries) == (True, 0)
    cover.buttons[1].click()
    assert started.session.retries == 1


def test_the_third_step_calibrates(started: Started, qtbot: QtBot) -> None:
    wanted: list[str] = []
    started.page.calibration_wanted.connect(lambda: wanted.append("calibration"))
    started.page.screen_wanted.connect(lambda: wanted.append("screen"))
    started.press(qtbot, "next")
    started.press(qtbot, "next")
    assert not started.button("calibrate").isEnabled()
    assert "This needs a camera that runs." in _visible_words(started.page)

    started.bridge.source_changed.emit(RUNNING)
    started.press(qtbot, "calibrate")
    started.press(qtbot, "askScreen")
    assert wanted == ["calibration", "screen"]

    started.page.rest(True)  # the calibration window has the views now
    started.show(make_view())
    assert started.session.view is not None
    started.page.rest(False)
    started.page.show_calibration(object())  # type: ignore[arg-type]
    assert "You are calibrated." in _visible_words(started.page)


def test_everything_is_named_and_reached_by_tab(started: Started) -> None:
    for _ in STEPS:
        reached = list(_tab_chain(started.page))
        assert started.button("next") in reached
        for widget in reached:
            text = widget.text() if isinstance(widget, QPushButton | QCheckBox) else ""
            assert widget.accessibleName() or text, widget
        started.page.go_on()


@pytest.mark.parametrize("size", [(720, 420), (900, 600), (1600, 900)])
def test_it_fits_small_and_large_windows(started: Started, size: tuple[int, int]) -> None:
    started.page.resize(*size)
    QApplication.processEvents()

    assert (started.page.width(), started.page.height()) == size
    for name in ("skip", "next"):
        button = started.button(name)
        assert started.page.rect().contains(button.geometry())
    assert not started.page.preview.geometry().intersects(started.button("next").geometry())


def _click(qtbot: QtBot, widget: QListWidget, row: int) -> None:
    place = widget.visualItemRect(widget.item(row)).center()
    qtbot.mouseClick(widget.viewport(), Qt.MouseButton.LeftButton, pos=place)


def _check(step: QWidget, name: str) -> QLabel:
    label = step.findChild(QLabel, f"check_{name}")
    assert isinstance(label, QLabel)
    return label


def _visible_words(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def _tab_chain(page: QWidget) -> Iterator[QWidget]:
    """What Tab comes to, each once."""
    widget = page.nextInFocusChain()
    while widget is not page:
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes_tab and widget.isVisible() and widget.isEnabled():
            yield widget
        widget = widget.nextInFocusChain()
