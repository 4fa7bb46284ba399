import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import PROJECT


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
