"""Telling a person: sentences for the window from errors and numbers."""

import logging
import traceback
from collections.abc import Callable
from typing import TypeVar

from app.live.state import Listener, Problem, RecordingState, RecordingSummary, SourceState
from app.strings import tr
from model.errors import UserError

Told = TypeVar("Told")

_log = logging.getLogger(__name__)


class Careful:
    """A listener that passes everything on, and survives that nobody is there any more.

    A window that breaks, or has gone already, must not keep the engine from finishing a recording.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def view_ready(self) -> None:
        try:
            self._listener.view_ready()
        except Exception:  # noqa: BLE001  it is in the log
            _log.exception("nobody heard of a view")

    def source_changed(self, state: SourceState) -> None:
        _tell(self._listener.source_changed, state)

    def recording_changed(self, state: RecordingState | None) -> None:
        _tell(self._listener.recording_changed, state)

    def recording_finished(self, summary: RecordingSummary) -> None:
        _tell(self._listener.recording_finished, summary)

    def problem(self, problem: Problem) -> None:
        _log.warning("%s\n%s", problem.sentence, problem.details)
        _tell(self._listener.problem, problem)


def _tell(whom: Callable[[Told], None], what: Told) -> None:
    try:
        whom(what)
    except Exception:  # noqa: BLE001  it is in the log
        _log.exception("nobody heard of %s", what)


def sentence(text: object) -> str:
    """An error's clause as a sentence: with a capital, and a full stop at its end."""
    said = str(text).strip()
    said = said[:1].upper() + said[1:]
    return said if said.endswith((".", "!", "?")) else said + "."


def problem(error: Exception) -> Problem:
    """What to show of an error; one that nobody foresaw comes with its traceback."""
    details = "".join(traceback.format_exception(error)).strip()
    if isinstance(error, UserError):
        cause = error.__cause__
        return Problem(sentence(error), f"{error}\n{cause!r}" if cause else str(error))
    return Problem(
        tr("Something in the program went wrong ({error}): try again, and send us the details.")
        .format(error=str(error) or type(error).__name__),
        details,
    )  # fmt: skip


def megabytes(count: int) -> str:
    """Bytes as a person reads them: 512 MB, 3.4 GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """Seconds as a person reads them: 12.3 s, 4:05 min, 1:02:03 h."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d} h"


def summary(seconds: float, frames: int, valid_share: float, dropped: int, complete: bool) -> str:
    """A finished recording in one sentence."""
    said = tr("{duration} recorded: {frames} frames, {valid:.1%} valid, {dropped} dropped.")
    if not complete:
        said = tr(
            "{duration} recorded, but not to the end: {frames} frames, {valid:.1%} valid, "
            "{dropped} dropped."
        )
    return said.format(
        duration=duration(seconds),
        frames=frames,
        valid=valid_share,
        dropped=dropped if dropped else tr("none"),
    )
