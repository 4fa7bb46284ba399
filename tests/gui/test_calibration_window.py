"""The calibration window draws scenes and hands on keys; here the scenes are a test's."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.calibration.choreography.conductor import Conductor, Plan, at_once
from app.calibration.choreography.scene import Dot, Scene
from app.calibration.validation import Report, TargetError
from app.gui.calibration_window import CalibrationWindow
from app.gui.grounds import GROUNDS
from app.gui.report_page import FIGURES
from tests.app.calibration.people import CAMERA, Person, conduct
from tests.gui.opened import has_colour, pixels
from tests.gui.sitters import SCREEN, Sitter
from tests.gui.views import make_view


class Scripted:
    """A conductor that shows what a test says, and notes what it is told."""

    def __init__(self) -> None:
        self.scene = Scene("placement")
        self.told: list[str] = []

    def go_on(self) -> None:
        self.told.append("go on")

    def redo_worst(self) -> None:
        self.told.append("redo worst")

    def accept(self) -> None:
        self.told.append("accept")
        self.scene = replace(self.scene, phase="accepted")

    def discard(self) -> None:
        self.told.append("discard")
        self.scene = replace(self.scene, phase="discarded")

    def abort(self) -> None:
        self.told.append("abort")
        self.scene = replace(self.scene, phase="aborted")


OFF: dict[str, Any] = {
    "accuracy_px": 44.7, "accuracy_mm": 11.4,
    "precision_rms_deg": 0.4, "precision_rms_px": 18.0, "precision_rms_mm": 4.6,
    "precision_sd_deg": 0.5, "precision_sd_px": 22.0, "precision_sd_mm": 5.7,
    "loss": 0.02,
}  # fmt: skip


def target(x: float, y: float, off: float, point: Any = None) -> TargetError:
    """How a target was met."""
    found = np.array([x + 40.0, y - 20.0] if point is None else point)
    return TargetError(
        target=np.array([x, y]), point=found, accuracy_deg=off, samples=30, first_ns=0,
        last_ns=10**9, **OFF,
    )  # fmt: skip


REPORT = Report(
    calibration_id="c1",
    targets=(target(200, 200, 0.8), target(600, 200, 2.6), target(400, 600, 1.1)),
    accuracy_deg=1.5,
    **OFF,
)


class Shown:
    """A window that covers the screen."""

    def __init__(self, qtbot: QtBot, ground: str = "light", drift: bool = False) -> None:
        self.qtbot, self.conductor = qtbot, Scripted()
        self.window = CalibrationWindow(
            self.conductor, SCREEN, ground, "Sit well", "Then look.", drift
        )
        self.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(self.window)
        self.ended: list[str] = []
        self.turned: list[bool] = []
        self.window.ended.connect(self.ended.append)
        self.window.turned.connect(lambda: self.turned.append(True))
        self.window.show_on(QGuiApplication.primaryScreen())
        qtbot.waitExposed(self.window)

    def show(self, phase: Any, **parts: Any) -> None:
        self.conductor.scene = Scene(phase, **parts)
        self.window.refresh()
        QApplication.processEvents()

    def press(self, key: Qt.Key) -> None:
        self.qtbot.keyClick(self.window.focusWidget() or self.window, key)

    def colour_at(self, x: float, y: float) -> QColor:
        """Of the pixel at a share of the screen."""
        image = self.window.grab().toImage()
        return image.pixelColor(round(x * image.width()), round(y * image.height()))


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


@pytest.mark.parametrize("ground", list(GROUNDS))
def test_there_is_one_dot_and_nothing_else(qtbot: QtBot, ground: str) -> None:
    shown, colours = Shown(qtbot, ground), GROUNDS[ground]
    shown.show("looking", dot=Dot((0.25, 0.75), 1.0), total=9)
    assert shown.window.page is shown.window.canvas
    assert shown.window.cursor().shape() == Qt.CursorShape.BlankCursor
    picture = pixels(shown.window.grab().toImage()).astype(int)
    background = QColor(colours.ground).toTuple()[:3]  # type: ignore[index]
    other = np.abs(picture - background).max(axis=2) > 12
    rows, columns = np.nonzero(other)
    size = SCREEN.pixels[0] / SCREEN.millimetres[0] * 11.0
    assert columns.mean() == pytest.approx(0.25 * picture.shape[1], abs=1.5)
    assert rows.mean() == pytest.approx(0.75 * picture.shape[0], abs=1.5)
    assert np.ptp(rows) == pytest.approx(size, abs=3)
    assert shown.colour_at(0.25, 0.75).name() == colours.point


def test_the_dot_shrinks_but_its_middle_stays(shown: Shown) -> None:
    widths = []
    for size in (1.0, 0.6, 0.3, 0.0):
        shown.show("looking", dot=Dot((0.5, 0.5), size))
        row = pixels(shown.window.grab().toImage())[shown.window.height() // 2].astype(int)
        widths.append(int((np.abs(row - row[0]).max(axis=1) > 12).sum()))
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > 8


def test_a_line_says_what_is_missing_away_from_the_dot(shown: Shown) -> None:
    for place in ((0.5, 0.08), (0.5, 0.92), (0.5, 0.5)):
        shown.show("looking", dot=Dot(place, 0.3), message="Your eyes are closed: open them.")
        with_words = pixels(shown.window.grab().toImage()).astype(int)
        shown.show("looking", dot=Dot(place, 0.3))
        without = pixels(shown.window.grab().toImage()).astype(int)
        rows = np.nonzero(np.abs(with_words - without).max(axis=(1, 2)) > 12)[0]
        assert len(rows)
        assert abs(rows.mean() / shown.window.height() - place[1]) > 0.1
        assert shown.window.canvas.accessibleDescription() == ""


def test_keys_while_the_face_is_placed_and_the_targets_are_shown(shown: Shown) -> None:
    shown.press(Qt.Key.Key_Space)
    shown.show("looking", dot=Dot((0.5, 0.5)))
    shown.press(Qt.Key.Key_Space)
    shown.press(Qt.Key.Key_Return)
    shown.press(Qt.Key.Key_R)
    assert shown.conductor.told == ["go on", "go on"], "other keys do nothing"
    shown.press(Qt.Key.Key_Escape)
    assert shown.conductor.told[-1] == "abort"
    assert shown.ended == ["aborted"]
    assert not shown.window.isVisible()


def test_buttons_do_what_the_keys_do(shown: Shown) -> None:
    shown.window.placement.begin.click()
    shown.window.placement.leave.click()
    assert shown.conductor.told == ["go on", "abort"]
    assert shown.ended == ["aborted"]


def test_the_mirror_shows_the_picture_and_whether_the_place_is_good(shown: Shown) -> None:
    asked: list[tuple[int, int]] = []
    shown.window.mirror_resized.connect(lambda w, h: asked.append((w, h)))
    shown.window.placement.mirror.ask_for_size()
    assert asked[-1][0] >= 160
    shown.show("placement", message="You are far away: come nearer.")
    shown.window.show_view(make_view(size=(320, 240)))
    assert shown.window.placement.message == "You are far away: come nearer."
    assert shown.window.placement.mirror.image is not None
    good = QColor("#146c3c").toTuple()[:3]  # type: ignore[index]
    assert not has_colour(shown.window.placement.mirror.grab().toImage(), good)
    shown.show("placement", ready=True)
    assert shown.window.placement.message == "You sit well."
    assert has_colour(shown.window.placement.mirror.grab().toImage(), good)
    shown.show("looking", dot=Dot((0.5, 0.5)))
    before = shown.window.placement.mirror.image
    shown.window.show_view(make_view(1, size=(320, 240)))
    assert shown.window.placement.mirror.image is before, "nobody sees it now"


def test_a_camera_that_gives_nothing_is_said_on_each_page(shown: Shown) -> None:
    shown.window.note_fault("The camera is gone.")
    assert shown.window.placement.message == "The camera is gone."
    shown.show("looking", dot=Dot((0.5, 0.5)), message="something else")
    assert shown.window.canvas.message == "The camera is gone."
    shown.window.note_fault("")
    assert shown.window.canvas.message == "something else"
    shown.show("fitting")
    assert shown.window.canvas.message == "One moment …"


def test_the_report_in_figures_and_rows(shown: Shown) -> None:
    shown.show("report", report=REPORT)
    report = shown.window.report
    assert shown.window.page is report
    figures = {name: report.figure(name) for _, names, _ in FIGURES for name in names}
    assert figures == {
        "accuracy_deg": "1.5°", "accuracy_px": "45 px", "accuracy_mm": "11.4 mm",
        "precision_rms_deg": "0.4°", "precision_rms_px": "18 px", "precision_rms_mm": "4.6 mm",
        "precision_sd_deg": "0.5°", "precision_sd_px": "22 px", "precision_sd_mm": "5.7 mm",
        "loss": "2%",
    }  # fmt: skip
    cells = [report.table.item(1, column).text() for column in range(6)]
    assert cells == ["600, 200", "2.6°", "45", "11.4", "0.4°", "2%"]


def test_what_was_never_seen_is_no_figure(shown: Shown) -> None:
    nowhere = target(400, 400, float("nan"), (np.nan, np.nan))
    nowhere = replace(nowhere, precision_rms_deg=None, accuracy_px=np.nan, accuracy_mm=np.nan)
    shown.show("report", report=replace(REPORT, targets=(nowhere, *REPORT.targets[1:])))
    cells = [shown.window.report.table.item(0, column).text() for column in range(6)]
    assert cells == ["400, 400", "–", "–", "–", "–", "2%"]
    shown.window.grab()  # and it can be painted


def test_the_pointer_and_the_arrow_keys_bring_out_a_target(shown: Shown) -> None:
    shown.show("report", report=REPORT)
    report = shown.window.report
    place = report.picture.target_place(1).toPoint()
    shown.qtbot.mouseMove(report.picture, place)
    assert report.picture.chosen == 1
    assert "2.6°" in report.picture.toolTip()
    assert [index.row() for index in report.table.selectionModel().selectedRows()] == [1]
    shown.qtbot.mouseMove(report.picture, QPoint(1, 1))
    assert report.picture.chosen == -1
    assert report.picture.toolTip() == ""
    report.table.setFocus()
    report.table.selectRow(0)
    shown.press(Qt.Key.Key_Down)
    assert report.picture.chosen == 1


@pytest.mark.parametrize(
    ("key", "told", "ended"),
    [
        (Qt.Key.Key_Return, "accept", ["accepted"]),
        (Qt.Key.Key_Enter, "accept", ["accepted"]),
        (Qt.Key.Key_Escape, "discard", ["discarded"]),
        (Qt.Key.Key_R, "redo worst", []),
    ],
)
def test_keys_of_the_report(shown: Shown, key: Qt.Key, told: str, ended: list[str]) -> None:
    shown.show("report", report=REPORT)
    shown.press(Qt.Key.Key_Space)  # of a person who still goes on from dot to dot
    assert shown.conductor.told == []
    shown.press(key)
    assert shown.conductor.told == [told]
    assert shown.ended == ended


@pytest.mark.parametrize(
    ("name", "told"), [("accept", "accept"), ("redo", "redo worst"), ("discard", "discard")]
)
def test_buttons_of_the_report(shown: Shown, name: str, told: str) -> None:
    shown.show("report", report=REPORT)
    getattr(shown.window.report, name).click()
    assert shown.conductor.told == [told]


def test_the_same_report_twice_is_shown_twice(shown: Shown) -> None:
    shown.show("report", report=REPORT)
    shown.show("looking", dot=Dot((0.5, 0.5)))
    shown.show("report", report=replace(REPORT, accuracy_deg=0.9))
    assert shown.window.report.figure("accuracy_deg") == "0.9°"


def test_a_second_measurement_says_so(qtbot: QtBot) -> None:
    shown = Shown(qtbot, drift=True)
    shown.show("report", report=REPORT)
    assert shown.window.report.accept.text() == "Keep the result (Enter)"


def test_a_failure_is_told_and_can_be_tried_again(shown: Shown) -> None:
    shown.show("failed", problem="all targets lie on one line: use others")
    failure = shown.window.failure
    assert failure.problem == "All targets lie on one line: use others."
    assert not failure.turn.isVisible()
    shown.press(Qt.Key.Key_Space)  # the button has the focus
    assert shown.conductor.told == ["go on"]
    shown.press(Qt.Key.Key_Escape)
    assert shown.ended == ["failed"]
    assert not shown.window.isVisible()


def test_a_mirrored_camera_can_be_turned_round(shown: Shown) -> None:
    shown.show("failed", problem="left is right", asked="Are the camera's pictures mirrored?")
    assert shown.window.failure.turn.isVisible()
    shown.press(Qt.Key.Key_Space)
    assert shown.turned == [True]
    assert shown.conductor.told == []


def test_closing_the_window_is_aborting(shown: Shown) -> None:
    shown.show("report", report=REPORT)
    shown.window.close()
    assert shown.conductor.told == ["abort"]
    assert shown.ended == ["aborted"]
    shown.window.refresh()
    assert shown.ended == ["aborted"], "once"


def test_everything_is_named_and_reached_by_tab(shown: Shown) -> None:
    scenes = [
        Scene("placement"),
        Scene("report", report=REPORT),
        Scene("failed", problem="it went wrong", asked="Is it mirrored?"),
    ]
    for scene in scenes:
        shown.conductor.scene = scene
        shown.window.refresh()
        page = shown.window.page
        assert page is not None
        wanted: set[QWidget] = {
            button for button in page.findChildren(QAbstractButton) if button.isVisible()
        } - set(page.findChildren(QAbstractButton, "qt_tableview_cornerbutton"))
        wanted = {button for button in wanted if type(button).__name__ == "QPushButton"}
        assert wanted
        for button in wanted:
            assert button.accessibleName() or button.text()  # type: ignore[attr-defined]
            assert button.toolTip()
        reached: set[QWidget] = set()
        for _ in range(12):
            shown.qtbot.keyClick(shown.window.focusWidget() or shown.window, Qt.Key.Key_Tab)
            reached.add(shown.window.focusWidget())
        assert wanted <= reached


def test_a_real_conductor_from_placement_to_report(qtbot: QtBot) -> None:
    conductor = Conductor(SCREEN, Plan(5), CAMERA, "0" * 64, run=at_once)
    window = CalibrationWindow(conductor, SCREEN, "light", "", "")
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    window.show_on(QGuiApplication.primaryScreen())
    person: Person = Sitter()
    pages = []
    while conductor.scene.phase != "report":
        conductor.update(person.sample(conductor.scene.dot))
        window.refresh()
        if window.page not in pages:
            pages.append(window.page)
        assert person.time_s < 200.0
    assert pages == [window.placement, window.canvas, window.report]
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_R)
    assert window.page is window.canvas
    conduct(conductor, person, "report")
    window.refresh()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert conductor.calibration is not None
    assert not window.isVisible()
