"""run_window: the whole application in this process, opened and closed."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QTimer, qWarning
from PySide6.QtWidgets import QApplication

from app.gui import application
from app.gui.bridge import Bridge, EngineListener
from app.gui.main_window import MainWindow
from app.settings import Settings
from tests.gui.opened import folders

pytestmark = pytest.mark.usefixtures("quick", "qapp")


def windows() -> list[MainWindow]:
    """Those that are open."""
    widgets = QApplication.topLevelWidgets()
    return [w for w in widgets if isinstance(w, MainWindow) and w.isVisible()]


def window() -> MainWindow:
    """The one that is open."""
    (one,) = windows()
    return one


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], bool]], None]:
    """Has something looked at again and again while the application runs, until it says True."""
    timers = []

    def look(step: Callable[[], bool]) -> None:
        timer = QTimer(interval=20)

        def tick() -> None:
            if windows() and step():
                timer.stop()

        timer.timeout.connect(tick)
        timer.start()
        timers.append(timer)

    return look


def quiet(**chosen: Any) -> Settings:
    return Settings(first_start_done=True, **chosen)


def test_opens_plays_and_closes(meanwhile: Any) -> None:
    def step() -> bool:
        if window().page.preview.image is None:
            return False
        assert "damaged" in window().messages.message("notice").sentence
        return window().close() or True

    meanwhile(step)
    assert application.run_window(quiet(), {"source": "demo"}, notice="It was damaged.") == 0


def test_ctrl_c_finishes_the_recording(meanwhile: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def step() -> bool:
        state = window().recording_desk.state
        if state is None or state.frames < 5:
            return False
        os.kill(os.getpid(), signal.SIGINT)
        return True

    meanwhile(step)
    overrides = {"source": "demo", "recordings": str(out)}
    assert application.run_window(quiet(), overrides, record=True) == 0
    (folder,) = folders(out)
    assert '"complete": true' in (folder / "recording.json").read_text()


def test_an_error_that_nobody_caught_reaches_the_person(meanwhile: Any) -> None:
    told = []

    def fail() -> None:
        raise RuntimeError("the unforeseen")

    def step() -> bool:
        message = window().messages.message("problem")
        if message is None:
            if not told:
                told.append(True)
                threading.Thread(target=fail).start()
            return False
        assert "the unforeseen" in message.sentence
        assert [button.text() for button in message.buttons] == ["Details"]
        return window().close() or True

    before = threading.excepthook
    meanwhile(step)
    assert application.run_window(quiet(), {"source": "demo"}) == 0
    assert threading.excepthook is before


def test_a_first_start_begins_with_the_steps(meanwhile: Any) -> None:
    def step() -> bool:
        steps = window().findChild(QObject, "firstStart")
        if steps is None:
            return False
        steps.end()
        assert window().page.isVisible()
        return window().close() or True

    meanwhile(step)
    assert application.run_window(Settings(), {"source": "demo"}) == 0


def test_a_first_start_that_records_shows_the_recording(meanwhile: Any, tmp_path: Path) -> None:
    def step() -> bool:
        assert window().findChild(QObject, "firstStart") is None, "it would hide the red mark"
        if window().recording_desk.state is None:
            return False
        assert window().page.record_bar.isVisible()
        return window().close() or True

    meanwhile(step)
    overrides = {"source": "demo", "recordings": str(tmp_path / "out")}
    assert application.run_window(Settings(), overrides, record=True) == 0


def test_broken_settings_are_told_at_once_and_are_no_first_start(meanwhile: Any) -> None:
    def step() -> bool:
        message = window().messages.message("notice")
        assert message is not None
        assert message.isVisible(), "the first steps would hide it"
        return window().close() or True

    meanwhile(step)
    assert application.run_window(Settings(), {"source": "demo"}, notice="It was damaged.") == 0


def test_qts_remarks_go_to_the_log(
    meanwhile: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def step() -> bool:
        qWarning("a remark of Qt")
        return window().close() or True

    meanwhile(step)
    assert application.run_window(quiet(), {"source": "demo"}) == 0
    assert "a remark of Qt" in caplog.text
    assert capfd.readouterr() == ("", "")


def test_sending_signals_costs_no_references() -> None:
    """PySide6 6.12.0 lost one to True each time, which ends Python 3.11 within minutes."""
    bridge = Bridge()
    before = sys.getrefcount(True)
    for _ in range(50):
        EngineListener(bridge).view_ready()
    assert sys.getrefcount(True) > before - 40


def test_signals_of_other_threads_arrive_on_the_windows_own(qtbot: Any) -> None:
    threads = []

    class Receiver(QObject):
        def hear(self) -> None:
            threads.append(threading.current_thread())

    bridge, receiver = Bridge(), Receiver()
    bridge.view_ready.connect(receiver.hear)
    thread = threading.Thread(target=EngineListener(bridge).view_ready)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.main_thread()]
