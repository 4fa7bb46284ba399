"""The steps of the first start, each a page beside the picture."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.calibration.calibration import Calibration
from app.gui import theme
from app.gui.about import PRIVACY
from app.gui.cameras import CameraList
from app.gui.readiness import CHECKS, Standing, distance_words, judge
from app.gui.status_panel import HintLine
from app.live.state import SourceState, View
from app.settings import Settings
from app.source.camera import Camera
from app.strings import tr

MOST = 4
"""Cameras in sight without scrolling."""

SIGN = 22
"""Pixels of a tick."""

SIGNS: dict[Standing, tuple[str, str]] = {
    "waiting": ("waiting", "muted"),
    "good": ("good", "good"),
    "wrong": ("warning", "warning"),
}
"""Icon and colour of a check."""


class Step(QWidget):
    """A page of the first start. It shows what it is given and says what the person wants.

    Args:
        settings: to begin with.
        cameras: this computer's.

    Signals:
        changed: fields of Settings, by name, to put in force at once.
        calibration_wanted: open the calibration window.
        screen_wanted: ask how large the screen is.
    """

    changed = Signal(object)
    calibration_wanted = Signal()
    screen_wanted = Signal()
    title = ""

    def __init__(self, settings: Settings, cameras: CameraList) -> None:
        super().__init__()
        self.settings, self.cameras = settings, cameras
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 8, 0)
        self.column.setSpacing(12)

    def show_settings(self, settings: Settings) -> None:
        """These are in force now."""
        self.settings = settings

    def show_source(self, state: SourceState) -> None:
        """The source is another, or stands differently."""

    def show_view(self, view: View) -> None:
        """There is a new view."""

    def show_calibration(self, calibration: Calibration | None) -> None:
        """This calibration is in use now, or none is."""

    def leave(self) -> None:
        """The person goes on."""

    def _say(self, text: str, muted: bool = False) -> QLabel:
        words = QLabel(text)
        words.setWordWrap(True)
        words.setProperty("muted", muted)
        self.column.addWidget(words)
        return words


class CameraStep(Step):
    """Which camera, and whether it shows the person the right way round."""

    title = "Choose your camera"

    def __init__(self, settings: Settings, cameras: CameraList) -> None:
        super().__init__(settings, cameras)
        self._state = SourceState("opening")
        self._say(tr("Best is one right above or below the screen that you look at."))
        self.list = QListWidget()
        self.list.setObjectName("cameras")
        self.list.setAccessibleName(tr("Cameras"))
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        self.column.addWidget(self.list)
        self.none = self._say(
            tr(
                "No camera was found. Plug one in: it appears here by itself. Meanwhile the demo "
                "clip plays, a rendered person."
            )
        )
        again = QPushButton(theme.icon("retry"), tr("Look again"))
        again.setObjectName("lookAgain")
        again.setToolTip(tr("Look for cameras once more"))
        again.clicked.connect(cameras.refresh)
        self.column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        self.ask = self._say(
            tr(
                "Raise your right hand: it should rise on the right, as in a mirror. "
                "If it does not:"
            )
        )
        self.mirrored = QCheckBox(tr("Turn the picture round"))
        self.mirrored.setObjectName("mirrored")
        self.mirrored.setToolTip(
            tr("For cameras that deliver a mirror image; otherwise left and right are swapped")
        )
        self.mirrored.clicked.connect(self._turn)
        self.column.addWidget(self.mirrored)
        self.column.addSpacing(6)
        self._say(tr(PRIVACY), muted=True)
        self.column.addStretch(1)
        cameras.changed.connect(self._list)
        self.show_settings(settings)
        self._list(cameras.cameras)

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        self.mirrored.setChecked(settings.mirrored)

    def show_source(self, state: SourceState) -> None:
        self._state = state
        self._mark()

    def leave(self) -> None:
        """A camera that was gone to by arrow keys is meant, too."""
        item = self.list.currentItem()
        if item is not None and item is not self._open_item():
            self._choose(item)

    def _list(self, cameras: Sequence[Camera]) -> None:
        self.list.clear()
        for text, camera in zip(camera_texts(cameras), cameras, strict=True):
            item = QListWidgetItem(theme.icon("camera"), camera.name)
            item.setData(Qt.ItemDataRole.UserRole, text)
            self.list.addItem(item)
        rows = min(max(len(cameras), 1), MOST)
        self.list.setFixedHeight(rows * max(self.list.sizeHintForRow(0), 1) + 16)
        for widget in (self.list, self.ask, self.mirrored):
            widget.setVisible(bool(cameras))
        self.none.setVisible(not cameras)
        self._mark()

    def _mark(self) -> None:
        """Show which camera is open."""
        item = self._open_item()
        if item is not None:
            self.list.setCurrentItem(item)

    def _open_item(self) -> QListWidgetItem | None:
        if self._state.kind != "camera" or self._state.phase == "failed":
            return None
        items = [self.list.item(row) for row in range(self.list.count())]
        named = [item for item in items if item.text() == self._state.name]
        chosen = [item for item in named if self._text(item) == self.settings.source]
        return next(iter(chosen or named), None)

    def _choose(self, item: QListWidgetItem) -> None:
        if item is not self._open_item() or self._text(item) != self.settings.source:
            self.changed.emit({"source": self._text(item)})

    def _turn(self, mirrored: bool) -> None:
        self.changed.emit({"mirrored": mirrored})

    @staticmethod
    def _text(item: QListWidgetItem) -> str:
        return str(item.data(Qt.ItemDataRole.UserRole))


class CheckStep(Step):
    """Light and distance, ticked off as they become good; nobody is held up."""

    title = "Light and distance"

    def __init__(self, settings: Settings, cameras: CameraList) -> None:
        super().__init__(settings, cameras)
        self._say(tr("Sit as you will sit, and look at your screen."))
        self.standings = judge(None)
        self._signs: dict[str, QLabel] = {}
        self._labels: dict[str, QLabel] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        for row, check in enumerate(CHECKS):
            sign, label = QLabel(), QLabel(tr(check.label))
            label.setObjectName(f"check_{check.name}")
            label.setWordWrap(True)
            grid.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, row, 1)
            self._signs[check.name], self._labels[check.name] = sign, label
        self._distance = QLabel()
        self._distance.setObjectName("distance")
        self._distance.setProperty("muted", True)
        self._distance.setAccessibleName(tr("Distance"))
        self._distance.hide()
        grid.addWidget(self._distance, len(CHECKS), 1)
        self.column.addLayout(grid)
        self.hint = HintLine()
        self.column.addWidget(self.hint)
        self._say(tr("It works without all ticks, only less well."), muted=True)
        self.column.addStretch(1)
        theme.changed().connect(self._paint)
        self._paint()
        self.hint.show_hint(None, idle=True)

    def show_source(self, state: SourceState) -> None:
        if state.phase != "running":
            self._show(judge(None), "")
            self.hint.show_hint(None, idle=True)

    def show_view(self, view: View) -> None:
        self._show(judge(view, self.standings), distance_words(view))
        waiting = view.hint is None and "good" not in self.standings.values()
        self.hint.show_hint(view.hint, idle=waiting)

    def _show(self, standings: dict[str, Standing], distance: str) -> None:
        self._distance.setText(distance)
        self._distance.setVisible(bool(distance))
        if standings != self.standings:
            self.standings = standings
            self._paint()

    def _paint(self) -> None:
        said = {
            "waiting": tr("not known yet"),
            "good": tr("good"),
            "wrong": tr("needs your attention"),
        }
        for check in CHECKS:
            standing, label = self.standings[check.name], self._labels[check.name]
            self._signs[check.name].setPixmap(theme.icon(*SIGNS[standing]).pixmap(SIGN, SIGN))
            label.setAccessibleName(f"{tr(check.label)}: {said[standing]}")


class CalibrationStep(Step):
    """From a direction to a point on the screen; whoever wants no more than directions goes on."""

    title = "Calibrate"

    def __init__(self, settings: Settings, cameras: CameraList) -> None:
        super().__init__(settings, cameras)
        self._say(
            tr(
                "Look at a few dots for half a minute, and the program knows which point of your "
                "screen you look at. It then measures how far off it is, and tells you."
            )
        )
        self.calibrate = QPushButton(theme.icon("target"), tr("Calibrate"))
        self.calibrate.setObjectName("calibrate")
        self.calibrate.setToolTip(tr("Fill the screen with a few dots to look at"))
        self.calibrate.clicked.connect(self.calibration_wanted)
        self.column.addWidget(self.calibrate, 0, Qt.AlignmentFlag.AlignLeft)
        self.standing = self._say("")
        self.standing.setObjectName("standing")
        self.column.addSpacing(6)
        self._say(tr("The camera is best in the middle above the screen. If it is not, or if you "
                     "have several screens:"), muted=True)  # fmt: skip
        screen = QPushButton(theme.icon("screen"), tr("Screen and camera …"))
        screen.setObjectName("askScreen")
        screen.setToolTip(tr("Which screen, how large it is, and where the camera sits"))
        screen.clicked.connect(self.screen_wanted)
        self.column.addWidget(screen, 0, Qt.AlignmentFlag.AlignLeft)
        self._say(tr("You can also do it later, with the key C."), muted=True)
        self.column.addStretch(1)
        self.show_calibration(None)
        self.show_source(SourceState("opening"))

    def show_source(self, state: SourceState) -> None:
        running = state.phase == "running" and state.kind == "camera"
        self.calibrate.setEnabled(running)
        self._why = "" if running else tr("This needs a camera that runs.")
        self._show()

    def show_calibration(self, calibration: Calibration | None) -> None:
        self._done = "" if calibration is None else tr("You are calibrated.")
        self._show()

    _why = _done = ""

    def _show(self) -> None:
        text = self._done or self._why
        self.standing.setText(text)
        self.standing.setProperty("mood", "good" if self._done else "")
        self.standing.style().polish(self.standing)
        self.standing.setVisible(bool(text))


STEPS: tuple[type[Step], ...] = (CameraStep, CheckStep, CalibrationStep)
"""In their order."""


def camera_texts(cameras: Sequence[Camera]) -> list[str]:
    """What to ask for to get each camera: its name, or its number where two have one name."""
    names = [camera.name for camera in cameras]
    return [
        camera.name if names.count(camera.name) == 1 else str(camera.number) for camera in cameras
    ]
