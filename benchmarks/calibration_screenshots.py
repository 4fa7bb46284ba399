"""The pictures of docs/calibration.md: a virtual user calibrates in the real window."""

import os
import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.gui.calibration_desk import CalibrationDesk
from app.gui.calibration_window import CalibrationWindow
from app.gui.profile_dialog import ProfileDialog
from app.gui.screen_dialog import ScreenDialog
from app.gui.screens import screens_here
from app.settings import Settings
from app.source import Frame, Source
from benchmarks.screenshots import LARGE, Stage, rest, wait
from model.training.synthetic.head import load_head
from model.training.synthetic.rig import Rig
from model.training.synthetic.virtual_person import Webcam, virtual_user
from model.training.synthetic.virtual_user import VirtualUserSource

USER = 11
CAMERA = Webcam((640, 480), 60.0, 1.0)
FPS = 15.0
WIDTH = 1280
"""Of the pictures of a whole screen, pixels."""


class UserCamera(VirtualUserSource):
    """A virtual user as a camera. Rests until the next frame is due, where rendering is quick."""

    def __init__(self, stage: "UserStage") -> None:
        screen = screens_here({})[0].screen
        super().__init__(stage.user, screen, stage.dot, FPS, camera=CAMERA)
        self.kind, self.name = "camera", "HD Webcam"
        self._due_s = time.monotonic()

    def read(self) -> Frame | None:
        self._due_s = max(self._due_s + 1.0 / FPS, time.monotonic())
        time.sleep(max(self._due_s - time.monotonic(), 0.0))
        return super().read()


class UserStage(Stage):
    """A window with a virtual user before it."""

    def __init__(self, settings: Settings, size: tuple[int, int]) -> None:
        self.user = virtual_user(Rig(load_head(Path(os.environ["GAZECLIP_DATA"]))), USER)
        self.elsewhere: tuple[float, float] | None = None
        super().__init__(settings, size)

    def dot(self) -> tuple[float, float] | None:
        """What the user looks at."""
        desk = self.window.findChild(CalibrationDesk) if hasattr(self, "window") else None
        dot = desk.dot if desk is not None else None
        return self.elsewhere if dot is None else dot.place

    def open_camera(self) -> Source:
        return UserCamera(self)


def calibration(out: Path) -> None:
    """From the key C to the live view with points of gaze."""
    settings = Settings(
        theme="dark", first_start_done=True, profile="anna", fov=CAMERA.fov, fps=FPS
    )
    stage = UserStage(settings, LARGE)
    window, desk = stage.window, stage.window.calibration_desk
    window.show()
    wait(lambda: window.page.view is not None)
    window.todo["calibrate"].trigger()
    covering = desk.window
    assert isinstance(covering, CalibrationWindow)
    wait(lambda: covering.placement.message == "You sit well.")
    rest(0.3)
    keep_screen(covering, out / "calibration-place.png")
    wait(lambda: covering.page is covering.report, 300.0)
    rest(0.3)
    keep_screen(covering, out / "calibration-report.png")
    for kind in (QKeyEvent.Type.KeyPress, QKeyEvent.Type.KeyRelease):
        event = QKeyEvent(kind, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(covering.report, event)
    wait(lambda: desk.window is None)
    window.messages.unsay("calibrated")
    stage.elsewhere = (0.3, 0.4)
    rest(12.0)
    keep_screen(window, out / "window-calibrated.png")
    dialog = ProfileDialog("anna", window.profile_desk.chores, window)
    dialog.show()
    wait(lambda: dialog.table.rowCount() > 0, 10.0)
    rest(0.5)
    keep_screen(dialog, out / "profiles.png")
    dialog.close()
    asked = ScreenDialog("", {}, window)
    asked.by_card.setChecked(True)
    asked.show()
    rest(0.5)
    keep_screen(asked, out / "screen.png")
    asked.close()
    stage.close()


def keep_screen(widget: QWidget, path: Path) -> None:
    """Write what a widget looks like, a whole screen smaller than it is."""
    picture = widget.grab()
    if picture.width() > WIDTH:
        picture = picture.scaledToWidth(WIDTH, Qt.TransformationMode.SmoothTransformation)
    picture.save(str(path))
    print(path)
