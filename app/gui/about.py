"""AboutBox: which program and model this is, whose work is in it, and what becomes of frames."""

from importlib import metadata
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app import PROJECT, __version__
from app.gui import theme
from app.settings import DEFAULT_MODEL
from app.strings import tr
from model.card import load_card
from model.errors import UserError

PRIVACY = (
    "Frames never leave this computer; none is stored unless you record. "
    "Small pictures of your eyes are kept with a calibration only if you allow it in the settings."
)

SIGN = 72
"""Pixels of the application's icon."""

PARTS = (
    ("PySide6", "Qt for Python", "LGPL 3.0"),
    ("pyqtgraph", "PyQtGraph", "MIT"),
    ("mediapipe", "MediaPipe", "Apache 2.0"),
    ("onnxruntime-gpu", "ONNX Runtime", "MIT"),
    ("onnxruntime", "ONNX Runtime", "MIT"),
    ("opencv-contrib-python", "OpenCV", "Apache 2.0"),
    ("numpy", "NumPy", "BSD"),
    ("av", "PyAV with FFmpeg and x264", "BSD, LGPL 3.0, GPL 2.0"),
    ("pillow", "Pillow", "MIT-CMU"),
    ("cv2-enumerate-cameras", "cv2-enumerate-cameras", "MIT"),
    ("platformdirs", "platformdirs", "MIT"),
    ("filelock", "filelock", "MIT"),
    ("tqdm", "tqdm", "MIT, MPL 2.0"),
)
"""Distribution, name and licence of what is installed beside us and runs in this process."""


class AboutBox(QDialog):
    """Tells; asks nothing.

    Args:
        model: the model in use, None for the project's own.
    """

    def __init__(self, parent: QWidget | None = None, model: Path | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("aboutBox")
        self.setWindowTitle(tr("About GazeCLIP Desktop"))
        self.tabs = QTabWidget()
        self.tabs.setObjectName("aboutPages")
        self.tabs.setAccessibleName(tr("About GazeCLIP Desktop"))
        self.tabs.addTab(self._make_program(model or DEFAULT_MODEL), tr("Program"))
        for name, text in (
            (tr("Licence"), _read("LICENSE")),
            (tr("Notices"), _read("NOTICE")),
            (tr("Libraries"), libraries()),
        ):
            self.tabs.addTab(_page(name, text), name)
        close = QPushButton(tr("Close"))
        close.setObjectName("close")
        close.setProperty("primary", True)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column, bottom = QVBoxLayout(self), QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(close)
        column.setContentsMargins(18, 18, 18, 18)
        column.setSpacing(14)
        column.addLayout(self._make_head())
        column.addWidget(self.tabs, 1)
        column.addLayout(bottom)
        self.setMinimumSize(480, 380)
        self.resize(720, 500)
        close.setFocus()

    def _make_head(self) -> QHBoxLayout:
        sign, name, version = QLabel(), QLabel("GazeCLIP Desktop"), QLabel()
        sign.setPixmap(theme.app_icon().pixmap(SIGN, SIGN))
        name.setProperty("title", True)
        version.setText(tr("Version {version}").format(version=__version__))
        version.setObjectName("version")
        version.setProperty("muted", True)
        words, head = QVBoxLayout(), QHBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(name)
        words.addWidget(version)
        words.addStretch(1)
        head.setSpacing(16)
        head.addWidget(sign)
        head.addLayout(words, 1)
        return head

    def _make_program(self, model: Path) -> QWidget:
        page = QWidget()
        purpose = QLabel(
            tr("Where do you look? An ordinary webcam answers, live and as a table with units.")
        )
        privacy = QLabel(tr(PRIVACY))
        privacy.setObjectName("privacy")
        for words in (purpose, privacy):
            words.setWordWrap(True)
        lock, card = QLabel(), QFrame()
        lock.setPixmap(theme.icon("lock", "accent").pixmap(24, 24))
        card.setProperty("card", True)
        promise = QHBoxLayout(card)
        promise.setContentsMargins(14, 12, 14, 12)
        promise.setSpacing(12)
        promise.addWidget(lock)
        promise.addWidget(privacy, 1)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, text in about_model(model):
            label, value = QLabel(name), QLabel(text)
            label.setProperty("muted", True)
            value.setAccessibleName(name)
            value.setWordWrap(True)
            value.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            form.addRow(label, value)
        column = QVBoxLayout(page)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(16)
        column.addWidget(purpose)
        column.addWidget(card)
        column.addLayout(form)
        column.addStretch(1)
        return page


def about_model(model: Path) -> list[tuple[str, str]]:
    """Names and values: of a model and its hash, or what is wrong with it."""
    try:
        card = load_card(model)
    except UserError as error:
        return [(tr("Model"), str(error))]
    half = len(card.sha256) // 2  # a space, so that it can be broken into two lines
    return [
        (tr("Model"), card.name),
        (tr("File"), str(model)),
        (tr("SHA-256"), f"{card.sha256[:half]} {card.sha256[half:]}"),
    ]


def libraries() -> str:
    """The libraries that run with us, with version and licence, one a line."""
    lines = [tr("Installed beside this program, each under its own licence:"), ""]
    for distribution, name, licence in PARTS:
        try:
            version = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
        lines.append(f"{name} {version} ({licence})")
    return "\n".join(lines)


def _read(name: str) -> str:
    try:
        return (PROJECT / name).read_text(encoding="utf-8")
    except OSError:
        return tr("The file {name} is missing: it lies beside main.py in every copy.").format(
            name=name
        )


def _page(name: str, text: str) -> QPlainTextEdit:
    page = QPlainTextEdit(text)
    page.setReadOnly(True)
    page.setTabChangesFocus(True)
    page.setAccessibleName(name)
    return page
