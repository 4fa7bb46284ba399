"""MainWindow: puts page, menus and desks together, and comes to a clean end."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget

from app import logfile
from app.gui import theme
from app.gui.actions import Actions
from app.gui.bridge import Bridge
from app.gui.calibration_desk import CalibrationDesk
from app.gui.cameras import CameraList
from app.gui.kept import KeptSettings
from app.gui.live_page import LivePage
from app.gui.menus import make_menus
from app.gui.point_desk import PointDesk
from app.gui.profile_desk import ProfileDesk
from app.gui.recording_desk import RecordingDesk
from app.gui.settings_desk import SettingsDesk
from app.gui.source_desk import SourceDesk
from app.gui.source_menu import SourceMenu
from app.gui.window_state import restore_geometry, save_geometry
from app.live.state import Problem, SourceState
from app.settings import Settings
from app.strings import tr

if TYPE_CHECKING:
    from app.gui.first_start import FirstStart
    from app.live.session import LiveSession

TITLE = "GazeCLIP Desktop"

SMALLEST = (760, 480)
"""Logical pixels: a full HD screen at 200 % scaling has 960 x 540."""

ELSEWHERE = ("quit", "settings", "recordings", "full_screen", "about", "log")
"""Actions that make sense where no live view is shown; all others wait for it."""


END_MS = 20
"""How often a window that closes asks whether the engine has ended."""


class MainWindow(QMainWindow):
    """The one window.

    Args:
        session: the engine; the window closes it when it is closed itself.
        bridge: the signals of what the session says.
        kept: the settings.
        cameras: this computer's.
    """

    def __init__(
        self, session: "LiveSession", bridge: Bridge, kept: KeptSettings, cameras: CameraList
    ) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle(TITLE)
        self.setWindowIcon(theme.app_icon())
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        self._session, self._bridge, self._kept, self._cameras = session, bridge, kept, cameras
        self._closing = self._closed = False
        self._end: threading.Thread | None = None
        self._await_end = QTimer(self, interval=END_MS)
        self._steps: FirstStart | None = None
        self.todo = Actions(self)
        below = [
            *(None, self.todo["open_video"], self.todo["open_pictures"], self.todo["demo"]),
            *(None, self.todo["retry"], self.todo["mirrored"]),
        ]
        sources = SourceMenu(cameras, below, kept.now, self)
        self.page = LivePage(session.trace, sources)
        self.messages = self.page.messages
        self.source_desk = SourceDesk(session, bridge, self.page, self.todo, cameras, self)
        self.settings_desk = SettingsDesk(
            session, kept, self.page, sources, self.todo, cameras, self
        )
        self.recording_desk = RecordingDesk(
            session, bridge, self.page.record_bar, self.messages, self.todo, kept, self
        )
        self.profile_desk = ProfileDesk(
            session, bridge, self.page, self.todo, kept, self.settings_desk, self
        )
        self.calibration_desk = CalibrationDesk(
            session, bridge, self.page, self.todo, kept, self.settings_desk, self.profile_desk, self
        )
        self.point_desk = PointDesk(self.page, self.todo, kept, self.profile_desk, self)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.page)
        self.setCentralWidget(self._stack)
        make_menus(self.menuBar(), self.todo, sources, self.profile_desk.menu)
        self._connect(sources)
        if not restore_geometry(self):
            self.resize(1280, 800)
        self.page.preview.setFocus()

    def show_first_start(self) -> None:
        """Put the first steps in the place of the live page until they have been gone through."""
        from app.gui.first_start import FirstStart

        if self._steps is not None:
            return
        self._steps = steps = FirstStart(
            self._session,
            self._bridge,
            self._kept.now,
            self,
            cameras=self._cameras,
            state=self.source_desk.state,
        )
        steps.changed.connect(self._change_from_steps)
        steps.calibration_wanted.connect(self.calibration_desk.calibrate)
        steps.screen_wanted.connect(self.calibration_desk.ask_for_screen)
        self.profile_desk.changed.connect(steps.show_calibration)
        steps.show_calibration(self.profile_desk.calibration)
        steps.finished.connect(self._end_first_start)
        self._stack.addWidget(steps)
        self._stack.setCurrentWidget(steps)
        self._allow_live(False)
        steps.setFocus()

    def show_problem(self, problem: Problem) -> None:
        """Tell the person; the details wait behind a button."""
        details = [(tr("Details"), lambda: self._show_details(problem))]
        self.messages.say("problem", problem.sentence, "error", details if problem.details else [])

    def _connect(self, sources: SourceMenu) -> None:
        bridge, page, todo = self._bridge, self.page, self.todo
        bridge.view_ready.connect(self._take_view)
        bridge.problem.connect(self.show_problem)
        page.preview.resized.connect(self._session.set_view_size)
        page.record_bar.left.connect(page.preview.setFocus)
        self.source_desk.changed.connect(sources.show_source)
        self.source_desk.changed.connect(self._note_source)
        self.settings_desk.source_wanted.connect(self.source_desk.open)
        self.calibration_desk.opened.connect(self._lend_views)
        self.calibration_desk.closed.connect(self._take_views_back)
        todo["quit"].triggered.connect(self.close)
        todo["full_screen"].triggered.connect(self._full_screen)
        todo["recordings"].triggered.connect(self._show_recordings)
        todo["log"].triggered.connect(self._show_log)
        todo["about"].triggered.connect(self._show_about)
        todo["first_start"].triggered.connect(self.show_first_start)
        self._await_end.timeout.connect(self._note_end)
        self._note_source(self.source_desk.state)

    def _take_view(self) -> None:
        if self._stack.currentWidget() is not self.page or self.calibration_desk.window is not None:
            return  # the first steps take it, or the calibration does
        view = self._session.take_view()
        if view is not None and self.source_desk.state.phase in ("running", "ended"):
            self.page.show_view(view)
            self.point_desk.show_view(view)
            self.profile_desk.show_view(view)

    def _lend_views(self) -> None:
        if self._steps is not None:
            self._steps.rest(True)

    def _take_views_back(self) -> None:
        if self._steps is not None:
            self._steps.rest(False)
        else:
            self.page.preview.ask_for_size()
            self.page.preview.setFocus()

    def _note_source(self, state: SourceState) -> None:
        self.recording_desk.allow(state.phase in ("running", "lost", "ended"))
        name = state.name if state.phase == "running" and state.kind != "demo" else ""
        self.setWindowTitle(f"{name} – {TITLE}" if name else TITLE)

    def _change_from_steps(self, fields: dict[str, Any]) -> None:
        self.settings_desk.change(replace(self._kept.now, **fields))

    def _end_first_start(self, _: Settings) -> None:
        steps, self._steps = self._steps, None
        self._stack.setCurrentWidget(self.page)
        if steps is not None:
            self._stack.removeWidget(steps)
            steps.deleteLater()
        self._allow_live(True)
        # What they changed is in force already; of the rest some may have been changed meanwhile.
        self.settings_desk.change(replace(self._kept.now, first_start_done=True))
        self.page.preview.ask_for_size()
        self.page.preview.setFocus()

    def _allow_live(self, live: bool) -> None:
        for action in self.actions():
            if action.objectName() not in ELSEWHERE:
                action.setVisible(live)  # one that cannot be seen hears no keys either

    def _full_screen(self, full: bool) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self.todo["full_screen"].setChecked(self.isFullScreen())

    def _show_recordings(self) -> None:
        folder = self._kept.now.recordings_folder
        if folder.is_dir():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
        else:
            sentence = tr("There are no recordings yet. They will lie in {folder}.")
            self.messages.say("recordings", sentence.format(folder=folder))

    def _show_log(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(logfile.log_path())))

    def _show_details(self, problem: Problem) -> None:
        from app.gui.problem_dialog import ProblemDialog

        ProblemDialog(problem, logfile.log_path(), self).exec()

    def _show_about(self) -> None:
        from app.gui.about import AboutBox

        AboutBox(self, self._kept.now.model_path).exec()

    # Qt's own doors

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest:  # painted, and handed to the screen
            self.page.preview.note_drawn()
        return handled

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt's name)
        if event.key() == Qt.Key.Key_Escape:
            if self.page.record_bar.isAncestorOf(self.focusWidget() or self):
                self.page.preview.setFocus()
            elif self.isFullScreen():
                self.todo["full_screen"].trigger()
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802  (Qt's name)
        if _dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802  (Qt's name)
        self.source_desk.open(_dropped(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt's name)
        """Let the engine finish the recording and its threads first; the window waits for it."""
        if self._closed:
            save_geometry(self)
            event.accept()
            return
        event.ignore()
        if self._closing:
            return
        self._closing = True
        self.calibration_desk.abort()
        self.point_desk.close()
        if self.recording_desk.recording:
            self.page.preview.cover_with(tr("Finishing the recording …"))
        self.menuBar().setEnabled(False)
        self._stack.setEnabled(False)
        # The thread knows nothing of the window: it could be the last to let go of it.
        ends = (self._session.close, self.profile_desk.chores.worker.finish)
        self._end = threading.Thread(target=_do_all, args=(ends,), name="end", daemon=True)
        self._end.start()
        self._await_end.start()

    def _note_end(self) -> None:
        if self._end is not None and not self._end.is_alive():
            self._await_end.stop()
            self._closed = True
            self.close()


def _do_all(ends: Iterable[Callable[[], object]]) -> None:
    for end in ends:
        end()


def _dropped(data: QMimeData) -> str:
    """The path of the one file or folder that is dropped, "" where it is anything else."""
    urls = data.urls()
    return urls[0].toLocalFile() if len(urls) == 1 else ""
