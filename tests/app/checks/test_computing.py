from pathlib import Path
from types import SimpleNamespace

import pytest

from app.checks import computing
from app.checks.computing import Driver, check_face_finder, check_model, driver_findings
from app.settings import Settings, save
from model.card import card_path
from tests.material import write_tiny_model


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAZECLIP_HOME", str(tmp_path / "home"))


def test_the_project_s_model_runs():
    found = {finding.what: finding for finding in check_model()}
    assert found["model"].state == "ok"
    assert "sha256" in found["model"].found
    assert found["execution provider"].found.startswith(("CPU", "CUDA"))


def test_the_model_of_the_settings_is_the_one_that_counts(tmp_path: Path):
    model = write_tiny_model(tmp_path / "mine.onnx")
    save(Settings(model=str(model)))
    assert "mine.onnx" in next(check_model()).found
    model.write_bytes(model.read_bytes() + b"\0")
    (finding,) = check_model()
    assert finding.state == "wrong"
    assert "does not match its card" in finding.found
    assert "settings" in finding.fix
    card_path(model).unlink()
    assert next(check_model()).state == "wrong"


RTX = "NVIDIA GeForce RTX 5070, driver 580.95"


@pytest.mark.parametrize(
    ("provider", "driver", "wanted", "states", "fix"),
    [
        ("CUDA", Driver(1, (13, 0), RTX), 13, ["ok", "ok"], ""),
        ("CPU", None, 13, ["ok", "note"], "580 or newer"),
        ("CPU", Driver(1, (12, 4), ""), 13, ["ok", "note"], "580 or newer"),
        ("CPU", Driver(1, (13, 1), RTX), 13, ["ok", "note"], "requirements-cuda.txt"),
        ("CPU", Driver(0, (13, 1), ""), 13, ["ok", "note"], "plug one in"),
        ("CPU", Driver(1, (13, 1), RTX), None, ["ok", "note"], "setup.sh"),
        ("CPU", Driver(0, None, RTX), 14, ["ok", "note"], "plug one in"),
    ],
)
def test_what_cuda_would_need(
    provider: str, driver: Driver | None, wanted: int | None, states: list[str], fix: str
):
    found = list(driver_findings(provider, driver, wanted))
    assert [finding.state for finding in found] == states
    assert provider in found[0].found
    assert fix in found[1].fix
    assert bool(found[1].fix) == bool(fix)


def test_on_macos_nobody_looks_for_cuda(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(computing, "sys", SimpleNamespace(platform="darwin"))
    assert [finding.state for finding in driver_findings("CPU", None, None)] == ["ok"]


def test_the_face_finder_is_really_started(capfd: pytest.CaptureFixture[str]):
    assert [finding.state for finding in check_face_finder()] == ["ok"]
    assert capfd.readouterr() == ("", "")
