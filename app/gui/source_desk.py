"""SourceDesk: opening cameras, files and the demo, and what is said about the one that is open."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.gui import permission
from app.gui.actions import Actions
from app.gui.bridge import Bridge
from app.gui.cameras import CameraList
from app.gui.live_page import LivePage
from app.gui.source_words import standing
from app.live.state import RecordingState, SourceState
from app.source.opening import source_path
from app.strings import tr

if TYPE_CHECKING:
    from app.live.session import LiveSession

VIDEOS = "*.mp4 *.mkv *.mov *.avi *.webm *.m4v *.wmv"

PATIENCE_MS = 300
"""A source that opens faster needs no word about it."""


class SourceDesk(QObject):
    """Between the person and the engine's source.

    Args:
        session: the engine.
        bridge: its signals.
        page: where the source is shown.
        actions: `open_video`, `open_pictures`, `demo` and `retry`.
        cameras: this computer's.
        window: whose dialogs.

    Signals:
        changed: the SourceState is another now.
    """

    changed = Signal(object)

    def __init__(
        self,
        session: "LiveSession",
        bridge: Bridge,
        page: LivePage,
        actions: Actions,
        cameras: CameraList,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._page, self._actions = session, page, actions
        self._cameras, self._window = cameras, window
        self._recording = False
        self._opening = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._opening.timeout.connect(self._cover)
        self.state = SourceState("opening")
        bridge.source_changed.connect(self._show)
        bridge.recording_changed.connect(self._note_recording)
        cameras.changed.connect(self._show_demo_instead)
        actions["open_video"].triggered.connect(self._open_video)
        actions["open_pictures"].triggered.connect(self._open_pictures)
        actions["demo"].triggered.connect(self._open_demo)
        actions["retry"].triggered.connect(self._again)
        self._show(self.state)

    def open(self, text: str) -> None:
        """Open a source by its text; before a camera the system is asked whether we may."""
        if source_path(text) is not None:  # a file, or the demo
            self._session.open(text)
        else:
            self._with_permission(lambda: self._session.open(text))

    def _with_permission(self, act: Callable[[], object]) -> None:
        def answered(may: bool) -> None:
            if may:
                act()
                return
            self._opening.stop()
            title, sentence = permission.denied()
            again = (tr("Try again"), lambda: self._with_permission(act))
            mend = (tr("Open System Settings"), _open_system_settings)
            demo = (tr("Demo clip"), self._open_demo)
            self._page.preview.cover_with(title, sentence, [mend, again, demo])

        permission.ask_for_camera(self, answered)

    def _open_video(self) -> None:
        kinds = f"{tr('Videos')} ({VIDEOS});;{tr('All files')} (*)"
        path, _ = QFileDialog.getOpenFileName(self._window, tr("Open a video"), "", kinds)
        if path:
            self.open(path)

    def _open_pictures(self) -> None:
        title = tr("Open a folder of pictures")
        path = QFileDialog.getExistingDirectory(self._window, title)
        if path:
            self.open(path)

    def _open_demo(self) -> None:
        self.open("demo")

    def _again(self) -> None:
        """Look for the camera once more, or play a file from its beginning."""
        if standing(self.state, False).replays:
            self._session.restart()
        else:
            self._with_permission(self._session.retry)

    def _note_recording(self, state: RecordingState | None) -> None:
        if self._recording != (state is not None):
            self._recording = state is not None
            if self.state.phase == "lost":  # what is said then depends on it
                self._show(self.state)

    def _show(self, state: SourceState) -> None:
        self.state = state
        shown = standing(state, self._recording)
        again = self._actions["retry"]
        again.setText(shown.again or tr("Try again"))
        again.setEnabled(bool(shown.again))
        if state.phase != "opening":
            self._opening.stop()
            self._cover()
        elif not self._opening.isActive():
            self._opening.start()
        self._show_demo_instead()
        self.changed.emit(state)

    def _cover(self) -> None:
        """Say over the picture what there is to say, and that the picture is an old one."""
        shown, page = standing(self.state, self._recording), self._page
        page.show_source_name(shown.name, shown.icon)
        if self.state.phase in ("opening", "lost", "failed"):
            page.forget_view(picture_too=self.state.phase == "opening")
        if shown.title:
            deeds = [self._actions[name] for name in shown.deeds]
            buttons = [(deed.text().replace("&", ""), deed.trigger) for deed in deeds]
            page.preview.cover_with(shown.title, shown.text, buttons)
            for button, deed in zip(page.preview.cover.buttons, deeds, strict=True):
                button.setToolTip(deed.toolTip())
        else:
            page.preview.uncover()

    def _show_demo_instead(self) -> None:
        """The demo plays for want of a camera: say so, and what can be done about it."""
        messages = self._page.messages
        if not self.state.demo_instead:
            messages.unsay("camera")
            return
        if self._cameras.names and self.state.phase == "running":
            sentence = tr("A camera is connected: {name}.").format(name=self._cameras.names[0])
        else:
            sentence = self.state.message or tr("No camera was found: this is the demo clip.")
        messages.say("camera", sentence, "info", [(tr("Try again"), self._again)], closable=False)


def _open_system_settings() -> None:
    QDesktopServices.openUrl(QUrl(permission.SYSTEM_SETTINGS))
