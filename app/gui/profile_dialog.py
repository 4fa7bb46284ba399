"""ProfileDialog: whose calibrations there are: new, rename, delete, export, import."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.calibration.profiles.store import Entry, Profile, ProfileStore
from app.gui import theme
from app.gui.calibration_table import CalibrationTable, local_time
from app.gui.chores import Chores
from app.live import telling
from app.recording.writer import check_profile
from app.strings import tr
from model.errors import UserError

FILES = "*.json"


class ProfileDialog(QDialog):
    """Shows profiles and their calibrations, and changes them at once.

    Args:
        current: the profile in use.
        chores: does what waits for a disk.
        store: makes the store; each job has its own.

    Signals:
        chosen: the name of the profile to use from now on.
        touched: the profile in use has changed on the disk.
    """

    chosen = Signal(str)
    touched = Signal()

    def __init__(
        self,
        current: str,
        chores: Chores,
        parent: QWidget | None = None,
        store: Callable[[], ProfileStore] = ProfileStore,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("profileDialog")
        self.setWindowTitle(tr("Profiles"))
        self._current, self._chores, self._store = current, chores, store
        self.list = QListWidget()
        self.table = CalibrationTable()
        self._note = QLabel()
        self.buttons: dict[str, QPushButton] = {}
        self.list.setObjectName("profiles")
        self.list.setAccessibleName(tr("Profiles"))
        self.list.setFixedWidth(210)
        self._lay_out()
        self.list.currentItemChanged.connect(self._load)
        self.table.itemSelectionChanged.connect(self._allow)
        self._list(current)

    @property
    def name(self) -> str:
        """The profile that is looked at."""
        item = self.list.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    @property
    def note(self) -> str:
        """What is said below."""
        return self._note.text()

    # What can be done

    def use(self) -> None:
        """Calibrate and record as this profile from now on."""
        self._take(self.name)
        self._list(self.name)

    def new(self) -> None:
        """Begin a profile; its file comes with its first calibration."""
        name = self._ask(tr("New profile"), tr("Whose is it?"), "")
        if name and self._will_do(name):
            self._take(name)
            self._list(name)

    def rename(self) -> None:
        """Give this profile another name."""
        old = self.name
        new = self._ask(tr("Rename profile"), tr("New name of {name}:").format(name=old), old)
        if new and new != old and self._will_do(new):
            self._change(lambda: self._store().rename(old, new), lambda: self._renamed(old, new))

    def delete(self) -> None:
        """Delete this profile, after asking."""
        name = self.name
        text = tr("Delete the profile {name} with all its calibrations? This cannot be undone.")
        if self._sure(text.format(name=name)):
            self._change(lambda: self._store().delete(name), lambda: self._changed(name, ""))

    def delete_calibration(self) -> None:
        """Delete the chosen calibration, after asking."""
        chosen, name = self.table.chosen, self.name
        if chosen is None:
            return
        identity = chosen.id
        text = tr("Delete the calibration of {made}? This cannot be undone.")
        if self._sure(text.format(made=local_time(chosen.made))):
            self._change(
                lambda: self._store().delete_calibration(name, identity),
                lambda: self._changed(name, name),
            )

    def export(self) -> None:
        """Write this profile into a file of its own."""
        name = self.name
        kinds = f"{tr('Profiles')} ({FILES})"
        title = tr("Export {name}").format(name=name)
        path, _ = QFileDialog.getSaveFileName(self, title, f"{name}.json", kinds)
        if path:
            where = tr("Exported to {path}").format(path=path)
            self._change(lambda: self._store().export(name, Path(path)), lambda: self._say(where))

    def import_(self) -> None:
        """Take a profile in from a file."""
        kinds = f"{tr('Profiles')} ({FILES});;{tr('All files')} (*)"
        path, _ = QFileDialog.getOpenFileName(self, tr("Import a profile"), "", kinds)
        if path:
            self._do(lambda: self._store().import_(Path(path)), self._imported)

    # How it is done

    def _change(self, work: Callable[[], object], then: Callable[[], object]) -> None:
        self._do(work, lambda _: then())

    def _do(self, work: Callable[[], object], then: Callable[[Any], object]) -> None:
        self._chores.do(work, then, self._fail, whom=self)

    def _renamed(self, old: str, new: str) -> None:
        if old == self._current:
            self._take(new)
        self._list(new)

    def _changed(self, name: str, look_at: str) -> None:
        if name == self._current:
            self.touched.emit()
        self._list(look_at or self._current)

    def _imported(self, name: str) -> None:
        self._list(name)
        self._say(tr("Imported as {name}").format(name=name))
        if name == self._current:
            self.touched.emit()

    def _take(self, name: str) -> None:
        self._current = name
        self.chosen.emit(name)

    def _will_do(self, name: str) -> bool:
        try:
            check_profile(name)
        except UserError as error:
            self._fail(error)
            return False
        return True

    def _list(self, look_at: str) -> None:
        """Show the profiles there are, and the one in use."""
        self._say("")
        try:
            names = self._store().names()
        except UserError as error:
            self._fail(error)
            names = []
        names = sorted({*names, self._current, *filter(None, [look_at])}, key=str.casefold)
        self.list.blockSignals(True)
        self.list.clear()
        for name in names:
            used = name == self._current
            text = tr("{name} (in use)").format(name=name) if used else name
            item = QListWidgetItem(theme.icon("check" if used else "person"), text)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.list.setCurrentRow(names.index(look_at) if look_at in names else 0)
        self._load()

    def _load(self) -> None:
        """Show the chosen profile's calibrations."""
        name = self.name
        self._show(())
        if name and name in self._store():
            self._do(lambda: self._store().load(name), self._loaded)

    def _loaded(self, profile: Profile) -> None:
        if profile.name == self.name:
            self._show(profile.entries)

    def _show(self, entries: tuple[Entry, ...]) -> None:
        self.table.show_entries(entries)
        self._allow()

    def _allow(self) -> None:
        kept = self.name in self._store()
        for name in ("rename", "delete", "export"):
            self.buttons[name].setEnabled(kept)
        self.buttons["use"].setEnabled(self.name != self._current)
        self.buttons["delete_calibration"].setEnabled(self.table.chosen is not None)

    def _ask(self, title: str, text: str, before: str) -> str:
        name, agreed = QInputDialog.getText(self, title, text, text=before)
        return name.strip() if agreed else ""

    def _sure(self, text: str) -> bool:
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self, tr("Delete"), text, buttons.Yes | buttons.Cancel, buttons.Cancel
        )
        return answer == buttons.Yes

    def _fail(self, error: Exception) -> None:
        self._say(telling.problem(error).sentence, "error")

    def _say(self, text: str, mood: str = "") -> None:
        self._note.setText(text)
        self._note.setProperty("mood", mood)
        self._note.style().polish(self._note)

    def _lay_out(self) -> None:
        left, right, below = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addWidget(self.list, 1)
        deeds: tuple[tuple[str, str, str, str, Callable[[], None]], ...] = (
            ("use", "Use this one", "check", "Calibrate and record as this profile", self.use),
            ("new", "New …", "add", "Begin a profile for somebody else", self.new),
            ("rename", "Rename …", "marker", "Give this profile another name", self.rename),
            ("export", "Export …", "up", "Write this profile into one file", self.export),
            ("import_", "Import …", "down", "Take in a profile that was exported", self.import_),
            ("delete", "Delete …", "delete", "Delete this profile; you are asked first",
             self.delete),
        )  # fmt: skip
        for name, text, icon, help_text, deed in deeds:
            left.addWidget(self._button(name, tr(text), icon, tr(help_text), deed))
        right.addWidget(self.table, 1)
        one = self._button(
            "delete_calibration", tr("Delete this calibration …"), "delete",
            tr("Delete the chosen calibration; you are asked first"), self.delete_calibration,
        )  # fmt: skip
        right.addWidget(one, 0, Qt.AlignmentFlag.AlignLeft)
        middle = QHBoxLayout()
        middle.setSpacing(14)
        middle.addLayout(left)
        middle.addLayout(right, 1)
        close = QPushButton(tr("Close"))
        close.setObjectName("close")
        close.setProperty("primary", True)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        self._note.setWordWrap(True)
        self._note.setObjectName("profileNote")
        below.addWidget(self._note, 1)
        below.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(middle, 1)
        column.addLayout(below)
        self.setMinimumSize(640, 420)
        self.resize(860, 520)

    def _button(
        self, name: str, text: str, icon: str, help_text: str, deed: Callable[[], Any]
    ) -> QPushButton:
        button = QPushButton(theme.icon(icon), text)
        button.setObjectName(name)
        button.setToolTip(help_text)
        button.setAutoDefault(False)
        button.clicked.connect(deed)
        self.buttons[name] = button
        return button
