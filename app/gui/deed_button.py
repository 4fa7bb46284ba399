"""DeedButton: a button that does one thing, made and thrown away while the window lives."""

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QWidget

Action = tuple[str, Callable[[], object]]
"""A button's text and what it does."""


class DeedButton(QPushButton):
    """Calls a function when it is pressed.

    Its own method is connected, not the function: PySide6 (seen in 6.9 to 6.11) crashes when a
    widget with a lambda connected waits for its deletion while Python lets go of its parent.
    """

    def __init__(self, action: Action, parent: QWidget | None = None) -> None:
        label, self._act = action
        super().__init__(label, parent)
        self.setAccessibleName(label)
        self.clicked.connect(self._pressed)

    def _pressed(self) -> None:
        self._act()
