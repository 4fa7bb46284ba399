"""PacedSource: a file played at its own pace, as a camera would give it."""

import threading
import time
from collections.abc import Callable

from app.channel import Channel, Finished
from app.source.base import Frame, Source

DEFAULT_FPS = 30.0

LATE_S = 0.1
"""Whoever is later than this (a slow disk, a computer that slept) goes on from here, unhurried."""

PLACES = 2
"""One frame for now, and one for the moment that a busy computer may be away."""

CLOSE_S = 2.0
"""How long to wait for a file that does not answer, as on a network."""


class PacedSource(Source):
    """Hands out a file's frames when their presentation times come.

    A frame that nobody took before later ones were due gives way to them, so that what is seen is
    never old; its number is then missing. Times and numbers are the file's own; where the file is
    played again they go on rising, and the first frame of each further pass is marked `fresh`.

    The clock starts when the second frame is asked for: whoever takes the first one may have models
    to wake up with it.

    Args:
        open_file: opens the file; called once for every pass.
        opened: the first pass's file where it is open already.
        loop: play it again and again.
        keep_all: wait for whoever takes the frames instead of dropping any. Always so for pictures,
            each of which counts. May be changed at any time.

    Raises:
        UserError: the file cannot be opened; later, from `read`, not opened again.
    """

    def __init__(
        self,
        open_file: Callable[[], Source],
        loop: bool = False,
        keep_all: bool = False,
        opened: Source | None = None,
    ) -> None:
        self._file = file = opened or open_file()
        super().__init__(file.mirrored)
        self.kind, self.name, self.size = file.kind, file.name, file.size
        self.fps, self.fps_asked, self.length = file.fps, file.fps_asked, file.length
        self.faults, self.skipped = file.faults, file.skipped
        self._open_file, self._loop = open_file, loop
        self._slot: Channel[Frame] = Channel(PLACES, latest_wins=True)
        self.keep_all = keep_all
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play, name="pace", daemon=True)
        self._reads = 0
        self._clock_starts = threading.Event()
        # Two threads read and close: of a file that both began and closed, libav's memory breaks.
        self._beginning = threading.Lock()

    @property
    def live(self) -> bool:
        return not self.keep_all

    @property
    def keep_all(self) -> bool:
        """No frame is dropped."""
        return not self._slot.latest_wins

    @keep_all.setter
    def keep_all(self, wanted: bool) -> None:
        self._slot.latest_wins = not (wanted or self.unrelated)

    def read(self) -> Frame | None:
        self._reads += 1
        if self._reads == 1:
            with self._beginning:
                if not self._stop.is_set():
                    self._thread.start()
        elif self._reads == 2:
            self._clock_starts.set()
        try:
            return self._slot.get()
        except Finished:
            return None

    def close(self) -> None:
        with self._beginning:
            closed_before, playing = self._stop.is_set(), self._thread.ident is not None
            self._stop.set()
        self._clock_starts.set()
        self._slot.cancel()
        if playing:  # its thread closes the file
            self._thread.join(CLOSE_S)
        elif not closed_before:
            self._file.close()

    def _play(self) -> None:
        try:
            self._play_passes()
        except Exception as error:  # noqa: BLE001  handed on to the thread that reads
            self._slot.finish(error)
        else:
            self._slot.finish()

    def _play_passes(self) -> None:
        """Pass after pass; where a further one takes on is where the one before it left off."""
        period_ns = round(1e9 / (self.fps or DEFAULT_FPS))
        due_s = time.perf_counter()
        last = self._play_pass(None, 0, due_s)
        while last is not None and self._loop:
            self._file = self._open_file()
            due_s = last.captured_ns / 1e9 + period_ns / 1e9
            last = self._play_pass(last, period_ns, due_s)

    def _play_pass(self, before: Frame | None, period_ns: int, due_s: float) -> Frame | None:
        """Hand out a file's frames.

        Args:
            before: the last frame of the pass before this one, None for the first pass.
            period_ns: how long after it this pass begins.
            due_s: when the first frame is due, on perf_counter.

        Returns:
            The last frame handed out, None where nobody wants any more.
        """
        shown = None
        with self._file as file:
            first = last = file.read()
            number = before.number + 1 if before and first else 0
            shift_ns = before.time_ns + period_ns - first.time_ns if before and first else 0
            while (frame := first if shown is None else file.read()) is not None:
                assert last is not None
                due_s = self._wait_until(due_s + (frame.time_ns - last.time_ns) / 1e9)
                last = frame
                shown = Frame(
                    frame.image,
                    frame.number + number,
                    frame.time_ns + shift_ns,
                    time.perf_counter_ns(),
                    frame.file,
                    fresh=before is not None and frame is first,
                )
                if self._stop.is_set() or not self._slot.put(shown):
                    return None
                if not self._clock_starts.is_set():
                    self._clock_starts.wait()
                    due_s = time.perf_counter()
        return shown

    def _wait_until(self, due_s: float) -> float:
        """Wait for a moment on perf_counter; returns it, or now where it is long past."""
        ahead_s = due_s - time.perf_counter()
        if ahead_s > 0:
            self._stop.wait(ahead_s)
        return due_s - ahead_s if ahead_s < -LATE_S else due_s
