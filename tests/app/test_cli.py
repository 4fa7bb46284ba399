import tomllib

import pytest

from app import PROJECT, __version__
from app.cli import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["track"],
        ["track", "demo", "--max-frames", "0"],
        ["track", "demo", "--max-frames", "many"],
        ["track", "demo", "--fov", "0"],
        ["track", "demo", "--fov", "nan"],
        ["track", "demo", "--fps", "-1"],
        ["track", "demo", "--size", "huge"],
        ["track", "demo", "--size", "0x480"],
        ["track", "demo", "--eyes", "third"],
        ["track", "demo", "--provider", "magic"],
        ["track", "demo", "--no-such-option"],
        ["track", "demo", "extra"],
        ["track", "demo", "--profile", "../up"],
        ["track", "demo", "--overlay", "a.avi"],
        ["track", ""],
    ],
    ids=" ".join,
)
def test_nonsense_is_one_sentence_and_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["track", "--help"], ["--version"]])
def test_help_and_version(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    said = capsys.readouterr()
    assert said.out
    assert said.err == ""


def test_one_version():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
