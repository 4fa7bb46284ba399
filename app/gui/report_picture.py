"""ReportPicture: the screen in small, with an arrow from each target to the point of gaze."""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.calibration.validation import Report, TargetError
from app.gui import theme
from app.gui.wording import degrees, millimetres, pixels, share
from app.strings import tr
from model.geometry import Array
from model.screen import Screen

MARGIN = 22
"""Logical pixels around the screen: points of gaze may lie outside of it."""

TARGET, POINT, HEAD = 5.5, 4.0, 9.0
"""Radii of a target and of a point of gaze, and the length of an arrow's head."""

NEAR = 26.0
"""So near to a target or its point of gaze the pointer means it."""


class ReportPicture(QWidget):
    """Shows where the targets were and where the gaze was found.

    Signals:
        pointed: the number of the target under the pointer, or -1.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reportPicture")
        self.setAccessibleName(tr("Arrows from each target to the point of gaze"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)
        self.setMinimumSize(280, 190)
        self.setMouseTracking(True)
        self._report: Report | None = None
        self._screen: Screen | None = None
        self.chosen = -1

    def show_report(self, report: Report | None, screen: Screen) -> None:
        """Show a report of a screen."""
        self._report, self._screen, self.chosen = report, screen, -1
        self.update()

    def choose(self, number: int) -> None:
        """Bring out one target; -1: none."""
        if number != self.chosen:
            self.chosen = number
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        return QSize(640, 400)

    def target_place(self, number: int) -> QPointF:
        """Where a target is drawn."""
        assert self._report is not None
        return self._placed(self._report.targets[number].target)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's name)
        self._point(event.position())

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        super().leaveEvent(event)
        self._point(None)

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(self._space(), 8, 8)
        painter.fillPath(shape, theme.colour("panel"))
        painter.setPen(QPen(theme.colour("edge"), 1.0))
        painter.drawPath(shape)
        if self._report is None:
            return
        worst = _worst(self._report)
        for number, target in enumerate(self._report.targets):
            self._draw(painter, number, target, number == worst)

    def _draw(self, painter: QPainter, number: int, target: TargetError, worst: bool) -> None:
        chosen = number == self.chosen
        colour = theme.colour("warning" if worst else "accent")
        if self.chosen >= 0 and not chosen:
            colour.setAlphaF(0.35)
        here = self._placed(target.target)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("text" if chosen else "muted"), 1.6))
        painter.drawEllipse(here, TARGET, TARGET)
        if math.isfinite(float(target.point.sum())):
            there = self._placed(target.point)
            painter.setPen(QPen(colour, 3.2 if chosen else 2.4))
            painter.drawLine(here, there)
            _draw_head(painter, here, there)
            painter.setBrush(colour)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(there, POINT, POINT)
        font = QFont(self.font())
        font.setBold(chosen)
        painter.setFont(font)
        painter.setPen(theme.colour("text" if chosen else "muted"))
        line = 1.4 * painter.fontInfo().pixelSize()
        down = bool(target.point[1] > target.target[1])  # words stand where the arrow is not
        top = here.y() - TARGET - 3 - line if down else here.y() + TARGET + 3
        words = QRectF(here.x() - 60, top, 120, line)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), degrees(target.accuracy_deg))

    def _point(self, place: QPointF | None) -> None:
        number = -1
        if place is not None and self._report is not None:
            away = [
                min(_distance(place, self._placed(one)) for one in (target.target, target.point))
                for target in self._report.targets
            ]
            nearest = min(range(len(away)), key=away.__getitem__, default=-1)
            number = nearest if nearest >= 0 and away[nearest] <= NEAR else -1
        if number != self.chosen:
            self.choose(number)
            self.pointed.emit(number)
        text = ""
        if number >= 0 and self._report is not None:
            text = told(self._report.targets[number])
        self.setToolTip(text)

    def _space(self) -> QRectF:
        """Where the screen is drawn: as large as fits, in the middle."""
        around = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        shape = QSize(16, 9) if self._screen is None else QSize(*self._screen.pixels)
        fitted = shape.scaled(around.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, fitted.width(), fitted.height())
        place.moveCenter(around.center())
        return place

    def _placed(self, pixel: Array) -> QPointF:
        """Where a point of the screen is drawn; far ones at the widget's edge."""
        assert self._screen is not None
        space, (width, height) = self._space(), self._screen.pixels
        x = space.x() + float(pixel[0]) / width * space.width()
        y = space.y() + float(pixel[1]) / height * space.height()
        if not (math.isfinite(x) and math.isfinite(y)):
            return QPointF(-1e4, -1e4)
        return QPointF(min(max(x, 4.0), self.width() - 4.0), min(max(y, 4.0), self.height() - 4.0))


def told(target: TargetError) -> str:
    """One target's figures in a line."""
    return tr("{deg}, {px}, {mm} off; trembles {precision}; {loss} lost").format(
        deg=degrees(target.accuracy_deg),
        px=pixels(target.accuracy_px),
        mm=millimetres(target.accuracy_mm),
        precision=degrees(target.precision_rms_deg),
        loss=share(target.loss),
    )


def _worst(report: Report) -> int:
    """The number of the target that is farthest off, -1 of fewer than two."""
    targets = report.targets
    if len(targets) < 2:
        return -1
    return max(range(len(targets)), key=lambda number: targets[number].accuracy_deg)


def _distance(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())


def _draw_head(painter: QPainter, tail: QPointF, tip: QPointF) -> None:
    length = _distance(tail, tip)
    if length < 2 * HEAD:
        return
    along = (tip - tail) / length
    across = QPointF(-along.y(), along.x())
    for side in (0.5, -0.5):
        painter.drawLine(tip, tip - along * HEAD + across * (side * HEAD))
