"""Editor: what all editors of settings have in common."""

from abc import abstractmethod
from typing import Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.settings_table import Setting
from app.strings import tr


class Editor(QWidget):
    """The base: a row that holds what the person handles.

    Signals:
        edited: the person changed the value (not: it was shown another one).
    """

    edited = Signal()
    labelled: ClassVar[bool] = False
    """Whether it bears the setting's label itself."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting = setting
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)

    @abstractmethod
    def value(self) -> Any:
        """What the widgets say; whether it will do is for `Setting.clean` to judge."""

    @abstractmethod
    def show_value(self, value: Any) -> None:
        """Show a value of Settings without calling it edited."""

    def complaint(self) -> str:
        """One sentence on why the value will not do, "" where it does."""
        try:
            self.setting.clean(self.value())
        except ValueError:
            return self._wrong()
        return ""

    def _wrong(self) -> str:
        return tr("This cannot be used here.")

    def _adopt(self, widget: QWidget, stretch: int = 0) -> None:
        """Put the main widget into the row, with its names for those who hear the window."""
        widget.setObjectName(f"edit_{self.setting.name}")
        widget.setAccessibleName(tr(self.setting.label))
        widget.setAccessibleDescription(explanation(self.setting))
        widget.setToolTip(explanation(self.setting))
        self.setFocusProxy(widget)
        self._row.addWidget(widget, stretch)


def explanation(setting: Setting) -> str:
    """What the dialog says of a setting; the table has it without capital and full stop."""
    text = tr(setting.about or setting.help)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
