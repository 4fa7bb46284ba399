"""The looks: readable in both themes, following the system, with an icon wherever one is named."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import PROJECT
from app.gui import theme
from app.gui.colours import DARK, LIGHT, Colours, contrast
from app.gui.icons import ICONS, icon_names

BOTH = pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])


@pytest.fixture(autouse=True)
def as_before(qapp: QApplication) -> Iterator[None]:
    """Leave no theme behind."""
    yield
    theme.apply(qapp, "system")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@BOTH
def test_words_can_be_read(colours: Colours) -> None:
    for words in (colours.text, colours.muted, colours.accent):
        for ground in (colours.window, colours.panel, colours.raised, colours.hover):
            assert contrast(words, ground) >= 4.5, (words, ground)
    for words in (colours.record, colours.warning, colours.good):
        for ground in (colours.window, colours.panel):
            assert contrast(words, ground) >= 4.5, (words, ground)
    assert contrast(colours.text, colours.selected) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.on_record, colours.record) >= 4.5


@BOTH
def test_what_can_be_handled_can_be_seen(colours: Colours) -> None:
    for ground in (colours.window, colours.panel, colours.raised):
        assert contrast(colours.edge, ground) >= 3.0
        assert contrast(colours.accent, ground) >= 3.0  # the ring of the focus
        for arrow in ("arrow-up.svg", "arrow-down.svg"):
            (stroke,) = re.findall(
                r'stroke="(#\w+)"', (theme.FOLDER / arrow).read_text(encoding="utf-8")
            )
            assert contrast(stroke, ground) >= 3.0


@BOTH
def test_the_tick_is_seen_on_the_accent(colours: Colours) -> None:
    name = "tick-dark.svg" if colours.dark else "tick-light.svg"
    (stroke,) = re.findall(r'stroke="(#\w+)"', (theme.FOLDER / name).read_text(encoding="utf-8"))

    assert stroke == colours.on_accent


@BOTH
def test_the_style_sheet_is_whole(colours: Colours, qapp: QApplication) -> None:
    sheet = theme.style_sheet(colours, qapp.font())

    assert "$" not in sheet
    for name in re.findall(r"url\(theme:(.+?)\)", sheet):
        assert (theme.FOLDER / name).is_file()


def test_dark_and_light_are_put_on(qapp: QApplication) -> None:
    for choice, colours in (("dark", DARK), ("light", LIGHT)):
        theme.apply(qapp, choice)

        assert theme.colours() == colours
        ground = qapp.palette().color(QPalette.ColorRole.Window)
        assert ground == QColor(colours.window) == theme.colour("window")
        assert colours.accent in qapp.styleSheet()


def test_the_system_is_followed_only_when_asked(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme.apply(qapp, "system")
    monkeypatch.setattr(theme, "colours_of", lambda _: DARK)

    with qtbot.waitSignal(theme.changed()):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.colours() == DARK

    theme.apply(qapp, "light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.colours() == LIGHT


def test_a_system_that_says_nothing_gets_light() -> None:
    assert theme.colours_of(Qt.ColorScheme.Dark) == DARK
    assert theme.colours_of(Qt.ColorScheme.Light) == LIGHT
    assert theme.colours_of(Qt.ColorScheme.Unknown) == LIGHT


def test_small_fonts_grow_and_others_stay() -> None:
    small, large, pixels = QFont("Sans", 8), QFont("Sans", 13), QFont("Sans")
    pixels.setPixelSize(9)

    assert theme.readable(small).pointSizeF() == theme.SMALLEST_PT
    assert theme.readable(large).pointSizeF() == 13
    assert theme.readable(pixels).pixelSize() == 9


@pytest.mark.parametrize("name", icon_names())
def test_every_icon_shows_in_the_themes_colour(name: str, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    tinted = "currentColor" in (ICONS / f"{name}.svg").read_text(encoding="utf-8")

    colours = _colours(theme.icon(name))

    assert sum(colours.values()) > 40  # of 48 x 48 pixels
    assert tinted == (name != "app")
    assert not tinted or colours.most_common(1)[0][0] == QColor(DARK.text).name()


def test_an_icon_follows_the_theme(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    icon = theme.icon("record", "record")
    assert _colours(icon).most_common(1)[0][0] == QColor(DARK.record).name()

    theme.apply(qapp, "light")

    assert _colours(icon).most_common(1)[0][0] == QColor(LIGHT.record).name()


def test_an_icon_painted_before_all_else_leaves_the_style_alone(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    for before in qapp.findChildren(theme.Theme):
        shiboken6.delete(before)
    with monkeypatch.context() as patch:
        patch.setattr(QApplication, "setStyle", _never)  # the style is painting just now
        assert sum(_colours(theme.icon("record")).values()) > 40


def test_an_icon_that_cannot_be_pressed_is_faint(qapp: QApplication) -> None:
    icon = theme.icon("record")
    image = icon.pixmap(QSize(48, 48), 1.0, QIcon.Mode.Disabled).toImage()

    strongest = max(image.pixelColor(x, y).alphaF() for x in range(48) for y in range(48))

    assert strongest == pytest.approx(0.45, abs=0.05)


def test_wrong_names_are_refused(qapp: QApplication) -> None:
    with pytest.raises(ValueError, match="no icon"):
        theme.icon("nothing")
    with pytest.raises(ValueError, match="no colour"):
        theme.icon("record", "pink")


def test_every_icon_and_colour_that_the_window_names_exists(qapp: QApplication) -> None:
    files = list((PROJECT / "app" / "gui").glob("*.py"))
    for file in files:
        for name, colour in _named(file):
            theme.icon(name, colour or "text")
    assert len(files) > 5


def _never(*_: object) -> None:
    raise AssertionError


def _named(file: Path) -> list[tuple[str, str]]:
    text = file.read_text(encoding="utf-8")
    return re.findall(r'theme\.icon\("([\w-]+)"(?:, "(\w+)")?\)', text)


def _colours(icon: QIcon) -> Counter[str]:
    """How often each colour is among the pixels that are not see-through."""
    image = icon.pixmap(QSize(48, 48), 1.0).toImage()
    pixels = (image.pixelColor(x, y) for x in range(48) for y in range(48))
    return Counter(pixel.name() for pixel in pixels if pixel.alpha() > 240)
