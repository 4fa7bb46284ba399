"""FailurePage: why there is no calibration, and what can be done about it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.gui import theme
from app.gui.narrow import narrow
from app.live import telling
from app.strings import tr

SIGN = 40
"""Pixels of the sign above the words."""

WIDTH = 620


class FailurePage(QWidget):
    """Says it in one sentence.

    Signals:
        again: try again.
        turned: switch the camera to mirrored, or back, and try again.
        left: leave it at that.
    """

    again = Signal()
    turned = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("failurePage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        sign, title = QLabel(), QLabel(tr("This gave no calibration"))
        sign.setPixmap(theme.icon("warning", "warning").pixmap(SIGN, SIGN))
        title.setProperty("title", True)
        self._problem, self._asked = QLabel(), QLabel()
        self._problem.setObjectName("failureProblem")
        self._asked.setObjectName("failureAsked")
        self._asked.setProperty("heading", True)
        self.turn = _button("turn", tr("Turn the picture round and try again"))
        self.retry = _button("again", tr("Try again"))
        self.leave = _button("leave", tr("Close (Esc)"))
        self.turn.clicked.connect(self.turned)
        self.retry.clicked.connect(self.again)
        self.leave.clicked.connect(self.left)
        self.first = self.retry
        words, buttons = (sign, title, self._problem, self._asked), QHBoxLayout()
        for label in words:
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(label is not sign)
        buttons.setSpacing(10)
        buttons.addStretch(1)
        for button in (self.leave, self.retry, self.turn):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(22)
        column.addStretch(1)
        column.addLayout(narrow(WIDTH, *words))
        column.addLayout(buttons)
        column.addStretch(1)

    def show_failure(self, problem: str, asked: str) -> None:
        """Say what went wrong; `asked`: whether the camera's picture is mirrored."""
        self._problem.setText(telling.sentence(problem))
        self._asked.setText(asked)
        self._asked.setVisible(bool(asked))
        self.turn.setVisible(bool(asked))
        self.first = self.turn if asked else self.retry
        for button in (self.turn, self.retry):
            button.setProperty("primary", button is self.first)
            button.style().polish(button)
        self.setAccessibleName(self.problem)

    @property
    def problem(self) -> str:
        """What it says."""
        return self._problem.text()


def _button(name: str, text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(text)
    return button
