"""From the key C to a calibration in the profile, with people of all kinds before the window."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.calibration.choreography.scene import Dot
from app.calibration.profiles.store import ProfileStore
from app.live.state import Observer
from tests.app.calibration.people import Deed
from tests.gui.opened import Opened
from tests.gui.sitters import Sitting

pytestmark = pytest.mark.usefixtures("quick")

Sit = Callable[..., Sitting]


@pytest.fixture
def sit(open_window: Any, monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> Sit:
    """Opens main windows with somebody before them."""

    def opener(script: Any = None, **chosen: Any) -> Sitting:
        scripts = {} if script is None else {"script": script}
        return Sitting(open_window, monkeypatch, tiny_model, **scripts, **chosen)

    return opener


def entries(name: str = "default") -> Any:
    """What a profile holds."""
    store = ProfileStore()
    return store.load(name).entries if name in store else ()


def test_from_start_to_accepted_profile(sit: Sit) -> None:
    sitting = sit(profile="anna")
    opened = sitting.opened
    assert not opened.window.todo["recentre"].isEnabled(), "there is nothing to recentre"
    opened.press(Qt.Key.Key_C)
    sitting.wait_for_page("placement")
    sitting.wait_for_page("canvas")
    assert sitting.window.cursor().shape() == Qt.CursorShape.BlankCursor
    sitting.wait_for_page("report")
    window = sitting.window
    assert window.cursor().shape() == Qt.CursorShape.ArrowCursor
    assert window.report.table.rowCount() == 5
    assert window.report.figure("accuracy_deg").endswith("°")
    assert entries("anna") == (), "nothing is kept before it is accepted"
    sitting.press(Qt.Key.Key_Return)
    sitting.wait_for_end()

    (entry,) = entries("anna")
    assert entry.calibration.id == sitting.profiles.calibration.id
    assert entry.report["accuracy_deg"] < 2.0
    assert len(entry.sessions[0].looks) == 5
    assert entry.patches == (None,), "no picture is kept without consent"
    assert "Calibrated: you are" in opened.sentence("calibrated")
    assert opened.page.status.text("calibration").endswith("°")
    kinds = [kind for kind, _ in sitting.events]
    assert kinds == ["calibration", "validation"]
    told = json.loads(sitting.events[1][1])
    assert told["calibration_id"] == entry.calibration.id
    assert len(told["targets"]) == 5
    opened.wait(lambda: opened.page.map.share is not None)
    assert opened.page.map.isVisible()
    for name in ("validate", "recentre", "show_point"):
        assert opened.window.todo[name].isEnabled()


def test_the_next_start_uses_what_was_kept(sit: Sit) -> None:
    first = sit()
    first.calibrate()
    made = first.profiles.calibration
    first.opened.window.close()
    first.opened.wait(lambda: not first.opened.window.isVisible())
    second = sit()
    assert second.profiles.calibration is not None
    assert second.profiles.calibration.id == made.id
    second.opened.wait(lambda: second.opened.page.map.share is not None)
    assert second.opened.page.status.text("calibration").endswith("°")


def test_aborting_leaves_the_old_calibration_in_force(sit: Sit) -> None:
    sitting = sit()
    sitting.calibrate()
    before = sitting.profiles.calibration
    for page in ("placement", "canvas", "report"):
        sitting.begin()
        sitting.wait_for_page(page)
        sitting.press(Qt.Key.Key_Escape)
        sitting.wait_for_end()
        assert sitting.profiles.calibration is before
    sitting.begin()
    sitting.wait_for_page("canvas")
    sitting.window.close()  # as the system's own way to close a window does
    sitting.wait_for_end()
    assert sitting.profiles.calibration is before
    assert len(entries()) == 1
    sitting.opened.wait_for_picture()  # the live view has its pictures back


def test_worst_targets_are_asked_again(sit: Sit) -> None:
    sitting = sit()
    sitting.begin()
    sitting.wait_for_page("report")
    sitting.press(Qt.Key.Key_R)
    sitting.wait_for_page("canvas")
    sitting.wait_for_page("report")
    assert sitting.window.report.table.rowCount() == 5
    sitting.press(Qt.Key.Key_Return)
    sitting.wait_for_end()
    assert len(entries()) == 1


def absent(time_s: float, dot: Dot | None) -> Deed:
    """Leaves while the dots are shown, and comes back."""
    return "gone" if dot is not None and 6.0 < time_s < 11.0 else "dot"


def test_a_user_who_leaves_is_waited_for(sit: Sit) -> None:
    sitting = sit(absent)
    sitting.begin()
    sitting.wait_for_page("canvas")
    sitting.opened.wait(lambda: "No face" in sitting.window.canvas.message)
    sitting.wait_for_page("report")
    sitting.press(Qt.Key.Key_Return)
    sitting.wait_for_end()
    assert entries()[0].report["accuracy_deg"] < 2.0


def blinking(time_s: float, dot: Dot | None) -> Deed:
    """Blinks through much of each second target."""
    return "blink" if dot is not None and 0.8 < time_s % 5.0 < 1.9 else "dot"


def away(time_s: float, dot: Dot | None) -> Deed:
    """Looks at a corner now and then while the calibration's targets are shown."""
    return (0.05, 0.95) if dot is not None and time_s % 6.0 > 5.5 and time_s < 12.0 else "dot"


