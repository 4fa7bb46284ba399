"""One head and one OpenGL context for all tests of the renderer."""

import os
from pathlib import Path

import pytest

from model.errors import UserError
from model.training.synthetic.head import HeadArrays, load_head
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.studio import Studio


@pytest.fixture(scope="session")
def data_folder() -> Path:
    folder = os.environ.get("GAZECLIP_DATA")
    if folder and (Path(folder) / "ict-facekit").is_dir():
        return Path(folder)
    sentence = "the head model is not here: set GAZECLIP_DATA to a folder that holds ict-facekit"
    if os.environ.get("GAZECLIP_REQUIRE_DATA") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def head(data_folder: Path) -> HeadArrays:
    return load_head(data_folder)


@pytest.fixture(scope="session")
def rig(head: HeadArrays) -> Rig:
    return Rig(head)


@pytest.fixture(scope="session")
def renderer(rig: Rig) -> Renderer:
    try:
        return Renderer(rig)
    except UserError as error:
        if os.environ.get("GAZECLIP_REQUIRE_DATA") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def studio(rig: Rig, renderer: Renderer) -> Studio:
    return Studio(rig, renderer)
