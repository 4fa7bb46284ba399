"""TargetCanvas: one dot on a calm ground and, if need be, one small line of text."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.calibration.choreography.scene import Dot, Scene
from app.gui.grounds import Ground
from app.strings import tr

DOT_MM, POINT_MM = 11.0, 1.6
"""Diameters of the full dot, and of the point in its middle, which stays when the dot shrinks."""

LINE_PLACES = (0.64, 0.36)
"""Height of the line on the screen, as shares: where the dot is in the upper half, and else. Near
the middle nothing is far away, and a dot never lies there and here at once."""

Place = Callable[[tuple[float, float]], QPointF]
"""From shares of the screen to a place in the widget."""


class TargetCanvas(QWidget):
    """Draws a scene's dot and message.

    Args:
        ground: its colours.
        pixels_per_mm: logical pixels, so that a dot is as large on any screen.
        place: where on the widget a share of the screen lies.
    """

    def __init__(
        self, ground: Ground, pixels_per_mm: float, place: Place, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("targetCanvas")
        self.setAccessibleName(tr("Look at the dot"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._ground, self._scale, self._place = ground, pixels_per_mm, place
        self.dot: Dot | None = None
        self.message = ""

    def show_scene(self, scene: Scene, fault: str = "") -> None:
        """Show a scene; `fault`: why no frames come."""
        message = fault or scene.message
        if scene.phase == "fitting":
            message = message or tr("One moment …")
        if scene.dot != self.dot or message != self.message:
            if message != self.message:
                self.setAccessibleDescription(message)
            self.dot, self.message = scene.dot, message
            self.update()

    def dot_centre(self) -> QPointF | None:
        """Where the dot's middle is drawn, logical pixels."""
        return None if self.dot is None else self._place(self.dot.place)

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._ground.ground))
        centre = self.dot_centre()
        if self.dot is not None and centre is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            point = POINT_MM * self._scale
            for diameter, colour in (
                (max(DOT_MM * self._scale * self.dot.size, 2.2 * point), self._ground.ink),
                (point, self._ground.point),
            ):
                painter.setBrush(QColor(colour))
                painter.drawEllipse(centre, diameter / 2, diameter / 2)
        if self.message:
            low = centre is None or centre.y() < self.height() / 2
            at = self.height() * LINE_PLACES[0 if low else 1]
            lines = 3 * painter.fontMetrics().lineSpacing()
            painter.setPen(QColor(self._ground.quiet))
            where = QRectF(0.15 * self.width(), at - lines / 2, 0.7 * self.width(), lines)
            painter.drawText(
                where, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.message
            )
