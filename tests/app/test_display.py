import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import display
from app.display import LIBRARIES, X11_LIBRARIES, missing_libraries, why_no_window

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux only")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No display at all."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(display, "PATIENCE_S", 5.0)


@pytest.fixture
def x_server() -> Iterator[str]:
    """A display that answers."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("no Xvfb here")
    command = [program, "-displayfd", "1", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


def test_without_a_display_it_says_so():
    assert "no display" in why_no_window()


def test_qt_s_own_platforms_need_no_display(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert why_no_window() == ""


def test_a_display_that_nobody_serves(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    assert why_no_window() == "the display :4711 (DISPLAY) does not answer or lets nobody in"


def test_a_display_that_answers(monkeypatch: pytest.MonkeyPatch, x_server: str):
    monkeypatch.setenv("DISPLAY", x_server)
    assert why_no_window() == ""
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert why_no_window() == ""


def test_missing_libraries_come_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch, x_server: str
):
    monkeypatch.setenv("DISPLAY", x_server)
    monkeypatch.setitem(X11_LIBRARIES, "libno-such-thing.so.7", "libno-such-thing7")
    assert why_no_window().endswith("run sudo apt install libno-such-thing7")
    monkeypatch.setitem(LIBRARIES, "libneither.so.1", "libneither1")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert why_no_window().endswith("run sudo apt install libneither1")


def test_every_library_named_is_one_that_there_is():
    assert missing_libraries(LIBRARIES | X11_LIBRARIES | display.WAYLAND_LIBRARIES) == ""


def test_wayland(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "w-0")
    assert "no display" in why_no_window()  # named, but nobody listens
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "w-0"))
        compositor.listen()
        assert why_no_window() == ""
        monkeypatch.setenv("DISPLAY", ":4711")  # a dead one beside it is no obstacle
        assert why_no_window() == ""
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
        assert ":4711" in why_no_window()


def test_without_pyside6(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "PySide6" in why_no_window()


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_windows_and_macos_always_have_a_desktop(monkeypatch: pytest.MonkeyPatch, system: str):
    monkeypatch.setattr(display, "sys", SimpleNamespace(platform=system))
    assert why_no_window() == ""
