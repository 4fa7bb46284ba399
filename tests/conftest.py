"""What several tests need: the shared data, a tiny model, videos, command-line runs."""

import os
from pathlib import Path

import pytest

from app import PROJECT
from app.libraries import tame_libraries
from tests.material import write_tiny_model

tame_libraries()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with ict-facekit, london-faces and video: GAZECLIP_DATA, or skip.

    Where GAZECLIP_REQUIRE_DATA is 1, as in CI, missing data fail instead.
    """
    named = os.environ.get("GAZECLIP_DATA", "")
    if named and Path(named).is_dir():
        return Path(named)
    reason = f"no data: GAZECLIP_DATA names no folder ({named or 'it is not set'})"
    if os.environ.get("GAZECLIP_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def demo_clip() -> Path:
    """The demo clip."""
    return PROJECT / "assets" / "demo.mp4"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with its card that takes the head's direction for the gaze: quick, and known."""
    return write_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny.onnx")
