"""DrawnCard: a bank card to hold a real one to."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame

from app.calibration.screen_size import CARD_MM
from app.gui import theme
from app.strings import tr

CARD_PX = (120, 560)
"""Logical pixels that the drawn card can be wide."""


class DrawnCard(QFrame):
    """A bank card, as wide as told."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("drawnCard")
        self.setAccessibleName(tr("A drawn bank card"))
        self.card_width = CARD_PX[0]

    def show_width(self, width: int) -> None:
        """Draw it so wide, logical pixels."""
        self.card_width = width
        self.setFixedSize(width + 4, round(width * CARD_MM[1] / CARD_MM[0]) + 4)
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = float(self.card_width)
        scale = width / CARD_MM[0]  # pixels per mm
        card = QRectF(2.0, 2.0, width, CARD_MM[1] * scale)
        shape = QPainterPath()
        shape.addRoundedRect(card, 3.2 * scale, 3.2 * scale)
        painter.fillPath(shape, theme.colour("selected"))
        painter.setPen(QPen(theme.colour("accent"), 1.0))
        painter.drawPath(shape)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent"))
        painter.translate(card.topLeft())
        painter.scale(scale, scale)  # from here on in mm
        painter.drawRoundedRect(QRectF(10.0, 19.0, 12.0, 9.5), 1.0, 1.0)
        painter.setBrush(theme.colour("edge"))
        for top, long in ((36.0, 62.0), (43.0, 34.0)):
            painter.drawRoundedRect(QRectF(10.0, top, long, 2.4), 1.0, 1.0)
