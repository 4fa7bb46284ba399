"""Profiles: a person's calibrations on the disk, one JSON file each, none ever overwritten.

A file is replaced in one step, under a lock that all processes share. One that was cut off or
edited is put aside, not trusted.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from app.calibration.calibration import Calibration
from app.calibration.look import Session
from app.calibration.profiles.profile_file import (
    NONSENSE,
    Content,
    Entry,
    Profile,
    content_of,
    entry_of,
    profile_of,
    read,
    text_of,
    why,
)
from app.calibration.profiles.storing import SessionPatches
from app.calibration.profiles.suiting import fits_screen
from app.calibration.profiles.whole_file import write_whole
from app.recording.writer import check_profile
from app.settings import PROFILE_NAME, settings_path
from model.errors import UserError

__all__ = ["Entry", "Profile", "ProfileStore", "fits_screen", "profiles_folder"]

ENDING = ".json"

PATIENCE_S = 10.0
"""How long a process waits for another one to finish with the profiles."""


class ProfileStore:
    """The profiles in a folder.

    Args:
        folder: None for the usual one; made when something is first stored.

    Attributes:
        damaged: a sentence for each profile that was put aside.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = profiles_folder() if folder is None else folder
        self.damaged: list[str] = []
        self._lock = FileLock(self.folder / ".lock", timeout=PATIENCE_S)

    def names(self) -> list[str]:
        """The profiles, by name; also those that `load` will find damaged."""
        try:
            found = [path for path in self.folder.iterdir() if path.suffix == ENDING]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unreadable(self.folder, error) from error
        names = [path.stem for path in found if re.fullmatch(PROFILE_NAME, path.stem)]
        return sorted(names, key=str.casefold)

    def __contains__(self, name: str) -> bool:
        return name in self.names()

    def load(self, name: str) -> Profile:
        """A profile. One that is damaged is put aside.

        Raises:
            UserError: there is none, it is damaged or of a newer version, or cannot be read.
        """
        content = self._content(name)
        if content is None:
            raise UserError(self._absent(name))
        return profile_of(name, content)

    def load_all(self) -> tuple[list[Profile], list[str]]:
        """Every profile that can be read, and a sentence for each that cannot."""
        found, problems = [], []
        for name in self.names():
            try:
                found.append(self.load(name))
            except UserError as error:
                problems.append(str(error))
        return found, problems

    def add(
        self,
        name: str,
        calibration: Calibration,
        sessions: Sequence[Session] = (),
        report: Mapping[str, Any] | None = None,
        patches: Sequence[SessionPatches | None] | None = None,
    ) -> None:
        """Add a calibration to a profile, which is made where there is none.

        Args:
            name: of the profile.
            calibration: it becomes the profile's newest.
            sessions: what it was fitted on; for a recentred one the looks that recentred it.
            report: its validation, as `Report.to_json` gives it.
            patches: one for each session, with the person's consent only.

        Raises:
            UserError: the name will not do, the profile is of a newer version, or cannot be
                written.
        """
        kept = [None] * len(sessions) if patches is None else patches
        entry = entry_of(calibration, sessions, report, kept)
        with self._locked():
            try:
                entries = (self._content(name) or {"calibrations": []})["calibrations"]
            except _DamagedError:  # put aside by now, and told
                entries = []
            self._write(name, [*entries, entry])

    def note_report(self, name: str, identity: str, report: Mapping[str, Any]) -> None:
        """Keep a calibration's latest validation with it.

        Args:
            name: of the profile.
            identity: of the calibration.
            report: the figures of `app.calibration.validation.FIGURES`, and what else is known.

        Raises:
            UserError: there is no such calibration, or as `add`.
        """
        with self._locked():
            self.load(name).entry(identity)
            entries = (self._content(name) or {})["calibrations"]
            self._write(
                name,
                [
                    {**e, "report": dict(report)} if e["calibration"]["id"] == identity else e
                    for e in entries
                ],
            )

    def check_writable(self) -> None:
        """Find out whether profiles can be stored here.

        Raises:
            UserError: they cannot.
        """
        with self._locked():
            pass

    def delete_calibration(self, name: str, identity: str) -> None:
        """Delete one calibration; the profile stays, even with none left.

        Raises:
            UserError: there is none of that id, or as `add`.
        """
        with self._locked():
            self.load(name).entry(identity)
            entries = (self._content(name) or {})["calibrations"]
            self._write(name, [e for e in entries if e["calibration"]["id"] != identity])

    def rename(self, old: str, new: str) -> None:
        """Give a profile another name.

        Raises:
            UserError: there is none of the old name, one of the new, or it will not do.
        """
        check_profile(new)
        with self._locked():
            content = self._content(old)
            if content is None:
                raise UserError(self._absent(old))
            same = new.casefold() == old.casefold()  # one file, on systems that ignore case
            if new != old and self._path(new).exists() and not same:
                raise UserError(f"there is a profile {new} already: choose another name")
            self._replace(self._path(old), self._path(new))

    def delete(self, name: str) -> None:
        """Delete a profile with all its calibrations.

        Raises:
            UserError: there is none, or it cannot be deleted.
        """
        check_profile(name)
        with self._locked():
            try:
                self._path(name).unlink()
            except FileNotFoundError:
                raise UserError(self._absent(name)) from None
            except OSError as error:
                raise self._unwritable(error) from error

    def export(self, name: str, path: Path) -> None:
        """Write a profile into one file, with all that is in it; what was there is replaced.

        Raises:
            UserError: there is no such profile, or the file cannot be written.
        """
        content = self._content(name)
        if content is None:
            raise UserError(self._absent(name))
        try:
            write_whole(path, text_of({**content, "name": name}))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(
                f"the profile cannot be exported to {path} ({reason}): give a file in a folder "
                "that you may write to"
            ) from error

    def import_(self, path: Path) -> str:
        """Take in what `export` wrote, under its own name, or with -2, -3 ... where that is taken.

        Returns:
            The profile's name here.

        Raises:
            UserError: the file holds no profile, a damaged or newer one, or as `add`.
        """
        try:
            content = read(path.read_bytes(), path)
        except OSError as error:
            raise _unreadable(path, error) from error
        except NONSENSE as error:
            raise UserError(
                f"{path} holds no profile, or a damaged one ({why(error)}): export it again"
            ) from error
        own = str(content.get("name", ""))
        check_profile(own)
        with self._locked():
            name, number = own, 1
            while self._path(name).exists():
                number += 1
                name = f"{own[: 39 - len(str(number))]}-{number}"
            self._write(name, content["calibrations"])
        return name

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{ENDING}"

    def _absent(self, name: str) -> str:
        names = self.names()
        known = f"there are {', '.join(names[:8])}" if names else "there is none yet"
        return (
            f"there is no profile {name} in {self.folder} ({known}): check the name, or calibrate"
        )

    def _content(self, name: str) -> Content | None:
        """A profile's file as it is, checked; None where there is none.

        Raises:
            _DamagedError: it was put aside.
            UserError: it is of a newer version, or cannot be read.
        """
        check_profile(name)
        path = self._path(name)
        try:
            return self._checked(path)
        except NONSENSE:
            pass
        with self._locked():
            try:  # it may have been mended by the process that held the lock
                return self._checked(path)
            except NONSENSE as error:
                raise _DamagedError(self._put_aside(path, why(error))) from error

    def _checked(self, path: Path) -> Content | None:
        try:
            return read(path.read_bytes(), path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(path, error) from error

    def _put_aside(self, path: Path, reason: str) -> str:
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        aside = path.with_name(f"{path.name}.damaged-{stamp}")
        number = 1
        while aside.exists():
            number += 1
            aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
        self._replace(path, aside)
        told = (
            f"the profile {path.stem} is damaged ({reason}) and was put aside as {aside}: "
            "calibrate again, or import an export of it"
        )
        self.damaged.append(told)
        return told

    def _write(self, name: str, entries: Sequence[Content]) -> None:
        check_profile(name)
        try:
            write_whole(self._path(name), text_of(content_of(name, entries)))
        except OSError as error:
            raise self._unwritable(error) from error

    def _replace(self, old: Path, new: Path) -> None:
        try:
            os.replace(old, new)
        except OSError as error:
            raise self._unwritable(error) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else changes a profile meanwhile; may be entered again."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise UserError(
                f"another program has held the profiles in {self.folder} for {PATIENCE_S:g} s: "
                "wait until it is done, or end it"
            ) from None
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield
        finally:
            self._lock.release()

    def _unwritable(self, error: OSError) -> UserError:
        reason = (error.strerror or str(error)).lower()
        return UserError(
            f"the profiles in {self.folder} cannot be changed ({reason}): free some space there, "
            "or give a folder that you may write to (--profiles)"
        )


def profiles_folder() -> Path:
    """Where profiles lie unless somebody says otherwise: beside the settings."""
    return settings_path().parent / "profiles"


class _DamagedError(UserError):
    """The profile was put aside."""


def _unreadable(path: Path, error: OSError) -> UserError:
    reason = (error.strerror or str(error)).lower()
    return UserError(f"{path} cannot be read ({reason}): check the path and its rights")
