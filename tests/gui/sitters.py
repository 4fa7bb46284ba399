"""People before a main window: scripted, or who do what a test says; nothing is rendered."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.calibration.choreography.scene import Dot
from app.gui.calibration_window import CalibrationWindow
from app.live import opening
from app.sample import Sample
from app.source import Frame
from app.tracker import Tracker
from model.estimator import Estimate, Estimator
from model.geometry import normalize, pitch_yaw, vector
from model.landmarks import Face
from model.patches import EYE_PATCH
from model.screen import Screen, make_screen
from tests.app.calibration.people import Person, Script, willing
from tests.app.live import world
from tests.app.live.world import Faces, FakeCamera, World
from tests.gui.opened import Opened

SCREEN = make_screen((800, 800), (203.2, 203.2), name="Screen")
"""That of Qt's platform without one."""


class Sitter(Person):
    """A scripted user before that screen."""

    def __init__(self, script: Script = willing, screen: Screen = SCREEN, **options: Any) -> None:
        super().__init__(script, **{"noise": 0.5, **options})
        self.screen = screen

    def _read(self, place: tuple[float, float]) -> Estimate:
        there = self.screen.in_camera(np.array(place) * np.array(self.screen.pixels))
        angles = np.degrees(pitch_yaw(normalize(there - self.eyes)))
        angles = angles * self.gain + self.bias + self._random.normal(0.0, self.noise, 2)
        gaze = vector(np.radians(angles))
        return Estimate(
            gaze, np.stack([gaze, gaze]), 0.05, np.eye(9)[0], np.zeros((2, 4), np.float32)
        )

    def sample(self, dot: Dot | None) -> Sample:
        sample = super().sample(dot)
        if sample.patches is None:
            return sample
        level = int(sample.patches.images.mean())
        images = np.full((2, EYE_PATCH.height, EYE_PATCH.width, 3), level, np.uint8)
        return replace(sample, patches=replace(sample.patches, images=images))


class QuickCamera(FakeCamera):
    """As many frames as are taken."""

    pause_s = 0.001


class SitterTracker(Tracker):
    """Sees a sitter instead of frames; the sitter's own clock is that of the samples."""

    def __init__(self, model: Path, sitting: "Sitting") -> None:
        super().__init__(Faces(), Estimator(model, "cpu"))  # type: ignore[arg-type]
        self._sitting = sitting

    def find(self, frame: Frame) -> Face | None:
        return None

    def sample(self, frame: Frame, face: Face | None) -> Sample:
        sample = replace(self._sitting.sitter.sample(self._sitting.dot), frame=frame.number)
        finder = self._finder
        return sample if finder is None else replace(sample, screen=finder.find(sample))


class Sitting:
    """A main window with somebody before it.

    Args:
        open_window: the fixture's.
        model: whose hash calibrations bear.
        script: what the person does.
        chosen: fields of Settings.
    """

    def __init__(
        self,
        open_window: Callable[..., Opened],
        monkeypatch: pytest.MonkeyPatch,
        model: Path,
        script: Script = willing,
        **chosen: Any,
    ) -> None:
        self.sitter = Sitter(script)
        self.events: list[tuple[str, str]] = []
        monkeypatch.setattr(opening, "load_tracker", lambda *_: SitterTracker(model, self))
        monkeypatch.setattr(world, "FakeCamera", QuickCamera)
        options = {"model": str(model), "show_plot": False, "targets": "5", **chosen}
        self.opened = open_window(World("A cam"), "A cam", **options)
        self.desk = self.opened.window.calibration_desk
        self.profiles = self.opened.window.profile_desk
        self.opened.session.note_event = self._note  # type: ignore[method-assign]
        self.opened.wait_for_phase("running")
        self.opened.wait(lambda: not self.profiles.loading)

    def _note(self, kind: str, message: str) -> None:
        self.events.append((kind, message))

    @property
    def dot(self) -> Dot | None:
        """What the person sees; asked on the tracker's thread."""
        return self.desk.dot if hasattr(self, "desk") else None

    @property
    def window(self) -> CalibrationWindow:
        """The calibration window."""
        assert self.desk.window is not None
        return self.desk.window

    def begin(self, deed: str = "calibrate") -> CalibrationWindow:
        """Open the calibration window."""
        self.opened.do(deed)
        self.opened.wait(lambda: self.desk.window is not None and self.window.isVisible())
        return self.window

    def wait_for_page(self, name: str) -> None:
        """Until the calibration window shows its placement, canvas, report or failure."""
        self.opened.wait(
            lambda: (
                self.desk.window is not None
                and self.window.page is not None
                and self.window.page is getattr(self.window, name)
            )
        )

    def wait_for_end(self) -> None:
        self.opened.wait(lambda: self.desk.window is None and not self.profiles.chores.busy)

    def press(self, key: Qt.Key, on: QWidget | None = None) -> None:
        """A key, where the focus in the calibration window has it go."""
        self.opened.qtbot.keyClick(on or self.window.focusWidget() or self.window, key)

    def calibrate(self) -> None:
        """From the wish to the accepted calibration."""
        self.begin()
        self.wait_for_page("report")
        self.press(Qt.Key.Key_Return)
        self.wait_for_end()
