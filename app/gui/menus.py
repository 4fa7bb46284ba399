"""The menu bar: every action has its place there."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

from app.gui.actions import LAYERS, Actions
from app.gui.source_menu import SourceMenu
from app.strings import tr

Place = str | None
"""An action's name, or None for a line."""

FILE: tuple[Place, ...] = (
    "open_video", "open_pictures", None, "recordings", None, "settings", None, "quit",
)  # fmt: skip
RECORDING: tuple[Place, ...] = ("record", "marker")
CALIBRATION: tuple[Place, ...] = ("calibrate", "validate", "recentre", None, "show_point", None)
AFTER_PROFILES: tuple[Place, ...] = ("profiles", "screen")
VIEW: tuple[Place, ...] = (
    "layers", *LAYERS, None, "show_eyes_panel", "show_map", "show_plot", None, "full_screen",
)  # fmt: skip
HELP: tuple[Place, ...] = ("first_start", "log", None, "about")


def make_menus(bar: QMenuBar, actions: Actions, sources: SourceMenu, profiles: QMenu) -> None:
    """Fill the menu bar."""
    _fill(bar.addMenu(tr("&File")), actions, FILE)
    bar.addMenu(sources)
    calibration = bar.addMenu(tr("&Calibration"))
    _fill(calibration, actions, CALIBRATION)
    calibration.addMenu(profiles)
    _fill(calibration, actions, AFTER_PROFILES)
    recording = bar.addMenu(tr("&Recording"))
    _fill(recording, actions, RECORDING)
    _fill_markers(recording.addMenu(tr("Numbered markers")), actions.markers)
    _fill(recording, actions, (None, "record_video", "recordings"))
    _fill(bar.addMenu(tr("&View")), actions, VIEW)
    _fill(bar.addMenu(tr("&Help")), actions, HELP)
    for menu in bar.findChildren(QMenu):
        menu.setToolTipsVisible(True)


def _fill(menu: QMenu, actions: Actions, places: tuple[Place, ...]) -> None:
    for place in places:
        if place is None:
            menu.addSeparator()
        else:
            menu.addAction(actions[place])


def _fill_markers(menu: QMenu, markers: list[QAction]) -> None:
    menu.addActions(markers)
