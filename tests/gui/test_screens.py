"""Screens as Qt tells them, and as people correct them; the dialog that asks."""

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QRect, QSizeF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.calibration.screen_size import CameraPlace, Told, told_from_json
from app.gui import screens
from app.gui.screen_dialog import ScreenDialog
from app.gui.screens import ScreenHere, choose, screens_here

PX, MM = (800, 800), (203.2, 203.2)
"""Qt's platform without a screen has these."""


def made(
    model: str = "", ratio: float = 1.0, mm: tuple[float, float] = (600.0, 340.0), **parts: Any
) -> Any:
    """A screen as Qt has them."""
    told = {"manufacturer": "", "serialNumber": "", "name": "HDMI-1", "size": (1920, 1080), **parts}
    return SimpleNamespace(
        manufacturer=lambda: told["manufacturer"],
        model=lambda: model,
        serialNumber=lambda: told["serialNumber"],
        name=lambda: told["name"],
        devicePixelRatio=lambda: ratio,
        geometry=lambda: QRect(-1920, 0, *told["size"]),
        physicalSize=lambda: QSizeF(*mm),
    )


def seen(monkeypatch: pytest.MonkeyPatch, *there: Any, **told: Any) -> list[ScreenHere]:
    """The screens of a computer that has these."""
    application = SimpleNamespace(primaryScreen=lambda: there[-1], screens=lambda: list(there))
    monkeypatch.setattr(screens, "QGuiApplication", application)
    return screens_here(told)


def test_this_screen(qapp: Any) -> None:
    (here,) = screens_here({})
    assert (here.pixels, here.millimetres) == (PX, MM)
    assert here.screen.camera_mm == pytest.approx((MM[0] / 2, -10.0))
    assert here.screen.name == here.name


def test_pixels_are_physical(monkeypatch: pytest.MonkeyPatch) -> None:
    (here,) = seen(monkeypatch, made("U27", ratio=1.5, size=(1707, 960)))
    assert here.pixels == (2560, 1440)
    assert (here.screen.pixel_ratio, here.name) == (1.5, "U27")


def test_the_main_one_is_first_and_twins_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(
        monkeypatch,
        made("P24", manufacturer="Dell", serialNumber="7", name="DP-1"),
        made("P24", name="DP-2"),
        made("P24", name="DP-3"),
    )
    assert [here.name for here in found] == ["P24", "Dell P24 7", "P24 #2"]


def test_a_screen_without_a_model_is_named_by_its_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [here.name for here in seen(monkeypatch, made(name="eDP-1"))] == ["eDP-1"]


@pytest.mark.parametrize("mm", [(0.0, 0.0), (3200.0, 1800.0), (160.0, 90.0), (340.0, 340.0)])
def test_nonsense_of_the_system_has_to_be_asked_about(
    monkeypatch: pytest.MonkeyPatch, mm: tuple[float, float]
) -> None:
    (here,) = seen(monkeypatch, made("TV", mm=mm, size=(3840, 2160)))
    assert here.millimetres is None
    assert here.screen.millimetres[0] > 0, "something likely, so that a dialog can show it"
    (here,) = seen(monkeypatch, made("TV", mm=mm), TV=Told((1210.0, 680.0)).to_json())
    assert here.millimetres == (1210.0, 680.0)


def test_a_turned_screen_is_as_high_as_it_was_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    (here,) = seen(monkeypatch, made("U27", size=(1080, 1920)))
    assert here.millimetres == (340.0, 600.0)


def test_what_the_person_told_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told((500.0, 281.0), CameraPlace("below", 8.0, -30.0), -5.0)
    (here,) = seen(monkeypatch, made("U27"), U27=told.to_json())
    assert here.screen.millimetres == (500.0, 281.0)
    assert here.screen.camera_mm == (220.0, 289.0)
    assert here.screen.to_json()["camera_tilt_deg"] == pytest.approx(-5.0)


def test_a_screen_that_is_gone_is_not_missed(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    assert choose("somewhere else", {}, window).where is QGuiApplication.primaryScreen()
    assert choose("", {}, window).name == screens_here({})[0].name


@pytest.fixture
def dialog(qtbot: QtBot) -> ScreenDialog:
    made_one = ScreenDialog("", {"another": Told((1.0e3, 600.0)).to_json()})
    qtbot.addWidget(made_one)
    made_one.show()
    qtbot.waitExposed(made_one)
    return made_one


def answer(dialog: ScreenDialog, name: str = "") -> Told:
    """What was told of this screen when the dialog was left by OK."""
    dialog.findChild(QPushButton, "ok").click()  # type: ignore[union-attr]
    return told_from_json(dialog.told[name or dialog.chosen])


def test_ok_without_a_change_tells_nothing_new(dialog: ScreenDialog) -> None:
    assert answer(dialog) == Told()
    assert dialog.chosen == screens_here({})[0].name
    assert told_from_json(dialog.told["another"]).millimetres == (1000.0, 600.0), "is kept"


def test_a_diagonal_is_enough(dialog: ScreenDialog) -> None:
    dialog.by_diagonal.click()
    dialog.inches.setValue(20.0)
    assert "20.0 inches" in dialog.findChild(QWidget, "toldSize").text()  # type: ignore[union-attr]
    width, height = answer(dialog).millimetres or (0.0, 0.0)
    assert (width**2 + height**2) ** 0.5 == pytest.approx(20 * 25.4, abs=0.05)


def test_a_card_is_held_to_the_screen(dialog: ScreenDialog, qtbot: QtBot) -> None:
    assert not dialog.card.isVisible()
    dialog.by_card.click()
    assert dialog.card.isVisible()
    dialog.card.setValue(300)
    dialog.card.setFocus()
    qtbot.keyClick(dialog.card, Qt.Key.Key_Right)
    drawn = dialog.findChild(QWidget, "drawnCard")
    assert drawn.card_width == 301  # type: ignore[union-attr]
    assert dialog.rect().contains(drawn.geometry())  # type: ignore[union-attr]
    assert answer(dialog).millimetres == pytest.approx((800 * 85.6 / 301,) * 2, abs=0.01)


def test_where_the_camera_sits(dialog: ScreenDialog) -> None:
    dialog.edge.setCurrentIndex(dialog.edge.findText("Left of the screen"))
    dialog.away.setValue(25.0)
    dialog.along.setValue(-40.0)
    dialog.tilt.setValue(12.0)
    assert answer(dialog) == Told(None, CameraPlace("left", 25.0, -40.0), 12.0)


def test_what_was_told_before_is_shown(qtbot: QtBot) -> None:
    name = screens_here({})[0].name
    told = Told((300.0, 300.0), CameraPlace("below", 4.0, 3.0), 2.0)
    dialog = ScreenDialog(name, {name: told.to_json()})
    qtbot.addWidget(dialog)
    assert dialog.by_diagonal.isChecked()
    after = answer(dialog)
    assert after.millimetres == pytest.approx(told.millimetres, abs=0.2)
    assert (after.camera, after.tilt) == (told.camera, told.tilt)


def test_a_screen_that_tells_nothing_cannot_be_taken_at_its_word(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here,) = screens_here({})
    silent = ScreenHere("TV", (1920, 1080), 1.0, None, Told(), here.where)
    monkeypatch.setattr("app.gui.screen_dialog.screens_here", lambda _: [silent])
    dialog = ScreenDialog("TV", {})
    qtbot.addWidget(dialog)
    assert not dialog.by_system.isEnabled()
    assert dialog.by_diagonal.isChecked()
    assert answer(dialog).millimetres is not None
