"""Writing a file in one step: whoever reads it finds the old or the new one, whole."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Replace a file's content, or make the file; nothing half written is left behind.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name[:80]}.{os.getpid()}.new")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
