"""The settings dialog shows, changes, resets and undoes every setting of the table."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.settings_dialog import SettingsDialog
from app.settings import DEFAULT_MODEL, Settings
from app.settings_table import SETTINGS

ODD = Settings(
    source="/videos/some where/old.mp4",
    size=(1000, 777),
    fps=29.97,
    mirrored=True,
    fov=71.25,
    eyes="left",
    provider="cpu",
    model=str(DEFAULT_MODEL),
    smoothing=0.333,
    show_eyes=False,
    show_irises=False,
    show_head=False,
    show_gaze=False,
    show_words=False,
    targets="pursuit",
    pace="space",
    ground="dark",
    keep_patches=True,
    recordings="/data/gaze",
    record_video=True,
    profile="anna_2",
    session="morning",
    theme="dark",
    first_start_done=True,
    show_plot=False,
)
"""Every setting another than its default, none of them on a step of its widget."""


class Asked:
    """A dialog and all that it told."""

    def __init__(self, qtbot: QtBot, settings: Settings, cameras: list[str]) -> None:
        self.dialog = SettingsDialog(settings, cameras)
        self.told: list[Settings] = []
        self.dialog.changed.connect(self.told.append)
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        qtbot.waitExposed(self.dialog)

    def widget(self, name: str) -> Any:
        found = self.dialog.findChild(QWidget, f"edit_{name}")
        assert found is not None
        return found

    def complaint(self, name: str) -> str:
        label = self.dialog.findChild(QLabel, f"complaint_{name}")
        assert isinstance(label, QLabel)
        return label.text()

    def press(self, qtbot: QtBot, name: str) -> None:
        button = self.dialog.findChild(QPushButton, name)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def asked(qtbot: QtBot) -> Asked:
    return Asked(qtbot, Settings(), ["Front", "Back"])


@pytest.fixture
def odd(qtbot: QtBot) -> Asked:
    return Asked(qtbot, ODD, ["Front"])


def test_there_is_an_editor_for_every_setting(asked: Asked) -> None:
    assert list(asked.dialog.editors) == [setting.name for setting in SETTINGS]


def test_showing_changes_nothing(odd: Asked, qtbot: QtBot) -> None:
    for row in range(odd.dialog.list.count()):
        odd.dialog.list.setCurrentRow(row)
    assert odd.dialog.settings == ODD

    odd.press(qtbot, "ok")

    assert odd.told == []
    assert odd.dialog.result() == SettingsDialog.DialogCode.Accepted


def test_each_kind_of_field_changes_its_setting(asked: Asked, qtbot: QtBot) -> None:
    def choose(name: str, text: str) -> None:
        box: QComboBox = asked.widget(name)
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex())

    choose("source", "Back")
    choose("eyes", "My right eye")
    choose("size", "640 x 480")
    choose("theme", "Light")
    fov: QDoubleSpinBox = asked.widget("fov")
    fov.setValue(70.5)
    slider: QSlider = asked.widget("smoothing")
    slider.setValue(slider.maximum())
    asked.dialog.go_to("Picture")
    head: QCheckBox = asked.widget("show_head")
    head.click()
    profile: QLineEdit = asked.widget("profile")
    profile.setText("anna")
    qtbot.keyClick(profile, Qt.Key.Key_Tab)
    profile.editingFinished.emit()

    qtbot.waitUntil(lambda: bool(asked.told) and asked.told[-1].profile == "anna")

    assert asked.told[-1] == replace(
        Settings(),
        source="Back",
        eyes="right",
        size=(640, 480),
        theme="light",
        fov=70.5,
        smoothing=1.0,
        show_head=False,
        profile="anna",
    )


def test_a_slider_under_way_is_told_once(asked: Asked, qtbot: QtBot) -> None:
    slider: QSlider = asked.widget("smoothing")
    for place in range(slider.maximum() + 1):
        slider.setValue(place)

    asked.press(qtbot, "ok")

    assert [settings.smoothing for settings in asked.told] == [1.0]


def test_ok_tells_what_was_only_just_edited(asked: Asked, qtbot: QtBot) -> None:
    asked.widget("mirrored").click()
    asked.press(qtbot, "ok")

    assert asked.told == [replace(Settings(), mirrored=True)]


def test_a_number_that_is_still_being_typed_counts_at_ok(asked: Asked, qtbot: QtBot) -> None:
    fov: QDoubleSpinBox = asked.widget("fov")
    fov.selectAll()
    qtbot.keyClicks(fov, "80")
    asked.dialog.accept()

    assert asked.told[-1].fov == 80.0


@pytest.mark.parametrize("way", ["cancel", "escape", "close"])
def test_cancel_undoes_what_was_told(asked: Asked, qtbot: QtBot, way: str) -> None:
    asked.widget("mirrored").click()
    qtbot.waitUntil(lambda: len(asked.told) == 1)

    if way == "cancel":
        asked.press(qtbot, "cancel")
    elif way == "escape":
        qtbot.keyClick(asked.dialog, Qt.Key.Key_Escape)
    else:
        asked.dialog.close()

    assert asked.told == [replace(Settings(), mirrored=True), Settings()]
    assert asked.dialog.result() == SettingsDialog.DialogCode.Rejected


def test_cancel_before_anything_was_told_tells_nothing(asked: Asked, qtbot: QtBot) -> None:
    asked.widget("mirrored").click()
    asked.press(qtbot, "cancel")

    assert asked.told == []


def test_a_name_that_will_not_do_is_complained_about_and_never_told(
    asked: Asked, qtbot: QtBot
) -> None:
    profile: QLineEdit = asked.widget("profile")
    profile.setText("../anna")
    profile.editingFinished.emit()
    asked.widget("mirrored").click()
    assert "letters" in asked.complaint("profile")

    asked.press(qtbot, "ok")

    assert asked.dialog.isVisible()
    assert asked.dialog.list.currentItem().text() == "Recording"
    assert all(settings.profile == "default" for settings in asked.told)

    profile.setText("anna")
    profile.editingFinished.emit()
    asked.press(qtbot, "ok")

    assert not asked.dialog.isVisible()
    assert asked.complaint("profile") == ""
    assert asked.told[-1] == replace(Settings(), profile="anna", mirrored=True)


@pytest.mark.parametrize(
    ("name", "text"), [("size", "big"), ("size", "0 x 10"), ("model", "/no/such/model.onnx")]
)
def test_other_fields_complain_too(asked: Asked, name: str, text: str) -> None:
    widget = asked.widget(name)
    field = widget.lineEdit() if isinstance(widget, QComboBox) else widget
    field.setText(text)
    field.editingFinished.emit()

    assert asked.complaint(name)
    assert asked.dialog.settings == Settings()


def test_a_size_can_be_typed(asked: Asked) -> None:
    field = asked.widget("size").lineEdit()
    field.setText("800x600")
    field.editingFinished.emit()

    assert asked.dialog.settings.size == (800, 600)


def test_one_page_is_reset(odd: Asked, qtbot: QtBot) -> None:
    odd.dialog.go_to("Tracking")
    odd.dialog.reset_page.trigger()
    odd.press(qtbot, "ok")

    defaults = Settings()
    assert odd.told == [
        replace(
            ODD,
            eyes=defaults.eyes,
            provider=defaults.provider,
            model=defaults.model,
            smoothing=defaults.smoothing,
        )
    ]


def test_all_pages_are_reset_but_not_what_the_dialog_does_not_show(
    odd: Asked, qtbot: QtBot
) -> None:
    odd.dialog.reset_all.trigger()
    odd.press(qtbot, "ok")

    assert odd.told == [replace(Settings(), first_start_done=True, show_plot=False)]


def test_a_reset_is_undone_by_cancel(odd: Asked, qtbot: QtBot) -> None:
    odd.dialog.reset_all.trigger()
    qtbot.waitUntil(lambda: len(odd.told) == 1)
    odd.press(qtbot, "cancel")

    assert odd.told[-1] == ODD


def test_cameras_and_what_is_remembered_are_offered(odd: Asked) -> None:
    box: QComboBox = odd.widget("source")

    offered = [box.itemData(place) for place in range(box.count())]

    assert offered == ["", "Front", "demo", ODD.source]
    assert box.currentData() == ODD.source


def test_a_folder_is_chosen(
    asked: Asked, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    asked.dialog.go_to("Recording")
    button = next(
        button
        for button in asked.dialog.findChildren(QPushButton)
        if button.accessibleName() == "Choose: Folder for recordings"
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    asked.press(qtbot, "ok")

    assert asked.told == [replace(Settings(), recordings=str(tmp_path))]


def test_every_field_is_reached_by_tab_and_says_what_it_is(asked: Asked) -> None:
    for row in range(asked.dialog.list.count()):
        asked.dialog.list.setCurrentRow(row)
        group = asked.dialog.list.item(row).text()
        reached = {widget.objectName() for widget in _tab_chain(asked.dialog)}
        wanted = {f"edit_{s.name}" for s in SETTINGS if s.group == group}
        assert wanted | {"ok", "cancel", "reset", "settingsPages"} <= reached
        for widget in _tab_chain(asked.dialog):
            said = widget.accessibleName() or (
                widget.text() if isinstance(widget, QAbstractButton) else ""
            )
            assert said, widget


def test_arrow_keys_turn_the_pages(asked: Asked, qtbot: QtBot) -> None:
    assert asked.widget("fov").isVisible()

    qtbot.keyClick(asked.dialog.list, Qt.Key.Key_Down)

    assert not asked.widget("fov").isVisible()
    assert asked.widget("smoothing").isVisible()


def _tab_chain(dialog: QWidget) -> Iterator[QWidget]:
    """What Tab comes to, each once."""
    QApplication.processEvents()
    widget = dialog.nextInFocusChain()
    while widget is not dialog:
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes_tab and widget.isVisible() and widget.isEnabled() and not widget.focusProxy():
            yield widget
        widget = widget.nextInFocusChain()
