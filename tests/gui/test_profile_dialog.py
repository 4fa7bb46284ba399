"""The list of profiles: what is in it, and everything that can be done with it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.calibration.calibration import Calibration
from app.calibration.choreography.conductor import Conductor, Plan, at_once
from app.calibration.profiles.store import ProfileStore
from app.gui.chores import Chores
from app.gui.profile_dialog import ProfileDialog
from tests.app.calibration.people import CAMERA, conduct
from tests.gui.sitters import SCREEN, Sitter


@pytest.fixture(scope="module")
def conductor() -> Conductor:
    """One that has made a calibration."""
    made = Conductor(SCREEN, Plan(5), CAMERA, "0" * 64, run=at_once)
    conduct(made, Sitter(), "report")
    made.accept()
    return made


@pytest.fixture
def calibration(conductor: Conductor) -> Calibration:
    assert conductor.calibration is not None
    return conductor.calibration


class Opened:
    """A dialog and all that it told."""

    def __init__(self, qtbot: QtBot, current: str) -> None:
        self.qtbot, self.parent = qtbot, QObject()
        self.chores = Chores(self.parent)
        self.dialog = ProfileDialog(current, self.chores)
        self.chosen: list[str] = []
        self.touched: list[bool] = []
        self.dialog.chosen.connect(self.chosen.append)
        self.dialog.touched.connect(lambda: self.touched.append(True))
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.chores.busy)

    def names(self) -> list[str]:
        return [self.dialog.list.item(row).text() for row in range(self.dialog.list.count())]

    def look_at(self, row: int) -> None:
        self.dialog.list.setCurrentRow(row)
        self.settle()

    def press(self, name: str) -> None:
        button = self.dialog.buttons[name]
        assert button.isEnabled()
        button.click()
        self.settle()

    def cells(self, row: int) -> list[str]:
        table = self.dialog.table
        return [table.item(row, column).text() for column in range(table.columnCount())]


@pytest.fixture
def open_dialog(
    qtbot: QtBot, conductor: Conductor, calibration: Calibration, own_home: Path
) -> Callable[[str], Opened]:
    store = ProfileStore()
    assert conductor.report is not None
    older = replace(calibration, id="20260101T080000Z-0001", made="2026-01-01T08:00:00Z")
    store.add("anna", older)
    store.add("anna", calibration, report=conductor.report.to_json())
    store.add("ben", replace(calibration, kind="recentre", recentred_from="x"))
    return lambda current: Opened(qtbot, current)


def answer(monkeypatch: pytest.MonkeyPatch, text: str, agreed: bool = True) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (text, agreed))


def agree(monkeypatch: pytest.MonkeyPatch, answer: QMessageBox.StandardButton) -> list[str]:
    asked: list[str] = []

    def question(_: Any, __: str, text: str, *___: Any) -> QMessageBox.StandardButton:
        asked.append(text)
        return answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


YES, CANCEL = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.Cancel


def test_profiles_and_their_calibrations(open_dialog: Any, conductor: Conductor) -> None:
    opened = open_dialog("ben")
    assert opened.names() == ["anna", "ben (in use)"]
    assert opened.dialog.name == "ben"
    assert opened.cells(0)[4] == "recentred"
    opened.look_at(0)
    assert opened.dialog.table.rowCount() == 2
    newest, older = opened.cells(0), opened.cells(1)
    assert older[0].startswith("2026-01-01")
    assert newest[1:3] == [SCREEN.name, CAMERA.name]
    assert newest[3] == f"{conductor.report.accuracy_deg:.1f}°"  # type: ignore[union-attr]
    assert older[3] == "–", "it was never measured"
    assert newest[4] == "5 targets"


def test_another_profile_is_used(open_dialog: Any) -> None:
    opened = open_dialog("ben")
    assert not opened.dialog.buttons["use"].isEnabled()
    opened.look_at(0)
    opened.press("use")
    assert opened.chosen == ["anna"]
    assert opened.names() == ["anna (in use)", "ben"]


def test_a_new_profile(open_dialog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_dialog("ben")
    answer(monkeypatch, "../up")
    opened.press("new")
    assert "letters" in opened.dialog.note
    assert opened.chosen == []
    answer(monkeypatch, "Carla")
    opened.press("new")
    assert opened.chosen == ["Carla"]
    assert opened.names() == ["anna", "ben", "Carla (in use)"]
    for name in ("rename", "delete", "export", "delete_calibration"):
        assert not opened.dialog.buttons[name].isEnabled(), "there is no file yet"


def test_renaming(open_dialog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_dialog("anna")
    answer(monkeypatch, "ben")
    opened.press("rename")
    assert "already" in opened.dialog.note
    answer(monkeypatch, "berta")
    opened.press("rename")
    assert opened.chosen == ["berta"], "the profile in use goes by its new name"
    assert ProfileStore().names() == ["ben", "berta"]
    answer(monkeypatch, "nobody", agreed=False)
    opened.press("rename")
    assert ProfileStore().names() == ["ben", "berta"]


def test_deleting_is_asked_about(open_dialog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_dialog("anna")
    asked = agree(monkeypatch, CANCEL)
    opened.press("delete")
    assert "anna" in asked[0]
    assert ProfileStore().names() == ["anna", "ben"]
    agree(monkeypatch, YES)
    opened.press("delete")
    assert ProfileStore().names() == ["ben"]
    assert opened.touched == [True], "what is in use must be let go of"
    opened.look_at(1)
    opened.press("delete")
    assert ProfileStore().names() == []
    assert opened.touched == [True], "it was somebody else's"


def test_one_calibration_is_deleted(
    open_dialog: Any, monkeypatch: pytest.MonkeyPatch, calibration: Calibration
) -> None:
    opened = open_dialog("anna")
    assert not opened.dialog.buttons["delete_calibration"].isEnabled()
    opened.dialog.table.selectRow(0)
    agree(monkeypatch, YES)
    opened.press("delete_calibration")
    assert opened.touched == [True]
    (left,) = ProfileStore().load("anna").entries
    assert left.calibration.id != calibration.id
    assert opened.dialog.table.rowCount() == 1


def test_export_and_import(
    open_dialog: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "anna.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    opened = open_dialog("anna")
    opened.press("export")
    assert str(file) in opened.dialog.note
    opened.press("import_")
    assert opened.names() == ["anna (in use)", "anna-2", "ben"]
    assert opened.dialog.name == "anna-2"
    assert "anna-2" in opened.dialog.note
    file.write_text("{}")
    opened.press("import_")
    assert "no profile" in opened.dialog.note


def test_a_damaged_profile_is_told_and_the_others_are_there(open_dialog: Any) -> None:
    path = ProfileStore().folder / "ben.json"
    path.write_text(path.read_text()[:-200])
    opened = open_dialog("anna")
    assert opened.dialog.table.rowCount() == 2
    opened.look_at(1)
    assert "damaged" in opened.dialog.note
    assert opened.dialog.table.rowCount() == 0


def test_everything_is_named(open_dialog: Any) -> None:
    opened = open_dialog("anna")
    for button in opened.dialog.buttons.values():
        assert button.text()
        assert button.toolTip()
    for widget in (opened.dialog.list, opened.dialog.table):
        assert widget.accessibleName()
