"""FirstStart: a few steps from nothing to the live view, with the picture always beside them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.calibration.calibration import Calibration
from app.gui import permission, theme
from app.gui.bridge import Bridge
from app.gui.cameras import CameraList
from app.gui.preview import Preview
from app.gui.source_words import standing
from app.gui.steps import STEPS, Step
from app.live.state import SourceState
from app.settings import Settings
from app.strings import tr

if TYPE_CHECKING:
    from app.live.session import LiveSession

SIDE = 310
"""Width of a step beside the picture."""


class FirstStart(QWidget):
    """Stands in the place of the live page, and takes the session's views while it is shown.

    Args:
        session: the engine.
        bridge: its signals.
        settings: those in force.
        cameras: this computer's; None: a list of its own.
        state: where the engine stands with its source.
        steps: the pages, in their order.

    Signals:
        changed: fields of Settings, by name, to put in force at once, such as another camera.
        calibration_wanted: open the calibration window.
        screen_wanted: ask how large the screen is.
        finished: the Settings at the end, from which on this is not shown by itself again.
    """

    changed = Signal(object)
    calibration_wanted = Signal()
    screen_wanted = Signal()
    finished = Signal(object)

    def __init__(
        self,
        session: "LiveSession",
        bridge: Bridge,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        cameras: CameraList | None = None,
        state: SourceState | None = None,
        steps: Sequence[type[Step]] = STEPS,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("firstStart")
        self._session, self._settings = session, settings
        if cameras is None:
            cameras = CameraList(parent=self)
            cameras.refresh()
        self.steps = [step(settings, cameras) for step in steps]
        self.preview = Preview()
        self.preview.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # there is nothing to do in it
        self._pages = QStackedWidget()
        self._state = state or SourceState("opening")
        self._resting = False
        self._lay_out()
        for step in self.steps:
            step.changed.connect(self._change)
            step.calibration_wanted.connect(self.calibration_wanted)
            step.screen_wanted.connect(self.screen_wanted)
        self.preview.resized.connect(self._ask_for_size)
        bridge.view_ready.connect(self._take_view)
        bridge.source_changed.connect(self.show_source)
        self.show_source(self._state)
        self._go(0)

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._settings

    @property
    def step(self) -> Step:
        """The page that is shown."""
        return self.steps[self._pages.currentIndex()]

    def show_source(self, state: SourceState) -> None:
        """Show where the engine stands with its source."""
        self._state = state
        shown = standing(state, recording=False)
        if state.phase == "opening":
            self.preview.clear()
        if shown.title and state.phase != "ended":
            again = (tr("Try again"), self._session.retry)
            self.preview.cover_with(shown.title, shown.text, [again] if shown.again else [])
        else:
            self.preview.uncover()
        for step in self.steps:
            step.show_source(state)

    def show_calibration(self, calibration: Calibration | None) -> None:
        """This calibration is in use now, or none is."""
        for step in self.steps:
            step.show_calibration(calibration)

    def rest(self, resting: bool) -> None:
        """Leave views to somebody else, or take them again."""
        self._resting = resting
        if not resting:
            self.preview.ask_for_size()
            self._next.setFocus()

    def go_on(self) -> None:
        """The next step, or after the last one the live view."""
        self.step.leave()
        place = self._pages.currentIndex() + 1
        if place < len(self.steps):
            self._go(place)
        else:
            self.end()

    def go_back(self) -> None:
        """The step before."""
        self._go(max(self._pages.currentIndex() - 1, 0))

    def end(self) -> None:
        """To the live view, also from the middle: everything here can be set later, too."""
        self.finished.emit(replace(self._settings, first_start_done=True))

    def _change(self, fields: dict[str, Any]) -> None:
        self._settings = replace(self._settings, **fields)
        for step in self.steps:
            step.show_settings(self._settings)
        self.changed.emit(fields)
        if "source" in fields:
            self._ask_for_permission()

    def _take_view(self) -> None:
        if self._resting or not self.isVisible():
            return  # the calibration takes it, or the live page does
        view = self._session.take_view()
        if view is not None and self._state.phase in ("running", "ended"):
            self.preview.show_view(view)
            self.step.show_view(view)

    def _ask_for_size(self, width: int, height: int) -> None:
        if self.isVisible():
            self._session.set_view_size(width, height)

    def _ask_for_permission(self) -> None:
        permission.ask_for_camera(self, self._note_permission)

    def _note_permission(self, may: bool) -> None:
        if not may:
            title, sentence = permission.denied()
            mend = (tr("Open System Settings"), _open_system_settings)
            again = (tr("Try again"), self._ask_again)
            self.preview.cover_with(title, sentence, [mend, again])

    def _ask_again(self) -> None:
        permission.ask_for_camera(self, self._retry)

    def _retry(self, may: bool) -> None:
        if may:
            self._session.retry()
        else:
            self._note_permission(False)

    def _go(self, place: int) -> None:
        self._pages.setCurrentIndex(place)
        last = place == len(self.steps) - 1
        counted = tr("Step {number} of {count}")
        self._count.setText(counted.format(number=place + 1, count=len(self.steps)))
        self._title.setText(tr(self.step.title))
        self._pages.setAccessibleName(f"{self._count.text()}: {self._title.text()}")
        self._back.setVisible(place > 0)
        self._skip.setVisible(not last)
        self._next.setText(tr("Start") if last else tr("Next"))
        self._next.setToolTip(tr("To the live view") if last else tr("To the next step"))
        self._next.setFocus()

    def _lay_out(self) -> None:
        self._count, self._title = QLabel(), QLabel()
        self._count.setProperty("muted", True)
        self._title.setObjectName("stepTitle")
        self._title.setProperty("title", True)
        for step in self.steps:
            step.setObjectName("page")
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(step)
            self._pages.addWidget(area)
        self._pages.setFixedWidth(SIDE)
        self._skip = QPushButton(tr("Skip"))
        self._skip.setObjectName("skip")
        self._skip.setProperty("flat", True)
        self._skip.setToolTip(tr("To the live view; everything can be set there, too"))
        self._skip.clicked.connect(self.end)
        self._back = QPushButton(theme.icon("back"), tr("Back"))
        self._back.setObjectName("back")
        self._back.clicked.connect(self.go_back)
        self._next = QPushButton()
        self._next.setObjectName("next")
        self._next.setProperty("primary", True)
        self._next.setMinimumWidth(110)
        self._next.setAutoDefault(True)
        self._next.clicked.connect(self.go_on)
        self.setFocusProxy(self._next)
        head, middle, bottom = QVBoxLayout(), QHBoxLayout(), QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self._count)
        head.addWidget(self._title)
        middle.setSpacing(24)
        middle.addWidget(self.preview, 1)
        middle.addWidget(self._pages)
        bottom.addWidget(self._skip)
        bottom.addStretch(1)
        bottom.addWidget(self._back)
        bottom.addWidget(self._next)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(14)
        column.addLayout(head)
        column.addLayout(middle, 1)
        column.addLayout(bottom)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        super().showEvent(event)
        self.preview.ask_for_size()
        self._next.setFocus()
        if self._state.phase in ("opening", "failed"):
            self._ask_for_permission()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  (Qt's name)
        super().hideEvent(event)
        self.preview.clear()


def _open_system_settings() -> None:
    QDesktopServices.openUrl(QUrl(permission.SYSTEM_SETTINGS))
