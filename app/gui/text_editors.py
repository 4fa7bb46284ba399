"""Editors for what is typed or chosen: names, files, folders, sources."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QMenu, QPushButton

from app.gui.editor import Editor, explanation
from app.gui.fields import Choice
from app.settings_table import PROFILE_NAME, Setting
from app.strings import tr

VIDEOS = "*.mp4 *.mkv *.avi *.mov *.webm *.m4v *.mpg *.mpeg *.wmv"


class TextEditor(Editor):
    """Free text; edited when the person leaves it or presses Enter."""

    empty: ClassVar[str] = ""
    """What an empty field stands for."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._shown = ""
        self._field = QLineEdit()
        self._field.setPlaceholderText(tr(self.empty))
        self._field.editingFinished.connect(self._note)
        self._adopt(self._field, 1)

    def value(self) -> Any:
        return self._field.text().strip()

    def show_value(self, value: Any) -> None:
        self._field.setText(value)
        self._shown = value

    def _note(self) -> None:
        if self.value() != self._shown:  # Qt also says finished where nothing was typed
            self._shown = self.value()
            self.edited.emit()

    def _choose(self, text: str) -> None:
        if text:
            self._field.setText(text)
            self._note()

    def _wrong(self) -> str:
        if self.setting.pattern == PROFILE_NAME:
            return tr(
                "Use letters, digits, - and _ only, 40 at most, with a letter or digit first."
            )
        return super()._wrong()


class FileEditor(TextEditor):
    """A file's path, typed or chosen."""

    empty = "The one that comes along"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._row.addWidget(_button(setting, self._ask))

    def complaint(self) -> str:
        path = self.value()
        try:
            missing = bool(path) and not Path(path).expanduser().is_file()
        except (OSError, RuntimeError, ValueError):  # too long, an unknown ~user, a NUL
            missing = True
        return tr("There is no such file: check the path.") if missing else super().complaint()

    def _ask(self) -> None:
        kinds = ";;".join(f"{tr(label)} ({pattern})" for pattern, label in self.setting.choices)
        title = tr(self.setting.label)
        self._choose(QFileDialog.getOpenFileName(self, title, self.value(), kinds)[0])


class FolderEditor(TextEditor):
    """A folder's path, typed or chosen; it need not be there yet."""

    empty = "GazeCLIP in your documents"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._row.addWidget(_button(setting, self._ask))

    def _ask(self) -> None:
        self._choose(QFileDialog.getExistingDirectory(self, tr(self.setting.label), self.value()))


class SourceEditor(Editor):
    """A camera by its name, the demo clip, or a file or folder asked for."""

    def __init__(self, setting: Setting, cameras: Sequence[str]) -> None:
        super().__init__(setting)
        self._box = Choice()
        self._box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._box.addItem(tr("First camera, else the demo clip"), "")
        for name in dict.fromkeys(cameras):
            self._box.addItem(name, name)
        self._box.addItem(tr("Demo clip"), "demo")
        self._box.activated.connect(self.edited)
        self._adopt(self._box, 1)
        menu = QMenu(self)
        menu.addAction(tr("Video…"), self._ask_video)
        menu.addAction(tr("Folder of pictures…"), self._ask_folder)
        button = _button(setting)
        button.setText(tr("Open"))
        button.setProperty("menu", True)
        button.setMenu(menu)
        self._row.addWidget(button)

    def value(self) -> Any:
        return self._box.currentData()

    def show_value(self, value: Any) -> None:
        place = self._box.findData(value)
        if place < 0:
            self._box.addItem(value, value)
            place = self._box.count() - 1
        self._box.setCurrentIndex(place)
        self._box.setToolTip(value or explanation(self.setting))

    def _ask_video(self) -> None:
        title = tr("Open a video")
        kinds = f"{tr('Videos')} ({VIDEOS});;{tr('All files')} (*)"
        self._take(QFileDialog.getOpenFileName(self, title, "", kinds)[0])

    def _ask_folder(self) -> None:
        self._take(QFileDialog.getExistingDirectory(self, tr("Open a folder of pictures")))

    def _take(self, path: str) -> None:
        if path:
            self.show_value(path)
            self.edited.emit()


def _button(setting: Setting, act: Callable[[], object] | None = None) -> QPushButton:
    button = QPushButton(tr("Choose…"))
    button.setAutoDefault(False)
    button.setAccessibleName(tr("Choose: {what}").format(what=tr(setting.label)))
    if act is not None:
        button.clicked.connect(act)
    return button
