"""Files written whole or not at all, with one sentence where that fails."""

from pathlib import Path

from model.errors import UserError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name and rename it, so that no half of one is ever found.

    Raises:
        UserError: where it cannot be written; then nothing is left behind.
    """
    temporary = path.with_suffix(".part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise not_written(path, error) from error


def not_written(path: Path, error: OSError) -> UserError:
    """The sentence about a file or folder that the disk refused."""
    return UserError(f"{path} cannot be written ({error.strerror or error})")
