"""Icons drawn by us (assets/icons/*.svg), in the theme's colours at any size.

An SVG says `currentColor` where the theme's colour belongs. The colour is asked for at each
painting, so that icons follow a change of theme by themselves.
"""

from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app import PROJECT

ICONS = PROJECT / "assets" / "icons"

FADED = 0.45
"""Opacity of an icon that cannot be pressed."""


def icon_names() -> list[str]:
    """The names of all icons there are."""
    return sorted(path.stem for path in ICONS.glob("*.svg"))


def make_icon(name: str, colour: Callable[[], str]) -> QIcon:
    """An icon by its name.

    Args:
        name: of the SVG, without its ending.
        colour: the colour "#rrggbb" of now.

    Raises:
        ValueError: there is no such icon.
    """
    _read(name)  # a wrong name shows here, not at some painting
    return QIcon(_Engine(name, colour))


class _Engine(QIconEngine):
    """Paints one SVG."""

    def __init__(self, name: str, colour: Callable[[], str]) -> None:
        super().__init__()
        self._name, self._colour = name, colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        painter.save()
        if mode == QIcon.Mode.Disabled:
            painter.setOpacity(painter.opacity() * FADED)
        _renderer(self._name, self._colour()).render(painter, square)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour)


@lru_cache
def _read(name: str) -> str:
    try:
        return (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"there is no icon {name}") from error


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_read(name).replace("currentColor", colour).encode()))
