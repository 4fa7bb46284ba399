"""TARGETS.csv: what people and spreadsheets write, and what makes no sense."""

from pathlib import Path

import pytest

from app.recording.targets_file import read_targets
from model.errors import UserError


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "targets.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "file,x,y\na.jpg,10,20.5\nb.jpg,30,40\n",
        "\ufefffile,x,y\r\na.jpg,10,20.5\r\nb.jpg,30,40\r\n",
        "file;x;y\na.jpg;10;20,5\nb.jpg;30;40\n",
        "file\tx\ty\na.jpg\t10\t20.5\nb.jpg\t30\t40",
        "note, Y ,FILE, x\nhello,20.5,a.jpg,10\n\n,40,b.jpg,3e1,too much\n",
        'file,x,y,why\n"a.jpg",10,20.5,"a, b"\nb.jpg,30,40\na.jpg,10,20.5\n',
    ],
    ids=["plain", "mark and CRLF", "semicolons", "tabs", "other columns", "quotes, twice"],
)
def test_pictures(tmp_path: Path, text: str):
    rows = read_targets(written(tmp_path, text), pictures=True)
    assert [(row.file, row.x, row.y) for row in rows] == [("a.jpg", 10, 20.5), ("b.jpg", 30, 40)]
    assert [row.time_ms for row in rows] == [None, None]
    assert rows[0].line == 2


def test_times_come_in_order(tmp_path: Path):
    path = written(tmp_path, "time_ms,x,y\n900,3,4\n100.5,1,2\n")
    rows = read_targets(path, pictures=False)
    assert [(row.time_ms, row.x, row.line) for row in rows] == [(100.5, 1, 3), (900, 3, 2)]
    assert rows[0].place == "100.5 ms"


def test_a_time_late_in_a_long_video_is_named_to_the_millisecond(tmp_path: Path):
    (row,) = read_targets(written(tmp_path, "time_ms,x,y\n1234567,3,4\n"), pictures=False)
    assert row.place == "1234567 ms"


def test_the_source_says_which_column_counts(tmp_path: Path):
    path = written(tmp_path, "file,time_ms,x,y\na.jpg,500,1,2\n")
    assert read_targets(path, pictures=True)[0].file == "a.jpg"
    assert read_targets(path, pictures=False)[0].time_ms == 500


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("file,x,y\n", "no target, only its first line"),
        ("time_ms,x,y\n1,2,3\n", "no column file"),
        ("file,x\na.jpg,1\n", "no column y"),
        ("file,x,y,x\na.jpg,1,2,3\n", "more than one column x"),
        ("file,x,y\na.jpg,1,2\nb.jpg,nan,2\n", "line 3: x is 'nan'"),
        ("file,x,y\na.jpg,1,inf\n", "line 2: y is 'inf'"),
        ("file,x,y\na.jpg,1,\n", "line 2: y is ''"),
        ("file,x,y\na.jpg,1\n", "line 2: y is ''"),
        ("file,x,y\na.jpg,left,2\n", "line 2: x is 'left'"),
        ("file,x,y\n,1,2\n", "line 2, names no file"),
        ("file,x,y\na.jpg,1,2\na.jpg,5,6\n", "two targets for a.jpg, in lines 2 and 3"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(tmp_path: Path, text: str, told: str):
    with pytest.raises(UserError) as caught:
        read_targets(written(tmp_path, text), pictures=True)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read(tmp_path: Path):
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(UserError, match="cannot be read"):
            read_targets(path, pictures=True)
    with pytest.raises(UserError, match="no text in UTF-8"):
        read_targets(written(tmp_path, "file,x,y\nä.jpg,1,2\n", "utf-16"), pictures=True)
