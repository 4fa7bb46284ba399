"""What `doctor` looks at: each check looks at one thing on this computer and changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["ok", "note", "wrong"]
"""Fine; worth knowing, the app does its job nevertheless; the app cannot do its job."""


@dataclass(frozen=True)
class Finding:
    """One line of the table.

    Attributes:
        what: was looked at, in a word or two.
        found: what was found.
        state: see `State`.
        fix: what to do about it, "" where nothing needs doing.
    """

    what: str
    found: str
    state: State = "ok"
    fix: str = ""


class Check(Protocol):
    """Looks at something."""

    def __call__(self) -> Iterator[Finding]: ...
