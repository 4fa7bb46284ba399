"""Settings changed in the window: at once in the engine, the picture and the file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.gui import theme
from app.gui.colours import DARK, LIGHT
from app.overlay import ARROW, IRIS, LID
from app.settings import Settings, load, settings_path
from tests.app.live import world
from tests.app.live.world import World
from tests.gui.opened import Opened, has_colour
from tests.material import picture

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def opened(open_window: Any) -> Opened:
    """A window over a camera that runs."""
    window = open_window(World("A cam"), "A cam")
    window.wait_for_phase("running")
    window.wait_for_picture()
    return window


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures are as large as the tests' face expects, so that it lies inside them."""
    monkeypatch.setattr(world, "picture", lambda number: picture(number, (640, 480)))


@pytest.mark.usefixtures("near")
@pytest.mark.parametrize(
    ("key", "field", "colour"),
    [
        (Qt.Key.Key_G, "show_gaze", ARROW),
        (Qt.Key.Key_E, "show_eyes", LID),
        (Qt.Key.Key_I, "show_irises", IRIS),
    ],
)
def test_a_layer_that_is_switched_off_is_not_drawn(
    opened: Opened, key: Qt.Key, field: str, colour: tuple[int, int, int]
) -> None:
    opened.wait(lambda: has_colour(opened.preview.image, colour))
    opened.press(key)
    assert not opened.window.todo[field].isChecked()
    opened.wait(lambda: not has_colour(opened.preview.image, colour))
    opened.press(key)
    opened.wait(lambda: has_colour(opened.preview.image, colour))
    assert getattr(load()[0], field) is True


@pytest.mark.usefixtures("near")
def test_all_layers_by_one_key(opened: Opened) -> None:
    opened.press(Qt.Key.Key_L)
    assert not opened.page.caption.isVisible()
    opened.wait(
        lambda: not any(has_colour(opened.preview.image, one) for one in (ARROW, LID, IRIS))
    )
    opened.press(Qt.Key.Key_L)
    assert opened.page.caption.isVisible()
    opened.wait(lambda: has_colour(opened.preview.image, ARROW))


def test_what_stands_beside_the_picture_can_be_put_away(opened: Opened) -> None:
    assert not opened.page.plot.is_folded
    opened.page.plot.toggle.click()
    assert opened.page.plot.is_folded
    assert not opened.window.todo["show_plot"].isChecked()
    opened.press(Qt.Key.Key_P)
    assert not opened.page.plot.is_folded
    opened.press(Qt.Key.Key_Y)
    assert not opened.page.eyes.isVisible()
    stored = load()[0]
    assert (stored.show_plot, stored.show_eyes_panel) == (True, False)


def test_a_mirrored_camera_is_opened_anew(opened: Opened) -> None:
    opened.do("mirrored")
    opened.wait(lambda: len(opened.world.opened) == 2)
    assert opened.world.opened[-1].mirrored
    opened.wait_for_phase("running", "A cam")


def test_the_engine_hears_at_once(opened: Opened) -> None:
    heard: list[Settings] = []
    opened.session.apply = heard.append  # type: ignore[method-assign]
    new = replace(opened.kept.now, fov=80.0, smoothing=0.9)
    opened.window.settings_desk.change(new)
    opened.window.settings_desk.change(new)  # nothing new
    assert heard == [new]
    assert load()[0].fov == 80.0


def test_the_theme_changes_at_once(opened: Opened) -> None:
    opened.window.settings_desk.change(replace(opened.kept.now, theme="dark"))
    assert theme.colours() == DARK
    opened.window.settings_desk.change(replace(opened.kept.now, theme="light"))
    assert theme.colours() == LIGHT
    QApplication.processEvents()
    assert opened.page.plot.graph.backgroundBrush().color().name() == LIGHT.panel


@pytest.mark.usefixtures("near")
def test_settings_that_cannot_be_stored_hold_all_the_same(opened: Opened, own_home: Path) -> None:
    for path in own_home.glob("*.json"):
        path.unlink()
    own_home.mkdir(exist_ok=True)
    settings_path().mkdir()  # something is in the way
    opened.press(Qt.Key.Key_G)
    assert opened.kept.now.show_gaze is False
    opened.wait(lambda: not has_colour(opened.preview.image, ARROW))
    assert "settings" in opened.sentence("settings").lower()


def test_a_format_is_asked_of_the_camera(opened: Opened) -> None:
    menu = opened.page.source.menu()
    menu.formats.aboutToShow.emit()
    texts = [action.text() for action in menu.formats.actions()]
    assert texts[0].startswith("640 x 480")
    menu.formats.actions()[-1].trigger()
    assert opened.kept.now.size == (1920, 1080)
    opened.wait(lambda: len(opened.world.opened) == 2)
    assert json.loads(settings_path().read_text())["size"] == [1920, 1080]
