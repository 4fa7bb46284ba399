"""`doctor`: what is wrong on this computer, and what to do about it."""

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence

from app import INSTALL
from app.checks import Check, Finding
from app.checks.computing import check_face_finder, check_model
from app.checks.desktop import check_desktop
from app.checks.packages import (
    check_duplicates,
    check_libraries,
    check_packages,
    check_python,
)
from app.checks.places import check_places

CHECKS: tuple[Check, ...] = (
    check_python,
    check_packages,
    check_duplicates,
    check_libraries,
    check_model,
    check_face_finder,
    check_desktop,
    check_places,
)
"""In the order of the table."""

LABELS = {"ok": "ok", "note": "note", "wrong": "WRONG"}

NARROW, WIDE = 60, 110
"""Columns of the table at least and at most."""


def doctor(say: Callable[[str], None] = print, checks: Sequence[Check] = CHECKS) -> int:
    """Look at everything and say what was found, line by line.

    Args:
        say: where the lines go.
        checks: what to look at.

    Returns:
        Exit code: 1 where something is wrong, else 0.
    """
    for stream in (sys.stdout, sys.stderr):  # a camera's name may hold what a terminal cannot show
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    wrong = notes = 0
    for check in checks:
        for finding in _findings(check):
            wrong += finding.state == "wrong"
            notes += finding.state == "note"
            for line in table_lines(finding):
                say(line)
    say("")
    if wrong:
        say(f"{wrong} thing{'s are' if wrong > 1 else ' is'} wrong: see the lines marked WRONG.")
    else:
        worth = f" {notes} note{'s' if notes > 1 else ''} above." if notes else ""
        say(f"Nothing is wrong.{worth}")
    return 1 if wrong else 0


def table_lines(finding: Finding, width: int | None = None) -> list[str]:
    """A finding as lines of the table.

    Args:
        finding: what was found.
        width: columns; None for those of the terminal.
    """
    width = width or min(max(shutil.get_terminal_size((WIDE, 24)).columns, NARROW), WIDE)
    head = f"{LABELS[finding.state]:<6}{finding.what:<20}"
    lines = _wrapped(head, finding.found, width)
    if finding.fix:
        lines += _wrapped(" " * len(head), f"fix: {finding.fix}", width)
    return lines


def _wrapped(head: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=" " * len(head),
        break_long_words=False, break_on_hyphens=False,
    ) or [head.rstrip()]  # fmt: skip


def _findings(check: Check) -> Iterator[Finding]:
    """What a check finds; one that fails is a finding too: doctor is for broken computers."""
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001  told in the table; nothing is swallowed
        name = getattr(check, "__name__", "check").removeprefix("check_").replace("_", " ")
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        yield Finding(name, f"cannot be checked ({told})", "wrong", f"run {INSTALL}")
