"""Windows in tests need no screen, and leave the person's own files alone."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from app.live import absence, desk, opening, recorder
from tests.app.live.world import quick_tracker
from tests.gui.opened import Opened


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of each test's own for settings, log and recordings."""
    home = tmp_path / "home"
    monkeypatch.setenv("GAZECLIP_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Let what is left of a window be collected on its own thread: Python does so on whichever one
    happens to ask for memory, and timers that die on an engine's thread crash Qt's loop."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def quick(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines see the same face in every frame, at once, and are not as patient as with people."""
    monkeypatch.setattr(opening, "load_tracker", quick_tracker(tiny_model))
    monkeypatch.setattr(absence, "RETRY_S", 0.05)
    monkeypatch.setattr(desk, "TELL_S", 0.02)
    monkeypatch.setattr(recorder, "LOOK_S", 0.02)


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[..., Opened]]:
    """Opens main windows over real engines in a world of its own; closed in the end."""
    windows: list[Opened] = []

    def opener(*args: object, **options: object) -> Opened:
        windows.append(Opened(qtbot, *args, **options))  # type: ignore[arg-type]
        return windows[-1]

    yield opener
    for window in windows:
        window.close()
