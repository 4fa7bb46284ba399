"""Points of gaze on the map and over everything."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui import gaze_overlay, theme
from app.gui.gaze_overlay import HELD, RADIUS, GazeOverlay
from app.gui.screen_map import ScreenMap
from app.sample import OnScreen
from model.screen import make_screen
from tests.gui.opened import has_colour, pixels

SCREEN = make_screen((1600, 1600), (400.0, 400.0), pixel_ratio=2.0)
"""Qt's platform without a screen has 800 x 800 logical pixels; here a pixel is four."""


def point(x: float, y: float, inside: bool = True) -> OnScreen:
    """A point of gaze in physical pixels; the unfiltered one is elsewhere."""
    raw = np.array([x + 300.0, y])
    return OnScreen(raw, np.array([x, y]), raw / 1600.0, 600.0, "c1", inside)


@pytest.fixture
def overlay(qtbot: QtBot) -> GazeOverlay:
    made = GazeOverlay()
    qtbot.addWidget(made)
    made.show_on(QGuiApplication.primaryScreen(), SCREEN.pixel_ratio)
    qtbot.waitExposed(made)
    return made


def test_it_covers_the_screen_and_takes_nothing_from_others(overlay: GazeOverlay) -> None:
    assert overlay.geometry() == QGuiApplication.primaryScreen().geometry()
    flags, kind = overlay.windowFlags(), Qt.WindowType
    for flag in (
        kind.WindowTransparentForInput, kind.WindowStaysOnTopHint, kind.FramelessWindowHint,
        kind.WindowDoesNotAcceptFocus,
    ):  # fmt: skip
        assert flags & flag
    assert overlay.testAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
    assert overlay.focusPolicy() == Qt.FocusPolicy.NoFocus
    assert overlay.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert not overlay.testAttribute(Qt.WidgetAttribute.WA_QuitOnClose), "it keeps nothing alive"


def test_the_ring_is_where_the_smoothed_point_is(overlay: GazeOverlay) -> None:
    overlay.show_point(point(400.0, 1200.0))
    assert overlay.place is not None
    assert (overlay.place.x(), overlay.place.y()) == (200.0, 600.0), "logical pixels"
    image = overlay.grab().toImage()
    alpha = np.array([[image.pixelColor(x, 600).alpha() for x in range(100, 300)]])[0]
    ring = np.nonzero(alpha > 60)[0] + 100
    assert ring.min() == pytest.approx(200 - RADIUS, abs=5)
    assert ring.max() == pytest.approx(200 + RADIUS, abs=5)
    assert alpha[100] == 0, "what one looks at stays free"


def test_it_stays_through_a_blink_and_then_goes(overlay: GazeOverlay) -> None:
    overlay.show_point(point(400.0, 400.0))
    for _ in range(HELD):
        overlay.show_point(None)
    assert overlay.place is not None
    overlay.show_point(None)
    assert overlay.place is None
    overlay.show_point(point(np.nan, np.nan))
    assert overlay.place is None
    overlay.grab()


def test_a_point_far_outside_can_be_painted(overlay: GazeOverlay) -> None:
    overlay.show_point(point(-1e12, 1e12, inside=False))
    overlay.grab()


def test_without_a_compositor_there_is_no_more_than_the_ring(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaze_overlay.QGuiApplication, "platformName", lambda: "xcb")
    overlay = GazeOverlay()
    qtbot.addWidget(overlay)
    overlay.show_on(QGuiApplication.primaryScreen(), 1.0)
    assert overlay.mask().boundingRect().width() == 1
    overlay.show_point(point(400.0, 400.0))
    box = overlay.mask().boundingRect()
    assert box.contains(400, 400)
    assert box.width() < 3 * RADIUS
    assert not overlay.mask().contains(overlay.place.toPoint())  # type: ignore[union-attr]


@pytest.fixture
def map_of_it(qtbot: QtBot) -> ScreenMap:
    made = ScreenMap()
    qtbot.addWidget(made)
    made.show_screen(SCREEN)
    made.resize(200, 150)
    made.show()
    return made


def test_the_map_shows_the_point(map_of_it: ScreenMap, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    accent = QColor(theme.colours().accent).toTuple()[:3]  # type: ignore[index]
    assert not has_colour(map_of_it.grab().toImage(), accent)
    map_of_it.show_point(point(1200.0, 400.0))
    assert map_of_it.share == (0.75, 0.25)
    picture = pixels(map_of_it.grab().toImage()).astype(int)
    rows, columns = np.nonzero(np.abs(picture - accent).max(axis=2) <= 8)
    # The map is 148 wide and as high, in the middle of 200 x 150.
    assert columns.mean() == pytest.approx(26 + 0.75 * 148, abs=3)
    assert rows.mean() == pytest.approx(1 + 0.25 * 148, abs=3)
    theme.apply(qapp, "system")


def test_a_point_beyond_the_screen_is_at_its_edge_and_hollow(map_of_it: ScreenMap) -> None:
    map_of_it.show_point(replace(point(5000.0, 800.0), inside=False))
    assert map_of_it.share == (3.125, 0.5)
    assert not map_of_it.inside
    map_of_it.grab()
    map_of_it.show_point(point(np.nan, 1.0))
    assert map_of_it.share is None
    map_of_it.show_point(None)


def test_the_map_has_the_shape_of_the_screen(map_of_it: ScreenMap) -> None:
    assert map_of_it.heightForWidth(120) == 120
    map_of_it.show_screen(make_screen((1920, 1080), (527.0, 296.0)))
    assert map_of_it.heightForWidth(160) == 90
    map_of_it.show_screen(make_screen((1080, 1920), (296.0, 527.0)))
    assert map_of_it.heightForWidth(200) == 150, "a turned one takes no more room"
