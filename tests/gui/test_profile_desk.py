"""Which calibration is in use: at the start, and when profile, screen or camera change."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.calibration.calibration import Calibration
from app.calibration.choreography.conductor import Conductor, Plan, at_once
from app.calibration.look import CameraUsed
from app.calibration.profiles.store import ProfileStore
from app.calibration.screen_size import Told
from app.gui.gaze_overlay import GazeOverlay
from app.gui.screens import screens_here
from app.live.state import View
from model.card import load_card
from tests.app.calibration.people import conduct
from tests.gui.sitters import SCREEN, Sitter, Sitting

pytestmark = pytest.mark.usefixtures("quick")

HERE = CameraUsed("A cam", (160, 120), 65.0)


@pytest.fixture(scope="module")
def conductor() -> Conductor:
    """One that has made a calibration before this screen with this camera."""
    made = Conductor(SCREEN, Plan(5), HERE, "0" * 64, run=at_once)
    conduct(made, Sitter(), "report")
    made.accept()
    return made


@pytest.fixture
def calibration(conductor: Conductor, tiny_model: Path, own_home: Path) -> Calibration:
    """Of the model in use; in the profile anna."""
    assert conductor.calibration is not None
    assert conductor.report is not None
    made = replace(conductor.calibration, model_hash=load_card(tiny_model).sha256)
    ProfileStore().add("anna", made, report=conductor.report.to_json())
    return made


@pytest.fixture
def sit(open_window: Any, monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> Callable[..., Any]:
    def opener(**chosen: Any) -> Sitting:
        return Sitting(open_window, monkeypatch, tiny_model, **chosen)

    return opener


def in_use(sitting: Sitting) -> str | None:
    """Id of the calibration in use, once the profile has been read."""
    sitting.opened.wait(lambda: not sitting.profiles.loading)
    calibration = sitting.profiles.calibration
    return None if calibration is None else calibration.id


def next_view(sitting: Sitting) -> View:
    sitting.opened.wait_for_picture()
    view = sitting.opened.page.view
    assert view is not None
    return view


def test_the_profile_decides(sit: Any, calibration: Calibration) -> None:
    sitting = sit(profile="ben")
    assert in_use(sitting) is None
    assert sitting.opened.page.status.text("calibration") == "–"
    assert not sitting.opened.page.map.isVisible()
    bar = sitting.opened.bar
    bar.profile.setText("anna")
    bar.profile.editingFinished.emit()
    assert in_use(sitting) == calibration.id
    assert sitting.opened.page.status.text("calibration").endswith("°")
    sitting.opened.wait(lambda: next_view(sitting).sample.screen is not None)
    assert sitting.opened.page.map.isVisible()
    assert sitting.opened.messages.topics == []
    bar.profile.setText("ben")
    bar.profile.editingFinished.emit()
    assert in_use(sitting) is None
    sitting.opened.wait(lambda: next_view(sitting).sample.screen is None)


def test_the_menu_lists_profiles(sit: Any, calibration: Calibration) -> None:
    sitting = sit(profile="ben")
    menu = sitting.profiles.menu
    menu.aboutToShow.emit()
    names = {action.text(): action.isChecked() for action in menu.actions()}
    assert names == {"anna": False, "ben": True}
    menu.actions()[0].trigger()
    assert in_use(sitting) == calibration.id
    assert sitting.opened.kept.now.profile == "anna"


def test_reading_the_same_again_is_no_matter(sit: Any, calibration: Calibration) -> None:
    sitting = sit(profile="anna")
    assert in_use(sitting) == calibration.id
    for _ in range(3):
        sitting.profiles.load()
        assert in_use(sitting) == calibration.id
        next_view(sitting)
    assert sitting.opened.window.source_desk.state.phase == "running"


def test_a_screen_that_turns_out_larger_needs_another_calibration(
    sit: Any, calibration: Calibration
) -> None:
    sitting = sit(profile="anna")
    assert in_use(sitting) == calibration.id
    name = screens_here({})[0].name
    sitting.opened.window.settings_desk.set(screens={name: Told((300.0, 300.0)).to_json()})
    assert in_use(sitting) is None
    assert "another screen" in sitting.opened.sentence("calibration")
    sitting.opened.press_in_message("calibration", "Calibrate")
    sitting.wait_for_page("placement")
    assert sitting.opened.messages.message("calibration") is not None, "until it is done"
    sitting.press(Qt.Key.Key_Escape)
    sitting.wait_for_end()
    sitting.opened.window.settings_desk.set(screens={})
    assert in_use(sitting) == calibration.id
    assert sitting.opened.sentence("calibration") == ""


def test_a_calibration_of_another_model_is_refused(sit: Any, calibration: Calibration) -> None:
    ProfileStore().add("old", replace(calibration, model_hash="f" * 64))
    sitting = sit(profile="old")
    assert in_use(sitting) is None
    assert "another model" in sitting.opened.sentence("calibration")
    assert "35 s" in sitting.opened.sentence("calibration")


def test_a_damaged_profile_is_told_and_the_window_lives(sit: Any, calibration: Calibration) -> None:
    path = ProfileStore().folder / "anna.json"
    path.write_text(path.read_text().replace("targets", "tergats"))
    sitting = sit(profile="anna")
    assert in_use(sitting) is None
    assert "damaged" in sitting.opened.sentence("calibration")
    next_view(sitting)


@pytest.mark.parametrize(
    ("camera", "word"),
    [
        (replace(HERE, name="B cam"), "B cam"),
        (replace(HERE, size=(160, 90)), "160x90"),
        (replace(HERE, mirrored=True), "mirrored"),
        (replace(HERE, fov=80.0), "80"),
    ],
)
def test_another_camera_than_then_is_hinted_at(
    sit: Any, calibration: Calibration, camera: CameraUsed, word: str
) -> None:
    ProfileStore().add("anna", replace(calibration, id="z", camera=camera))
    sitting = sit(profile="anna")
    assert in_use(sitting) == "z", "it is used all the same"
    assert word in sitting.opened.sentence("stale")
    labels = [b.text() for b in sitting.opened.messages.message("stale").buttons]
    assert labels == ["Recentre", "Calibrate"]


def test_another_posture_than_then_is_hinted_at(sit: Any, calibration: Calibration) -> None:
    sitting = sit(profile="anna")
    assert in_use(sitting) == calibration.id
    sitting.sitter.eyes = sitting.sitter.eyes + np.array([250.0, 0.0, 0.0])
    sitting.opened.wait(lambda: "sit otherwise" in sitting.opened.sentence("stale"))
    view = next_view(sitting)
    assert not view.sample.valid, "outside of what was calibrated"
    assert not sitting.opened.page.map.inside


def test_the_ring_goes_on_and_off_by_a_key(sit: Any, calibration: Calibration) -> None:
    sitting = sit(profile="anna")
    opened = sitting.opened
    assert in_use(sitting) == calibration.id
    desk = opened.window.point_desk
    opened.qtbot.keyClick(opened.preview, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert isinstance(desk.overlay, GazeOverlay)
    assert desk.overlay.isVisible()
    opened.wait(lambda: desk.overlay.place is not None)
    opened.do("show_point")
    assert desk.overlay is None
    opened.do("show_point")
    opened.window.close()
    opened.wait(lambda: not opened.window.isVisible())
    assert desk.overlay is None


def test_the_ring_goes_with_the_calibration(sit: Any, calibration: Calibration) -> None:
    sitting = sit(profile="anna")
    assert in_use(sitting) == calibration.id
    sitting.opened.do("show_point")
    sitting.opened.window.settings_desk.set(profile="nobody")
    assert in_use(sitting) is None
    desk = sitting.opened.window.point_desk
    assert desk.overlay is None
    assert not sitting.opened.window.todo["show_point"].isEnabled()


def test_the_map_can_be_put_away(sit: Any, calibration: Calibration) -> None:
    sitting = sit(profile="anna")
    assert in_use(sitting) == calibration.id
    assert sitting.opened.page.map.isVisible()
    sitting.opened.press(Qt.Key.Key_N)
    assert not sitting.opened.page.map.isVisible()
    assert sitting.opened.kept.now.show_map is False
    sitting.opened.press(Qt.Key.Key_N)
    assert sitting.opened.page.map.isVisible()


def test_deleting_in_the_dialog_takes_it_out_of_use(
    sit: Any, calibration: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.gui import profile_dialog

    sitting = sit(profile="anna")
    assert in_use(sitting) == calibration.id

    def delete(dialog: profile_dialog.ProfileDialog) -> None:
        ProfileStore().delete("anna")
        dialog.touched.emit()

    monkeypatch.setattr(profile_dialog.ProfileDialog, "exec", delete)
    sitting.opened.do("profiles")
    sitting.opened.wait(
        lambda: sitting.profiles.calibration is None and not sitting.profiles.loading
    )


def test_choosing_in_the_dialog(
    sit: Any, calibration: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.gui import profile_dialog

    sitting = sit(profile="ben")
    monkeypatch.setattr(
        profile_dialog.ProfileDialog, "exec", lambda dialog: dialog.chosen.emit("anna")
    )
    sitting.opened.do("profiles")
    assert in_use(sitting) == calibration.id
    assert sitting.opened.bar.profile.text() == "anna"


def test_the_screen_is_asked_about(sit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.gui import screen_dialog

    sitting = sit()
    told = {"Screen": Told((250.0, 250.0)).to_json()}

    def fill(dialog: screen_dialog.ScreenDialog) -> Any:
        dialog.chosen, dialog.told = "Screen", told
        return screen_dialog.ScreenDialog.DialogCode.Accepted

    monkeypatch.setattr(screen_dialog.ScreenDialog, "exec", fill)
    sitting.opened.do("screen")
    now = sitting.opened.kept.now
    assert (now.screen, now.screens) == ("Screen", told)
