"""docs/window.md says what the window does: the parts of it that can be checked."""

import pytest

from app import PROJECT
from app.gui.actions import DEEDS, Deed
from app.gui.main_window import SMALLEST
from app.gui.status_panel import ROWS
from app.hints import HINTS

PAGE = (PROJECT / "docs" / "window.md").read_text(encoding="utf-8")
KEYS = PAGE.partition("## Keys")[2].partition("##")[0]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_every_key_is_told(deed: Deed) -> None:
    if deed.keys:
        told = [cell.strip() for line in KEYS.splitlines() for cell in line[1:].split("|")[:1]]
        assert any(deed.keys[0] in cell.replace(", ", " , ").split() for cell in told)


def test_every_hint_is_told() -> None:
    for hint in HINTS.values():
        assert f"| {hint.sentence} |" in PAGE


def test_every_figure_is_told() -> None:
    for _, label, _ in ROWS:
        assert f"| {label} |" in PAGE


def test_the_smallest_size_is_told() -> None:
    assert "{} x {} points".format(*SMALLEST) in PAGE
