"""narrow: words in the middle of a wide page, no wider than can be read."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget


def narrow(width: int, *lines: QLabel) -> QHBoxLayout:
    """Words under one another, centred, so many pixels wide.

    A widget of their own between two stretches: so Qt gives wrapped words the height they need.
    """
    holder, row = QWidget(), QHBoxLayout()
    holder.setFixedWidth(width)
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    for line in lines:
        column.addWidget(line)
    row.addStretch(1)
    row.addWidget(holder)
    row.addStretch(1)
    return row
