import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.checks import Finding
from app.checks.places import check_places, why_not_writable
from app.settings import Settings, save


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAZECLIP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def states() -> dict[str, str]:
    return {finding.what: finding.state for finding in check_places()}


def test_all_is_well_and_nothing_is_left_behind(home: Path):
    assert states() == {"recordings": "ok", "settings": "ok", "log": "ok"}
    assert not home.exists()
    home.mkdir()
    assert set(states().values()) == {"ok"}
    assert list(home.iterdir()) == []


def test_recordings_below_a_file_are_wrong(home: Path, tmp_path: Path):
    (tmp_path / "file").touch()
    save(Settings(recordings=str(tmp_path / "file" / "recordings")))
    assert states() == {"recordings": "wrong", "settings": "ok", "log": "ok"}
    finding = next(check_places())
    assert "is a file, not a folder" in finding.found
    assert finding.fix


def test_settings_that_cannot_be_written_are_wrong_a_log_is_a_note(home: Path, tmp_path: Path):
    home.touch()
    assert states() == {"recordings": "wrong", "settings": "wrong", "log": "note"}


def test_little_space_is_a_note(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5e8))
    assert states()["recordings"] == "note"
    assert "0.5 GB" in next(check_places()).found


def test_damaged_settings_are_noted_and_left_alone(home: Path):
    home.mkdir()
    (home / "settings.json").write_text("{")
    notes: list[Finding] = [finding for finding in check_places() if finding.state == "note"]
    assert [finding.what for finding in notes] == ["settings"]
    assert "damaged" in notes[0].found
    assert (home / "settings.json").read_text() == "{"
    (home / "settings.json").unlink()
    (home / "settings.json").mkdir()
    assert "wrong" in [finding.state for finding in check_places()]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    assert why_not_writable(tmp_path / "a" / "b") == ""
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert why_not_writable(tmp_path) == "no space left on device"
