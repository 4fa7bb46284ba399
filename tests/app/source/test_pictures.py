from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.source.pictures import PicturesSource, natural_order, read_picture
from model.errors import UserError
from tests.material import number_of, picture


def save(path: Path, number: int = 0, size: tuple[int, int] = (160, 120)) -> Path:
    Image.fromarray(picture(number, size)).save(path)
    return path


def test_pictures_come_in_the_order_people_count(tmp_path: Path):
    for number, name in enumerate(["1.png", "2.png", "10.png", "face 3.jpg", "face 20.jpg"]):
        save(tmp_path / name, number)
    (tmp_path / "notes.txt").write_text("no picture")
    with PicturesSource(tmp_path) as source:
        assert (source.length, source.size, source.unrelated) == (5, (160, 120), True)
        frames = list(source)
    assert [f.file for f in frames] == ["1.png", "2.png", "10.png", "face 3.jpg", "face 20.jpg"]
    assert [number_of(f.image) for f in frames] == [0, 1, 2, 3, 4]
    assert [f.time_ns for f in frames] == [round(n * 1e9 / 30) for n in range(5)]


def test_the_rate_can_be_chosen(tmp_path: Path):
    for number in range(3):
        save(tmp_path / f"{number}.png", number)
    with PicturesSource(tmp_path, fps=10.0) as source:
        assert [f.time_ns for f in source] == [0, 100_000_000, 200_000_000]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no picture at all",
        "half a jpeg",
        "half a png",
        "a single pixel",
    ],
    ids=str,
)
def test_broken_pictures_are_skipped_and_named(tmp_path: Path, broken: bytes | str):
    for number in range(3):
        save(tmp_path / f"{number}.jpg", number)
    path = tmp_path / "1.jpg"
    if isinstance(broken, bytes):
        path.write_bytes(broken)
    elif broken == "a single pixel":
        save(path, size=(1, 1))
    else:
        noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)
        Image.fromarray(noise).save(path, broken.split()[-1])
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with PicturesSource(tmp_path) as source:
        frames = list(source)
    assert [f.number for f in frames] == [0, 2]
    assert source.skipped == ["1.jpg"]
    assert len(source.faults) == 1
    assert "1 of 3 pictures" in source.faults[0]
    assert "1.jpg" in source.faults[0]


@pytest.mark.parametrize("content", ["nothing", "text", "one pixel", "rubbish"])
def test_a_folder_without_a_picture_to_use_is_refused(tmp_path: Path, content: str):
    if content == "text":
        (tmp_path / "a.txt").write_text("hello")
    elif content == "one pixel":
        save(tmp_path / "a.png", size=(1, 1))
    elif content == "rubbish":
        (tmp_path / "a.png").write_bytes(b"rubbish")
    with pytest.raises(UserError, match="picture"):
        PicturesSource(tmp_path)


def test_one_picture_is_a_folder_of_one(tmp_path: Path):
    with PicturesSource(save(tmp_path / "a.png")) as source:
        assert [f.file for f in source] == ["a.png"]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_all_kinds_of_pixels_become_rgb(tmp_path: Path, mode: str):
    path = tmp_path / "a.tif"
    Image.fromarray(picture(10)).convert(mode).save(path)
    image = read_picture(path)
    assert image is not None
    assert image.shape == (120, 160, 3)
    assert number_of(image) in (9, 10, 11)


def test_exif_turns_a_picture_upright(tmp_path: Path):
    stored = Image.fromarray(picture(size=(120, 160)))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held turned: show it 90 degrees clockwise
    stored.save(tmp_path / "a.jpg", exif=exif)
    image = read_picture(tmp_path / "a.jpg")
    assert image is not None
    assert image.shape == (120, 160, 3)


def test_natural_order():
    names = ["b10", "B2", "a", "10", "9"]
    assert sorted(names, key=natural_order) == ["9", "10", "a", "B2", "b10"]
