"""One widget for each kind of setting: shows its value, hands it back, says when it was edited.

`make_editor` picks by `Setting.kind`. An editor never changes a value by showing it: what was set
comes back as it was until the person edits it.
"""

import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel

from app.gui.editor import Editor
from app.gui.fields import Choice, Number, Slider
from app.gui.text_editors import FileEditor, FolderEditor, SourceEditor, TextEditor
from app.settings_table import Setting
from app.strings import tr


class ChoiceEditor(Editor):
    """One of a few."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._box = Choice()
        for value, label in setting.choices:
            self._box.addItem(tr(label), value)
        self._box.activated.connect(self.edited)
        self._adopt(self._box)
        self._row.addStretch(1)

    def value(self) -> Any:
        return self._box.currentData()

    def show_value(self, value: Any) -> None:
        self._box.setCurrentIndex(self._box.findData(value))


class NumberEditor(Editor):
    """A number with its unit; arrows and wheel move by a step."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._value = setting.minimum
        self._box = Number()
        self._box.setRange(setting.minimum, setting.maximum)
        self._box.setSingleStep(setting.step)
        self._box.setSuffix(f" {tr(setting.unit)}" if setting.unit else "")
        self._box.setMinimumWidth(190)
        self._box.valueChanged.connect(self._note)
        self._adopt(self._box)
        self._row.addStretch(1)

    def value(self) -> Any:
        self._box.interpretText()
        return self._value

    def show_value(self, value: Any) -> None:
        self._box.blockSignals(True)
        self._box.setValue(value)
        self._box.blockSignals(False)
        self._value = value

    def _note(self, value: float) -> None:
        self._value = value
        self.edited.emit()


class SliderEditor(Editor):
    """A number between two words; its steps are those of the setting."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._value = setting.minimum
        self._slider = Slider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, round((setting.maximum - setting.minimum) / setting.step))
        self._slider.setPageStep(max(self._slider.maximum() // 5, 1))
        self._slider.setMinimumWidth(160)
        self._slider.valueChanged.connect(self._note)
        left, _, right = setting.unit.partition(" - ")
        for end in (left, right):
            label = QLabel(tr(end))
            label.setProperty("muted", True)
            self._row.addWidget(label)
            if end is left:
                self._adopt(self._slider, 1)

    def value(self) -> Any:
        return self._value

    def show_value(self, value: Any) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(round((value - self.setting.minimum) / self.setting.step))
        self._slider.blockSignals(False)
        self._value = value

    def _note(self, place: int) -> None:
        self._value = min(self.setting.minimum + place * self.setting.step, self.setting.maximum)
        self.edited.emit()


class SwitchEditor(Editor):
    """Yes or no."""

    labelled = True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._box = QCheckBox(tr(setting.label))
        self._box.clicked.connect(self.edited)
        self._adopt(self._box)
        self._row.addStretch(1)

    def value(self) -> Any:
        return self._box.isChecked()

    def show_value(self, value: Any) -> None:
        self._box.setChecked(value)


class SizeEditor(Editor):
    """Width x height: one of the usual ones, or typed."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._box = Choice()
        self._box.setEditable(True)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._box.setMinimumWidth(190)
        for _, label in setting.choices:
            self._box.addItem(label)
        self._box.activated.connect(self._note)
        field = self._box.lineEdit()
        assert field is not None
        field.editingFinished.connect(self._note)
        field.setAccessibleName(tr(setting.label))
        self._shown = ""
        self._adopt(self._box)
        self._row.addStretch(1)

    def value(self) -> Any:
        sides = re.fullmatch(r"\s*(\d{1,5})\s*[x×*, ]\s*(\d{1,5})\s*", self._box.currentText())
        return tuple(int(side) for side in sides.groups()) if sides else None

    def show_value(self, value: Any) -> None:
        self._shown = f"{value[0]} x {value[1]}"
        self._box.setCurrentText(self._shown)

    def _note(self) -> None:
        if self._box.currentText() != self._shown:
            self._shown = self._box.currentText()
            self.edited.emit()

    def _wrong(self) -> str:
        return tr("Type width x height in pixels, such as 1280 x 720.")


def make_editor(setting: Setting, cameras: Sequence[str]) -> Editor:
    """The editor for a setting.

    Args:
        setting: which.
        cameras: names of the cameras there are.
    """
    if setting.kind == "source":
        return SourceEditor(setting, cameras)
    return _EDITORS[setting.kind](setting)


_EDITORS: dict[str, type[Editor]] = {
    "choice": ChoiceEditor,
    "number": NumberEditor,
    "slider": SliderEditor,
    "switch": SwitchEditor,
    "text": TextEditor,
    "file": FileEditor,
    "folder": FolderEditor,
    "size": SizeEditor,
}
