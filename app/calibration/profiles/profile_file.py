"""A profile's file: a person's calibrations as JSON, with a schema number and a checksum."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import __version__
from app.calibration.calibration import Calibration, calibration_from_json
from app.calibration.look import Session
from app.calibration.profiles.storing import SessionPatches, session_from_json, session_to_json
from model.errors import UserError

SCHEMA = 1
"""Of a profile; raised when a reader of the old one would misread the new one."""

Content = dict[str, Any]
"""A file's JSON."""

NONSENSE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What reading a file that is no profile, or a damaged one, ends in."""


@dataclass(frozen=True)
class Entry:
    """One calibration of a profile, and what it was fitted on.

    Attributes:
        calibration: what was fitted.
        report: its validation as `Report.to_json` gives it, None where there was none.
        sessions: the readings at each target.
        patches: per session the eye patches kept; None where the person did not agree to that.
    """

    calibration: Calibration
    report: Mapping[str, Any] | None = None
    sessions: tuple[Session, ...] = ()
    patches: tuple[SessionPatches | None, ...] = ()


@dataclass(frozen=True)
class Profile:
    """A person's calibrations, in the order in which they were added."""

    name: str
    entries: tuple[Entry, ...] = ()

    @property
    def latest(self) -> Calibration | None:
        """The newest calibration."""
        return self.entries[-1].calibration if self.entries else None

    def entry(self, identity: str) -> Entry:
        """The calibration with an id.

        Raises:
            UserError: there is none.
        """
        for entry in self.entries:
            if entry.calibration.id == identity:
                return entry
        raise UserError(
            f"the profile {self.name} has no calibration {identity}: profiles show {self.name} "
            "lists those that it has"
        )


def read(data: bytes, path: Path) -> Content:
    """A file's content; its schema, its checksum and every calibration in it make sense.

    Args:
        data: the file.
        path: for error messages only.

    Raises:
        UserError: it is of a newer version.
        ValueError and others, see `NONSENSE`: it is no profile, or a damaged one.
    """
    content = json.loads(data.decode("utf-8"), parse_constant=_no_number)
    schema = content["schema"]
    if not isinstance(schema, int) or schema < 1:
        raise ValueError("its schema is no number")
    if schema > SCHEMA:
        raise UserError(
            f"the profile {path} is of a newer version (schema {schema}, this one reads up to "
            f"{SCHEMA}): update this program"
        )
    if _checksum(content["calibrations"]) != content["checksum"]:
        raise ValueError("its checksum is wrong: it was changed by hand or on its way")
    profile_of("", content)
    return dict(content)


def profile_of(name: str, content: Content) -> Profile:
    """What a content holds."""
    return Profile(name, tuple(_entry(entry) for entry in content["calibrations"]))


def content_of(name: str, entries: Sequence[Content]) -> Content:
    """The content of a profile that holds so many `entry_of`s."""
    return {
        "schema": SCHEMA,
        "name": name,
        "checksum": _checksum(entries),
        "calibrations": list(entries),
    }


def entry_of(
    calibration: Calibration,
    sessions: Sequence[Session],
    report: Mapping[str, Any] | None,
    patches: Sequence[SessionPatches | None],
) -> Content:
    """One calibration as it is stored; `patches` has one for each session."""
    return {
        "software": f"GazeCLIP Desktop {__version__}",
        "calibration": calibration.to_json(),
        "report": report,
        "sessions": [session_to_json(*each) for each in zip(sessions, patches, strict=True)],
    }


def text_of(content: Content) -> str:
    """The file."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"


def why(error: BaseException) -> str:
    """Why a file makes no sense, in a few words."""
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "it breaks off, or is no JSON"
    if isinstance(error, KeyError):
        return f"{error} is missing in it"
    if isinstance(error, TypeError | AttributeError | IndexError | RecursionError):
        return "what is in it is no profile"  # their own words are for programmers
    return str(error)[:120] or type(error).__name__


def _entry(content: Content) -> Entry:
    report = content["report"]
    if not (report is None or isinstance(report, dict)):
        raise TypeError("its report is none")
    found = [session_from_json(session) for session in content["sessions"]]
    return Entry(
        calibration_from_json(content["calibration"]),
        report,
        tuple(session for session, _ in found),
        tuple(patches for _, patches in found),
    )


def _checksum(entries: Any) -> str:
    """SHA-256 of what matters, however it is laid out."""
    text = json.dumps(entries, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")
