"""RecordBar: the big button; before a recording whose it is, during it how it goes and markers."""

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QWidget,
)

from app.gui import theme
from app.gui.wording import count, duration
from app.live import telling
from app.live.state import RecordingState
from app.settings import Settings
from app.strings import tr

MARKED_MS = 2000
"""How long a marker's being set is said."""


class RecordBar(QFrame):
    """Asks for nothing while it can: empty fields are fine.

    Signals:
        toggled: the button was pressed.
        marked: a marker's text.
        edited: profile, session or the wish for a video was changed by the person.
        left: the person is done with a field; keys should work again.
    """

    toggled = Signal()
    marked = Signal(str)
    edited = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recordBar")
        self.button = QPushButton()
        self.button.setObjectName("recordButton")
        self.button.setIconSize(QSize(20, 20))
        self.button.setMinimumSize(128, 44)
        self.button.clicked.connect(self.toggled)
        self._marked = QTimer(self, singleShot=True, interval=MARKED_MS)
        self._marked.timeout.connect(self._invite)
        self._pages = QStackedLayout()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(18)
        row.addWidget(self.button)
        row.addLayout(self._pages, 1)  # first: pages of a layout in no widget show as windows
        self._pages.addWidget(self._make_before())
        self._pages.addWidget(self._make_during())
        self.show_recording(None)

    def show_settings(self, settings: Settings) -> None:
        """Fill the fields with what is remembered; whoever types in one is left alone."""
        for field, text in ((self.profile, settings.profile), (self.session, settings.session)):
            if not field.hasFocus() and field.text() != text:
                field.setText(text)
        self.video.setChecked(settings.record_video)

    def show_recording(self, state: RecordingState | None) -> None:
        """Show how the recording goes, None for that there is none."""
        recording = state is not None
        self._pages.setCurrentIndex(1 if recording else 0)
        if self.button.property("recording") != recording:
            self.button.setProperty("recording", recording)
            self.button.style().polish(self.button)
            name = tr("Stop") if recording else tr("Record")
            tip = tr("Stop the recording (R)") if recording else tr("Start a recording (R)")
            self.button.setText(f" {name}")  # the style leaves no room beside the icon
            self.button.setAccessibleName(name)
            self.button.setToolTip(tip)
            self.button.setIcon(theme.icon("stop" if recording else "record", "record"))
        if state is None:
            return
        self._elapsed.setText(duration(state.elapsed_s))
        frames = tr("{count} frames").format(count=count(state.frames))
        dropped = tr("{count} dropped").format(count=count(state.dropped))
        free = tr("{space} free").format(space=telling.megabytes(state.free_bytes))
        counts = " · ".join((frames, dropped, free))
        self._counts.setText(counts)
        self._counts.setToolTip(counts)  # in a narrow window its end is cut off
        self._video_sign.setVisible(state.video)

    @property
    def elapsed(self) -> str:
        """The time shown."""
        return self._elapsed.text()

    @property
    def counts(self) -> str:
        """The frames, dropped frames and free space shown."""
        return self._counts.text()

    def note_marker(self, text: str) -> None:
        """Say for a moment that a marker was set."""
        self.marker.setPlaceholderText(tr("Marked: {text}").format(text=text))
        self._marked.start()

    def busy(self, finishing: bool) -> None:
        """While the file is being finished the button waits too."""
        self.button.setEnabled(not finishing)

    def _make_before(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        whose = tr("Whose recording it is; part of the folder's name")
        called = tr("A name for this session; goes into recording.json")
        said = tr("Anything worth knowing later; goes into recording.json")
        self.profile = self._field(row, "profile", tr("Profile"), 110, whose)
        self.session = self._field(row, "session", tr("Session"), 110, called)
        self.note = self._field(row, "note", tr("Note"), 0, said)
        self.profile.setMaxLength(40)
        for field in (self.profile, self.session):
            field.editingFinished.connect(self.edited)
        self.video = QCheckBox(tr("Video too"))
        self.video.setObjectName("recordVideo")
        self.video.setToolTip(
            tr("Store the camera's pictures too. Without this no picture is ever stored.")
        )
        self.video.clicked.connect(self.edited)
        row.addSpacing(6)
        row.addWidget(self.video)
        return page

    def _make_during(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        dot = QLabel()
        dot.setObjectName("recordDot")
        dot.setFixedSize(12, 12)
        self._elapsed = QLabel()
        self._elapsed.setObjectName("elapsed")
        self._elapsed.setAccessibleName(tr("Recorded so far"))
        self._counts = QLabel()
        self._counts.setProperty("muted", True)
        self._counts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._video_sign = QLabel()
        self._video_sign.setPixmap(theme.icon("video", "muted").pixmap(18, 18))
        self._video_sign.setToolTip(tr("A video is being recorded too"))
        self.marker = QLineEdit()
        self.marker.setObjectName("marker")
        self._invite()
        self.marker.setAccessibleName(tr("Text of a marker"))
        self.marker.setToolTip(tr("Type what happened and press Enter (M)"))
        self.marker.setMaximumWidth(240)
        self.marker.setMaxLength(200)
        self.marker.returnPressed.connect(self._mark)
        self.set_marker = QPushButton(theme.icon("marker"), tr("Mark"))
        self.set_marker.setToolTip(tr("Write a marker with this text into events.csv"))
        self.set_marker.clicked.connect(self._mark)
        row.addWidget(dot)
        row.addWidget(self._elapsed)
        row.addWidget(self._video_sign)
        row.addWidget(self._counts, 1)
        row.addWidget(self.marker, 1)
        row.addWidget(self.set_marker)
        return page

    def _field(
        self, row: QHBoxLayout, name: str, title: str, width: int, help_text: str
    ) -> QLineEdit:
        label, field = QLabel(title), QLineEdit()
        label.setProperty("muted", True)
        label.setBuddy(field)
        field.setObjectName(name)
        field.setAccessibleName(title)
        field.setToolTip(help_text)
        field.setMaxLength(200)
        if width:
            field.setMaximumWidth(width)
        field.setMinimumWidth(64)
        field.returnPressed.connect(self.left)
        row.addWidget(label)
        row.addWidget(field, 1 if width else 3)
        return field

    def _invite(self) -> None:
        self.marker.setPlaceholderText(tr("Marker, or keys 1 to 9"))

    def _mark(self) -> None:
        text = self.marker.text().strip()
        if text:
            self.marked.emit(text)
            self.marker.clear()
        self.left.emit()
