"""TracePlot: gaze and openness over the last ten seconds, foldable."""

from collections.abc import Callable

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsItem,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui import theme
from app.live.state import Trace
from app.strings import tr

PERIOD_MS = 50
"""Between two paintings: quick enough for the eye, half the work of one at every frame."""

SECONDS, DEGREES = 10.0, 35.0

HEIGHT, OPENNESS_HEIGHT = 140, 58
"""Of all curves, and of those of openness, logical pixels: the picture gets what is left."""

CURVES: tuple[tuple[str, str, str, str], ...] = (
    ("yaw_deg", "Yaw", "accent", "Degrees; up in the plot is towards your right"),
    ("pitch_deg", "Pitch", "warning", "Degrees; up in the plot is up"),
    ("left_openness", "Left eye", "good", "How open your left eye is"),
    ("right_openness", "Right eye", "muted", "How open your right eye is"),
)
"""Field of Trace, name, colour, help; the first two are angles."""


class TracePlot(QFrame):
    """Asks for the trace a few times a second, but only while it can be seen.

    Args:
        trace: gives the last ten seconds.

    Signals:
        folded: True when the person folds it away, False when they open it.
    """

    folded = Signal(bool)

    def __init__(self, trace: Callable[[], Trace], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tracePlot")
        self._trace = trace
        self.graph = pyqtgraph.GraphicsLayoutWidget()
        self.toggle = QToolButton()
        self.toggle.setObjectName("foldPlot")
        self.toggle.setAutoRaise(True)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setText(tr("Last 10 seconds"))
        self.toggle.clicked.connect(lambda: self.folded.emit(self.graph.isVisibleTo(self)))
        self._lines: list[pyqtgraph.InfiniteLine] = []
        self._legend = [QLabel() for _ in CURVES]
        header = QHBoxLayout()
        header.setContentsMargins(2, 0, 8, 0)
        header.setSpacing(14)
        header.addWidget(self.toggle)
        header.addStretch(1)
        for label, (_, _, _, help_text) in zip(self._legend, CURVES, strict=True):
            label.setToolTip(tr(help_text))
            header.addWidget(label)
        self.graph.setAccessibleName(tr("Yaw, pitch and openness over the last ten seconds"))
        self.graph.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.graph.setMinimumHeight(100)
        self.graph.setMaximumHeight(HEIGHT)
        self.graph.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.graph.ci.layout.setContentsMargins(0, 2, 18, 2)
        self.graph.ci.layout.setSpacing(2)
        ticks = {-20: "-20°", 0: "0°", 20: "20°"}
        angles = self._plot(0, (-DEGREES, DEGREES), ticks)
        openness = self._plot(1, (-0.45, 1.45), {0: tr("shut"), 1: tr("open")})
        openness.setMaximumHeight(OPENNESS_HEIGHT)
        angles.hideAxis("bottom")
        self._plots = (angles, openness)
        self._curves = [
            plot.plot(connect="finite", skipFiniteCheck=False)
            for plot in (angles, angles, openness, openness)
        ]
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(2)
        column.addLayout(header)
        column.addWidget(self.graph, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self.refresh)
        self._colour()
        self.fold(False)

    def fold(self, away: bool) -> None:
        """Show the header only, or all of it."""
        self.graph.setVisible(not away)
        for label in self._legend:
            label.setVisible(not away)
        header = self.toggle.sizeHint().height() + 10
        self.setMaximumHeight(header if away else header + HEIGHT)
        self.toggle.setIcon(theme.icon("up" if away else "down"))
        tip = tr("Show the plot (P)") if away else tr("Fold the plot away (P)")
        self.toggle.setToolTip(tip)
        self.toggle.setAccessibleName(tip)
        self._run_while_seen()

    @property
    def is_folded(self) -> bool:
        """Only the header shows."""
        return not self.graph.isVisibleTo(self)

    def refresh(self) -> None:
        """Draw the trace as it is now."""
        trace = self._trace()
        for curve, (name, _, _, _) in zip(self._curves, CURVES, strict=True):
            curve.setData(trace.time_s, getattr(trace, name))

    def points(self, name: str) -> int:
        """How many finite points a curve shows now."""
        curve = self._curves[[field for field, _, _, _ in CURVES].index(name)]
        y = curve.getData()[1]
        return 0 if y is None else int(np.isfinite(y).sum())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_curves"):
            self._colour()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        super().showEvent(event)
        self._run_while_seen()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  (Qt's name)
        super().hideEvent(event)
        self._timer.stop()

    def _run_while_seen(self) -> None:
        if self.isVisible() and not self.is_folded:
            self._timer.start()
        else:
            self._timer.stop()

    def _plot(
        self, row: int, y_range: tuple[float, float], ticks: dict[int, str]
    ) -> pyqtgraph.PlotItem:
        plot = self.graph.addPlot(row=row, col=0)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.setXRange(-SECONDS, 0.0, padding=0.0)
        plot.setYRange(*y_range, padding=0.0)
        plot.setClipToView(False)
        axis = plot.getAxis("left")
        axis.setWidth(46)
        axis.setTicks([list(ticks.items())])
        for side in ("left", "bottom"):  # words at the very ends may reach over them
            plot.getAxis(side).setStyle(hideOverlappingLabels=False)
        plot.getAxis("bottom").setHeight(18)
        seconds = [(second, tr("{s} s").format(s=second)) for second in (-8, -6, -4, -2)]
        plot.getAxis("bottom").setTicks([[*seconds, (0, tr("now"))]])
        for axis in (plot.getAxis("left"), plot.getAxis("bottom")):
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)  # words are slow
        for tick in ticks:
            # Not pyqtgraph's grid: its axes would be painted anew with every curve.
            line = pyqtgraph.InfiniteLine(tick, angle=0)
            self._lines.append(line)
            plot.addItem(line)
        return plot

    def _colour(self) -> None:
        """Take the theme's colours."""
        self.graph.setBackground(theme.colour("panel"))
        for plot in self._plots:
            for name in ("left", "bottom"):
                axis = plot.getAxis(name)
                axis.setPen(theme.colour("line"))
                axis.setTextPen(theme.colour("muted"))
        for line in self._lines:
            line.setPen(pyqtgraph.mkPen(theme.colour("line"), width=1))
        for curve, label, (_, name, colour, _) in zip(
            self._curves, self._legend, CURVES, strict=True
        ):
            curve.setPen(pyqtgraph.mkPen(theme.colour(colour), width=1.5))
            shade = theme.colour(colour).name()
            label.setText(f'<span style="color:{shade}">━</span> {tr(name)}')
            label.setProperty("muted", True)
