"""`main.py` on a machine without a display: the same job without a window, and no Qt for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from app import PROJECT
from app.recording.reader import read_recording
from tests.end_to_end.command import only_recording, run
from tests.material import write_video

HEADLESS = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems always have a display"
)


def test_without_arguments_the_demo_is_tracked(tmp_path: Path):
    done = run("--out", tmp_path, **HEADLESS)
    assert done.returncode == 0
    assert done.stderr == (
        "note: no window can be opened, because there is no display (DISPLAY and WAYLAND_DISPLAY "
        "are not set); tracking demo without one\n"
    )
    assert "valid" in done.stdout
    recording = read_recording(only_recording(tmp_path))
    assert recording.about["source"]["kind"] == "demo"
    assert recording.about["complete"] is True


def test_the_window_s_flags_hold_without_it(tmp_path: Path, tiny_model: Path):
    video = write_video(tmp_path / "a.mp4", 5)
    arguments = ("--source", video, "--out", tmp_path / "out", "--model", tiny_model, "--record",
                 "--fov", 80, "--profile", "P07", "--theme", "dark", "--mirrored")  # fmt: skip
    done = run(*arguments, **HEADLESS, GAZECLIP_HOME=str(tmp_path))
    assert done.returncode == 0
    first, second = done.stderr.splitlines()
    assert "no window can be opened" in first
    assert second.startswith("note: the profile P07 has no calibration")
    recording = read_recording(only_recording(tmp_path / "out"))
    assert len(recording) == 5
    assert recording.about["profile"] == "P07"
    assert recording.about["options"]["fov_deg"] == 80
    assert recording.about["source"]["mirrored"] is True


def test_what_is_wrong_with_the_source_is_told_as_track_tells_it(tmp_path: Path):
    done = run("--source", tmp_path / "missing.mp4", "--out", tmp_path / "out", **HEADLESS)
    assert done.returncode == 2
    assert done.stderr.splitlines()[1].startswith("error: there is no file or folder")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["track", "SOURCE"], ["--source", "SOURCE"]], ids=" ".join)
def test_qt_stays_out_of_it(tmp_path: Path, tiny_model: Path, arguments: list[str]):
    code = """
import sys
from pathlib import Path
from main import main
code = main(sys.argv[1:])
heavy = sorted({name.split(".")[0] for name in sys.modules} & {"PySide6", "pyqtgraph", "shiboken6"})
loaded = [line for line in Path("/proc/self/maps").read_text().splitlines() if "libQt6" in line]
sys.exit(f"imported: {heavy} {loaded}" if heavy or loaded else code)
"""
    video = str(write_video(tmp_path / "a.mp4", 3))
    arguments = [video if argument == "SOURCE" else argument for argument in arguments]
    arguments += ["--out", str(tmp_path / "out"), "--model", str(tiny_model)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "imported" not in done.stderr
