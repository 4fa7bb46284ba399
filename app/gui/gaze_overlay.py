"""GazeOverlay: a soft ring where one looks, over all windows; clicks go through it."""

import math

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QPen, QRegion, QScreen
from PySide6.QtWidgets import QWidget

from app.sample import OnScreen
from app.strings import tr

RADIUS = 34.0
"""Logical pixels; about as large as what the ring can promise."""

RIM, SHADE = QColor(94, 194, 207, 215), QColor(8, 24, 28, 120)
"""Of the ring, and of the line around it that makes it visible on light grounds."""

HELD = 12
"""Points that may be missing before the ring goes: a blink must not make it flicker."""


class GazeOverlay(QWidget):
    """Covers a screen, takes no click and no key.

    Only around the ring is anything painted anew. It has no parent: systems hide a window's own
    windows with it, and this one is for when another application is in front.
    """

    def __init__(self) -> None:
        kind = Qt.WindowType
        super().__init__(
            None,
            kind.Tool
            | kind.FramelessWindowHint
            | kind.WindowStaysOnTopHint
            | kind.WindowTransparentForInput
            | kind.WindowDoesNotAcceptFocus
            | kind.NoDropShadowWindowHint,
        )
        self.setObjectName("gazeOverlay")
        self.setWindowTitle(tr("Point of gaze"))
        attribute = Qt.WidgetAttribute
        for one in (
            attribute.WA_TranslucentBackground,
            attribute.WA_TransparentForMouseEvents,
            attribute.WA_ShowWithoutActivating,
            attribute.WA_NoSystemBackground,
            attribute.WA_MacAlwaysShowToolWindow,
        ):
            self.setAttribute(one)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._origin, self._ratio = QPoint(), 1.0
        self.place: QPointF | None = None
        self._inside = True
        self._missing = 0
        # Where an X server composes no windows, none is translucent: the screen would be black.
        self._shaped = QGuiApplication.platformName() == "xcb"

    def show_on(self, where: QScreen, pixel_ratio: float) -> None:
        """Cover a screen."""
        self._origin, self._ratio = where.geometry().topLeft(), pixel_ratio
        self.setScreen(where)
        self.setGeometry(where.geometry())
        if self._shaped:
            self.setMask(_ring(self.place))
        self.show()
        self.raise_()

    def show_point(self, point: OnScreen | None) -> None:
        """Move the ring to a point of gaze; None: there is none now."""
        place = None if point is None else self._placed(point)
        if place is None:
            self._missing += 1
            if self._missing <= HELD:
                return
        else:
            self._missing = 0
        before = self.place
        self.place, self._inside = place, point is not None and point.inside
        if self._shaped:
            self.setMask(_ring(place))
        for at in (before, place):
            if at is not None:
                self.update(_around(at))

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        if self.place is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        style = Qt.PenStyle.SolidLine if self._inside else Qt.PenStyle.DotLine
        for colour, width in ((SHADE, 7.0), (RIM, 3.5)):
            painter.setPen(QPen(colour, width, style))
            painter.drawEllipse(self.place, RADIUS, RADIUS)

    def _placed(self, point: OnScreen) -> QPointF | None:
        """Logical pixels in this window; None where the gaze never meets the screen."""
        x, y = (float(v) / self._ratio for v in point.pixel_smooth)
        if not (math.isfinite(x) and math.isfinite(y)):
            return None
        limit = 10.0 * max(self.width(), self.height(), 1)
        x, y = min(max(x, -limit), limit), min(max(y, -limit), limit)
        return QPointF(self.mapFromGlobal(QPointF(self._origin) + QPointF(x, y)))


def _ring(place: QPointF | None) -> QRegion:
    """What of the window there is, around a ring; a pixel in the corner for none."""
    if place is None:
        return QRegion(0, 0, 1, 1)
    hole = RADIUS - 6.0
    inner = QRectF(place.x() - hole, place.y() - hole, 2 * hole, 2 * hole).toRect()
    whole = QRegion(_around(place), QRegion.RegionType.Ellipse)
    return whole.subtracted(QRegion(inner, QRegion.RegionType.Ellipse))


def _around(place: QPointF) -> QRect:
    reach = RADIUS + 6.0
    return QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach).toAlignedRect()
