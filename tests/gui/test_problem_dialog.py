"""The details of a problem can be read, copied and found again in the log."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.gui.problem_dialog import ProblemDialog
from app.live.state import Problem

PROBLEM = Problem("The disk is full: free some space.", "OSError: [Errno 28] <b>no space</b>")


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> ProblemDialog:
    made = ProblemDialog(PROBLEM, tmp_path / "gazeclip.log")
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_shows_sentence_details_and_log(dialog: ProblemDialog, tmp_path: Path) -> None:
    assert dialog.sentence.text() == PROBLEM.sentence
    assert dialog.details.toPlainText() == PROBLEM.details
    assert dialog.log.text() == str(tmp_path / "gazeclip.log")


def test_all_of_it_is_copied(dialog: ProblemDialog, qtbot: QtBot, tmp_path: Path) -> None:
    qtbot.mouseClick(_button(dialog, "copy"), Qt.MouseButton.LeftButton)

    copied = QGuiApplication.clipboard().text()
    for part in (PROBLEM.sentence, PROBLEM.details, str(tmp_path / "gazeclip.log")):
        assert part in copied


def test_the_logs_folder_is_opened(
    dialog: ProblemDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))

    qtbot.mouseClick(_button(dialog, "openLogFolder"), Qt.MouseButton.LeftButton)

    assert [Path(path) for path in opened] == [tmp_path]


def test_a_folder_that_is_not_there_cannot_be_opened(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = ProblemDialog(Problem("Odd."), tmp_path / "none" / "gazeclip.log")
    qtbot.addWidget(dialog)

    assert not _button(dialog, "openLogFolder").isEnabled()
    assert dialog.details.toPlainText() == "Nothing more is known."


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_keys_close_it(dialog: ProblemDialog, qtbot: QtBot, key: Qt.Key) -> None:
    qtbot.keyClick(dialog, key)

    assert not dialog.isVisible()


def _button(dialog: ProblemDialog, name: str) -> QPushButton:
    button = dialog.findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    return button
