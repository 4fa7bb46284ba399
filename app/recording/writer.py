"""RecordingWriter: samples and events into a recording's folder, safe against crashes."""

import contextlib
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.channel import Channel, Finished
from app.recording.columns import (
    EVENT_COLUMNS,
    Clock,
    Event,
    Row,
    event_cells,
    line,
    sample_columns,
)
from app.recording.events import BlinkEvents, milliseconds
from app.recording.lines import LineFile
from app.recording.statistics import Statistics
from app.sample import Sample
from model.errors import UserError

SCHEMA = 1
"""Of recording.json; raised when a reader of the old one would misread the new one."""

SYNC_S = 0.5
"""Seconds between two moments at which everything written is on the disk."""

SAMPLES, EVENTS, ABOUT = "samples.csv", "events.csv", "recording.json"


class RecordingWriter:
    """Writes one recording; a thread of its own keeps the disk's pauses away from tracking.

    What `add` was given is with the operating system within a tenth of a second and on the disk
    within a second. recording.json says ``complete: false`` until a clean stop.

    Args:
        root: folder that recordings lie in; made where it is missing.
        profile: the person's profile, part of the folder's name.
        start_ns: time of the first frame on the source's clock.
        about: what recording.json says besides what is known here.
        pictures: the source is a folder of pictures, so there is a column `file`.
        fps: the source's stated frames per second, for the share of lost data.
        session, note: what the person calls it and says about it; "" for nothing.

    Raises:
        UserError: the folder cannot be made or written, or (any method) the disk is full. Where
            nothing could be written, no folder is left behind.
    """

    def __init__(
        self,
        root: Path,
        profile: str,
        start_ns: int,
        about: Mapping[str, Any],
        pictures: bool = False,
        fps: float | None = None,
        session: str = "",
        note: str = "",
    ) -> None:
        check_profile(profile)
        now_ns = time.time_ns()
        self.clock = Clock(start_ns, now_ns)
        self.statistics = Statistics(fps)
        self._columns = sample_columns(pictures)
        self._blinks = None if pictures else BlinkEvents(start_ns)
        self._error: Exception | None = None
        self._closed = False
        self.folder = _new_folder(root, profile, now_ns)
        try:
            self._about: dict[str, Any] = {
                "schema": SCHEMA,
                "complete": False,
                "profile": profile,
                "session": session or None,
                "note": note or None,
                "start_utc": _utc(now_ns).isoformat().replace("+00:00", "Z"),
                **about,
                "columns": {
                    c.name: {"Description": c.sentence, **({"Units": c.unit} if c.unit else {})}
                    for c in self._columns
                },
                "event_columns": {
                    name: {"Description": sentence, **({"Units": unit} if unit else {})}
                    for name, unit, sentence in EVENT_COLUMNS
                },
            }
            self._write_about()
            self._samples = LineFile(self.folder / SAMPLES)
            self._events = LineFile(self.folder / EVENTS)
            self._samples.append(line([c.name for c in self._columns]))
            self._events.append(line([name for name, _, _ in EVENT_COLUMNS]))
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise _no_place(root, error) from error
        self._queue: Channel[Sample | Event] = Channel(256)
        self._thread = threading.Thread(target=self._write, name="write", daemon=True)
        self._thread.start()

    def add(self, sample: Sample) -> None:
        """Write one row, and the blink that it ends."""
        self.statistics.add(sample)
        self._put(sample)
        blink = self._blinks.add(sample) if self._blinks else None
        if blink is not None:
            self._put(blink)

    def add_event(self, event: Event) -> None:
        """Write one row of events.csv."""
        self._put(event)

    def since_start_ms(self, time_ns: int) -> int:
        """Whole ms from the first frame to a time on the source's clock: what `Event` wants."""
        return milliseconds(time_ns - self.clock.start_ns)

    def close(self, complete: bool, about: Mapping[str, Any] | None = None) -> None:
        """Write what waits and finish recording.json; a second call does nothing.

        Args:
            complete: the source was recorded as asked, to its end or to a clean stop.
            about: what became known meanwhile, for recording.json.
        """
        if self._closed:
            return
        blink = self._blinks.finish() if self._blinks else None
        if blink is not None and self._error is None:
            self._queue.put(blink)
        self._closed = True
        self._queue.finish()
        self._thread.join()
        self._samples.close()
        self._events.close()
        self._about.update(about or {})
        self._about.update(self.statistics.as_json())
        self._about["complete"] = complete and self._error is None
        try:
            self._write_about()
        except OSError as error:
            self._error = self._error or error
        self._raise_if_failed()

    def amend(self, about: Mapping[str, Any]) -> None:
        """Say in recording.json what became known meanwhile, or after `close`."""
        self._about.update(about)
        try:
            self._write_about()
        except OSError as error:
            raise _full(error, self.folder) from error

    def discard(self) -> None:
        """Close and take the folder away again: the recording never began."""
        self.close(complete=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "RecordingWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close as incomplete where nobody closed it before: something went wrong."""
        # A full disk that led here is on its way already; no need to say so twice.
        with contextlib.nullcontext() if kind is None else contextlib.suppress(UserError):
            self.close(complete=False)

    def _put(self, item: Sample | Event) -> None:
        self._raise_if_failed()
        if self._closed:
            raise ValueError("the recording is closed")
        self._queue.put(item)
        self._raise_if_failed()

    def _raise_if_failed(self) -> None:
        if isinstance(self._error, OSError):
            raise _full(self._error, self.folder) from self._error
        if self._error is not None:
            raise self._error

    def _write(self) -> None:
        try:
            self._write_until_finished()
        except Exception as error:  # noqa: BLE001  raised where the next sample is added
            self._error = error
            self._queue.cancel()

    def _write_until_finished(self) -> None:
        synced = time.monotonic()
        while True:
            try:
                items = [self._queue.get(timeout=SYNC_S)]
                items += self._queue.waiting()
                finished = False
            except TimeoutError:
                items, finished = [], False
            except Finished:
                items, finished = [], True
            rows = [Row(item, self.clock) for item in items if isinstance(item, Sample)]
            events = [item for item in items if isinstance(item, Event)]
            self._samples.append("".join(line([c.text(r) for c in self._columns]) for r in rows))
            self._events.append("".join(line(event_cells(event)) for event in events))
            if finished or time.monotonic() - synced >= SYNC_S:
                self._samples.sync()
                self._events.sync()
                synced = time.monotonic()
            if finished:
                return

    def _write_about(self) -> None:
        """Replace recording.json in one step: whoever reads finds the old or the new one, whole."""
        path = self.folder / ABOUT
        temporary = path.with_suffix(".json.new")
        text = json.dumps(self._about, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            with open(temporary, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


def check_profile(profile: str) -> None:
    """Raise UserError unless a profile's name can be part of a folder's name anywhere."""
    if not re.fullmatch(r"[^\W_][\w-]{0,39}", profile):
        raise UserError(
            f"the profile name {profile!r} will not do: use up to 40 letters, digits, - and _, "
            "beginning with a letter or digit"
        )


def _new_folder(root: Path, profile: str, now_ns: int) -> Path:
    """Make the folder `<UTC stamp>_<profile>`, numbered where there is one already."""
    name = f"{_utc(now_ns):%Y%m%dT%H%M%SZ}_{profile}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            folder = root / (name if number == 1 else f"{name}_{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise _no_place(root, error) from error
    raise UserError(f"{root} holds a thousand recordings of this second: give another folder")


def _utc(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns / 1e9, UTC)


def _no_place(root: Path, error: OSError) -> UserError:
    reason = (error.strerror or str(error)).lower()
    return UserError(
        f"no recording can be made in {root} ({reason}): give a folder that you may write to, "
        "on a disk with free space"
    )


def _full(error: OSError, folder: Path) -> UserError:
    reason = (error.strerror or str(error)).lower()
    return UserError(
        f"the recording in {folder} stopped because it cannot be written ({reason}); "
        "everything before is kept: free some space or give a folder on another disk"
    )
