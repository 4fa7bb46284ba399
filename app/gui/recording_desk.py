"""RecordingDesk: starting, marking and stopping a recording, and what is said about it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QAction, QDesktopServices

from app.gui.actions import Actions
from app.gui.bridge import Bridge
from app.gui.kept import KeptSettings
from app.gui.message_bar import MessageBar
from app.gui.record_bar import RecordBar
from app.live.state import RecordingState, RecordingSummary
from app.strings import tr

if TYPE_CHECKING:
    from app.live.session import LiveSession

SUMMARY = "recorded "
"""The topics of finished recordings begin with this."""


class RecordingDesk(QObject):
    """Between the record bar and the engine.

    Args:
        session: the engine.
        bridge: its signals.
        bar, messages: where things are shown.
        actions: `record`, `marker` and the numbered markers.
        kept: where recordings lie and whose they are.

    Attributes:
        state: of the recording that is being made, None for none.
    """

    def __init__(
        self,
        session: "LiveSession",
        bridge: Bridge,
        bar: RecordBar,
        messages: MessageBar,
        actions: Actions,
        kept: KeptSettings,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._bar, self._messages = session, bar, messages
        self._actions, self._kept = actions, kept
        self.state: RecordingState | None = None
        self._summaries = 0
        bridge.recording_changed.connect(self._on_changed)
        bridge.recording_finished.connect(self._on_finished)
        bar.toggled.connect(self.toggle)
        bar.marked.connect(self.mark)
        actions["record"].triggered.connect(self.toggle)
        actions["marker"].triggered.connect(self._ask_for_marker)
        for action in actions.markers:
            action.triggered.connect(self._mark_number)
        self._show(None)

    @property
    def recording(self) -> bool:
        """A recording is being made."""
        return self.state is not None

    def allow(self, possible: bool) -> None:
        """There is something to record, or not; what runs can always be stopped."""
        self._actions["record"].setEnabled(possible or self.recording)
        self._bar.button.setEnabled(possible or self.recording)

    def toggle(self) -> None:
        """Start a recording, or stop the one that is being made."""
        if self.recording:
            self._session.stop_recording()
            return
        now = self._kept.now
        for topic in self._messages.topics:
            if topic == "space" or topic.startswith(SUMMARY):
                self._messages.unsay(topic)  # it speaks of an earlier recording
        self._session.start_recording(
            now.recordings_folder,
            profile=self._bar.profile.text().strip() or now.profile,
            session=self._bar.session.text().strip(),
            note=self._bar.note.text().strip(),
            video=now.record_video,
        )

    def mark(self, text: str) -> None:
        """Write a marker."""
        if self.recording:
            self._session.mark(text)
            self._bar.note_marker(text)

    def _mark_number(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.mark(str(action.data()))

    def _ask_for_marker(self) -> None:
        if self.recording:
            self._bar.marker.setFocus()

    def _on_changed(self, state: RecordingState | None) -> None:
        self._show(state)
        if state is not None and state.warning:
            self._messages.say("space", state.warning, "warning")

    def _on_finished(self, summary: RecordingSummary) -> None:
        where = tr("It lies in {folder}").format(folder=summary.folder)
        self._summaries += 1
        self._messages.say(
            f"{SUMMARY}{self._summaries}",  # each its own: switching sources leaves two
            f"{summary.message} {where}",
            "good" if summary.complete else "warning",
            [(tr("Open folder"), _opener(summary.folder))],
        )

    def _show(self, state: RecordingState | None) -> None:
        self.state = state
        self._bar.show_recording(state)
        record = self._actions["record"]
        record.setText(tr("Stop &recording") if self.recording else tr("&Record"))
        for action in (self._actions["marker"], *self._actions.markers):
            action.setEnabled(self.recording)
        # The first steps would hide the red mark, and how to stop.
        self._actions["first_start"].setEnabled(not self.recording)


def _opener(folder: Path) -> Callable[[], object]:
    return lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
