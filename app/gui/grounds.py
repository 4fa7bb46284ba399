"""The colours behind the targets: calm, without a hue, and none of them the theme's. Words keep
7 : 1 against their ground, since they are small; tests/gui/test_grounds.py measures it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ground:
    """Colours "#rrggbb" of the calibration window.

    Attributes:
        ground: behind everything.
        ink: words, and the dot.
        quiet: words that may be read.
        point: the point in the dot's middle.
        good: the outline of the face's place when all is well.
    """

    ground: str
    ink: str
    quiet: str
    point: str
    good: str


GROUNDS = {
    "light": Ground("#e2e4e4", "#1c2328", "#3f484f", "#ffffff", "#146c3c"),
    "grey": Ground("#a9adae", "#0c1013", "#1b2124", "#ffffff", "#053e1e"),
    "dark": Ground("#1d2125", "#eceff1", "#b4bdc5", "#14181b", "#7fdca8"),
}
"""By their names in Settings.ground; the first lights the face best."""


def style(ground: Ground) -> str:
    """The style sheet of what stands on a ground."""
    return f"""
        #calibrationPage {{ background: {ground.ground}; }}
        #calibrationPage QLabel {{ color: {ground.ink}; background: transparent; }}
        #calibrationPage QLabel[muted="true"] {{ color: {ground.quiet}; }}
        #calibrationPage QLabel[mood="good"] {{ color: {ground.good}; }}
        #calibrationPage QPushButton {{
            background: transparent; color: {ground.ink}; border: 1px solid {ground.quiet};
        }}
        #calibrationPage QPushButton:focus {{ border: 2px solid {ground.ink}; }}
        #calibrationPage QPushButton[primary="true"] {{
            background: {ground.ink}; color: {ground.ground}; border-color: {ground.ink};
        }}
        #calibrationPage QPushButton[primary="true"]:focus {{ border: 2px solid {ground.good}; }}
    """
