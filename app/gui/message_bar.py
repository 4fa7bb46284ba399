"""MessageBar: sentences for the person above the picture, each with what can be done about it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui import theme
from app.gui.deed_button import Action, DeedButton
from app.strings import tr

Mood = Literal["info", "good", "warning", "error"]

MOST = 3
"""Messages at a time; the oldest that can be closed makes room."""

ICONS: dict[Mood, tuple[str, str]] = {
    "info": ("about", "accent"),
    "good": ("good", "good"),
    "warning": ("warning", "warning"),
    "error": ("error", "record"),
}
"""Icon and colour for each mood."""


class MessageBar(QWidget):
    """At most one message for each topic, the newest at the bottom; no room where there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._messages: dict[str, Message] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.hide()

    def say(
        self,
        topic: str,
        sentence: str,
        mood: Mood = "info",
        actions: Sequence[Action] = (),
        closable: bool = True,
    ) -> None:
        """Put up a message, in place of an earlier one of its topic."""
        before = self._messages.get(topic)
        if before is not None and before.sentence == sentence and before.mood == mood:
            before.set_actions(actions)
            return
        self.unsay(topic)
        message = Message(topic, sentence, mood, closable, self)
        message.set_actions(actions)
        message.closed.connect(self.unsay)
        self._messages[topic] = message
        self._column.addWidget(message)
        closable_topics = [name for name, one in self._messages.items() if one.closable]
        if len(self._messages) > MOST and closable_topics:
            self.unsay(closable_topics[0])
        self.show()

    def unsay(self, topic: str) -> None:
        """Take a topic's message away, if there is one."""
        message = self._messages.pop(topic, None)
        if message is not None:
            message.hide()
            self._column.removeWidget(message)
            message.deleteLater()
        self.setVisible(bool(self._messages))

    def message(self, topic: str) -> "Message | None":
        """A topic's message."""
        return self._messages.get(topic)

    @property
    def topics(self) -> list[str]:
        """What there is to say, oldest first."""
        return list(self._messages)


class Message(QFrame):
    """An icon, a sentence, buttons.

    Signals:
        closed: its topic: the person has read it.
    """

    closed = Signal(str)

    def __init__(
        self, topic: str, sentence: str, mood: Mood, closable: bool, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self.setProperty("mood", mood)
        self.setAccessibleName(sentence)
        self.topic, self.sentence, self.mood, self.closable = topic, sentence, mood, closable
        self.buttons: list[DeedButton] = []
        sign = QLabel()
        sign.setPixmap(theme.icon(*ICONS[mood]).pixmap(18, 18))
        text = QLabel(sentence)
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.close_button = QToolButton(self)  # without a parent it would be shown as a window
        self.close_button.setAutoRaise(True)
        self.close_button.setIcon(theme.icon("close"))
        self.close_button.setToolTip(tr("Close this message"))
        self.close_button.setAccessibleName(tr("Close this message"))
        self.close_button.setVisible(closable)
        self.close_button.clicked.connect(self._close)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 6, 6)
        self._row.setSpacing(10)
        self._row.addWidget(sign)
        self._row.addWidget(text, 1)
        self._row.addWidget(self.close_button)

    def set_actions(self, actions: Sequence[Action]) -> None:
        """Put up these buttons, in place of those before."""
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for action in actions:
            button = DeedButton(action)
            self._row.insertWidget(self._row.count() - 1, button)
            self.buttons.append(button)
        for before, after in pairwise([*self.buttons, self.close_button]):
            QWidget.setTabOrder(before, after)

    def _close(self) -> None:
        self.closed.emit(self.topic)
