"""Caption: in words where the eyes look, and how sure the model is of it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from app.live.state import View
from app.strings import tr


class Caption(QWidget):
    """One line under the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("caption")
        self.words = QLabel()
        self.words.setObjectName("words")
        self.words.setAccessibleName(tr("Where you look, in words"))
        self.confidence = QProgressBar()
        self.confidence.setObjectName("confidence")
        self.confidence.setAccessibleName(tr("Confidence in per cent"))
        self.confidence.setRange(0, 100)
        self.confidence.setTextVisible(False)
        self.confidence.setFixedSize(96, 6)
        self._label = QLabel()
        self._label.setProperty("muted", True)
        self._label.setMinimumWidth(self._label.fontMetrics().horizontalAdvance(_percent(1.0)))
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        help_text = tr(
            "How sure the model is of this gaze: 100 % would be no doubt at all. Light on the "
            "face and a short distance help."
        )
        for widget in (self.confidence, self._label):
            widget.setToolTip(help_text)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(10)
        row.addWidget(self.words, 1)
        row.addWidget(self._label)
        row.addWidget(self.confidence)
        self.show_view(None)

    def show_view(self, view: View | None) -> None:
        """Say what a view says; None: nothing is known."""
        words = "" if view is None else tr(view.words)
        if words != self.words.text():
            self.words.setText(words)
        sure = None if view is None else view.confidence
        shown = sure is not None
        if shown != self.confidence.isEnabled():
            self.confidence.setEnabled(shown)
            self._label.setEnabled(shown)
        value = 0 if sure is None else round(100 * sure)
        if value != self.confidence.value():
            self.confidence.setValue(value)
        text = tr("confidence") if sure is None else _percent(sure)
        if text != self._label.text():
            self._label.setText(text)


def _percent(share: float) -> str:
    return tr("confidence {percent:.0f} %").format(percent=100 * share)
