"""ProblemDialog: a problem's sentence, its details for whoever helps, and where the log lies."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.gui import theme
from app.live.state import Problem
from app.strings import tr

SIGN = 32
"""Pixels of the sign beside the sentence."""


class ProblemDialog(QDialog):
    """Nothing in it changes anything.

    Args:
        problem: what went wrong.
        log_path: the log file.
    """

    def __init__(self, problem: Problem, log_path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problemDialog")
        self.setWindowTitle(tr("What went wrong"))
        self._problem, self._log_path = problem, log_path
        self.sentence = QLabel(problem.sentence)
        self.sentence.setObjectName("problemSentence")
        self.sentence.setProperty("heading", True)
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details = QPlainTextEdit(problem.details or tr("Nothing more is known."))
        self.details.setObjectName("problemDetails")
        self.details.setProperty("mono", True)
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setAccessibleName(tr("Details"))
        self.log = QLabel(str(log_path))
        self.log.setObjectName("logPath")
        self.log.setProperty("muted", True)
        self.log.setWordWrap(True)
        self.log.setTextFormat(Qt.TextFormat.PlainText)
        self.log.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.log.setAccessibleName(tr("Path of the log file"))
        self._lay_out()

    @property
    def text(self) -> str:
        """All of it, as it is copied."""
        lines = (
            self._problem.sentence,
            self._problem.details,
            f"GazeCLIP Desktop {__version__}",
            tr("Log file: {path}").format(path=self._log_path),
        )
        return "\n\n".join(line for line in lines if line) + "\n"

    def copy(self) -> None:
        """Put all of it on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)
        self.copy_button.setText(tr("Copied"))
        self.copy_button.setIcon(theme.icon("check"))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_path.parent)))

    def _lay_out(self) -> None:
        sign = QLabel()
        sign.setPixmap(theme.icon("error", "record").pixmap(SIGN, SIGN))
        log_label = QLabel(tr("The log file says more about what happened before:"))
        log_label.setWordWrap(True)
        self.copy_button = QPushButton(theme.icon("copy"), tr("Copy"))
        self.copy_button.setObjectName("copy")
        self.copy_button.setToolTip(tr("Copy the sentence, the details and the log file's path"))
        self.copy_button.clicked.connect(self.copy)
        folder = QPushButton(theme.icon("folder"), tr("Open the log's folder"))
        folder.setObjectName("openLogFolder")
        folder.setEnabled(self._log_path.parent.is_dir())
        folder.clicked.connect(self._open_folder)
        close = QPushButton(tr("Close"))
        close.setObjectName("close")
        close.setProperty("primary", True)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.sentence, 1)
        bottom.addWidget(self.copy_button)
        bottom.addWidget(folder)
        bottom.addStretch(1)
        bottom.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 18)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self.details, 1)
        column.addWidget(log_label)
        column.addWidget(self.log)
        column.addLayout(bottom)
        self.setMinimumSize(440, 320)
        self.resize(600, 420)
        close.setFocus()
