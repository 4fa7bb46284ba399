import sys
from importlib import metadata
from pathlib import Path

import pytest

from app.checks import packages
from app.checks.packages import check_duplicates, check_packages, check_python, pins


def requirements(folder: Path, *lines: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text("# a comment\n-r other.txt\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def install(folder: Path, name: str, version: str) -> None:
    """What pip leaves behind of a package, nothing more."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_pins_are_read_with_their_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = requirements(
        tmp_path, "a==1.0", "b[x,y]==2.0.post1", 'c-d==3; sys_platform != "darwin"',
        'e==4; sys_platform == "darwin"', "f>=5",
    )  # fmt: skip
    monkeypatch.setattr(sys, "platform", "linux")
    assert pins(path) == {"a": "1.0", "b": "2.0.post1", "c-d": "3"}
    monkeypatch.setattr(sys, "platform", "darwin")
    assert pins(path) == {"a": "1.0", "b": "2.0.post1", "e": "4"}


def test_the_project_s_own_pins_are_all_here():
    states = [finding.state for finding in check_packages()]
    assert states == ["ok"], list(check_packages())
    assert "mediapipe" in pins(packages.REQUIREMENTS)
    assert any(name.startswith("onnxruntime") for name in pins(packages.REQUIREMENTS))


def test_missing_unusable_and_differing_packages(tmp_path: Path):
    numpy = metadata.version("numpy")
    path = requirements(tmp_path, "no-such-thing==1.0", "numpy==0.1", "pillow==0.1")
    found = {finding.what: finding for finding in check_packages(path)}
    assert found["packages missing"].found == "no-such-thing 1.0"
    assert found["packages missing"].state == "wrong"
    assert found["packages unusable"].found == f"numpy {numpy}, not 0.1"
    assert found["packages unusable"].state == "wrong"
    assert found["packages differing"].state == "note"
    assert all(finding.fix for finding in found.values() if finding.state != "ok")


def test_one_opencv_and_one_onnx_runtime_are_fine():
    assert {finding.what: finding.state for finding in check_duplicates()} == {
        "OpenCV": "ok", "ONNX Runtime": "ok",
    }  # fmt: skip


def test_two_of_a_kind_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    install(tmp_path, "opencv-python", "4.13.0.90")
    install(tmp_path, "onnxruntime-directml", "1.30.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    opencv, runtime = check_duplicates()
    assert (opencv.state, runtime.state) == ("wrong", "wrong")
    assert "opencv-python 4.13.0.90" in opencv.found
    assert "opencv-contrib-python" in opencv.found
    # Removing one of the two would leave the other broken: both go, the right one comes back.
    assert "uninstall -y opencv-python opencv-contrib-python," in opencv.fix
    assert f"install opencv-contrib-python=={metadata.version('opencv-contrib-python')}" in (
        opencv.fix
    )
    assert "onnxruntime-directml" in runtime.fix


def test_another_python_is_wrong(monkeypatch: pytest.MonkeyPatch):
    assert [finding.state for finding in check_python()] == ["ok", "ok"]
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    assert [finding.state for finding in check_python()] == ["ok", "wrong"]
