from pathlib import Path

import pytest

from model.errors import UserError
from model.training.photographs import find_photographs, read_photograph


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_halves_share_nobody(tmp_path: Path) -> None:
    for group in ("neutral", "smiling"):
        touch(tmp_path, *(f"{group}/{person:03}.jpg" for person in range(5)))
    train, report, everybody = (
        find_photographs(tmp_path, half) for half in ("train", "report", "all")
    )
    assert [p.stem for p in train["smiling"]] == ["000", "002", "004"]
    assert [p.stem for p in report["smiling"]] == ["001", "003"]
    assert len(everybody["neutral"]) == 5


def test_folders_are_searched_in_depth_and_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b/deep/2.png", "b/deep/1.PNG", "a/3.jpeg", "0.webp", "a/notes.txt")
    touch(tmp_path, ".thumbnails/9.png", "a/.hidden.jpg")
    found = find_photographs(tmp_path, "all")
    assert list(found) == [tmp_path.name, "a", "b/deep"]
    names = [p.name for paths in found.values() for p in paths]
    assert names == ["0.webp", "3.jpeg", "1.PNG", "2.png"]


def test_no_folder_no_pictures_no_picture(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        find_photographs(tmp_path / "missing", "all")
    with pytest.raises(UserError, match="holds no pictures"):
        find_photographs(tmp_path, "all")
    touch(tmp_path, "empty.jpg")
    with pytest.raises(UserError, match=r"empty\.jpg is no picture"):
        read_photograph(tmp_path / "empty.jpg")
