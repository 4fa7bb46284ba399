"""ScreenDialog: which screen is calibrated, how large it is, and where its camera sits."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.calibration.screen_size import (
    DIAGONAL_INCHES,
    FARTHEST_MM,
    STEEPEST_DEG,
    CameraPlace,
    Edge,
    Millimetres,
    Told,
    card_pixels,
    diagonal,
    guess,
    of_card,
    of_diagonal,
)
from app.gui import theme
from app.gui.drawn_card import CARD_PX, DrawnCard
from app.gui.fields import Choice, Number, Slider
from app.gui.screens import screens_here
from app.strings import tr

SYSTEM, DIAGONAL, CARD = range(3)
"""Ways to say how large a screen is."""

EDGES: tuple[tuple[Edge, str], ...] = (
    ("above", "Above the screen"),
    ("below", "Below the screen"),
    ("left", "Left of the screen"),
    ("right", "Right of the screen"),
)


class ScreenDialog(QDialog):
    """Asks; what was told is in `chosen` and `told` when it was accepted.

    Args:
        name: of the screen to begin with.
        told: what the person told of each screen before: `Settings.screens`.

    Attributes:
        chosen: name of the screen.
        told: the same as given, with this screen's corrected.
    """

    def __init__(self, name: str, told: Mapping[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("screenDialog")
        self.setWindowTitle(tr("Screen and camera"))
        self.chosen, self.told = name, dict(told)
        self._screens = screens_here(told)
        self._here = self._screens[0]
        self._showing = False
        self._make()
        self._lay_out()
        names = [here.name for here in self._screens]
        self.screens.setCurrentIndex(names.index(name) if name in names else 0)
        self._show_screen(self.screens.currentIndex())

    @property
    def millimetres(self) -> Millimetres | None:
        """The size as it is told now; None: as the system says."""
        pixels = self._here.pixels
        match self._ways.checkedId():
            case way if way == DIAGONAL:
                return of_diagonal(pixels, self.inches.value())
            case way if way == CARD:
                return of_card(pixels, self.card.value() * self._here.pixel_ratio)
            case _:
                return None

    def accept(self) -> None:
        """OK: remember what was told."""
        place = CameraPlace(self.edge.currentData(), self.away.value(), self.along.value())
        told = Told(self.millimetres, place, self.tilt.value())
        self.chosen = self._here.name
        self.told = {**self.told, self._here.name: told.to_json()}
        super().accept()

    def _show_screen(self, number: int) -> None:
        """Show what is known of a screen, and go there: a card is held to the one it measures."""
        self._here = here = self._screens[number]
        self._showing = True
        known = here.millimetres or guess(here.pixels)
        self.by_system.setEnabled(here.system is not None)
        if here.system is None:
            self.by_system.setText(tr("As the system says: it does not know"))
        else:
            words = tr("As the system says: {size}").format(size=_size(here.system))
            self.by_system.setText(words)
        way = SYSTEM if here.told.millimetres is None and here.system is not None else DIAGONAL
        self._ways.button(way).setChecked(True)
        self.inches.setValue(round(diagonal(known), 2))
        self.card.setValue(round(card_pixels(here.pixels, known) / here.pixel_ratio))
        camera = here.told.camera
        self.edge.setCurrentIndex([edge for edge, _ in EDGES].index(camera.edge))
        self.away.setValue(camera.away)
        self.along.setValue(camera.along)
        self.tilt.setValue(here.told.tilt)
        self._showing = False
        self._show_size()
        self._go_to(here.where)

    def _go_to(self, where: QScreen) -> None:
        if self.isVisible() and self.screen() is not where:
            space = where.availableGeometry()
            self.move(space.center() - self.rect().center())

    def _show_size(self) -> None:
        if self._showing:
            return
        self._drawn.show_width(self.card.value())
        way = self._ways.checkedId()
        self.inches.setEnabled(way == DIAGONAL)
        for widget in (self.card, self._drawn):
            widget.setVisible(way == CARD)
        self._hint.setVisible(way == CARD)
        millimetres = self.millimetres or self._here.system
        assert millimetres is not None
        text = tr("{size}, {inches:.1f} inches from corner to corner")
        self._told.setText(text.format(size=_size(millimetres), inches=diagonal(millimetres)))
        layout = self.layout()
        if self.isVisible() and layout is not None:
            # Not adjustSize, which goes no further than two thirds of the screen.
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _make(self) -> None:
        self.screens = Choice()
        self.screens.setObjectName("screens")
        self.screens.setAccessibleName(tr("Screen"))
        self.screens.setToolTip(tr("The screen whose point of gaze is wanted"))
        for here in self._screens:
            self.screens.addItem(theme.icon("screen"), here.label)
        self.screens.activated.connect(self._show_screen)
        self.by_system = _radio("bySystem", "", tr("Most screens know how large they are"))
        self.by_diagonal = _radio(
            "byDiagonal",
            tr("By its diagonal:"),
            tr("The inches that its maker gives, from corner to corner of the picture"),
        )
        self.by_card = _radio(
            "byCard",
            tr("By a bank card held to the screen"),
            tr("Any card of that kind will do: they are all 85.6 mm wide"),
        )
        self._ways = QButtonGroup(self)
        for way, button in enumerate((self.by_system, self.by_diagonal, self.by_card)):
            self._ways.addButton(button, way)
        self._ways.idToggled.connect(self._show_size)
        self.inches = _number("inches", tr("Diagonal"), *DIAGONAL_INCHES, 0.1, tr("inches"))
        self.inches.valueChanged.connect(self._show_size)
        self.card = Slider(Qt.Orientation.Horizontal)
        self.card.setObjectName("card")
        self.card.setAccessibleName(tr("Width of the drawn card"))
        self.card.setToolTip(tr("Arrow keys move it by a pixel"))
        self.card.setRange(*CARD_PX)
        self.card.valueChanged.connect(self._show_size)
        self._drawn = DrawnCard()
        self._hint = QLabel(
            tr("Hold a bank card to the screen and move the slider until both are as wide.")
        )
        self._hint.setWordWrap(True)
        self._hint.setProperty("muted", True)
        self._told = QLabel()
        self._told.setObjectName("toldSize")
        self._told.setProperty("mood", "good")
        self.edge = Choice()
        self.edge.setObjectName("edge")
        self.edge.setAccessibleName(tr("Where the camera sits"))
        for edge, label in EDGES:
            self.edge.addItem(tr(label), edge)
        most = FARTHEST_MM
        self.away = _number("away", tr("From the edge"), -most, most, 1.0, tr("mm"))
        self.away.setToolTip(
            tr("From the picture's edge to the middle of the lens; less than 0: inside the picture")
        )
        self.along = _number("along", tr("From the middle"), -most, most, 5.0, tr("mm"))
        self.along.setToolTip(tr("To the right, or down; less than 0: to the left, or up"))
        self.tilt = _number("tilt", tr("Tilt"), -STEEPEST_DEG, STEEPEST_DEG, 1.0, tr("degrees up"))
        self.tilt.setToolTip(
            tr("How far the camera looks up from where the screen faces; less than 0: down")
        )

    def _lay_out(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        for side in (left, right):
            side.setSpacing(12)
        left.addWidget(_heading(tr("Which screen")))
        left.addWidget(self.screens)
        left.addSpacing(4)
        left.addWidget(_heading(tr("How large its picture is")))
        size = QGridLayout()
        size.setVerticalSpacing(6)
        size.setColumnStretch(1, 1)
        size.addWidget(self.by_system, 0, 0, 1, 2)
        size.addWidget(self.by_diagonal, 1, 0)
        size.addWidget(self.inches, 1, 1, Qt.AlignmentFlag.AlignLeft)
        size.addWidget(self.by_card, 2, 0, 1, 2)
        left.addLayout(size)
        for widget in (self._hint, self.card, self._drawn, self._told):
            left.addWidget(widget)
        left.addStretch(1)
        right.addWidget(_heading(tr("Where the camera sits")))
        right.addLayout(self._place())
        words = QLabel(
            tr(
                "To the centimetre will do: the calibration makes up for the rest. Moving the "
                "camera later needs a new calibration."
            )
        )
        words.setWordWrap(True)
        words.setProperty("muted", True)
        right.addWidget(words)
        right.addStretch(1)
        row, column = QHBoxLayout(), QVBoxLayout(self)
        row.setSpacing(28)
        row.addLayout(left, 1)
        row.addLayout(right)
        column.setContentsMargins(18, 18, 18, 18)
        column.setSpacing(16)
        column.addLayout(row, 1)
        column.addWidget(self._buttons())
        self.setMinimumWidth(700)

    def _place(self) -> QGridLayout:
        place = QGridLayout()
        place.setHorizontalSpacing(12)
        place.setVerticalSpacing(8)
        for row, (title, field) in enumerate((
            (tr("Place"), self.edge),
            (tr("From the edge"), self.away),
            (tr("From the middle"), self.along),
            (tr("Tilt"), self.tilt),
        )):  # fmt: skip
            label = QLabel(title)
            label.setBuddy(field)
            place.addWidget(label, row, 0)
            place.addWidget(field, row, 1)
        return place

    def _buttons(self) -> QWidget:
        buttons = QDialogButtonBox()
        ok = buttons.addButton(tr("OK"), QDialogButtonBox.ButtonRole.AcceptRole)
        ok.setObjectName("ok")
        ok.setProperty("primary", True)
        ok.setDefault(True)
        cancel = buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setObjectName("cancel")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons


def _size(millimetres: Millimetres) -> str:
    return tr("{width:.0f} x {height:.0f} mm").format(width=millimetres[0], height=millimetres[1])


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("heading", True)
    return label


def _radio(name: str, text: str, help_text: str) -> QRadioButton:
    button = QRadioButton(text)
    button.setObjectName(name)
    button.setToolTip(help_text)
    return button


def _number(name: str, title: str, least: float, most: float, step: float, unit: str) -> Number:
    field = Number()
    field.setObjectName(name)
    field.setAccessibleName(title)
    field.setRange(least, most)
    field.setSingleStep(step)
    field.setSuffix(f" {unit}")
    field.setMinimumWidth(170)
    return field
