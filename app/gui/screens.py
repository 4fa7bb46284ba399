"""Screens as Qt knows them, corrected by what the person told: `Screen`s in physical pixels and mm.

Qt gives logical pixels: physical ones are logical ones times the device pixel ratio. Its physical
sizes come from the screens themselves, and some of them lie.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

from app.calibration.screen_size import (
    Millimetres,
    Pixels,
    Told,
    believable,
    guess,
    told_of,
    upright,
)
from app.strings import tr
from model.screen import Screen


@dataclass(frozen=True)
class ScreenHere:
    """One of this computer's screens.

    Attributes:
        name: a name of its own that stays the same while it is the same screen.
        pixels: physical.
        pixel_ratio: physical pixels per logical one.
        system: its size in mm as the system says, None where that is nonsense.
        told: what the person told of it.
        where: the screen in Qt.
    """

    name: str
    pixels: Pixels
    pixel_ratio: float
    system: Millimetres | None
    told: Told
    where: QScreen

    @property
    def millimetres(self) -> Millimetres | None:
        """Its size; None: the person has to be asked."""
        return self.told.millimetres or self.system

    @property
    def screen(self) -> Screen:
        """As a calibration needs it; where its size is not known, what is likely."""
        millimetres = self.millimetres or guess(self.pixels)
        return Screen(
            self.pixels,
            millimetres,
            self.told.camera.on(millimetres),
            math.radians(self.told.tilt),
            self.name,
            self.pixel_ratio,
        )

    @property
    def label(self) -> str:
        """For the person: its name and its pixels."""
        return tr("{name}, {width} x {height}").format(
            name=self.name, width=self.pixels[0], height=self.pixels[1]
        )


def screens_here(told: Mapping[str, Any]) -> list[ScreenHere]:
    """This computer's screens, the main one first.

    Args:
        told: what the person told of each, by name: `Settings.screens`.
    """
    main = QGuiApplication.primaryScreen()
    others = [screen for screen in QGuiApplication.screens() if screen is not main]
    found: list[ScreenHere] = []
    for screen in [main, *others]:
        name = name_of(screen)
        twins = sum(here.name.partition(" #")[0] == name for here in found)
        found.append(_describe(screen, f"{name} #{twins + 1}" if twins else name, told))
    return found


def choose(name: str, told: Mapping[str, Any], window: QWidget) -> ScreenHere:
    """The screen of a name; "" or one that is gone: the one that a window is on."""
    found = screens_here(told)
    for here in found:
        if name and here.name == name:
            return here
    return next((here for here in found if here.where is window.screen()), found[0])


def name_of(screen: QScreen) -> str:
    """Maker, model and number where the screen tells them, else the name of its socket."""
    parts = [screen.manufacturer(), screen.model(), screen.serialNumber()]
    told = " ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
    return told if screen.model().strip() else screen.name() or tr("Screen")


def _describe(screen: QScreen, name: str, told: Mapping[str, Any]) -> ScreenHere:
    ratio, size, mm = screen.devicePixelRatio(), screen.geometry().size(), screen.physicalSize()
    pixels = (round(size.width() * ratio), round(size.height() * ratio))
    said = upright(pixels, (mm.width(), mm.height()))
    return ScreenHere(
        name,
        pixels,
        ratio,
        said if believable(pixels, said) else None,
        told_of(told, name),
        screen,
    )
