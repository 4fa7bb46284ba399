"""Opening a source and the models for it, on a thread of its own: a camera may take its time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.channel import Channel
from app.live import telling
from app.settings import Settings
from app.source import Source
from app.source.base import Kind
from app.source.camera import Camera
from app.source.paced import PacedSource
from app.strings import tr
from app.tracker import Tracker, load_tracker
from model.errors import UserError
from model.estimator import Provider

OpenSource = Callable[[str, float | None, tuple[int, int] | None, bool], Source]
"""As `app.source.open_source`: what a person named, fps, size, mirrored."""

FindCameras = Callable[[], list[Camera]]


@dataclass(frozen=True)
class Request:
    """What is to be opened.

    Attributes:
        text: what the person named; "" for the remembered source, the first camera or the demo.
        settings: how.
        demo_because: the demo once more, and why it plays; "" where nothing was found out yet.
    """

    text: str
    settings: Settings
    demo_because: str = ""


@dataclass(frozen=True)
class Opened:
    """What came of a request.

    Attributes:
        source: open; a file is paced.
        tracker: for this source, free of what it saw before; belongs to the `Trackers`.
        message: one sentence for the person, "" for none.
        demo_instead: the demo plays because no camera was found.
    """

    source: Source
    tracker: Tracker
    message: str = ""
    demo_instead: bool = False


class Trackers:
    """Keeps the last tracker that was used: loading the models takes longer than most cameras."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: tuple[tuple[Path, Provider, bool], Tracker] | None = None
        self._keys: dict[int, tuple[Path, Provider, bool]] = {}
        self._closed = False

    def take(self, settings: Settings, unrelated: bool) -> Tracker:
        """A tracker as the settings ask for, which knows nothing yet. Raises UserError."""
        key = (settings.model_path, settings.provider, unrelated)
        with self._lock:
            idle, self._idle = self._idle, None
        if idle is not None and idle[0] == key:
            tracker = idle[1]
            tracker.reset()
        else:
            if idle is not None:
                idle[1].close()
            tracker = load_tracker(*key[:2], settings.eyes, settings.fov, unrelated)
        tracker.eyes, tracker.fov = settings.eyes, settings.fov
        with self._lock:
            self._keys[id(tracker)] = key
        return tracker

    def give_back(self, tracker: Tracker) -> None:
        """A tracker that is no longer used."""
        with self._lock:
            key = self._keys.pop(id(tracker))
            idle, self._idle = self._idle, None if self._closed else (key, tracker)
        if idle is not None:
            idle[1].close()
        if self._closed:
            tracker.close()

    def close(self) -> None:
        """Release what is idle now, and what is given back later."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, None
        if idle is not None:
            idle[1].close()


class Opening:
    """One request being carried out.

    Args:
        request: what to open.
        trackers: where the tracker comes from, and goes if nobody wants it.
        open_source, find_cameras: how.

    Attributes:
        thread: on which it happens.
    """

    def __init__(
        self,
        request: Request,
        trackers: Trackers,
        open_source: OpenSource,
        find_cameras: FindCameras,
    ) -> None:
        self.request = request
        self._trackers = trackers
        self._open_source, self._find_cameras = open_source, find_cameras
        self._result: Channel[Opened] = Channel(1)
        self._abandoned = threading.Event()
        self.thread = threading.Thread(target=self._run, name="open", daemon=True)
        self.thread.start()

    def get(self, timeout: float) -> Opened:
        """What came of it.

        Raises:
            TimeoutError: nothing yet.
            UserError: it cannot be opened.
            Exception: what else went wrong.
        """
        return self._result.get(timeout)

    def abandon(self) -> None:
        """Nobody wants it any more; whatever is opened is closed again."""
        self._abandoned.set()
        self._let_go_of_waiting()

    def _run(self) -> None:
        try:
            opened = self._open()
        except Exception as error:  # noqa: BLE001  handed on to the thread that asked
            self._result.finish(error)
            return
        self._result.put(opened)
        if self._abandoned.is_set():
            self._let_go_of_waiting()

    def _open(self) -> Opened:
        source, message, demo_instead = self._find()
        try:
            tracker = self._trackers.take(self.request.settings, source.unrelated)
        except Exception:
            source.close()
            raise
        return Opened(source, tracker, message, demo_instead)

    def _find(self) -> tuple[Source, str, bool]:
        """The source, a sentence about it, and whether it is the demo for want of a camera."""
        if self.request.demo_because:
            return self._source("demo"), self.request.demo_because, True
        wanted = self.request.text or self.request.settings.source
        reason = ""
        if wanted:
            try:
                return self._source(wanted), "", False
            except UserError as error:
                if self.request.text:
                    raise
                reason = telling.sentence(error)
        tried = {wanted}
        for camera in self._find_cameras():
            text = camera.name if camera.name not in tried else str(camera.number)
            tried.add(text)
            try:
                return self._source(text), reason, False
            except UserError as error:
                reason = reason or telling.sentence(error)
        reason = reason or tr("No camera was found.")
        return self._source("demo"), f"{reason} {tr('Meanwhile the demo clip plays.')}", True

    def _source(self, text: str) -> Source:
        settings = self.request.settings

        def open_file() -> Source:
            return self._open_source(text, settings.fps, settings.size, settings.mirrored)

        source = open_file()
        if source.kind == "camera":
            return source
        return PacedSource(open_file, loop=source.kind == "demo", opened=source)

    def _let_go_of_waiting(self) -> None:
        for opened in self._result.waiting():  # which gives each thing once, to whoever asks first
            opened.source.close()
            self._trackers.give_back(opened.tracker)


def must_reopen(old: Settings, new: Settings, kind: Kind | None) -> bool:
    """Whether a source of that kind, None for not known yet, is to be opened again to heed them."""
    names = ["model_path", "provider", "mirrored"]
    if kind in (None, "camera"):
        names += ["size", "fps"]
    elif kind == "pictures":
        names += ["fps"]
    return any(getattr(old, name) != getattr(new, name) for name in names)
