"""The real window, engine, face finder and weights, and rendered people before them."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt

from app.calibration.profiles.store import ProfileStore
from app.calibration.screen_size import Told
from app.gui.screens import screens_here
from app.live import absence
from app.source import Frame
from model.screen import Screen
from model.training.synthetic.rig import Rig
from model.training.synthetic.virtual_motion import Act
from model.training.synthetic.virtual_person import Sitting, VirtualUser, Webcam, virtual_user
from model.training.synthetic.virtual_user import VirtualUserSource
from tests.app.live.world import World
from tests.gui.opened import Opened
from tests.model.training.synthetic.conftest import data_folder, head, renderer, rig

__all__ = ["data_folder", "head", "renderer", "rig"]

CAMERA = Webcam((640, 480), 60.0, 1.0)
FPS = 12.0
"""Of the rendered frames: few, for rendering is slow; the choreography's clock is theirs."""

pytestmark = pytest.mark.timeout(600)


class UserCamera(VirtualUserSource):
    """A virtual user as a camera, until the test lets go of it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind = "camera"
        self._gone = threading.Event()

    def read(self) -> Frame | None:
        return None if self._gone.is_set() else super().read()

    def close(self) -> None:
        self._gone.set()
        super().close()


class Room(World):
    """A world with one camera before which somebody sits."""

    def __init__(self, user: VirtualUser, sitting: Sitting, screen: Screen) -> None:
        super().__init__("A cam")
        self._user, self._sitting, self._screen = user, sitting, screen
        self.opened_window: Opened | None = None

    def open_source(self, text: str, *_: Any, **__: Any) -> Any:
        source = UserCamera(self._user, self._screen, self._dot, FPS, self._sitting, CAMERA)
        source.name = text
        return source

    def _dot(self) -> tuple[float, float] | None:
        opened = self.opened_window
        dot = opened.window.calibration_desk.dot if opened else None
        return dot.place if dot else None


@pytest.fixture
def user(rig: Rig, renderer: object) -> VirtualUser:
    """Needs the renderer only so that the test is skipped where there is none."""
    return virtual_user(rig, 3)


@pytest.fixture
def seat(
    open_window: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch, user: VirtualUser
) -> Callable[..., Opened]:
    """Opens a window with the virtual user before it."""

    def opener(*acts: Act) -> Opened:
        (here,) = screens_here({})
        told = {here.name: Told((380.0, 380.0)).to_json()}
        screen = screens_here(told)[0].screen
        room = Room(user, Sitting(acts=acts), screen)
        monkeypatch.setattr(absence, "RETRY_S", 0.05)
        monkeypatch.setattr("tests.gui.opened.PATIENCE_S", 400.0)
        opened = open_window(
            room, "A cam", profile="virtual", targets="5", fov=CAMERA.fov, screens=told,
            show_plot=False, fps=FPS, provider="cpu",
        )  # fmt: skip
        room.opened_window = opened
        opened.wait_for_phase("running")
        return opened

    return opener


def test_a_rendered_person_from_start_to_accepted_profile(seat: Callable[..., Opened]) -> None:
    opened = seat(Act(6.0, 7.5, "away"), Act(9.0, 9.8, "shut"))
    opened.press(Qt.Key.Key_C)
    desk = opened.window.calibration_desk
    opened.wait(lambda: desk.window is not None and desk.window.page is desk.window.placement)
    opened.wait(lambda: desk.window.placement.mirror.image is not None)
    opened.wait(lambda: desk.window.page is desk.window.canvas)
    opened.wait(lambda: desk.window.page is desk.window.report)
    opened.qtbot.keyClick(desk.window.focusWidget(), Qt.Key.Key_Return)
    opened.wait(lambda: desk.window is None and not opened.window.profile_desk.chores.busy)
    (entry,) = ProfileStore().load("virtual").entries
    assert entry.report is not None
    assert entry.report["accuracy_deg"] < 4.0
    assert len(entry.report["targets"]) == 5
    opened.wait(lambda: opened.page.map.share is not None)


def test_a_rendered_person_who_leaves_is_waited_for_and_can_give_up(
    seat: Callable[..., Opened],
) -> None:
    opened = seat(Act(6.0, 1e6, "gone"))
    opened.press(Qt.Key.Key_C)
    desk = opened.window.calibration_desk
    opened.wait(lambda: desk.window is not None and desk.window.page is desk.window.canvas)
    opened.wait(lambda: "No face" in desk.window.canvas.message)
    opened.qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
    opened.wait(lambda: desk.window is None)
    assert ProfileStore().names() == []
