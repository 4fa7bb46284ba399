"""CalibrationTable: the calibrations of a profile."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.calibration.calibration import Calibration
from app.calibration.profiles.store import Entry
from app.gui.wording import degrees
from app.strings import tr

COLUMNS: tuple[tuple[str, str], ...] = (
    ("Made", "When it was calibrated"),
    ("Screen", "On which screen"),
    ("Camera", "With which camera"),
    ("Accuracy", "How far off it was on targets that it never saw"),
    ("Way", "How many targets, or one look that recentred it"),
)


class CalibrationTable(QTableWidget):
    """Date, screen, camera, accuracy and way of each, the newest on top."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self._entries: tuple[Entry, ...] = ()
        self.setObjectName("calibrations")
        self.setAccessibleName(tr("Calibrations of this profile"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, (title, help_text) in enumerate(COLUMNS):
            item = QTableWidgetItem(tr(title))
            item.setToolTip(tr(help_text))
            self.setHorizontalHeaderItem(column, item)
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(
                column, mode.Stretch if column in (1, 2) else mode.ResizeToContents
            )

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Fill it with a profile's entries, in the order in which they were added."""
        self._entries = tuple(reversed(entries))
        self.setRowCount(len(self._entries))
        for row, entry in enumerate(self._entries):
            for column, text in enumerate(_cells(entry)):
                item = QTableWidgetItem(text)
                item.setToolTip(f"{text}\n{entry.calibration.id}")
                self.setItem(row, column, item)
        self.clearSelection()

    @property
    def chosen(self) -> Calibration | None:
        """The one whose row is chosen."""
        rows = self.selectionModel().selectedRows()
        return self._entries[rows[0].row()].calibration if rows else None


def _cells(entry: Entry) -> tuple[str, ...]:
    calibration = entry.calibration
    width, height = calibration.screen.pixels
    screen = calibration.screen.name or tr("{w} x {h}").format(w=width, h=height)
    off = None if entry.report is None else entry.report.get("accuracy_deg")
    return (
        local_time(calibration.made),
        screen,
        calibration.camera.name,
        degrees(off),
        _way(entry),
    )


def _way(entry: Entry) -> str:
    calibration = entry.calibration
    match calibration.kind:
        case "recentre":
            return tr("recentred")
        case "pursuit":
            return tr("moving target")
        case _:
            return tr("{count} targets").format(count=len(calibration.targets))


def local_time(made: str) -> str:
    """A UTC time in the person's own."""
    try:
        local = datetime.fromisoformat(made).astimezone()
    except ValueError:
        return made
    return f"{local:%Y-%m-%d %H:%M}"
