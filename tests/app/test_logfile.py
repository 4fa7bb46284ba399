import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import logfile
from app.logfile import log_path, start_log


@pytest.fixture(autouse=True)
def restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place of its own, and the root logger as it was."""
    monkeypatch.setenv("GAZECLIP_HOME", str(tmp_path / "home"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_what_is_logged_is_in_the_file(tmp_path: Path):
    path = start_log()
    assert path == log_path() == tmp_path / "home" / "log" / "gazeclip.log"
    logging.getLogger("app.somewhere").warning("the lamp is %s", "out")
    text = path.read_text(encoding="utf-8")
    assert "GazeCLIP Desktop" in text
    assert "WARNING MainThread app.somewhere: the lamp is out" in text


def test_starting_twice_writes_each_line_once():
    start_log()
    path = start_log()
    logging.getLogger("app").error("once only")
    assert path.read_text(encoding="utf-8").count("once only") == 1


def test_it_rotates(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logfile, "SIZE", 2000)
    path = start_log()
    for number in range(500):
        logging.getLogger("app").info("line %d", number)
    files = sorted(path.parent.iterdir())
    assert len(files) == 1 + logfile.KEPT
    assert max(file.stat().st_size for file in files) <= 2000
    assert "line 499" in path.read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_not_fatal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "home").write_text("a file where a folder should be")
    path = start_log()
    logging.getLogger("app").error("nobody hears this")
    assert not path.exists()
    assert capfd.readouterr() == ("", "")


class FullDisk(io.StringIO):
    """A file on a disk without space."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_disk_that_fills_up_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]):
    path = start_log()
    for handler in logging.getLogger().handlers:
        if getattr(handler, "baseFilename", None) == str(path):
            handler.stream.close()
            handler.stream = FullDisk()
    logging.getLogger("app.somewhere").error("not to be written")
    assert "not to be written" not in path.read_text(encoding="utf-8")
    assert capfd.readouterr().err == ""