@pytest.mark.parametrize("script", [blinking, away])
def test_users_who_blink_or_look_away_get_a_good_calibration(sit: Sit, script: Any) -> None:
    sitting = sit(script)
    sitting.calibrate()
    assert entries()[0].report["accuracy_deg"] < 2.0


def closed(time_s: float, dot: Dot | None) -> Deed:
    return "blink" if dot is not None else "dot"


def test_a_user_whose_eyes_stay_closed_is_told_and_can_leave(sit: Sit) -> None:
    sitting = sit(closed)
    sitting.begin()
    sitting.wait_for_page("canvas")
    sitting.opened.wait(lambda: "closed" in sitting.window.canvas.message)
    sitting.press(Qt.Key.Key_Escape)
    sitting.wait_for_end()
    assert entries() == ()
    assert sitting.profiles.calibration is None


def test_space_brings_each_target(sit: Sit) -> None:
    sitting = sit(pace="space")
    sitting.begin()
    sitting.wait_for_page("placement")
    sitting.opened.wait(lambda: sitting.desk._conductor.scene.ready)
    sitting.opened.wait(lambda: sitting.window.placement.message == "You sit well.")
    sitting.press(Qt.Key.Key_Space)
    sitting.wait_for_page("canvas")

    def step() -> bool:
        if sitting.window.page is sitting.window.canvas:
            sitting.press(Qt.Key.Key_Space)
        return sitting.window.page is sitting.window.report

    sitting.opened.wait(step)
    sitting.press(Qt.Key.Key_Return)
    sitting.wait_for_end()
    assert len(entries()) == 1


