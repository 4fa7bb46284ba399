"""The documents say what the program does: the parts of them that can be checked."""

import re
from pathlib import Path

import pytest

from app.recording.columns import EVENT_COLUMNS, SAMPLE_COLUMNS

ROOT = Path(__file__).parents[1]


def table(rows: list[tuple[str, str, str]]) -> str:
    """The columns as docs/recording.md shows them."""
    lines = ["| column | unit | meaning |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| `{name}` | {unit} | {text} |" for name, unit, text in rows)])


@pytest.mark.parametrize(
    "rows",
    [[(c.name, c.unit, c.sentence) for c in SAMPLE_COLUMNS], list(EVENT_COLUMNS)],
    ids=["samples.csv", "events.csv"],
)
def test_recording_page_lists_every_column(rows: list[tuple[str, str, str]]) -> None:
    page = (ROOT / "docs" / "recording.md").read_text(encoding="utf-8")
    assert table(rows) in page, f"put this into docs/recording.md:\n{table(rows)}"


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
