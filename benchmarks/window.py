"""How live the window is: ages of pictures, blocks of its thread, memory over hours.

    python -m benchmarks.window [--source demo] [--seconds 60] [--size 1280x800] [--record]

Runs the real window on the current display (such as Xvfb's) with settings of its own, and prints
Markdown for docs/benchmarks.md. A line every five minutes tells of memory, threads and file
handles, so that --seconds 7200 shows leaks. Memory and handles are known on Linux only.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

STARTED_S = time.perf_counter()

from app.display import calm_qt  # noqa: E402  the clock first
from app.libraries import tame_libraries  # noqa: E402

calm_qt()
tame_libraries()

import numpy as np  # noqa: E402
from PySide6.QtCore import QObject, Qt, QTimer  # noqa: E402

from app.gui.application import WATCH_MS, Desktop, make_desktop  # noqa: E402
from app.gui.kept import KeptSettings  # noqa: E402
from app.logfile import start_log  # noqa: E402
from app.settings import HOME_VARIABLE, Settings  # noqa: E402
from benchmarks.machine import machine  # noqa: E402

BEAT_MS = 5
"""Of the timer whose lateness tells how long the window's thread was busy."""

LINE_S = 300.0
"""Between two lines about memory."""

SETTLE_S = 5.0
"""Before anything but the start is measured: models load, caches fill."""


class Histogram:
    """Counts values in milliseconds; takes as much memory after hours as after a second."""

    STEP_MS, MOST_MS = 0.1, 10_000.0

    def __init__(self) -> None:
        self._counts = np.zeros(round(self.MOST_MS / self.STEP_MS) + 1, dtype=np.int64)
        self.longest_ms = 0.0

    def add(self, value_ms: float) -> None:
        """Count a value."""
        self._counts[min(int(value_ms / self.STEP_MS), len(self._counts) - 1)] += 1
        self.longest_ms = max(self.longest_ms, value_ms)

    @property
    def count(self) -> int:
        """How many values."""
        return int(self._counts.sum())

    def percentile(self, per_cent: float) -> float:
        """The value that so many per cent of all do not exceed, to a tenth of a millisecond."""
        rank = per_cent / 100.0 * self.count
        return float(np.searchsorted(np.cumsum(self._counts), rank) + 1) * self.STEP_MS


class Watch(QObject):
    """Measures a window while it runs."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__()
        self._desktop = desktop
        self.first_gaze_s: float | None = None
        self.ages, self.late = Histogram(), Histogram()
        self.frames: list[tuple[int, int]] = []  # number and dropped so far, first and last
        self._beat_s = time.perf_counter()
        self._began_s = self._beat_s
        desktop.window.page.preview.drawn.connect(self._drawn)
        self._timer = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _drawn(self, age_ms: float) -> None:
        view = self._desktop.window.page.view
        if view is None:
            return
        if self.first_gaze_s is None and view.gaze is not None:
            self.first_gaze_s = process_age_s()
        if self._settled():
            self.ages.add(age_ms)
            self.frames[1:] = [(view.sample.frame, view.measures.dropped)]

    def _beat(self) -> None:
        now_s = time.perf_counter()
        late_ms = (now_s - self._beat_s) * 1e3 - BEAT_MS
        self._beat_s = now_s
        if self._settled():
            self.late.add(max(late_ms, 0.0))

    def _settled(self) -> bool:
        return time.perf_counter() - self._began_s > SETTLE_S

    def report(self) -> str:
        """The table."""
        (first, dropped_before), (last, dropped_after) = self.frames[0], self.frames[-1]
        given, dropped = last - first + 1, dropped_after - dropped_before
        rows = [
            ("start to first drawn gaze", f"{self.first_gaze_s or float('nan'):.1f} s"),
            ("age of a frame when drawn, median", f"{self.ages.percentile(50):.1f} ms"),
            ("... 95th percentile", f"{self.ages.percentile(95):.1f} ms"),
            ("... longest", f"{self.ages.longest_ms:.1f} ms"),
            ("window's thread busy, 99th percentile", f"{self.late.percentile(99):.1f} ms"),
            ("... longest", f"{self.late.longest_ms:.1f} ms"),
            ("frames given", f"{given}"),
            ("frames processed", f"{given - dropped}"),
            ("frames dropped", f"{dropped}"),
            ("pictures drawn", f"{self.ages.count}"),
        ]
        return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)])


class Ledger(QObject):
    """Prints now and then what the process holds."""

    def __init__(self) -> None:
        super().__init__()
        self._began_s = time.perf_counter()
        self._first: float | None = None
        self._timer = QTimer(self, interval=round(LINE_S * 1e3))
        self._timer.timeout.connect(self.line)
        self._timer.start()
        print("| minutes | memory | since the first line | threads | file handles |")
        print("|---|---|---|---|---|")

    def line(self) -> None:
        """One line."""
        minutes = (time.perf_counter() - self._began_s) / 60.0
        memory = memory_mb()
        self._first = memory if self._first is None else self._first
        handles = Path("/proc/self/fd")
        count = len(list(handles.iterdir())) if handles.is_dir() else 0
        print(
            f"| {minutes:.1f} | {memory:.1f} MB | {memory - self._first:+.1f} MB | {threads()} | "
            f"{count} |",
            flush=True,
        )


def process_age_s() -> float:
    """Seconds since this process began, the interpreter's own start included where known."""
    stat = Path("/proc/self/stat")
    if not stat.is_file():
        return time.perf_counter() - STARTED_S
    ticks = int(stat.read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def memory_mb() -> float:
    """Resident memory, 0 where unknown."""
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[1]) if statm.is_file() else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 if pages else 0.0


def threads() -> int:
    """Threads of the process, the libraries' own included where known."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


def main() -> None:
    parser = argparse.ArgumentParser(description="how live the window is")
    parser.add_argument("--source", default="demo")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--size", default="1280x800", metavar="WxH")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--record", action="store_true", help="record meanwhile")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home
        log = start_log()
        settings = Settings(source=arguments.source, theme=arguments.theme, first_start_done=True)
        desktop = make_desktop(KeptSettings(settings), arguments.record)
        window = desktop.window
        window.resize(*(int(side) for side in arguments.size.split("x")))
        window.show()
        watch, ledger = Watch(desktop), Ledger()
        QTimer.singleShot(0, lambda: window.source_desk.open(arguments.source))
        QTimer.singleShot(round(arguments.seconds * 1e3), window.close)
        QTimer.singleShot(WATCH_MS, desktop.cameras.watch)
        desktop.app.aboutToQuit.connect(ledger.line)
        desktop.app.exec()
        desktop.session.close()
        print(f"\n{machine()}; window {arguments.size}, {arguments.source}\n")
        print(watch.report())
        told = [line for line in log.read_text().splitlines() if "frames dropped" in line]
        print(f"\nlines in the log about dropped frames: {len(told)}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
