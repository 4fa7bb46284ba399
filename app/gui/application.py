"""run_window: from settings to an application with a window, and its exit code."""

import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app import __version__
from app.gui import theme
from app.gui.bridge import Bridge, EngineListener
from app.gui.cameras import CameraList
from app.gui.kept import KeptSettings
from app.gui.main_window import TITLE, MainWindow
from app.interrupt import Interrupt
from app.live import telling
from app.live.session import LiveSession
from app.settings import Settings

_log = logging.getLogger(__name__)

HEAR_MS = 200
"""How soon Ctrl-C is heard: Qt's loop gives Python a turn only for something to do."""

WATCH_MS = 2000
"""After the start, when loading the part of Qt that knows of cameras disturbs nobody."""


@dataclass(frozen=True)
class Desktop:
    """Everything that one window needs; keep it as long as the window lives."""

    app: QApplication
    bridge: Bridge
    session: LiveSession
    cameras: CameraList
    window: MainWindow


def run_window(
    settings: Settings,
    overrides: Mapping[str, object] | None = None,
    record: bool = False,
    notice: str = "",
) -> int:
    """Open the window and stay until it is closed.

    Args:
        settings: as loaded from the settings file.
        overrides: fields of Settings that the command line gave (`source`, `fov` ...): they hold
            for this run and are not saved, unless the person changes them in the window.
        record: begin a recording with the first frame.
        notice: one sentence for the person to begin with (a broken settings file was put aside),
            "" for none.

    Returns:
        The exit code: 0.
    """
    with _qt_logged():
        return _run(
            KeptSettings(settings, overrides), "source" in (overrides or {}), record, notice
        )


def _run(kept: KeptSettings, named: bool, record: bool, notice: str) -> int:
    desktop = make_desktop(kept, record)
    app, window, cameras = desktop.app, desktop.window, desktop.cameras
    app.commitDataRequest.connect(desktop.session.close)  # the system ends: no time for a thread
    with Interrupt() as interrupt, _faults_told(desktop.bridge):
        hear = QTimer(interval=HEAR_MS)
        hear.timeout.connect(lambda: window.close() if interrupt.wanted else None)
        hear.start()
        if notice:
            window.messages.say("notice", notice, "warning")
        window.show()
        # What the command line names is opened or refused; what is remembered may be replaced.
        source = kept.now.source if named else ""
        QTimer.singleShot(0, lambda: window.source_desk.open(source))
        QTimer.singleShot(WATCH_MS, cameras.watch)
        cameras.refresh()
        # The first steps would hide that it records; and whose settings are broken has seen them.
        if not (kept.now.first_start_done or record or notice):
            window.show_first_start()
        app.exec()
        hear.stop()
    desktop.session.close()
    return 0


def make_desktop(kept: KeptSettings, record: bool = False) -> Desktop:
    """An engine and its window, not shown yet, with nothing open yet."""
    app = make_application()
    theme.apply(app, kept.now.theme)
    bridge, cameras = Bridge(), CameraList()
    session = LiveSession(kept.now, EngineListener(bridge), record_from_start=record)
    window = MainWindow(session, bridge, kept, cameras)
    return Desktop(app, bridge, session, cameras, window)


def make_application() -> QApplication:
    """The one QApplication, with its names."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("GazeCLIP")
    app.setApplicationDisplayName(TITLE)
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("gazeclip-desktop")
    app.setWindowIcon(theme.app_icon())
    return app


@contextmanager
def _qt_logged() -> Iterator[None]:
    """Meanwhile Qt's own remarks go to the log: the terminal is for our sentences."""
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
    }

    def note(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        _log.log(levels.get(kind, logging.ERROR), "Qt %s: %s", context.category, message)
        if kind == QtMsgType.QtFatalMsg:  # Qt ends the process now
            print(f"error: {message}", file=sys.stderr)

    before = qInstallMessageHandler(note)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


@contextmanager
def _faults_told(bridge: Bridge) -> Iterator[None]:
    """Meanwhile errors that nobody caught reach the log and the window, not the terminal."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.error("not caught", exc_info=(kind, error, trace))
        if isinstance(error, Exception):
            bridge.problem.emit(telling.problem(error))

    def tell_of_thread(fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            tell(fault.exc_type, fault.exc_value, fault.exc_traceback)

    before = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = tell, tell_of_thread
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before
