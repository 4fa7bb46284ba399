from pathlib import Path

import pytest
from PIL import Image

from app.source import open_source, opening
from app.source.camera import Camera
from model.errors import UserError
from tests.material import picture, write_video


@pytest.fixture(autouse=True)
def no_cameras(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "list_cameras", list)


def test_a_path_says_what_it_is(tmp_path: Path):
    video = write_video(tmp_path / "a.mp4", 3)
    with open_source(str(video)) as source:
        assert source.kind == "video"
    Image.fromarray(picture()).save(tmp_path / "b.png")
    with open_source(str(tmp_path)) as source:
        assert source.kind == "pictures"
    with open_source(str(tmp_path / "b.png")) as source:
        assert source.kind == "pictures"


def test_demo_is_the_demo_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "DEMO", write_video(tmp_path / "demo.mp4", 3))
    with open_source("demo") as source:
        assert source.kind == "demo"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no/such/file.mp4", "there is no file or folder"),
        ("missing.mp4", "there is no file or folder"),
        ("~nobody-of-that-name/x.mp4", "there is no file or folder"),
        ("folder/" + "x" * 300 + ".mp4", "there is no file or folder"),
        ("7", "there is no camera 7"),
        ("Some Camera", "neither a file"),
    ],
)
def test_what_is_not_there_is_told(text: str, sentence: str):
    with pytest.raises(UserError, match=sentence):
        open_source(text)


def test_the_cameras_that_are_there_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "list_cameras", lambda: [Camera("HD Webcam", 0, 0, "")])
    with pytest.raises(UserError, match="HD Webcam"):
        open_source("7")
