"""How large a screen is and where its camera sits, from what a person can tell. No NumPy, no Qt:
the table of settings checks with it what was stored.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

CARD_MM = (85.60, 53.98)
"""Width and height of a bank card (ISO/IEC 7810 ID-1)."""

INCH_MM = 25.4

DPI = (50.0, 400.0)
"""Pixels per inch that a screen can have; what the system says outside of them is no measure."""

SQUARE = 0.1
"""By this share a pixel's sides may differ: systems round to millimetres, or to centimetres."""

DIAGONAL_INCHES = (5.0, 120.0)
"""What can be told."""

CAMERA_AWAY_MM = 10.0
"""From the screen's edge to the camera where nobody says otherwise."""

FARTHEST_MM, STEEPEST_DEG = 2000.0, 60.0
"""Of a camera, from the screen's edge, and of its tilt."""

Pixels = tuple[int, int]
Millimetres = tuple[float, float]
Edge = Literal["above", "below", "left", "right"]


@dataclass(frozen=True)
class CameraPlace:
    """Where the camera sits, told from the middle of an edge of the screen, so that it stays right
    when the screen turns out to be larger.

    Attributes:
        edge: beside which it sits, as the user sees the screen.
        away: mm from that edge, outwards.
        along: mm from the edge's middle, to the right or down.
    """

    edge: Edge = "above"
    away: float = CAMERA_AWAY_MM
    along: float = 0.0

    def __post_init__(self) -> None:
        if self.edge not in get_args(Edge):
            raise ValueError(f"a screen has no edge {self.edge!r}")
        for value in (self.away, self.along):
            if not abs(value) <= FARTHEST_MM:
                raise ValueError(f"a camera is not {value} mm from its screen")

    def on(self, millimetres: Millimetres) -> Millimetres:
        """The place in mm from the top left corner of a screen of that size, x right, y down."""
        width, height = millimetres
        match self.edge:
            case "above":
                return width / 2 + self.along, -self.away
            case "below":
                return width / 2 + self.along, height + self.away
            case "left":
                return -self.away, height / 2 + self.along
            case _:
                return width + self.away, height / 2 + self.along


@dataclass(frozen=True)
class Told:
    """What a person told of one screen.

    Attributes:
        millimetres: (width, height), None where the system's figures will do.
        camera: where the camera sits.
        tilt: degrees by which the camera looks up from the screen's normal.
    """

    millimetres: Millimetres | None = None
    camera: CameraPlace = CameraPlace()
    tilt: float = 0.0

    def __post_init__(self) -> None:
        if self.millimetres is not None and not all(10 <= mm <= 5000 for mm in self.millimetres):
            raise ValueError(f"no screen measures {self.millimetres} mm")
        if not abs(self.tilt) <= STEEPEST_DEG:
            raise ValueError(f"no camera is tilted by {self.tilt} degrees")

    def to_json(self) -> dict[str, Any]:
        """As the settings hold it."""
        return {
            "millimetres": None if self.millimetres is None else list(self.millimetres),
            "camera": {
                "edge": self.camera.edge,
                "away_mm": self.camera.away,
                "along_mm": self.camera.along,
            },
            "camera_tilt_deg": self.tilt,
        }


def told_from_json(content: Any) -> Told:
    """What `Told.to_json` wrote; what is missing was not told.

    Raises:
        ValueError: it makes no sense.
    """
    if not isinstance(content, Mapping):
        raise ValueError(f"{content!r} says nothing of a screen")
    place = content.get("camera", {})
    size = content.get("millimetres")
    try:
        return Told(
            None if size is None else (_number(size[0]), _number(size[1])),
            CameraPlace(
                place.get("edge", "above"),
                _number(place.get("away_mm", CAMERA_AWAY_MM)),
                _number(place.get("along_mm", 0.0)),
            ),
            _number(content.get("camera_tilt_deg", 0.0)),
        )
    except (TypeError, AttributeError, LookupError) as error:
        raise ValueError(f"{content!r} says nothing of a screen") from error


def told_of(screens: Mapping[str, Any], name: str) -> Told:
    """What was told of a screen by its name; nothing where that is so, or makes no sense."""
    try:
        return told_from_json(screens.get(name, {}))
    except ValueError:
        return Told()


def believable(pixels: Pixels, millimetres: Millimetres) -> bool:
    """Whether a screen can be so large: 50 to 400 pixels an inch, and square ones."""
    if min(*pixels, *millimetres) <= 0 or not all(map(math.isfinite, millimetres)):
        return False
    across, down = (mm / px for mm, px in zip(millimetres, pixels, strict=True))
    square = abs(across - down) <= SQUARE * max(across, down)
    dpi = INCH_MM * math.hypot(*pixels) / math.hypot(*millimetres)
    return square and DPI[0] <= dpi <= DPI[1]


def upright(pixels: Pixels, millimetres: Millimetres) -> Millimetres:
    """The size turned as the pixels are: some systems forget that a screen was turned."""
    width, height = millimetres
    turned = (pixels[0] - pixels[1]) * (width - height) < 0
    return (height, width) if turned else (width, height)


def of_diagonal(pixels: Pixels, inches: float) -> Millimetres:
    """The size of a screen with so many inches from corner to corner; its pixels are square."""
    return _scaled(pixels, inches * INCH_MM / math.hypot(*pixels))


def of_card(pixels: Pixels, card_pixels: float) -> Millimetres:
    """The size of a screen on which a bank card is as wide as so many physical pixels."""
    return _scaled(pixels, CARD_MM[0] / card_pixels)


def card_pixels(pixels: Pixels, millimetres: Millimetres) -> float:
    """How many physical pixels a bank card is wide on a screen of that size."""
    return CARD_MM[0] * pixels[0] / millimetres[0]


def diagonal(millimetres: Millimetres) -> float:
    """Inches from corner to corner."""
    return math.hypot(*millimetres) / INCH_MM


def guess(pixels: Pixels) -> Millimetres:
    """A size to begin with where nothing is known: what 96 pixels an inch make."""
    return _scaled(pixels, INCH_MM / 96.0)


def _scaled(pixels: Pixels, mm_per_pixel: float) -> Millimetres:
    return round(pixels[0] * mm_per_pixel, 2), round(pixels[1] * mm_per_pixel, 2)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    return float(value)
