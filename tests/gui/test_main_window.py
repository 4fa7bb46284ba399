"""The window as a whole: keys, menus, names, size, problems, other windows."""

from collections import Counter
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QWidget

from app.gui.actions import DEEDS
from app.gui.window_state import window_state_path
from app.live.state import Problem
from app.settings import load
from tests.app.live.world import World
from tests.gui.opened import Opened

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def opened(open_window: Any) -> Opened:
    """A window over a camera that runs."""
    window = open_window(World("A cam"), "A cam")
    window.wait_for_phase("running")
    return window


def in_menus(menu: QMenu) -> list[QAction]:
    found = []
    for action in menu.actions():
        below = action.menu()
        found += in_menus(below) if isinstance(below, QMenu) else [action]
    return found


def test_every_action_is_in_a_menu_with_a_key_of_its_own(opened: Opened) -> None:
    bar = opened.window.menuBar()
    menus = [action.menu() for action in bar.actions()]
    there = {action.objectName() for menu in menus for action in in_menus(menu)}
    assert {deed.name for deed in DEEDS} <= there
    assert {f"marker_{number}" for number in range(1, 10)} <= there
    keys = Counter(
        key.toString() for action in opened.window.actions() for key in action.shortcuts()
    )
    assert {key: count for key, count in keys.items() if count > 1} == {}
    for action in opened.window.actions():
        if not action.shortcut().isEmpty():
            assert action.shortcut().toString() in action.toolTip()


def test_everything_that_takes_the_focus_has_a_name_and_is_reached_by_tab(
    opened: Opened,
) -> None:
    opened.do("record")
    opened.wait_for_frames(1)
    for recording in (True, False):
        if not recording:
            opened.do("record")
            opened.wait(lambda: not opened.window.recording_desk.recording)
        wanted = {
            widget
            for kind in (QAbstractButton, QLineEdit)
            for widget in opened.page.findChildren(kind)
            if widget.isVisible() and widget.isEnabled()
        }
        for widget in wanted:
            named = widget.accessibleName() or getattr(widget, "text", str)()
            assert named.strip(), widget.objectName()
        reached: set[QWidget] = set()
        for _ in range(40):
            opened.qtbot.keyClick(opened.window.focusWidget(), Qt.Key.Key_Tab)
            reached.add(opened.window.focusWidget())
        assert wanted <= reached


@pytest.mark.parametrize("size", [(900, 600), (760, 480)])
def test_nothing_is_cut_off_in_a_small_window(opened: Opened, size: tuple[int, int]) -> None:
    opened.window.resize(*size)
    opened.window.show_problem(Problem("Something is wrong with this and that.", "why"))
    opened.qtbot.wait(50)
    assert (opened.window.width(), opened.window.height()) == size
    assert opened.preview.height() >= 100
    for widget in (opened.bar.button, opened.bar.note, opened.page.hint, opened.page.source):
        corner = widget.mapTo(opened.window, widget.rect().bottomRight())
        assert opened.window.rect().contains(corner)


class Windows(QObject):
    """Notes every widget that is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(type(watched).__name__)
        return False


def test_nothing_flashes_up_as_a_window_of_its_own(open_window: Any, qapp: QApplication) -> None:
    """Nor keeps the application from ending: Qt takes back its end where a window is shown."""
    windows = Windows()
    qapp.installEventFilter(windows)
    try:
        world = World("A cam")
        opened = open_window(world, "A cam")
        opened.wait_for_phase("running")
        opened.record()
        opened.window.show_problem(Problem("Something is wrong.", "why"))
        world.plugged.clear()
        opened.wait_for_phase("lost")
        opened.stop()
        opened.wait(lambda: opened.sentence("recorded 1"))
        opened.window.source_desk.open("/missing.mp4")
        opened.wait_for_phase("failed")
        opened.do("first_start")
    finally:
        qapp.removeEventFilter(windows)
    assert windows.shown == ["MainWindow"]


def test_the_picture_has_the_size_of_its_place(opened: Opened) -> None:
    opened.window.resize(1200, 760)

    def fits() -> bool:
        image, place = opened.preview.image, opened.preview.size()
        ratio = opened.preview.devicePixelRatioF()
        return image is not None and (
            abs(image.width() - place.width() * ratio) <= 1
            or abs(image.height() - place.height() * ratio) <= 1
        )

    opened.wait(fits)


def test_a_problem_shows_its_details(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.gui import problem_dialog

    shown = []
    monkeypatch.setattr(problem_dialog.ProblemDialog, "exec", lambda self: shown.append(self.text))
    opened.bridge.problem.emit(Problem("This went wrong: do that.", "Traceback of it"))
    opened.wait(lambda: opened.sentence("problem") == "This went wrong: do that.")
    opened.press_in_message("problem", "Details")
    assert len(shown) == 1
    message = opened.messages.message("problem")
    message.close_button.click()
    assert opened.messages.message("problem") is None
    assert not opened.messages.isVisible()


@pytest.mark.parametrize(
    ("deed", "module", "kind"),
    [("about", "about", "AboutBox"), ("settings", "settings_dialog", "SettingsDialog")],
)
def test_dialogs_open(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, deed: str, module: str, kind: str
) -> None:
    import importlib

    shown = []
    dialog = getattr(importlib.import_module(f"app.gui.{module}"), kind)
    monkeypatch.setattr(dialog, "exec", lambda self: shown.append(self))
    opened.do(deed)
    assert [type(one) for one in shown] == [dialog]


def test_the_first_steps_and_back(opened: Opened) -> None:
    opened.window.show_first_start()
    steps = opened.window.findChild(QWidget, "firstStart")
    assert steps.isVisible()
    assert not opened.page.isVisible()
    opened.press(Qt.Key.Key_R, steps)
    opened.wait(lambda: steps.preview.image is not None)
    assert not opened.window.recording_desk.recording, "keys of the live view rest meanwhile"
    steps.end()
    assert opened.page.isVisible()
    assert load()[0].first_start_done
    opened.wait_for_picture()


def test_full_screen_and_back(opened: Opened) -> None:
    opened.do("full_screen")
    assert opened.window.isFullScreen()
    assert opened.window.todo["full_screen"].isChecked()
    opened.press(Qt.Key.Key_Escape)
    assert not opened.window.isFullScreen()
    assert not opened.window.todo["full_screen"].isChecked()


def test_the_window_comes_back_as_it_was(open_window: Any) -> None:
    first = open_window(World("A cam"), "A cam")
    first.window.resize(780, 620)
    first.window.close()
    first.wait(lambda: not first.window.isVisible())
    assert window_state_path().is_file()
    second = open_window(World("A cam"), None)
    second.window.close()
    from app.gui.window_state import restore_geometry

    assert restore_geometry(second.window)
    assert (second.window.width(), second.window.height()) == (780, 620)


@pytest.mark.parametrize("content", ["", "[]", '{"geometry": 7}', '{"geometry": "xyz"}', "{"])
def test_a_damaged_place_is_no_matter(open_window: Any, content: str) -> None:
    window_state_path().parent.mkdir(parents=True)
    window_state_path().write_text(content)
    opened = open_window(World("A cam"), None)
    assert opened.window.isVisible()
