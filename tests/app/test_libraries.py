import subprocess
import sys

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
