"""LivePage: the picture with its line of words, the panel at its side, the plot, the record bar."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.calibration.calibration import Calibration
from app.gui import theme
from app.gui.caption import Caption
from app.gui.eyes_panel import EyesPanel
from app.gui.message_bar import MessageBar
from app.gui.plot import TracePlot
from app.gui.preview import Preview
from app.gui.record_bar import RecordBar
from app.gui.screen_map import ScreenMap
from app.gui.status_panel import HintLine, StatusPanel
from app.gui.timing import Mean
from app.live.state import Measures, Trace, View
from app.settings import Settings
from app.strings import tr

SIDE = 264
"""Width of the panel at the side."""

STATUS_MS = 250
"""Between two changes of the figures: more often nobody can read them."""


class LivePage(QWidget):
    """Lays out what is shown of the engine, and hands each part its share of a view.

    Args:
        trace: gives the plot its last ten seconds.
        sources: the menu behind the button that names the source.
    """

    def __init__(
        self, trace: Callable[[], Trace], sources: QMenu, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("livePage")
        self.messages = MessageBar()
        self.preview = Preview()
        self.caption = Caption()
        self.plot = TracePlot(trace)
        self.source = QPushButton()
        self.eyes = EyesPanel()
        self.map = ScreenMap()
        self.status = StatusPanel()
        self.hint = HintLine()
        self.record_bar = RecordBar()
        self._view: View | None = None
        self._calibrated = self._map_wanted = False
        self._ages = Mean()
        self.preview.drawn.connect(self._ages.add)
        self._set_up_source(sources)
        self._lay_out()
        self._timer = QTimer(self, interval=STATUS_MS)
        self._timer.timeout.connect(self._show_figures)
        self._timer.start()

    def show_view(self, view: View) -> None:
        """Show a frame; the figures follow in their own time."""
        self._view = view
        self.preview.show_view(view)
        self.caption.show_view(view)
        if self.eyes.isVisible():
            self.eyes.show_eyes(view.eyes)
        self.hint.show_hint(view.hint)

    def show_settings(self, settings: Settings) -> None:
        """Show or hide what can be."""
        self.caption.setVisible(settings.show_words)
        self.eyes.setVisible(settings.show_eyes_panel)
        self._map_wanted = settings.show_map
        self.map.setVisible(self._map_wanted and self._calibrated)
        self.plot.fold(not settings.show_plot)
        self.record_bar.show_settings(settings)

    def show_calibration(self, calibration: Calibration | None) -> None:
        """Show the map of the screen that is calibrated, None: none is."""
        self._calibrated = calibration is not None
        self.map.show_screen(None if calibration is None else calibration.screen)
        self.map.setVisible(self._map_wanted and self._calibrated)

    def show_source_name(self, name: str, icon: str) -> None:
        """Name the source on its button."""
        metrics = self.source.fontMetrics()
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, SIDE - 100)
        self.source.setText(shown)
        self.source.setAccessibleDescription(name)
        self.source.setIcon(theme.icon(icon))

    @property
    def view(self) -> View | None:
        """What is shown now."""
        return self._view

    def forget_view(self, picture_too: bool) -> None:
        """What is shown no longer holds; the last picture may stay, under a cover."""
        self._view = None
        self._ages.clear()
        if picture_too:
            self.preview.clear()
        self.caption.show_view(None)
        self.eyes.show_eyes(None)
        self.map.show_point(None)
        self.hint.show_hint(None, idle=True)
        self.status.show_measures(Measures(), None)

    def _show_figures(self) -> None:
        if self._view is not None:
            self.status.show_measures(self._view.measures, self._ages.now)

    def _set_up_source(self, menu: QMenu) -> None:
        self.source.setObjectName("sourceButton")
        self.source.setMenu(menu)
        self.source.setProperty("menu", True)
        # Icons are painted in the middle: a wider one keeps its distance from edge and text.
        self.source.setIconSize(QSize(34, 18))
        self.source.setStyleSheet("text-align: left;")
        self.source.setAccessibleName(tr("Source"))
        self.source.setToolTip(tr("Choose a camera, a video, pictures or the demo clip"))

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.preview, 3)
        left.addWidget(self.caption)
        left.addWidget(self.plot, 1)  # no more than it needs, and less in a low window
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addLayout(left, 1)
        middle.addWidget(self._side())
        page = QVBoxLayout(self)
        page.setContentsMargins(12, 8, 12, 12)
        page.setSpacing(8)
        page.addWidget(self.messages)
        page.addLayout(middle, 1)
        page.addWidget(self.record_bar)

    def _side(self) -> QFrame:
        """The panel at the side; in a low window the figures scroll, source and hint stay."""
        figures = QWidget()
        figures.setObjectName("page")
        column = QVBoxLayout(figures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self.eyes)
        column.addWidget(self.map)
        column.addWidget(self.status)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidgetResizable(True)
        scroll.setWidget(figures)
        side = QFrame()
        side.setObjectName("sidePanel")
        side.setFixedWidth(SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(14)
        column.addWidget(self.source)
        column.addWidget(scroll, 1)
        column.addWidget(self.hint)
        return side
