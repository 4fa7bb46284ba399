from collections.abc import Iterator
from pathlib import Path

import pytest

from app.checks import Finding
from app.doctor import doctor, table_lines
from app.settings import Settings, save
from tests.end_to_end.command import run
from tests.material import write_tiny_model

HEADLESS = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}


def well() -> Iterator[Finding]:
    yield Finding("lamp", "burns")


def noted() -> Iterator[Finding]:
    yield Finding("oil", "low", "note", "buy some")


def wrong() -> Iterator[Finding]:
    yield Finding("wick", "gone", "wrong", "put one in")


def check_of_the_bell() -> Iterator[Finding]:
    yield Finding("bell", "rings")
    raise KeyError("clapper")


@pytest.mark.parametrize(
    ("checks", "code", "last"),
    [
        ([well], 0, "Nothing is wrong."),
        ([well, noted], 0, "Nothing is wrong. 1 note above."),
        ([well, noted, wrong], 1, "1 thing is wrong: see the lines marked WRONG."),
        ([wrong, wrong], 1, "2 things are wrong: see the lines marked WRONG."),
    ],
)
def test_exit_code_1_where_something_is_wrong(checks: list, code: int, last: str):
    said: list[str] = []
    assert doctor(said.append, checks) == code
    assert said[-1] == last


def test_a_check_that_fails_is_a_finding_and_the_rest_goes_on():
    said: list[str] = []
    assert doctor(said.append, [check_of_the_bell, well]) == 1
    text = "\n".join(said)
    assert "bell" in text
    assert "WRONG of the bell         cannot be checked (KeyError: 'clapper')" in text
    assert "lamp" in text


def test_the_table_is_as_wide_as_asked():
    finding = Finding("packages", ", ".join(["mediapipe 0.10.21"] * 9), "wrong", "run sh setup.sh")
    lines = table_lines(finding, width=70)
    assert max(map(len, lines)) <= 70
    assert lines[0].startswith("WRONG packages            mediapipe")
    assert all(line.startswith(" " * 26) for line in lines[1:])
    assert lines[-1].strip() == "fix: run sh setup.sh"


def test_on_this_machine_nothing_is_wrong_and_nothing_is_made(tmp_path: Path):
    home = tmp_path / "home"
    done = run("doctor", GAZECLIP_HOME=str(home), **HEADLESS)
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
    for what in ("Python", "packages", "OpenCV", "ONNX Runtime", "model", "execution provider",
                 "face finder", "recordings", "settings", "log"):  # fmt: skip
        assert f"\nok    {what} " in f"\n{done.stdout}"
    assert "NVIDIA driver" in done.stdout
    assert "\nnote  window " in done.stdout
    assert "camera" in done.stdout
    assert not home.exists()


def test_a_model_that_is_not_its_card_s_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model = write_tiny_model(tmp_path / "mine.onnx")
    model.write_bytes(model.read_bytes() + b"\0")
    monkeypatch.setenv("GAZECLIP_HOME", str(tmp_path))
    save(Settings(model=str(model)))
    done = run("doctor", **HEADLESS)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "WRONG model" in done.stdout
    assert done.stdout.endswith("1 thing is wrong: see the lines marked WRONG.\n")
    assert "Traceback" not in done.stdout
