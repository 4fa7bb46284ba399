"""Running main.py as a user does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app import PROJECT


def run(
    *arguments: object, timeout: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        _command(arguments),
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class Running:
    """A command that is still running; killed on leaving."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            _command(arguments),
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def wait_for(self, condition: Callable[[], bool], timeout: float = 60) -> None:
        """Wait until something is so; fail where the command ends before, or it takes too long."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "nothing happened"
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def finish(self, timeout: float = 30) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        out, err = self.process.communicate(timeout=timeout)
        return self.process.returncode, out, err


def only_recording(out: Path) -> Path:
    """The one recording in a folder."""
    (folder,) = out.iterdir()
    return folder


def rows_in(out: Path) -> int:
    """How many whole rows the recording in a folder has by now."""
    found = list(out.glob("*/samples.csv"))
    return max(found[0].read_bytes().count(b"\n") - 1, 0) if found else 0


def _command(arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "main.py", *(str(argument) for argument in arguments)]
