"""ReportTable: a report's figures, target by target."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.calibration.validation import Report, TargetError
from app.gui.report_picture import told
from app.gui.wording import degrees, millimetres, pixels, share
from app.strings import tr

COLUMNS: tuple[tuple[str, str], ...] = (
    ("Target", "Where it is on the screen, in physical pixels"),
    ("Accuracy", "Mean angle between target and point of gaze"),
    ("Pixels", "The same on the screen, in physical pixels"),
    ("mm", "The same on the screen, in millimetres"),
    ("Precision", "RMS-S2S: root mean square of the angles between successive frames"),
    ("Lost", "Frames that gave no point of gaze"),
)
"""Heading and help."""


class ReportTable(QTableWidget):
    """Figures for each target; the pointer or the arrow keys choose one.

    Signals:
        entered_row: the pointer is on a row; -1: on none.
    """

    entered_row = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setObjectName("reportTable")
        self.setAccessibleName(tr("Figures for each target"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMouseTracking(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.cellEntered.connect(self._enter)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        for column, (title, help_text) in enumerate(COLUMNS):
            item = QTableWidgetItem(tr(title))
            item.setToolTip(tr(help_text))
            item.setTextAlignment(int(_side(column)))
            self.setHorizontalHeaderItem(column, item)

    def show_report(self, report: Report) -> None:
        """Fill it."""
        self.clearSelection()
        self.setRowCount(len(report.targets))
        for row, target in enumerate(report.targets):
            for column, text in enumerate(_cells(target)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(int(_side(column)))
                item.setToolTip(told(target))
                self.setItem(row, column, item)

    def show_row(self, row: int) -> None:
        """Mark a row; -1: none."""
        self.blockSignals(True)
        if row < 0:
            self.clearSelection()
        else:
            self.selectRow(row)
        self.blockSignals(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt's name)
        arrows = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)
        if event.key() in arrows:
            super().keyPressEvent(event)
        else:
            event.ignore()  # Enter, R and Escape are the page's; letters search for nothing

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        super().leaveEvent(event)
        rows = self.selectionModel().selectedRows()
        self.entered_row.emit(rows[0].row() if rows else -1)

    def _enter(self, row: int, _: int) -> None:
        self.entered_row.emit(row)


def _cells(target: TargetError) -> tuple[str, ...]:
    return (
        f"{target.target[0]:.0f}, {target.target[1]:.0f}",
        degrees(target.accuracy_deg),
        pixels(target.accuracy_px).removesuffix(" px"),
        millimetres(target.accuracy_mm).removesuffix(" mm"),
        degrees(target.precision_rms_deg),
        share(target.loss),
    )


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
