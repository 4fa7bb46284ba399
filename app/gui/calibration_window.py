"""CalibrationWindow: a whole screen for the face's place, the targets, and the report.

It draws the scenes of whatever conducts the calibration and hands on keys; it decides nothing.
"""

from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QScreen
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.calibration.choreography.scene import Scene
from app.gui.failure_page import FailurePage
from app.gui.grounds import GROUNDS, style
from app.gui.placement_page import PlacementPage
from app.gui.report_page import ReportPage
from app.gui.target_canvas import TargetCanvas
from app.live.state import View
from app.strings import tr
from model.screen import Screen

ENDS = ("accepted", "discarded", "aborted")
"""Phases after which there is nothing more to show."""


class Conducting(Protocol):
    """See `app.calibration.choreography.conducting`. Its methods return at once."""

    @property
    def scene(self) -> Scene: ...
    def go_on(self) -> None: ...
    def redo_worst(self) -> None: ...
    def accept(self) -> None: ...
    def discard(self) -> None: ...
    def abort(self) -> None: ...


class CalibrationWindow(QWidget):
    """Covers a screen until the calibration is over.

    Args:
        conductor: whose scenes; call `refresh` when it has another.
        screen: that is calibrated.
        ground: a name of `GROUNDS`.
        title, way: what is about to happen, and how it goes.
        drift: the calibration in use is measured again, nothing is fitted.
        parent: the window that it belongs to.

    Signals:
        ended: the phase in which it did: one of `ENDS`, or "failed".
        turned: the camera shall be switched to mirrored or back, and all begin again.
        mirror_resized: (width, height) in device pixels that a view's picture may take.
    """

    ended = Signal(str)
    turned = Signal()
    mirror_resized = Signal(int, int)

    def __init__(
        self,
        conductor: Conducting,
        screen: Screen,
        ground: str,
        title: str,
        way: str,
        drift: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("calibrationWindow")
        self.setWindowTitle(tr("Calibration"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._conductor, self._drift = conductor, drift
        self._origin = QPoint()
        self._size = (1, 1)
        self._fault = ""
        self._over = False
        self._shown: QWidget | None = None
        colours = GROUNDS[ground]
        # Dots are as large in mm on any screen; Qt wants logical pixels.
        scale = 1.0 / (float(screen.mm_per_pixel[0]) * screen.pixel_ratio)
        self.placement = PlacementPage(colours)
        self.placement.say(title, way)
        self.canvas = TargetCanvas(colours, scale, self._place)
        self.report = ReportPage(screen)
        self.failure = FailurePage()
        self._pages = QStackedLayout(self)
        self._pages.setContentsMargins(0, 0, 0, 0)
        for page in (self.placement, self.canvas, self.report, self.failure):
            self._pages.addWidget(page)
        self.placement.setStyleSheet(style(colours))
        self._connect()

    def show_on(self, where: QScreen) -> None:
        """Cover a screen."""
        place = where.geometry()
        self._origin, self._size = place.topLeft(), (place.width(), place.height())
        self.setScreen(where)
        self.setGeometry(place)
        self.showFullScreen()
        self.raise_()
        self.activateWindow()
        self.refresh()
        self.setFocus()

    @property
    def page(self) -> QWidget | None:
        """What is shown now, None before anything is."""
        return self._shown

    def refresh(self) -> None:
        """Show the conductor's scene of now."""
        if self._over:
            return
        scene = self._conductor.scene
        if scene.phase in ENDS:
            self._end(scene.phase)
        elif scene.phase == "failed":
            self.failure.show_failure(scene.problem, scene.asked)
            self._turn_to(self.failure)
        elif scene.phase == "report":
            self.report.show_scene(scene, self._drift)
            self._turn_to(self.report)
        elif scene.phase == "placement":
            self.placement.show_scene(scene, self._fault)
            self._turn_to(self.placement)
        else:
            self.report.forget()
            self.canvas.show_scene(scene, self._fault)
            self._turn_to(self.canvas)

    def show_view(self, view: View) -> None:
        """Show a frame's picture, where there is a place for it."""
        if self.page is self.placement:
            self.placement.mirror.show_view(view)

    def note_fault(self, sentence: str) -> None:
        """Why no frames come; "": they do."""
        self._fault = sentence
        if sentence:
            self.placement.mirror.clear()
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt's name)
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        elif event.isAutoRepeat():
            pass  # a key that is held means one target, not all
        elif event.key() == Qt.Key.Key_Space and self.page in (self.placement, self.canvas):
            self._conductor.go_on()
            self.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt's name)
        """However it is closed, the calibration is over."""
        if not self._over:
            self._over = True  # first: the conductor says at once that its scene is another
            self._conductor.abort()
            self.ended.emit("aborted")
        super().closeEvent(event)

    def _connect(self) -> None:
        self.placement.begun.connect(self._go_on)
        self.placement.left.connect(self._leave)
        self.placement.mirror.resized.connect(self.mirror_resized)
        self.report.accepted.connect(self._accept)
        self.report.redone.connect(self._redo)
        self.report.discarded.connect(self._discard)
        self.failure.turned.connect(self.turned)
        self.failure.again.connect(self._go_on)
        self.failure.left.connect(self._leave)

    def _go_on(self) -> None:
        self._conductor.go_on()
        self.refresh()

    def _accept(self) -> None:
        self._conductor.accept()
        self.refresh()

    def _redo(self) -> None:
        self._conductor.redo_worst()
        self.refresh()

    def _discard(self) -> None:
        self._conductor.discard()
        self.refresh()

    def _leave(self) -> None:
        if self.page is self.report:
            self._conductor.discard()
        elif self.page is self.failure:
            self._end("failed")
        else:
            self._conductor.abort()
        self.refresh()

    def _turn_to(self, page: QWidget) -> None:
        if page is self._shown:
            return
        self._shown = page
        self._pages.setCurrentWidget(page)
        # Nothing draws the eyes away from the dot.
        self.setCursor(
            Qt.CursorShape.BlankCursor if page is self.canvas else Qt.CursorShape.ArrowCursor
        )
        focus = {self.report: self.report.table, self.failure: self.failure.first}
        focus.get(page, self).setFocus()

    def _end(self, phase: str) -> None:
        self._over = True
        self.ended.emit(phase)
        self.close()

    def _place(self, share: tuple[float, float]) -> QPointF:
        """Where a share of the screen lies in this window, which may not cover all of it."""
        width, height = self._size
        on_desktop = QPointF(self._origin) + QPointF(share[0] * width, share[1] * height)
        return QPointF(self.mapFromGlobal(on_desktop))
