import logging
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app import PROJECT, __version__
from app.cli import build_parser, main
from app.settings import SETTINGS, Settings, save


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["track"],
        ["track", "demo", "--max-frames", "0"],
        ["track", "demo", "--max-frames", "many"],
        ["track", "demo", "--fov", "0"],
        ["track", "demo", "--fov", "nan"],
        ["track", "demo", "--fps", "-1"],
        ["track", "demo", "--size", "huge"],
        ["track", "demo", "--size", "0x480"],
        ["track", "demo", "--eyes", "third"],
        ["track", "demo", "--provider", "magic"],
        ["track", "demo", "--no-such-option"],
        ["track", "demo", "extra"],
        ["track", "demo", "--profile", "../up"],
        ["track", "demo", "--overlay", "a.avi"],
        ["track", ""],
        ["--fov", "70", "track", "demo"],
        ["--record", "track", "demo"],
        ["--theme", "dark", "doctor"],
        ["doctor", "now"],
        ["--fov", "wide"],
        ["--smoothing", "2"],
        ["--profile", "../up"],
        ["--session", "two\nlines"],
        ["--theme", "pink"],
    ],
    ids=" ".join,
)
def test_nonsense_is_one_sentence_and_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["--help"], ["track", "--help"], ["doctor", "--help"], ["--version"]]
)
def test_help_and_version(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    said = capsys.readouterr()
    assert said.out
    assert said.err == ""


def test_one_version():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Any, ...]]]:
    """What the window was opened with, each time; a desktop with a home of its own."""
    calls: list[tuple[Any, ...]] = []

    def run_window(*arguments: Any) -> int:
        calls.append(arguments)
        return 7

    window = ModuleType("app.gui.application")
    window.run_window = run_window  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app.gui.application", window)
    monkeypatch.setattr("app.display.why_no_window", lambda: "")
    monkeypatch.setenv("GAZECLIP_HOME", str(tmp_path))
    monkeypatch.setenv("QT_LOGGING_RULES", "")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield calls
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_without_a_command_the_window_opens_with_what_is_stored(
    opened: list[tuple[Any, ...]], tmp_path: Path
):
    save(Settings(fov=80.0, source="HD Webcam"))
    assert main([]) == 7
    assert opened == [(Settings(fov=80.0, source="HD Webcam"), {}, False, "")]
    assert (tmp_path / "log" / "gazeclip.log").is_file()


def test_the_window_gets_what_the_command_line_gives(opened: list[tuple[Any, ...]]):
    flags = {
        "--source": "a.mp4", "--size": "640x480", "--fps": "60", "--fov": "70.5", "--eyes": "left",
        "--provider": "cpu", "--model": "m.onnx", "--smoothing": "0.2", "--theme": "dark",
        "--out": "study", "--profile": "P07", "--session": "pilot 1",
    }  # fmt: skip
    words = [word for flag in flags.items() for word in flag]
    assert main([*words, "--no-mirrored", "--video", "--record"]) == 7
    settings, given, record, notice = opened[0]
    assert (settings, record, notice) == (Settings(), True, "")
    assert given == {
        "source": "a.mp4", "size": (640, 480), "fps": 60.0, "fov": 70.5, "eyes": "left",
        "provider": "cpu", "model": "m.onnx", "smoothing": 0.2, "theme": "dark",
        "recordings": "study", "profile": "P07", "session": "pilot 1", "mirrored": False,
        "record_video": True,
    }  # fmt: skip
    Settings(**given)


def test_the_window_is_told_of_a_broken_settings_file(
    opened: list[tuple[Any, ...]], tmp_path: Path
):
    (tmp_path / "settings.json").write_text("{")
    assert main([]) == 7
    assert opened[0][0] == Settings()
    assert "settings.broken.json" in opened[0][3]


def test_flags_come_from_the_table():
    told = build_parser().format_help()
    for setting in SETTINGS:
        assert setting.flag is None or f"{setting.flag} " in told
    assert len({setting.flag for setting in SETTINGS if setting.flag}) == len(
        [setting for setting in SETTINGS if setting.flag]
    )


def test_track_knows_nothing_of_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAZECLIP_HOME", str(tmp_path))
    save(Settings(fov=100.0, eyes="left", provider="cuda", size=(640, 480), fps=5.0))
    arguments = build_parser().parse_args(["track", "demo"])
    assert (arguments.fov, arguments.eyes, arguments.provider) == (None, "both", "auto")
    assert (arguments.size, arguments.fps) == (None, None)
    assert (arguments.profile, arguments.profiles) == (None, None)


def test_help_waits_for_no_library():
    code = """
import sys
from app.cli import build_parser
build_parser().format_help()
heavy = {"numpy", "cv2", "av", "onnxruntime", "PySide6"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


def test_what_is_not_installed_is_told_in_one_sentence(tmp_path: Path):
    (tmp_path / "cv2.py").write_text("raise ModuleNotFoundError('no cv2', name='cv2')")
    done = subprocess.run(
        [sys.executable, "main.py", "track", "demo", "--out", str(tmp_path)],
        cwd=PROJECT, capture_output=True, text=True, check=False,
        env={"PATH": "", "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: cv2 is not installed here: run sh setup.sh")
    assert done.stderr.count("\n") == 1
