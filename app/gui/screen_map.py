"""ScreenMap: the screen in small, and where one looks on it."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen, QRadialGradient
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui import theme
from app.sample import OnScreen
from app.strings import tr
from model.screen import Screen

ROUNDNESS, RADIUS = 6.0, 5.0
TALLEST = 150
"""Logical pixels: a turned screen must not push the figures out of sight."""


class ScreenMap(QWidget):
    """A dot where the point of gaze is; at the edge, and hollow, where it is beyond."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("screenMap")
        self.setAccessibleName(tr("Where you look on the screen"))
        self.setToolTip(
            tr("The screen, and where you look on it (N); hollow: outside of what was calibrated")
        )
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._screen: Screen | None = None
        self.share: tuple[float, float] | None = None
        self.inside = False

    def show_screen(self, screen: Screen | None) -> None:
        """Show the map of a screen."""
        self._screen = screen
        self.updateGeometry()
        self.show_point(None)

    def show_point(self, point: OnScreen | None) -> None:
        """Show a point of gaze, None for none."""
        share = None
        if point is not None and self._screen is not None:
            x, y = (float(v) for v in point.pixel_smooth)
            if x == x and y == y:  # not where the gaze never meets the screen
                share = (x / self._screen.pixels[0], y / self._screen.pixels[1])
        if share is None and self.share is None:
            return
        self.share, self.inside = share, point is not None and point.inside
        self.update()

    def hasHeightForWidth(self) -> bool:  # noqa: N802  (Qt's name)
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802  (Qt's name)
        pixels = (16, 9) if self._screen is None else self._screen.pixels
        return min(round(width * pixels[1] / pixels[0]), TALLEST)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        return QSize(200, self.heightForWidth(200))

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place, shape = self._place(), QPainterPath()
        shape.addRoundedRect(place, ROUNDNESS, ROUNDNESS)
        painter.fillPath(shape, theme.colour("raised"))
        painter.setPen(QPen(theme.colour("edge"), 1.0))
        painter.drawPath(shape)
        if self.share is None:
            return
        x, y = (min(max(value, 0.0), 1.0) for value in self.share)
        at = QPointF(place.x() + x * place.width(), place.y() + y * place.height())
        colour = theme.colour("accent")
        painter.setPen(Qt.PenStyle.NoPen)
        if self.inside:
            glow = QRadialGradient(at, 4 * RADIUS)
            faint, none = theme.colour("accent"), theme.colour("accent")
            faint.setAlphaF(0.35)
            none.setAlphaF(0.0)
            glow.setColorAt(0.0, faint)
            glow.setColorAt(1.0, none)
            painter.setClipPath(shape)
            painter.setBrush(glow)
            painter.drawEllipse(at, 4 * RADIUS, 4 * RADIUS)
            painter.setClipping(False)
            painter.setBrush(colour)
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, 1.6))
        painter.drawEllipse(at, RADIUS, RADIUS)

    def _place(self) -> QRectF:
        pixels = QSize(16, 9) if self._screen is None else QSize(*self._screen.pixels)
        space = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        fitted = pixels.scaled(space.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, fitted.width(), fitted.height())
        place.moveCenter(space.center())
        return place
