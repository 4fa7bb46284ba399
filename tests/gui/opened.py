"""A main window over a real engine, with cameras that come and go on command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.gui.bridge import Bridge, EngineListener
from app.gui.cameras import CameraList
from app.gui.kept import KeptSettings
from app.gui.main_window import MainWindow
from app.live.session import LiveSession
from app.live.state import RecordingSummary
from app.recording.reader import Recording, read_recording
from app.settings import Settings
from tests.app.live.world import PATIENCE_S, World


class Opened:
    """The window and everything beneath it.

    Args:
        world: what is plugged in.
        chosen: fields of Settings that differ from the defaults.
        source: opened first; None for nothing.
    """

    def __init__(self, qtbot: QtBot, world: World, source: str | None = "", **chosen: Any) -> None:
        self.qtbot, self.world = qtbot, world
        self.kept = KeptSettings(Settings(**{"fps": 100.0, **chosen}))
        self.bridge = Bridge()
        self.finished: list[RecordingSummary] = []
        self.bridge.recording_finished.connect(self.finished.append)
        listener = EngineListener(self.bridge)
        self.session = LiveSession(self.kept.now, listener, world.open_source, world.find_cameras)
        self.cameras = CameraList(world.find_cameras)
        self.window = MainWindow(self.session, self.bridge, self.kept, self.cameras)
        self.page, self.messages = self.window.page, self.window.messages
        self.preview, self.bar = self.page.preview, self.page.record_bar
        self.window.resize(1000, 700)
        self.window.show()
        if source is not None:
            self.window.source_desk.open(source)

    def wait(self, so: Callable[[], Any]) -> None:
        """Let the window live until something is so."""
        self.qtbot.waitUntil(lambda: bool(so()), timeout=round(1000 * PATIENCE_S))

    def wait_for_phase(self, phase: str, name: str | None = None) -> None:
        desk = self.window.source_desk
        self.wait(lambda: desk.state.phase == phase and name in (None, desk.state.name))

    def wait_for_picture(self) -> None:
        """Until a picture is shown that was not shown before."""
        before = self.preview.image
        self.wait(lambda: self.preview.image is not None and self.preview.image is not before)

    def wait_for_frames(self, frames: int) -> None:
        """Until a recording has so many rows."""
        desk = self.window.recording_desk
        self.wait(lambda: desk.state is not None and desk.state.frames >= frames)

    def wait_for_finished(self, recordings: int = 1) -> RecordingSummary:
        self.wait(lambda: len(self.finished) >= recordings)
        return self.finished[-1]

    def press(self, key: Qt.Key, on: QWidget | None = None) -> None:
        """A key, where the focus would have it go."""
        self.qtbot.keyClick(on or self.preview, key)

    def do(self, name: str) -> QAction:
        """Trigger an action, as its menu would."""
        action = self.window.todo[name]
        assert action.isEnabled(), f"{name} cannot be chosen"
        action.trigger()
        return action

    def record(self) -> None:
        """Record, and wait for some rows."""
        self.do("record")
        self.wait_for_frames(10)

    def stop(self) -> Recording:
        """Stop the recording, and read it."""
        before = len(self.finished)
        self.do("record")
        return read_recording(self.wait_for_finished(before + 1).folder)

    def sentence(self, topic: str) -> str:
        """What a message says, "" where there is none."""
        message = self.messages.message(topic)
        return "" if message is None else message.sentence

    def press_in_message(self, topic: str, label: str) -> None:
        message = self.messages.message(topic)
        assert message is not None
        {button.text(): button for button in message.buttons}[label].click()

    def press_on_cover(self, label: str) -> None:
        assert self.preview.cover.isVisible()
        {button.text(): button for button in self.preview.cover.buttons}[label].click()

    @property
    def covered(self) -> str:
        """What is said over the picture, "" where nothing is."""
        cover = self.preview.cover
        return cover.accessibleName() if cover.isVisible() else ""

    def close(self) -> None:
        """Close the window and wait for its end."""
        self.window.close()
        self.wait(lambda: not self.window.isVisible())
        self.window.deleteLater()


def pixels(image: QImage | None) -> NDArray[np.uint8]:
    """A picture of Qt's as (H, W, 3) RGB."""
    assert image is not None
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def has_colour(image: QImage | None, colour: tuple[int, int, int]) -> bool:
    """Some pixel is of this colour."""
    near = np.abs(pixels(image).astype(int) - colour).max(axis=2) <= 8
    return bool(near.any())


def folders(root: Path) -> list[Path]:
    """The recordings in a folder, oldest first."""
    return sorted(root.iterdir())
