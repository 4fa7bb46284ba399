"""SettingsDesk: every way in which the person changes a setting, and who has to hear of it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from app.gui import theme
from app.gui.actions import LAYERS, SWITCHES, Actions
from app.gui.cameras import CameraList
from app.gui.kept import KeptSettings
from app.gui.live_page import LivePage
from app.gui.source_menu import SourceMenu
from app.live import telling
from app.settings import Settings
from app.strings import tr
from model.errors import UserError

if TYPE_CHECKING:
    from app.live.session import LiveSession


class SettingsDesk(QObject):
    """Between the settings and whatever shows or uses them.

    Args:
        session: the engine.
        kept: the settings and their file.
        page, sources: what shows some of them.
        actions: those named as a field of the settings switch it.
        cameras: offered in the dialog.
        window: whose dialogs.

    Signals:
        source_wanted: the text of a source that was chosen.
        changed: the Settings before, and those in force now.
    """

    source_wanted = Signal(str)
    changed = Signal(object, object)

    def __init__(
        self,
        session: "LiveSession",
        kept: KeptSettings,
        page: LivePage,
        sources: SourceMenu,
        actions: Actions,
        cameras: CameraList,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._kept, self._page, self._sources = session, kept, page, sources
        self._actions, self._cameras, self._window = actions, cameras, window
        for name in SWITCHES:
            actions[name].triggered.connect(self._switch)
        actions["layers"].triggered.connect(self._switch_layers)
        actions["settings"].triggered.connect(self._ask)
        sources.chosen.connect(self._choose_camera)
        sources.format_chosen.connect(self._choose_format)
        page.plot.folded.connect(self._fold_plot)
        page.record_bar.edited.connect(self._edit_recording)
        self._show()

    def change(self, new: Settings) -> None:
        """Put new settings in force: engine, window, file."""
        before = self._kept.now
        if new == before:
            return
        try:
            self._kept.change(new)
        except UserError as error:
            problem = telling.problem(error)
            self._page.messages.say("settings", problem.sentence, "error")
        if new.source != before.source:
            # First, so that the engine finds it open already and does not open it twice.
            self.source_wanted.emit(new.source)
        self._session.apply(new)
        app = QApplication.instance()
        if new.theme != before.theme and isinstance(app, QApplication):
            theme.apply(app, new.theme)
        self._show()
        self.changed.emit(before, new)

    def set(self, **fields: Any) -> None:
        """Put some fields in force."""
        self.change(replace(self._kept.now, **fields))

    def _switch(self, on: bool) -> None:
        self.set(**{self.sender().objectName(): on})

    def _switch_layers(self) -> None:
        now = self._kept.now
        self.set(**dict.fromkeys(LAYERS, not all(getattr(now, name) for name in LAYERS)))

    def _fold_plot(self, away: bool) -> None:
        self.set(show_plot=not away)

    def _choose_camera(self, text: str) -> None:
        """Open a camera, and remember it."""
        if text == self._kept.now.source:
            self.source_wanted.emit(text)  # something else is open now
        else:
            self.set(source=text)

    def _choose_format(self, chosen: tuple[int, int, float]) -> None:
        width, height, fps = chosen
        self.set(size=(width, height), fps=fps)

    def _edit_recording(self) -> None:
        bar, messages = self._page.record_bar, self._page.messages
        try:
            self.set(
                profile=bar.profile.text().strip() or Settings().profile,
                session=bar.session.text().strip(),
                record_video=bar.video.isChecked(),
            )
        except ValueError:
            messages.say(
                "profile",
                tr(
                    "This profile's name will not do: use up to 40 letters, digits, - and _, "
                    "beginning with a letter or digit."
                ),
                "warning",
            )
        else:
            messages.unsay("profile")

    def _ask(self) -> None:
        from app.gui.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._kept.now, self._cameras.names, self._window)
        dialog.changed.connect(self.change)
        dialog.exec()
        dialog.deleteLater()

    def _show(self) -> None:
        now = self._kept.now
        for name in SWITCHES:
            self._actions[name].setChecked(getattr(now, name))
        self._page.show_settings(now)
        self._sources.show_settings(now)
