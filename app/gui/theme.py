"""The looks of the window: colours, fonts and icons, dark or light, as the system or as chosen.

    theme.apply(app, "system")          once, and again whenever the choice changes
    theme.icon("record", "record")      follows the theme by itself
    theme.colour("accent")              for painting: ask at each painting

Widgets that keep colours hear of a change through QEvent.PaletteChange or `theme.changed()`.
"""

from dataclasses import asdict, fields
from functools import cache, partial
from string import Template

from PySide6.QtCore import QDir, QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from app import PROJECT
from app.gui.colours import DARK, LIGHT, Colours
from app.gui.icons import make_icon

FOLDER = PROJECT / "assets" / "theme"

STYLE = "Fusion"
"""Qt's own style, the same on every system, which our style sheet is made for."""

SMALLEST_PT = 10.0
"""Points of the running text, where the system's own font is smaller."""

MEDIUM, LARGE = 1.2, 1.65
"""Sizes of headings and titles over that of the running text."""


class Theme(QObject):
    """The theme in force; a child of the application.

    Signals:
        changed: the colours are others now.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice = "system"
        self._styled = False  # not here: an icon may ask for its colour in the midst of painting
        self.colours = LIGHT
        app.styleHints().colorSchemeChanged.connect(self._follow)

    def choose(self, choice: str) -> None:
        """Put a choice of Settings.theme in force: "system", "dark" or "light"."""
        self._choice = choice
        if not self._styled:
            self._app.setStyle(QStyleFactory.create(STYLE))
            self._styled = True
        hints = self._app.styleHints()  # so that frames and file dialogs of the system follow too
        if choice == "system":
            hints.unsetColorScheme()
        else:
            dark = choice == "dark"
            hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)
        self._put_on(self._wanted())

    def _follow(self) -> None:
        if self._wanted() != self.colours:
            self._put_on(self._wanted())

    def _wanted(self) -> Colours:
        if self._choice == "system":
            return colours_of(self._app.styleHints().colorScheme())
        return DARK if self._choice == "dark" else LIGHT

    def _put_on(self, colours: Colours) -> None:
        before, self.colours = self.colours, colours
        self._app.setFont(readable(self._app.font()))
        self._app.setPalette(palette(colours))
        sheet = style_sheet(colours, self._app.font())
        if sheet != self._app.styleSheet():
            self._app.setStyleSheet(sheet)
        if colours != before:
            self.changed.emit()


def apply(app: QApplication, choice: str) -> None:
    """Give the application its looks.

    Args:
        app: whose windows.
        choice: "system", "dark" or "light".
    """
    _theme(app).choose(choice)


def colours() -> Colours:
    """The colours in force."""
    app = QApplication.instance()
    return _theme(app).colours if isinstance(app, QApplication) else LIGHT


def colour(name: str) -> QColor:
    """A colour in force by its name, a field of `Colours`."""
    return QColor(getattr(colours(), name))


def changed() -> SignalInstance:
    """The signal that says that the colours are others now."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("there are no looks without an application")
    return _theme(app).changed


def icon(name: str, colour: str = "text") -> QIcon:
    """One of our icons (assets/icons/*.svg), tinted with a colour of the theme, now and later.

    Args:
        name: the SVG's, without its ending.
        colour: a field of `Colours`.

    Raises:
        ValueError: there is no such icon or colour.
    """
    if colour not in _TINTS:
        raise ValueError(f"there is no colour {colour}")
    return make_icon(name, partial(_tint, colour))


def app_icon() -> QIcon:
    """The application's own icon."""
    return icon("app")


def colours_of(scheme: Qt.ColorScheme) -> Colours:
    """The colours that go with a system's scheme; light where it does not say."""
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def readable(font: QFont) -> QFont:
    """The font, no smaller than can be read well. (Points grow with the system's scaling.)"""
    larger = QFont(font)
    if 0 < font.pointSizeF() < SMALLEST_PT:  # -1: given in pixels, so somebody's own choice
        larger.setPointSizeF(SMALLEST_PT)
    return larger


def palette(colours: Colours) -> QPalette:
    """The colours in Qt's roles, for what no style sheet reaches."""
    role = QPalette.ColorRole
    roles = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.panel,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.on_record,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.hover,
        role.Midlight: colours.raised,
        role.Mid: colours.edge,
        role.Dark: colours.line,
        role.Shadow: colours.window,
    }
    made = QPalette()
    for where, value in roles.items():
        made.setColor(where, QColor(value))
    faded = QColor(mixed(colours.text, colours.window, 0.45))
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, where, faded)
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.edge))
    return made


def style_sheet(colours: Colours, font: QFont) -> str:
    """The style sheet in these colours, with sizes that go with the running text's font."""
    QDir.setSearchPaths("theme", [str(FOLDER)])
    body = font.pointSizeF() if font.pointSizeF() > 0 else SMALLEST_PT
    mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
    return _template().substitute(
        asdict(colours),
        name="dark" if colours.dark else "light",
        faded=mixed(colours.text, colours.window, 0.45),
        accent_hover=mixed(colours.accent, colours.text, 0.85),
        mono=f'"{mono}", monospace',
        body=f"{body:g}",
        medium=f"{body * MEDIUM:g}",
        large=f"{body * LARGE:g}",
    )


def mixed(one: str, other: str, share: float) -> str:
    """A colour between two, with this share of the first; all "#rrggbb"."""
    first, second = QColor(one), QColor(other)
    parts = [
        round(share * a + (1 - share) * b)
        for a, b in zip(first.toTuple()[:3], second.toTuple()[:3], strict=True)  # type: ignore
    ]
    return QColor(*parts).name()


def _theme(app: QApplication) -> Theme:
    return app.findChild(Theme) or Theme(app)


@cache
def _template() -> Template:
    return Template((FOLDER / "style.qss").read_text(encoding="utf-8"))


def _tint(name: str) -> str:
    return str(getattr(colours(), name))


_TINTS = {field.name for field in fields(Colours)} - {"dark"}