def test_patches_are_kept_with_consent_only(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    sitting = sit(keep_patches=True)
    sitting.calibrate()
    ((patches,),) = [entry.patches for entry in entries()]
    assert patches is not None
    assert len(patches.looks) == 5
    assert all(patches.looks)


def test_measuring_again_and_recentring(sit: Sit) -> None:
    sitting = sit()
    sitting.calibrate()
    first = sitting.profiles.calibration
    sitting.events.clear()
    sitting.begin("validate")
    sitting.wait_for_page("report")
    assert "Keep" in sitting.window.report.accept.text()
    sitting.press(Qt.Key.Key_Return)
    sitting.wait_for_end()
    assert [kind for kind, _ in sitting.events] == ["validation"]
    assert sitting.profiles.calibration is first
    assert "Measured again" in sitting.opened.sentence("calibrated")
    assert len(entries()) == 1

    sitting.sitter.bias = sitting.sitter.bias + 3.0  # the person has moved
    sitting.begin("recentre")
    sitting.wait_for_end()
    second = sitting.profiles.calibration
    assert second.recentred_from == first.id
    assert [kind for kind, _ in sitting.events] == ["validation", "calibration"]
    assert [entry.calibration.id for entry in entries()] == [first.id, second.id]


def test_a_mirrored_camera_is_noticed_and_switched(sit: Sit) -> None:
    sitting = sit()
    sitting.sitter.gain[1] = -0.9
    sitting.sitter.bias[1] = 0.0
    sitting.begin()
    sitting.wait_for_page("failure")
    assert "mirrored" in sitting.window.failure.problem
    sitting.sitter.gain[1] = 0.9
    sitting.window.failure.turn.click()
    sitting.opened.wait(lambda: sitting.opened.kept.now.mirrored)
    sitting.wait_for_page("report")
    sitting.press(Qt.Key.Key_Return)
    sitting.wait_for_end()
    assert entries()[0].calibration.camera.mirrored


def test_a_camera_that_goes_is_said_and_waited_for(sit: Sit) -> None:
    sitting = sit()
    world = sitting.opened.world
    sitting.begin()
    sitting.wait_for_page("canvas")
    world.plugged.clear()
    sitting.opened.wait(lambda: "stopped giving pictures" in sitting.window.canvas.message)
    world.plugged.add("A cam")
    sitting.opened.wait(lambda: "stopped" not in sitting.window.canvas.message)
    sitting.wait_for_page("report")
    sitting.press(Qt.Key.Key_Escape)
    sitting.wait_for_end()


def test_another_source_ends_it(sit: Sit) -> None:
    sitting = sit()
    sitting.begin()
    sitting.wait_for_page("canvas")
    sitting.opened.window.source_desk.open("demo")
    sitting.wait_for_end()
    assert not sitting.opened.window.todo["calibrate"].isEnabled(), "nobody sits there"


def test_closing_the_main_window_ends_all(sit: Sit) -> None:
    sitting = sit()
    sitting.begin()
    sitting.wait_for_page("canvas")
    sitting.opened.window.close()
    sitting.opened.wait(lambda: not sitting.opened.window.isVisible())
    assert sitting.desk.window is None


def test_a_profile_that_cannot_be_written_is_told(sit: Sit, own_home: Path) -> None:
    sitting = sit()
    (own_home / "profiles").parent.mkdir(exist_ok=True)
    (own_home / "profiles").write_text("in the way")
    sitting.calibrate()
    assert "not stored" in sitting.opened.sentence("stored")
    assert sitting.profiles.calibration is not None, "it is in use all the same"


def test_frames_are_observed_only_meanwhile(sit: Sit) -> None:
    sitting = sit()
    observers: list[Observer | None] = []
    session = sitting.opened.session
    observe = session.observe
    session.observe = lambda one: (observers.append(one), observe(one))  # type: ignore
    sitting.begin()
    sitting.wait_for_page("canvas")
    sitting.press(Qt.Key.Key_Escape)
    sitting.wait_for_end()
    assert observers[0] is not None
    assert observers[1:] == [None]


def test_without_a_camera_there_is_nothing_to_calibrate(open_window: Any) -> None:
    from tests.app.live.world import World

    opened: Opened = open_window(World(), "demo")
    opened.wait_for_phase("running")
    assert not opened.window.todo["calibrate"].isEnabled()
    opened.window.calibration_desk.calibrate()
    assert "needs a camera" in opened.sentence("calibrated")


def test_a_recording_holds_what_was_made_while_it_ran(sit: Sit, tmp_path: Path) -> None:
    sitting = sit(recordings=str(tmp_path / "out"))
    del sitting.opened.session.note_event  # the engine's own again
    sitting.opened.record()
    sitting.calibrate()
    sitting.opened.wait(lambda: sitting.opened.page.map.share is not None)
    recording = sitting.opened.stop()
    events = {event.type: json.loads(event.message) for event in recording.events}
    made = sitting.profiles.calibration
    assert events["calibration"]["calibration_id"] == made.id
    assert events["validation"]["calibration_id"] == made.id
    assert set(recording.samples["calibration_id"]) == {"", made.id}
    assert np.isfinite(recording.samples["pixel_x"]).any()
