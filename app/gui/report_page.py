"""ReportPage: how good the calibration is: a picture, figures, a table, and what to do with it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.calibration.calibration import Calibration
from app.calibration.choreography.scene import Scene
from app.calibration.validation import Report
from app.gui.report_picture import ReportPicture
from app.gui.report_table import ReportTable
from app.gui.wording import degrees, millimetres, pixels, share
from app.strings import tr
from model.screen import Screen

SIDE = 460
"""Least width of the figures."""

FIGURES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Accuracy", ("accuracy_deg", "accuracy_px", "accuracy_mm"),
     "Mean distance between target and point of gaze, at targets that the fit never saw"),
    ("Precision (RMS-S2S)",
     ("precision_rms_deg", "precision_rms_px", "precision_rms_mm"),
     "Root mean square of the steps between successive frames, unfiltered"),
    ("Precision (SD)",
     ("precision_sd_deg", "precision_sd_px", "precision_sd_mm"),
     "Standard deviation of the frames about their mean, unfiltered"),
    ("Lost frames", ("loss",), "Frames that gave no point of gaze"),
)  # fmt: skip
"""Name, fields of Report, help."""

UNITS = {"deg": degrees, "px": pixels, "mm": millimetres}
"""How a figure reads whose name ends so."""

RUNGS = {
    "geometry": "Geometry alone was chosen: nothing is corrected.",
    "offset": "An offset was chosen as the correction.",
    "affine": "An affine correction was chosen.",
    "second order": "A second-order correction was chosen.",
    "ridge": "A correction from gaze, lids and irises together was chosen.",
}
"""What is said of a calibration's rung."""


class ReportPage(QWidget):
    """Shows a report and asks what shall become of the calibration.

    Args:
        screen: that was calibrated.

    Signals:
        accepted, redone, discarded: what the person wants.
    """

    accepted = Signal()
    redone = Signal()
    discarded = Signal()

    def __init__(self, screen: Screen, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reportPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._screen = screen
        self._report: Report | None = None
        self.picture = ReportPicture()
        self.table = ReportTable()
        self._title, self._made = QLabel(), QLabel()
        self._figures: dict[str, QLabel] = {}
        self.accept = _button("accept", tr("Accept (Enter)"), tr("Use it, and keep it (Enter)"))
        self.redo = _button("redo", tr("Redo worst (R)"), tr("Look at the worst dots again (R)"))
        self.discard = _button("discard", tr("Discard (Esc)"), tr("All stays as it was (Esc)"))
        self.accept.setProperty("primary", True)
        for button, signal in (
            (self.accept, self.accepted),
            (self.redo, self.redone),
            (self.discard, self.discarded),
        ):
            button.clicked.connect(signal)
        self.table.entered_row.connect(self._choose)
        self.table.itemSelectionChanged.connect(self._choose_selected)
        self.picture.pointed.connect(self.table.show_row)
        self._lay_out()

    def show_scene(self, scene: Scene, drift: bool = False) -> None:
        """Show a scene's report.

        Args:
            scene: in the phase "report".
            drift: the calibration in use was measured again; nothing was fitted.
        """
        report = scene.report
        if report is None or report is self._report:
            return
        self._report = report
        self.picture.show_report(report, self._screen)
        self.table.show_report(report)
        off = degrees(report.accuracy_deg)
        self._title.setText(tr("You are {off} off, on average").format(off=off))
        self._made.setText(_made_of(scene.calibration, len(report.targets), drift))
        self.accept.setText(tr("Keep the result (Enter)") if drift else tr("Accept (Enter)"))
        for name, label in self._figures.items():
            _, _, unit = name.rpartition("_")
            label.setText(UNITS.get(unit, share)(getattr(report, name)))
        self.setAccessibleDescription(self._title.text())

    def forget(self) -> None:
        """What is shown is of a pass that is being made again."""
        self._report = None

    def figure(self, name: str) -> str:
        """One of the figures shown."""
        return self._figures[name].text()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt's name)
        deeds = {
            Qt.Key.Key_Return: self.accepted,
            Qt.Key.Key_Enter: self.accepted,
            Qt.Key.Key_R: self.redone,
            Qt.Key.Key_Escape: self.discarded,
        }
        signal = deeds.get(Qt.Key(event.key()))
        if signal is None:
            super().keyPressEvent(event)
        else:
            signal.emit()

    def _choose(self, row: int) -> None:
        self.picture.choose(row)

    def _choose_selected(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        self.picture.choose(rows[0].row() if rows else -1)

    def _lay_out(self) -> None:
        self._title.setProperty("title", True)
        self._title.setObjectName("reportTitle")
        self._made.setProperty("muted", True)
        for words in (self._title, self._made):
            words.setWordWrap(True)
        side, buttons = QVBoxLayout(), QHBoxLayout()
        side.setSpacing(14)
        side.addWidget(self._title)
        side.addWidget(self._made)
        side.addWidget(self._card())
        side.addWidget(self.table, 1)
        buttons.setSpacing(10)
        buttons.addWidget(self.discard)
        buttons.addStretch(1)
        buttons.addWidget(self.redo)
        buttons.addWidget(self.accept)
        side.addLayout(buttons)
        holder = QWidget()
        holder.setLayout(side)
        holder.setMinimumWidth(SIDE)
        holder.setMaximumWidth(640)
        side.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(28, 28, 28, 28)
        row.setSpacing(28)
        row.addWidget(self.picture, 3)
        row.addWidget(holder, 2)

    def _card(self) -> QFrame:
        card = QFrame()
        card.setProperty("card", True)
        grid = QGridLayout(card)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        for row, (title, names, help_text) in enumerate(FIGURES):
            label = QLabel(tr(title))
            label.setProperty("muted", True)
            label.setToolTip(tr(help_text))
            grid.addWidget(label, row, 0)
            for place, name in enumerate(names):
                value = QLabel()
                value.setObjectName(f"report_{name}")
                value.setProperty("heading", not place)
                value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                value.setAccessibleName(f"{tr(title)} ({name})")
                value.setToolTip(tr(help_text))
                grid.addWidget(value, row, 1 + place)
                self._figures[name] = value
        return card


def _made_of(calibration: Calibration | None, targets: int, drift: bool) -> str:
    """What was fitted on what, and measured on what."""
    measured = tr("Measured at {count} targets that the fit never saw.").format(count=targets)
    if calibration is None:
        return measured
    if drift:
        told_again = tr("The calibration in use, measured again now at {count} targets.")
        return told_again.format(count=targets)
    return f"{measured} {tr(RUNGS[calibration.rung])}"


def _button(name: str, text: str, help_text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(help_text)
    button.setAccessibleName(text)
    button.setAutoDefault(False)
    return button
