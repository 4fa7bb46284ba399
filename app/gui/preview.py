"""Preview: the picture as the engine made it, and what has to be said over it."""

import time
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.gui import theme
from app.gui.deed_button import Action, DeedButton
from app.gui.images import to_qimage
from app.live.state import View
from app.strings import tr

ROUNDNESS = 10
DIMMED = QColor(0, 0, 0, 170)
"""Over the last picture while something is said: light text reads on it in both themes."""

ROUNDING = 2.0
"""Pixels by which a picture may miss its place and still be painted pixel for pixel."""


class Preview(QWidget):
    """Paints the latest picture, centred, pixel for pixel; dims it under a cover.

    Signals:
        resized: (width, height) in device pixels that a picture may take.
        drawn: ms from a frame's capture to its picture being handed to the screen.
    """

    resized = Signal(int, int)
    drawn = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview")
        self.setAccessibleName(tr("The camera's picture, mirrored, with your gaze drawn on it"))
        self.setMinimumSize(240, 130)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # somewhere for keys when no field has them
        self.image: QImage | None = None
        self._captured_ns = self._told_ns = 0
        self.cover = Cover(self)
        self.cover.hide()
        self._ringed = False

    def show_view(self, view: View) -> None:
        """Paint a view's picture soon."""
        self.image = to_qimage(view.picture)
        self.image.setDevicePixelRatio(self.devicePixelRatioF())
        self._captured_ns = view.captured_ns
        self._place_cover()
        self.update()

    def clear(self) -> None:
        """Forget the picture: it belongs to another source."""
        self.image = None
        self._place_cover()
        self.update()

    def cover_with(self, title: str, text: str = "", actions: Sequence[Action] = ()) -> None:
        """Dim the picture and say something over it."""
        self.cover.say(title, text, actions)
        self._place_cover()
        self.cover.show()
        self.update()

    def uncover(self) -> None:
        """Take the cover away."""
        if self.cover.isVisibleTo(self):
            self.cover.hide()
            self.update()

    def note_drawn(self) -> None:
        """The window's content has gone to the screen: tell how old a new picture is, once."""
        if self._captured_ns > self._told_ns:  # not when an old one is drawn anew
            self._told_ns = self._captured_ns
            self.drawn.emit((time.perf_counter_ns() - self._captured_ns) / 1e6)

    def ask_for_size(self) -> None:
        """Tell which size a picture may have."""
        ratio = self.devicePixelRatioF()
        self.resized.emit(round(self.width() * ratio), round(self.height() * ratio))

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        return QSize(720, 540)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        super().resizeEvent(event)
        self._place_cover()
        self.ask_for_size()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        super().showEvent(event)
        self.ask_for_size()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802  (Qt's name)
        super().focusInEvent(event)
        by_key = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._ringed = event.reason() in by_key
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802  (Qt's name)
        super().focusOutEvent(event)
        self._ringed = False
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self.picture_place()
        shape = QPainterPath()
        shape.addRoundedRect(place, ROUNDNESS, ROUNDNESS)
        if self.image is None:
            painter.fillPath(shape, theme.colour("panel"))
        else:
            # Until the engine has heard of a new size, its picture is stretched to it.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self.image)
            corners = QPainterPath()
            corners.addRect(place)
            painter.fillPath(corners.subtracted(shape), theme.colour("window"))
        if self.cover.isVisibleTo(self):
            painter.fillPath(shape, DIMMED)
        if self._ringed:  # whoever goes by keys must see where they are
            painter.setPen(QPen(theme.colour("accent"), 2.0))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), ROUNDNESS, ROUNDNESS)

    def picture_place(self) -> QRectF:
        """Where the picture goes: as large as fits, in the middle."""
        space = QRectF(self.rect())
        if self.image is None:
            return space
        size = self.image.deviceIndependentSize()
        fitted = size.scaled(space.size(), Qt.AspectRatioMode.KeepAspectRatio)
        if abs(fitted.width() - size.width()) > ROUNDING or size.width() > space.width():
            size = fitted
        left = round((space.width() - size.width()) / 2)
        top = round((space.height() - size.height()) / 2)
        return QRectF(left, top, size.width(), size.height())

    def _place_cover(self) -> None:
        """Over the picture; where that is too narrow for words, over all there is."""
        place = self.picture_place().toRect()
        narrow = place.width() < self.cover.minimumSizeHint().width()
        self.cover.setGeometry(self.rect() if narrow else place)


class Cover(QWidget):
    """A title, a sentence and buttons, in the middle of the dimmed picture."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("cover")
        self.title, self.text = QLabel(), QLabel()
        self.title.setObjectName("coverTitle")
        self.text.setObjectName("coverText")
        for label in (self.title, self.text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.buttons: list[DeedButton] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 16, 32, 16)
        layout.setSpacing(10)
        layout.addStretch(1)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addSpacing(6)
        layout.addLayout(self._row)
        layout.addStretch(1)

    def say(self, title: str, text: str, actions: Sequence[Action]) -> None:
        """Put up new words and buttons."""
        self.title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.setAccessibleName(f"{title} {text}".strip())
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.buttons = []
        self._row.addStretch(1)
        for action in actions:
            button = DeedButton(action)
            self.buttons.append(button)
            self._row.addWidget(button)
        self._row.addStretch(1)
