"""SettingsDialog: the table of settings as pages. A change holds at once; Cancel undoes it."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.gui import theme
from app.gui.editor import Editor, explanation
from app.gui.editors import make_editor
from app.settings import Settings
from app.settings_table import SETTINGS, Setting
from app.strings import tr

SETTLE_MS = 250
"""A slider under way says many values: only where it rests is anything done."""

SMALLEST = (560, 380)
WIDTH, HEIGHT = 720, 640
"""Logical pixels, where the screen has them."""

ICONS = {
    "Camera": "camera", "Tracking": "gaze", "Picture": "layers", "Calibration": "target",
    "Recording": "record",
}  # fmt: skip
"""An icon for each group of the table that has one."""


class SettingsDialog(QDialog):
    """Shows settings, page by page.

    Args:
        settings: those in force.
        cameras: names of the cameras there are.
        table: what stands in the dialog, in its order.

    Signals:
        changed: Settings to put in force: after each edit, and those of the beginning on Cancel.
    """

    changed = Signal(object)

    def __init__(
        self,
        settings: Settings,
        cameras: Sequence[str] = (),
        parent: QWidget | None = None,
        table: Sequence[Setting] = SETTINGS,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("settingsDialog")
        self.setWindowTitle(tr("Settings"))
        self._before = self._told = settings
        self.editors: dict[str, Editor] = {}
        self._complaints: dict[str, QLabel] = {}
        self._groups = list(dict.fromkeys(setting.group for setting in table))
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._tell)
        self.list = QListWidget()
        self._stack = QStackedWidget()
        for group in self._groups:
            item = QListWidgetItem(theme.icon(ICONS.get(group, "settings")), tr(group))
            self.list.addItem(item)
            page = [setting for setting in table if setting.group == group]
            self._stack.addWidget(self._make_page(group, page, cameras))
        self._lay_out()
        self._show(settings)
        self.list.setCurrentRow(0)

    @property
    def settings(self) -> Settings:
        """As the dialog shows them; a field that will not do keeps what held before."""
        values = {
            name: editor.setting.clean(editor.value())
            for name, editor in self.editors.items()
            if not editor.complaint()
        }
        return replace(self._told, **values)

    def go_to(self, group: str) -> None:
        """Turn to a page."""
        self.list.setCurrentRow(self._groups.index(group))

    def reset(self, group: str | None = None) -> None:
        """Set a page, or with None all of them, to the defaults; Cancel undoes this too."""
        for editor in self.editors.values():
            if group in (None, editor.setting.group):
                editor.show_value(getattr(Settings(), editor.setting.name))
        self._edited()

    def accept(self) -> None:
        """OK: leave with what is shown, or go to the field that will not do."""
        for editor in self.editors.values():
            if editor.complaint():
                self._check()
                self.go_to(editor.setting.group)
                editor.setFocus()
                return
        self._tell()
        super().accept()

    def reject(self) -> None:
        """Cancel, Escape or the window's cross: all is as before."""
        self._settle.stop()
        if self._told != self._before:
            self._told = self._before
            self.changed.emit(self._before)
        super().reject()

    def _edited(self) -> None:
        self._check()
        self._settle.start()

    def _check(self) -> None:
        """Say under each field what is wrong with it."""
        for name, editor in self.editors.items():
            complaint = editor.complaint()
            label = self._complaints[name]
            label.setText(complaint)
            label.setVisible(bool(complaint))

    def _tell(self) -> None:
        self._settle.stop()
        settings = self.settings
        if settings != self._told:
            self._told = settings
            self.changed.emit(settings)

    def _show(self, settings: Settings) -> None:
        for name, editor in self.editors.items():
            editor.show_value(getattr(settings, name))

    def _make_page(self, group: str, table: list[Setting], cameras: Sequence[str]) -> QWidget:
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 4, 20, 16)
        column.setSpacing(18)
        title = QLabel(tr(group))
        title.setProperty("title", True)
        column.addWidget(title)
        for setting in table:
            column.addLayout(self._make_block(setting, cameras))
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes from field to field
        area.setWidget(page)
        return area

    def _make_block(self, setting: Setting, cameras: Sequence[str]) -> QVBoxLayout:
        """Label, field, help, and room for a complaint."""
        editor = make_editor(setting, cameras)
        editor.edited.connect(self._edited)
        block = QVBoxLayout()
        block.setSpacing(4)
        if not editor.labelled:
            label = QLabel(tr(setting.label))
            label.setBuddy(editor)
            block.addWidget(label)
        block.addWidget(editor)
        complaint, explained = QLabel(), QLabel(explanation(setting))
        complaint.setProperty("mood", "error")
        complaint.setObjectName(f"complaint_{setting.name}")
        complaint.hide()
        explained.setProperty("muted", True)
        if editor.labelled:
            explained.setIndent(31)  # under the words, not under the tick
        for words in (complaint, explained):
            words.setWordWrap(True)
            block.addWidget(words)
        self.editors[setting.name] = editor
        self._complaints[setting.name] = complaint
        return block

    def _lay_out(self) -> None:
        self.list.setObjectName("settingsPages")
        self.list.setAccessibleName(tr("Pages of settings"))
        self.list.setFixedWidth(max(170, self.list.sizeHintForColumn(0) + 40))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._buttons = QDialogButtonBox()
        ok = self._buttons.addButton(tr("OK"), QDialogButtonBox.ButtonRole.AcceptRole)
        ok.setProperty("primary", True)
        ok.setDefault(True)
        cancel = self._buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setToolTip(tr("Everything as it was when this window opened (Escape)"))
        ok.setObjectName("ok")
        cancel.setObjectName("cancel")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        menu = QMenu(self)
        self.reset_page = menu.addAction(tr("This page"), self._reset_page)
        self.reset_all = menu.addAction(tr("All pages"), self.reset)
        reset = QPushButton(tr("Reset to defaults"))
        reset.setObjectName("reset")
        reset.setProperty("menu", True)
        reset.setAutoDefault(False)
        reset.setMenu(menu)
        middle, bottom = QHBoxLayout(), QHBoxLayout()
        middle.addWidget(self.list)
        middle.addWidget(self._stack, 1)
        bottom.addWidget(reset)
        bottom.addWidget(self._buttons, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(12)
        column.addLayout(middle, 1)
        column.addLayout(bottom)
        self.setMinimumSize(*SMALLEST)
        space = self.screen().availableSize()
        self.resize(min(WIDTH, space.width() - 40), min(HEIGHT, space.height() - 60))

    def _reset_page(self) -> None:
        self.reset(self._groups[self.list.currentRow()])
