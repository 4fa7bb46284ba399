"""LineFile: lines that survive a crash."""

import os
from pathlib import Path


class LineFile:
    """A new text file to which whole lines are appended; the file never keeps half of one.

    Lines are with the operating system as soon as `append` returns, so they outlive the process;
    `sync` sends them to the disk, so that they outlive the machine.

    Raises:
        OSError: the file cannot be made, or (`append`, `sync`) the disk is full.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o644)
        self._whole = 0
        self._synced = 0

    def append(self, lines: str) -> None:
        """Write whole lines; where the disk fills up, as many of them as go in."""
        data = lines.encode("utf-8")
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError:
            kept = data[:written].rfind(b"\n") + 1
            os.ftruncate(self._descriptor, self._whole + kept)
            os.lseek(self._descriptor, self._whole + kept, os.SEEK_SET)
            self._whole += kept
            raise
        self._whole += len(data)

    def sync(self) -> None:
        """Have everything on the disk."""
        if self._synced != self._whole:
            os.fsync(self._descriptor)
            self._synced = self._whole

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
