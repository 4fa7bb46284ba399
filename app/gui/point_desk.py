"""PointDesk: the point of gaze, on the map and over all windows."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.calibration.calibration import Calibration
from app.gui.actions import Actions
from app.gui.gaze_overlay import GazeOverlay
from app.gui.live_page import LivePage
from app.gui.profile_desk import ProfileDesk
from app.gui.screens import choose
from app.live.state import View

if TYPE_CHECKING:
    from app.gui.kept import KeptSettings


class PointDesk(QObject):
    """Shows points of gaze while a calibration is in use.

    Args:
        page: with the map.
        actions: `show_point`.
        kept: what the person told of the screens.
        profiles: whose calibration it is.
        window: whose overlay.
    """

    def __init__(
        self,
        page: LivePage,
        actions: Actions,
        kept: "KeptSettings",
        profiles: ProfileDesk,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._page, self._action, self._kept = page, actions["show_point"], kept
        self._profiles, self._window = profiles, window
        self.overlay: GazeOverlay | None = None
        self._action.toggled.connect(self._toggle)
        profiles.changed.connect(self._note_calibration)
        self._note_calibration(profiles.calibration)

    def show_view(self, view: View) -> None:
        """Show a view's point of gaze."""
        point = view.sample.screen
        self._page.map.show_point(point)
        if self.overlay is not None:
            self.overlay.show_point(point)

    def close(self) -> None:
        """Take the overlay away."""
        self._action.setChecked(False)

    def _note_calibration(self, calibration: Calibration | None) -> None:
        self._action.setEnabled(calibration is not None)
        if calibration is None:
            self._action.setChecked(False)
        elif self.overlay is not None:
            self._cover(calibration)

    def _toggle(self, on: bool) -> None:
        calibration = self._profiles.calibration
        if on and calibration is not None:
            self.overlay = GazeOverlay()
            self._cover(calibration)
        elif self.overlay is not None:
            self.overlay.close()
            self.overlay.deleteLater()
            self.overlay = None

    def _cover(self, calibration: Calibration) -> None:
        here = choose(calibration.screen.name, self._kept.now.screens, self._window)
        assert self.overlay is not None
        self.overlay.show_on(here.where, here.pixel_ratio)
