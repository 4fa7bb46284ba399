"""Fields that behave on a page that scrolls: a wheel over them changes nothing by accident."""

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QDoubleSpinBox, QSlider, QWidget

MARGIN = 6
"""Pixels left of a number; style sheets do not reach that place."""


class _Still:
    """A wheel over a field scrolls the page, unless the field was chosen first."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt's name)
        assert isinstance(self, QWidget)
        if self.hasFocus():
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class Choice(_Still, QComboBox):
    """A combo box that the page can be scrolled over."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class Slider(_Still, QSlider):
    """A slider that the page can be scrolled over."""


class Number(_Still, QDoubleSpinBox):
    """A number that shows no more decimals than it has, and is heard when it has been typed."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(3)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
        self.lineEdit().setTextMargins(MARGIN, 0, 0, 0)

    def textFromValue(self, value: float) -> str:  # noqa: N802  (Qt's name)
        shortest = QLocale.FloatingPointPrecisionOption.FloatingPointShortest
        return self.locale().toString(round(value, 3), "f", shortest)
