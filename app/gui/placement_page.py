"""PlacementPage: a small mirror with an outline where the face should be, before the targets."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.calibration.choreography.scene import Scene
from app.gui.grounds import Ground
from app.gui.images import to_qimage
from app.gui.narrow import narrow
from app.live.state import View
from app.strings import tr

ROUNDNESS = 14
WIDTH = 640
"""Of the words: longer lines are hard to read. The smallest screen has more."""

FACE_HEIGHT, FACE_RATIO = 0.56, 0.74
"""Of the outline: share of the picture's height, and its width over its height."""

OUTSIDE = 110
"""Opacity, of 255, of what lies over the picture outside the outline."""

READY, NOT_READY = "#146c3c", "#424b52"
"""Colours of the outline on its white ground."""

RATIO = 4 / 3
"""Width : height of the place while there is no picture."""


class PlacementPage(QWidget):
    """Says whether the person sits well, and how to begin.

    Args:
        ground: its colours.

    Signals:
        begun: the button was pressed.
        left: the other one was.
    """

    begun = Signal()
    left = Signal()

    def __init__(self, ground: Ground, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("calibrationPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.mirror = Mirror(ground)
        self._title, self._message, self._way = QLabel(), QLabel(), QLabel()
        self._title.setProperty("title", True)
        self._message.setObjectName("placementMessage")
        self._message.setProperty("heading", True)
        self._way.setProperty("muted", True)
        for words in (self._title, self._message, self._way):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            words.setWordWrap(True)
        lines = self._message.fontMetrics().lineSpacing()
        self._message.setMinimumHeight(2 * lines)  # nothing shall jump when words come
        self.begin = QPushButton(tr("Begin (Space)"))
        self.begin.setObjectName("begin")
        self.begin.setProperty("primary", True)
        self.begin.setToolTip(tr("Show the first dot (Space)"))
        self.begin.clicked.connect(self.begun)
        self.leave = QPushButton(tr("Cancel (Esc)"))
        self.leave.setObjectName("leave")
        self.leave.setToolTip(tr("Leave everything as it is (Esc)"))
        self.leave.clicked.connect(self.left)
        self._lay_out()
        self._ready: bool | None = None

    def say(self, title: str, way: str) -> None:
        """What is about to happen, and how it goes."""
        self._title.setText(title)
        self._way.setText(way)

    def show_scene(self, scene: Scene, fault: str = "") -> None:
        """Say what is missing; `fault`: why there is no picture."""
        ready = scene.ready and not fault
        text = fault or scene.message or (tr("You sit well.") if ready else tr("One moment …"))
        if text != self._message.text():
            self._message.setText(text)
            self._message.setAccessibleName(text)
        if ready != self._ready:
            self._ready = ready
            self._message.setProperty("mood", "good" if ready else "")
            self._message.style().polish(self._message)
            self.mirror.note_ready(ready)

    @property
    def message(self) -> str:
        """What it says."""
        return self._message.text()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.begin)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(48, 24, 48, 24)
        column.setSpacing(14)
        column.addStretch(2)
        column.addLayout(narrow(WIDTH, self._title, self._message))
        column.addWidget(self.mirror, 12, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(6)
        column.addLayout(narrow(WIDTH, self._way))
        column.addSpacing(6)
        column.addLayout(buttons)
        column.addStretch(3)


class Mirror(QWidget):
    """The picture, dimmed but for an oval in its middle.

    Signals:
        resized: (width, height) in device pixels that a picture may take.
    """

    resized = Signal(int, int)

    def __init__(self, ground: Ground, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mirror")
        self.setAccessibleName(tr("The camera's picture, mirrored, with the place for your face"))
        self._ground = ground
        self._ready = False
        self.image: QImage | None = None
        self.setMinimumSize(160, 120)
        self.setMaximumSize(660, 400)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_view(self, view: View) -> None:
        """Show a view's picture."""
        self.image = to_qimage(view.picture)
        self.image.setDevicePixelRatio(self.devicePixelRatioF())
        self.update()

    def clear(self) -> None:
        """There is no picture."""
        self.image = None
        self.update()

    def note_ready(self, ready: bool) -> None:
        """The face is well placed, or not."""
        self._ready = ready
        self.update()

    def ask_for_size(self) -> None:
        """Say how large a picture may be."""
        ratio = self.devicePixelRatioF()
        self.resized.emit(round(self.width() * ratio), round(self.height() * ratio))

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        return QSize(560, 420)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        super().resizeEvent(event)
        self.ask_for_size()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        super().showEvent(event)
        self.ask_for_size()

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        place = self._place()
        frame, oval = QPainterPath(), QPainterPath()
        frame.addRoundedRect(place, ROUNDNESS, ROUNDNESS)
        oval.addEllipse(face_outline(place))
        painter.setClipPath(frame)
        veil = QColor(self._ground.ground)
        if self.image is None:
            painter.fillPath(frame, QColor(self._ground.quiet).darker(130))
        else:
            painter.drawImage(place, self.image)
        veil.setAlpha(OUTSIDE)
        painter.fillPath(frame.subtracted(oval), veil)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(255, 255, 255, 210), 5.0))  # seen on any picture
        painter.drawEllipse(face_outline(place))
        if self._ready:
            painter.setPen(QPen(QColor(READY), 3.5))
        else:
            painter.setPen(QPen(QColor(NOT_READY), 2.0, Qt.PenStyle.DashLine))
        painter.drawEllipse(face_outline(place))

    def _place(self) -> QRectF:
        """Where the picture goes: as large as fits, in the middle."""
        size = QSize(round(1000 * RATIO), 1000) if self.image is None else self.image.size()
        fitted = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, fitted.width(), fitted.height())
        place.moveCenter(QRectF(self.rect()).center())
        return place


def face_outline(place: QRectF) -> QRectF:
    """Where the face should be in a picture."""
    height = FACE_HEIGHT * place.height()
    oval = QRectF(0, 0, FACE_RATIO * height, height)
    oval.moveCenter(place.center() + QPointF(0.0, 0.02 * place.height()))
    return oval
