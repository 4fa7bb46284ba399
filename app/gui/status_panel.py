"""StatusPanel: a few figures that say whether all goes well, and a hint where it does not."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QWidget

from app.gui import theme
from app.hints import Hint
from app.live.state import Measures
from app.strings import tr

NOTHING = "–"

ROWS: tuple[tuple[str, str, str], ...] = (
    ("source_fps", "Camera", "Pictures per second that the camera or video gives"),
    ("processed_fps", "Processing", "Pictures per second in which the gaze was found"),
    ("latency", "Latency", "From a picture's capture to its being drawn"),
    ("provider", "Runs on", "What computes the gaze: processor (CPU) or graphics card (CUDA)"),
    ("distance", "Distance", "From the camera to your eyes; as good as the field of view is"),
    ("calibration", "Calibration", "How far off the point of gaze was when it was measured"),
    ("dropped", "Dropped", "Pictures that came while the one before was still being looked at"),
)
"""Name, label, help."""


class StatusPanel(QWidget):
    """Labels on the left, figures on the right, none of them jumping about."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusPanel")
        self.setAccessibleName(tr("Status"))
        self._values: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for number, (name, label, help_text) in enumerate(ROWS):
            caption, value = QLabel(tr(label)), QLabel(NOTHING)
            caption.setProperty("muted", True)
            value.setObjectName(f"status_{name}")
            value.setAccessibleName(tr(label))
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for widget in (caption, value):
                widget.setToolTip(tr(help_text))
            grid.addWidget(caption, number, 0)
            grid.addWidget(value, number, 1)
            self._values[name] = value

    def show_measures(self, measures: Measures, drawn_ms: float | None) -> None:
        """Show the engine's figures, and from capture to drawn as the window found it."""
        latency = measures.latency_ms if drawn_ms is None else drawn_ms
        self._say("source_fps", "{:.0f} fps", measures.source_fps)
        self._say("processed_fps", "{:.0f} fps", measures.processed_fps)
        self._say("latency", "{:.0f} ms", latency)
        self._say("provider", "{}", measures.provider)
        distance = measures.distance_mm
        self._say("distance", "{:.0f} cm", None if distance is None else distance / 10)
        self._say("dropped", "{}", None if measures.source_fps is None else measures.dropped)

    def show_calibration(self, text: str) -> None:
        """Say how good the calibration in use is; "" for none."""
        self._say("calibration", "{}", text or None)

    def text(self, name: str) -> str:
        """The figure shown in a row."""
        return self._values[name].text()

    def _say(self, name: str, form: str, value: float | str | None) -> None:
        text = NOTHING if value is None else tr(form).format(value)
        if text != self._values[name].text():
            self._values[name].setText(text)


class HintLine(QFrame):
    """What most hurts tracking now, in a box of its own; it keeps its place while empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hintLine")
        self.setAccessibleName(tr("Hint"))
        self._sign, self._text = QLabel(), QLabel()
        self._text.setObjectName("hintText")
        self._text.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self._code: str | None = ""
        self.hide()

    def show_hint(self, hint: Hint | None, idle: bool = False) -> None:
        """Show a hint; None: all is well, or, while idle, nothing is known."""
        code = "" if idle else None if hint is None else hint.code
        if code == self._code and (hint is None or hint.sentence == self._text.text()):
            return
        self._code = code
        good = hint is None
        text = "" if idle else tr("All is well.") if hint is None else hint.sentence
        self._text.setText(text)
        self.setAccessibleDescription(text)
        name, colour = ("good", "good") if good else ("warning", "warning")
        self._sign.setPixmap(theme.icon(name, colour).pixmap(18, 18))
        self.setVisible(not idle)

    @property
    def sentence(self) -> str:
        """What it says now."""
        return self._text.text()
