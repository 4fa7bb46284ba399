"""SourceMenu: where pictures come from: a camera by name, a video, a folder, the demo clip."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.cameras import CameraList, camera_formats
from app.live.state import SourceState
from app.settings import Settings
from app.settings_table import SIZES
from app.source.camera import Camera
from app.strings import tr


class SourceMenu(QMenu):
    """The cameras stand at the top and change with what is plugged in.

    Args:
        cameras: the list to show.
        actions: what stands below them; None is a line.

    Signals:
        chosen: the text of a source to open: a camera's name or number.
        format_chosen: (width, height, frames per second) to ask a camera for.
    """

    chosen = Signal(str)
    format_chosen = Signal(object)

    def __init__(
        self,
        cameras: CameraList,
        actions: list[QAction | None],
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("&Source"), parent)
        self.setObjectName("sourceMenu")
        self._cameras, self._settings = cameras, settings
        self._current = ""
        self._group = QActionGroup(self)
        self._group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        self._line = self.addSeparator()
        self.formats = QMenu(tr("Picture size and rate"), self)
        self.formats.aboutToShow.connect(self._list_formats)
        for action in actions:
            if action is None:
                self.addSeparator()
            else:
                self.addAction(action)
        self._formats_action = self.addMenu(self.formats)
        self._formats_action.setEnabled(False)
        self.aboutToShow.connect(cameras.refresh)
        cameras.changed.connect(self._list_cameras)
        self._list_cameras(cameras.cameras)

    def show_source(self, state: SourceState) -> None:
        """Tick the camera that is open."""
        self._current = state.name if state.kind == "camera" else ""
        self._formats_action.setEnabled(bool(self._current))
        self._tick()

    def show_settings(self, settings: Settings) -> None:
        """Know which format is asked for."""
        self._settings = settings

    @property
    def camera_actions(self) -> list[QAction]:
        """One for each camera."""
        return self._group.actions()

    def _list_cameras(self, cameras: tuple[Camera, ...]) -> None:
        for action in self._group.actions():
            self._group.removeAction(action)
            self.removeAction(action)
            action.setParent(None)
        for camera in cameras:
            action = QAction(camera.name, self, checkable=True)
            alone = sum(other.name == camera.name for other in cameras) == 1
            # Two cameras of one make have one name: only their numbers tell them apart.
            action.setData((camera.name, camera.name if alone else str(camera.number)))
            action.triggered.connect(self._choose)
            self._group.addAction(action)
            self.insertAction(self._line, action)
        if not cameras:
            nothing = QAction(tr("No camera is connected"), self, enabled=False)
            self._group.addAction(nothing)
            self.insertAction(self._line, nothing)
        self._tick()

    def _tick(self) -> None:
        for action in self._group.actions():
            name, _ = action.data() or ("", "")
            action.setChecked(bool(self._current) and name == self._current)

    def _choose(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.chosen.emit(action.data()[1])

    def _choose_format(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.format_chosen.emit(action.data())

    def _list_formats(self) -> None:
        self.formats.clear()
        asked = (*self._settings.size, self._settings.fps)
        offered = camera_formats(self._current)
        for width, height, fps in offered or [(*size, self._settings.fps) for size in SIZES]:
            text = tr("{width} x {height}, {fps:.0f} per second")
            action = self.formats.addAction(text.format(width=width, height=height, fps=fps))
            action.setCheckable(True)
            action.setChecked((width, height, fps) == asked)
            action.setData((width, height, fps))
            action.triggered.connect(self._choose_format)
