"""Makes the pictures of docs/pictures anew, from the real window over the demo clip.

    python -m benchmarks.screenshots [--out docs/pictures] [--font NAME]

Needs a display (such as Xvfb's). The face in them is the demo clip's: rendered, nobody's. Where a
camera is to be seen, the clip plays as one, so that it can be unplugged. In the pictures of a
calibration a virtual user sits before the camera: for these GAZECLIP_DATA must name a folder with
ict-facekit.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.libraries import tame_libraries

tame_libraries()

from PySide6.QtGui import QFont  # noqa: E402  after OpenCV, which would misdirect Qt
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from app import PROJECT  # noqa: E402
from app.gui import theme  # noqa: E402
from app.gui.application import make_application  # noqa: E402
from app.gui.bridge import Bridge, EngineListener  # noqa: E402
from app.gui.cameras import CameraList  # noqa: E402
from app.gui.first_start import FirstStart  # noqa: E402
from app.gui.kept import KeptSettings  # noqa: E402
from app.gui.main_window import MainWindow  # noqa: E402
from app.gui.settings_dialog import SettingsDialog  # noqa: E402
from app.live.session import LiveSession  # noqa: E402
from app.settings import HOME_VARIABLE, Settings  # noqa: E402
from app.source import Frame, Source, open_source  # noqa: E402
from app.source.camera import Camera  # noqa: E402
from app.source.paced import PacedSource  # noqa: E402
from model.errors import UserError  # noqa: E402

CAMERA = "HD Webcam"
LARGE, SMALL = (1280, 800), (900, 600)


class ClipCamera(Source):
    """The demo clip as a camera, until it is unplugged."""

    kind = "camera"

    def __init__(self, plugged: Callable[[], bool]) -> None:
        super().__init__()
        self._clip = PacedSource(lambda: open_source("demo"), loop=True)
        self._plugged = plugged
        self.name, self.size, self.fps = CAMERA, self._clip.size, self._clip.fps

    def read(self) -> Frame | None:
        frame = self._clip.read()
        if frame is None or not self._plugged():
            self.faults = [f"the camera {CAMERA} stopped giving pictures"]
            return None
        return replace(frame, time_ns=frame.captured_ns, fresh=False)

    def close(self) -> None:
        self._clip.close()


class Stage:
    """A window over an engine whose one camera is the clip."""

    def __init__(self, settings: Settings, size: tuple[int, int]) -> None:
        self.plugged = True
        self.bridge = Bridge()
        self.session = LiveSession(settings, EngineListener(self.bridge), self._open, self._find)
        self.cameras = CameraList(self._find)
        kept = KeptSettings(settings, write=lambda _: None)
        self.window = MainWindow(self.session, self.bridge, kept, self.cameras)
        self.window.resize(*size)
        self.cameras.refresh()
        self.window.source_desk.open(CAMERA)

    def _find(self) -> list[Camera]:
        return [Camera(CAMERA, 0, 0, "")] if self.plugged else []

    def _open(
        self, text: str, fps: float | None, size: tuple[int, int] | None, mirrored: bool
    ) -> Source:
        if text != CAMERA:
            return open_source(text, fps, size, mirrored)
        if not self.plugged:
            raise UserError(f"there is no camera {CAMERA}")
        return self.open_camera()

    def open_camera(self) -> Source:
        """The one camera."""
        return ClipCamera(lambda: self.plugged)

    def close(self) -> None:
        self.window.close()
        wait(lambda: not self.window.isVisible())


def wait(so: Callable[[], object], most_s: float = 60.0) -> None:
    """Let windows live until something is so."""
    until_s = time.monotonic() + most_s
    while not so() and time.monotonic() < until_s:
        QApplication.processEvents()
        time.sleep(0.005)


def rest(seconds: float) -> None:
    """Let windows live for a while."""
    wait(lambda: False, seconds)


def keep(widget: QWidget, path: Path) -> None:
    """Write what a widget looks like."""
    widget.grab().save(str(path))
    print(path)


def live(out: Path, choice: str, size: tuple[int, int], name: str, record: bool) -> None:
    """The live view with a full plot, or in the middle of a recording."""
    stage = Stage(Settings(theme=choice, first_start_done=True, profile="anna"), size)  # type: ignore[arg-type]
    stage.window.show()
    wait(lambda: stage.window.page.view is not None)
    rest(3.0 if record else 10.5)
    if record:
        stage.window.todo["record"].trigger()
        rest(7.5)
        stage.session.mark("1")
    page = stage.window.page
    wait(lambda: page.view is not None and "left" in page.view.words, 10.0)
    rest(0.4)
    keep(stage.window, out / f"{name}.png")
    stage.close()


def camera_lost(out: Path) -> None:
    """The camera goes in the middle of a recording."""
    stage = Stage(Settings(theme="dark", first_start_done=True), LARGE)
    stage.window.show()
    wait(lambda: stage.window.page.view is not None)
    stage.window.todo["record"].trigger()
    rest(6.0)
    stage.plugged = False
    wait(lambda: stage.window.source_desk.state.phase == "lost")
    rest(1.5)
    keep(stage.window, out / "camera-lost.png")
    stage.plugged = True
    stage.close()


def settings_dialog(out: Path) -> None:
    """The dialog by itself."""
    dialog = SettingsDialog(Settings(theme="dark"), [CAMERA])
    dialog.show()
    rest(0.5)
    keep(dialog, out / "settings.png")
    dialog.close()


def first_start(out: Path) -> None:
    """The check of light and distance."""
    stage = Stage(Settings(theme="dark"), LARGE)
    stage.window.show()
    stage.window.show_first_start()
    steps = stage.window.findChild(FirstStart)
    assert steps is not None
    wait(lambda: steps.preview.image is not None)
    steps.go_on()
    rest(3.0)
    keep(stage.window, out / "first-start.png")
    stage.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="make the documentation's pictures anew")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "pictures")
    parser.add_argument("--font", help="a family in place of the system's own")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home
        app = make_application()
        app.setQuitOnLastWindowClosed(False)
        if arguments.font:
            app.setFont(QFont(arguments.font, 10))
        for choice in ("light", "dark"):
            theme.apply(app, choice)
            live(arguments.out, choice, LARGE, f"window-{choice}", record=False)
        live(arguments.out, "dark", SMALL, "window-small", record=True)
        camera_lost(arguments.out)
        settings_dialog(arguments.out)
        first_start(arguments.out)
        if os.environ.get("GAZECLIP_DATA"):
            from benchmarks.calibration_screenshots import calibration

            calibration(arguments.out)
        else:
            print("no pictures of a calibration: GAZECLIP_DATA names no folder")


if __name__ == "__main__":
    main()
