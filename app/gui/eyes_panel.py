"""EyesPanel: both eyes, enlarged, as they stand in the mirrored picture."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.gui import theme
from app.gui.images import to_qimage
from app.source.base import Image
from app.strings import tr

ROUNDNESS = 8


class EyesPanel(QWidget):
    """The user's left eye on the left, as in a mirror; empty grounds where there is no face."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("eyesPanel")
        self.setAccessibleName(tr("Both eyes, enlarged"))
        self._left, self._right = _Eye(self), _Eye(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for eye, name in ((self._left, tr("Left eye")), (self._right, tr("Right eye"))):
            column = QVBoxLayout()
            column.setSpacing(4)
            caption = QLabel(name)
            caption.setProperty("muted", True)
            caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            eye.setAccessibleName(name)
            column.addWidget(eye)
            column.addWidget(caption)
            row.addLayout(column, 1)

    def show_eyes(self, eyes: tuple[Image, Image] | None) -> None:
        """Show two patches, None for none."""
        left, right = eyes if eyes is not None else (None, None)
        self._left.show_image(left)
        self._right.show_image(right)

    @property
    def images(self) -> tuple[QImage | None, QImage | None]:
        """What is shown now."""
        return self._left.image, self._right.image


class _Eye(QWidget):
    """One patch, as large as the width allows."""

    RATIO = 3 / 2  # width : height of an eye patch

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.image: QImage | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(60, 36)

    def show_image(self, image: Image | None) -> None:
        if image is None and self.image is None:
            return
        self.image = None if image is None else to_qimage(image)
        self.update()

    def hasHeightForWidth(self) -> bool:  # noqa: N802  (Qt's name)
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802  (Qt's name)
        return round(width / self.RATIO)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        return QSize(120, self.heightForWidth(120))

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        shape, corners = QPainterPath(), QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), ROUNDNESS, ROUNDNESS)
        if self.image is None:
            painter.fillPath(shape, theme.colour("raised"))
            return
        painter.drawImage(QRectF(self.rect()), self.image)
        corners.addRect(QRectF(self.rect()))  # quicker than to clip by a round path
        painter.fillPath(corners.subtracted(shape), theme.colour("panel"))
