import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from app import PROJECT
from app.libraries import ARENAS


@pytest.mark.parametrize("own", [None, "/own/plugins"], ids=["unset", "the user's own"])
def test_opencv_leaves_qt_alone(own: str | None):
    code = f"""
import os
if {own!r}: os.environ["QT_QPA_PLATFORM_PLUGIN_PATH"] = {own!r}
from app.libraries import tame_libraries
tame_libraries()
import model.face, sys
assert "cv2" in sys.modules
assert os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH") == {own!r}
assert "QT_QPA_FONTDIR" not in os.environ
"""
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks where Linux has its caches")
def test_onnx_runtime_reports_to_nobody(tmp_path: Path):
    code = """
import app.cli
from app.libraries import tame_libraries
tame_libraries()
from app.settings import DEFAULT_MODEL
from app.tracker import load_tracker
load_tracker(DEFAULT_MODEL, "cpu").close()
"""
    left_out = {"ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI"}  # they would hide it
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment | home, check=True)

    # Before anything is sent, it stores what is to be sent and an identifier of this computer.
    assert not list(tmp_path.rglob("*onnxruntime*"))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="looks into glibc's memory")
@pytest.mark.parametrize("chosen", [None, 5], ids=["unset", "the user's own"])
def test_threads_share_memory(tmp_path: Path, chosen: int | None):
    code = f"""
import ctypes, threading
from app.libraries import tame_libraries
tame_libraries()
import model.face, onnxruntime

everybody = threading.Barrier(13)
def take():
    taken = bytearray(100_000)  # more than Python keeps in store itself
    everybody.wait()
threads = [threading.Thread(target=take) for _ in range(12)]
for thread in threads: thread.start()
everybody.wait()
for thread in threads: thread.join()

libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
told = ctypes.c_void_p(libc.fopen({str(tmp_path / "told")!r}.encode(), b"w"))
assert libc.malloc_info(0, told) == 0
libc.fclose(told)
"""
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_ARENA_MAX"}
    if chosen is not None:
        environment["MALLOC_ARENA_MAX"] = str(chosen)
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=True)

    # With as many as glibc likes a clip in a loop gathers tens of megabytes of gaps in them.
    assert (tmp_path / "told").read_text().count("<heap nr=") == (chosen or ARENAS)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="looks into glibc's memory")
def test_gaps_between_what_is_in_use_go_back_to_the_system():
    code = """
from pathlib import Path
from app.libraries import return_memory, tame_libraries
tame_libraries()

def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6

blocks = [bytearray(b"x" * 100_000) for _ in range(1000)]
kept = blocks[::10]  # one in ten stays, so that the heap cannot simply end sooner
del blocks
before = resident_mb()
return_memory()
assert before - resident_mb() > 60.0, (before, resident_mb())
"""
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
