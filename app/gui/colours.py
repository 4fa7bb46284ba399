"""The colours of the window: a dark and a light set. Text keeps 4.5 : 1 against every ground it is
read on, borders that one must see keep 3 : 1 (WCAG 2.2 AA); tests/gui/test_theme.py measures it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """One theme's colours, each "#rrggbb".

    Attributes:
        dark: whether it is a dark theme.
        window: the ground of windows.
        panel: the ground of cards, lists and fields.
        raised: the ground of buttons and bars.
        hover: the same with the pointer over it.
        line: quiet lines that only group; nothing depends on seeing them.
        edge: borders of fields, tracks of sliders, arrows: to be seen.
        text: what is read.
        muted: what may be read: help, units, captions.
        accent: the one colour for what is chosen, focused or to be pressed next.
        on_accent: text on accent.
        selected: the ground of the chosen row in a list.
        record: red, for a running recording and what cannot be undone only.
        on_record: text on record.
        warning: something hurts.
        good: something is well.
    """

    dark: bool
    window: str
    panel: str
    raised: str
    hover: str
    line: str
    edge: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selected: str
    record: str
    on_record: str
    warning: str
    good: str


DARK = Colours(
    dark=True,
    window="#15181c",
    panel="#1c2025",
    raised="#272c33",
    hover="#313741",
    line="#2f353d",
    edge="#76818e",
    text="#e7eaee",
    muted="#a3adb8",
    accent="#5ec2cf",
    on_accent="#06181b",
    selected="#23414a",
    record="#ff7a70",
    on_record="#2a0503",
    warning="#f0b75a",
    good="#72cf9b",
)

LIGHT = Colours(
    dark=False,
    window="#f3f5f7",
    panel="#ffffff",
    raised="#e9edf1",
    hover="#dde3e9",
    line="#d8dee4",
    edge="#737e8a",
    text="#1b2127",
    muted="#55606c",
    accent="#0f6b7a",
    on_accent="#ffffff",
    selected="#cfe6ea",
    record="#c0322b",
    on_record="#ffffff",
    warning="#8a5a00",
    good="#1c7446",
)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours "#rrggbb", 1..21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5))
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
