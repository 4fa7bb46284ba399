"""Chores: what waits for a disk, done on a thread one after the other; the window hears of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

LOOK_MS = 15
"""How often the window looks for what is done."""

FINISH_S = 12.0
"""How long the end waits: another program may hold the profiles for ten seconds."""

Then = Callable[[Any], object]


@dataclass(frozen=True)
class _Done:
    then: Then
    result: Any


class Worker:
    """The thread, and no part of the window: the thread may outlive that."""

    def __init__(self) -> None:
        self.done: SimpleQueue[_Done] = SimpleQueue()
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Then, Then] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def do(self, work: Callable[[], Any], then: Then, failed: Then) -> None:
        """Queue a job; `then` gets its result, `failed` the exception that ended it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="chores", daemon=True)
            self._thread.start()
        self._jobs.put((work, then, failed))

    def finish(self) -> None:
        """Wait for what was queued, though not for ever; nothing is done afterwards."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(FINISH_S)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, then, failed = job
            try:
                self.done.put(_Done(then, work()))
            except Exception as error:  # noqa: BLE001  whoever asked decides
                self.done.put(_Done(failed, error))


class Chores(QObject):
    """Hands jobs to a worker, and their results to functions on the window's thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.worker = Worker()
        self._waiting = 0
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._listen)

    @property
    def busy(self) -> bool:
        """Something is still being done."""
        return self._waiting > 0

    def do(
        self, work: Callable[[], Any], then: Then, failed: Then, whom: QObject | None = None
    ) -> None:
        """Do something that touches no widget.

        Args:
            work: what to do, on the worker's thread.
            then: gets its result; failed: the exception that ended it.
            whom: whose functions those two are; nobody is told once it is gone.
        """
        self._waiting += 1
        self.worker.do(work, _to(whom, then), _to(whom, failed))
        self._look.start()

    def _listen(self) -> None:
        try:
            while True:
                done = self.worker.done.get_nowait()
                self._waiting -= 1
                done.then(done.result)
        except Empty:
            if not self._waiting:
                self._look.stop()


def _to(whom: QObject | None, tell: Then) -> Then:
    return lambda what: tell(what) if whom is None or isValid(whom) else None
