"""The About box tells the truth, also about what becomes of frames."""

import ast
import hashlib
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app import PROJECT, __version__
from app.gui.about import AboutBox, libraries
from app.settings import DEFAULT_MODEL

NETWORK = {
    *("asyncio", "ftplib", "http", "httpx", "paramiko", "requests", "smtplib", "socket"),
    *("socketserver", "ssl", "urllib", "websocket", "websockets", "xmlrpc", "zmq", "pylsl"),
    *("QtNetwork", "QtWebSockets", "QtWebEngineCore", "QtWebEngineWidgets"),
}
"""Modules that could send something away."""

SENDERS = {"app/display.py"}
"""Files that may use one of them, because what they send holds no frame: this one asks the desktop
whether it is there."""

PICTURE_WRITERS = {"app/video_writer.py", "app/recording/video.py"}
"""Files that may store a picture: the overlay that was asked for, and a recording's video."""

STORES = {"cv2.imwrite", "cv2.VideoWriter", "np.save", "np.savez", "np.savez_compressed"}
"""Functions by which a picture would be stored, beside av.open with "w"."""


@pytest.fixture
def about(qtbot: QtBot) -> AboutBox:
    box = AboutBox()
    qtbot.addWidget(box)
    box.show()
    return box


def test_it_names_program_model_and_hash(about: AboutBox) -> None:
    words = " ".join(label.text() for label in about.findChildren(QLabel))
    found = hashlib.sha256(DEFAULT_MODEL.read_bytes()).hexdigest()

    assert f"Version {__version__}" in words
    assert "gazeclip-s" in words
    assert found in words.replace(" ", "")


def test_it_makes_the_promise(about: AboutBox) -> None:
    label = about.findChild(QLabel, "privacy")

    assert isinstance(label, QLabel)
    assert label.text().startswith(
        "Frames never leave this computer; none is stored unless you record."
    )
    assert label.isVisible()


def test_the_licences_are_whole(about: AboutBox) -> None:
    texts = [page.toPlainText().strip() for page in about.findChildren(QPlainTextEdit)]

    for name in ("LICENSE", "NOTICE"):
        assert (PROJECT / name).read_text(encoding="utf-8").strip() in texts


def test_libraries_are_named_with_version_and_licence() -> None:
    import PySide6

    assert f"Qt for Python {PySide6.__version__} (LGPL 3.0)" in libraries()
    assert "ONNX Runtime" in libraries()


def test_a_model_that_is_missing_is_said_so(qtbot: QtBot, tmp_path: Path) -> None:
    box = AboutBox(model=tmp_path / "gone.onnx")
    qtbot.addWidget(box)

    assert any("there is no model file" in label.text() for label in box.findChildren(QLabel))


def test_nothing_in_the_app_speaks_to_a_network() -> None:
    for name, tree in _sources():
        used = {part for module in _imports(tree) for part in module.split(".")}
        assert name in SENDERS or not used & NETWORK, name


def test_pictures_are_stored_only_where_they_were_asked_for() -> None:
    storing = {name for name, tree in _sources() if _stores(tree)}

    assert storing == PICTURE_WRITERS


def _sources() -> list[tuple[str, ast.Module]]:
    """What runs in the app's process: app, and model without its training."""
    files = [*(PROJECT / "app").rglob("*.py"), *(PROJECT / "model").glob("*.py")]
    named = [(file.relative_to(PROJECT).as_posix(), file) for file in files]
    return [(name, ast.parse(file.read_text(encoding="utf-8"))) for name, file in named]


def _imports(tree: ast.Module) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {f"{node.module or ''}.{alias.name}" for alias in node.names}
    return modules


def _stores(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            writes = any(isinstance(v, ast.Constant) and v.value == "w" for v in values)
            if name in STORES or (name == "av.open" and writes):
                return True
    return False
