"""LiveSession: what the window talks to. Every method returns at once."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.calibration.calibration import Calibration
from app.live import telling
from app.live.compose import Composer
from app.live.desk import FINISH_S
from app.live.engine import Engine
from app.live.opening import FindCameras, OpenSource
from app.live.recorder import Order
from app.live.state import Listener, Observer, Trace, View
from app.live.trace import TraceRing
from app.settings import Settings
from app.source import open_source as open_any_source
from app.source.camera import list_cameras

__all__ = ["Listener", "LiveSession", "Observer"]


class LiveSession:
    """Tracks one source after the other, records them, and has a view ready of the latest frame.

    Args:
        settings: to begin with; see `apply`.
        listener: told of everything, on the engine's threads.
        open_source: opens what a person named; see `app.source.open_source`.
        find_cameras: lists the cameras that are connected.
        record_from_start: a recording, as the settings say, begins with the first frame.
    """

    def __init__(
        self,
        settings: Settings,
        listener: Listener,
        open_source: OpenSource = open_any_source,
        find_cameras: FindCameras = list_cameras,
        record_from_start: bool = False,
    ) -> None:
        listener = telling.Careful(listener)
        self._trace = TraceRing()
        self._composer = Composer(listener.view_ready)
        order = None
        if record_from_start:
            order = Order(
                settings.recordings_folder,
                settings.profile,
                settings.session,
                video=settings.record_video,
            )
        self._engine = Engine(
            settings, listener, self._composer, self._trace, open_source, find_cameras, order
        )
        self._closed = False
        self._engine.start()

    def open(self, text: str = "") -> None:
        """Open a source: a camera's name or number, a file, a folder, "demo".

        "" means the source in the settings, else the first camera, else the demo clip, which the
        `SourceState` then says. A recording that is being made is finished, and another one begins
        with the new source's first frame.
        """
        self._engine.post(lambda: self._engine.open(text))

    def retry(self) -> None:
        """Open again what `open` was last asked for."""
        self._engine.post(self._engine.retry)

    def restart(self) -> None:
        """Play a file from its beginning."""
        self._engine.post(self._engine.restart)

    def apply(self, settings: Settings) -> None:
        """Heed new settings.

        Field of view, eyes, smoothing and layers count from the next frame on; for another source,
        model, provider, picture size, rate or mirroring the source is opened again.
        """
        self._engine.post(lambda: self._engine.apply(settings))

    def set_view_size(self, width: int, height: int) -> None:
        """Fit the views' pictures into so many device pixels from now on."""
        if width > 0 and height > 0:
            self._composer.change(size=(width, height))

    def start_recording(
        self,
        root: Path,
        profile: str = "default",
        session: str = "",
        note: str = "",
        video: bool = False,
    ) -> None:
        """Record, beginning with the next frame; a file is played from its beginning for it.

        Nothing happens where a recording is being made already.

        Args:
            root: folder that recordings lie in; made where it is missing.
            profile: whose recording it is, part of its folder's name.
            session, note: go into recording.json.
            video: record a video too.
        """
        order = Order(root, profile, session, note, video)
        self._engine.post(lambda: self._engine.start_recording(order))

    def stop_recording(self) -> None:
        """Finish the recording; `Listener.recording_finished` tells when it is whole."""
        self._engine.post(self._engine.stop_recording)

    def mark(self, text: str) -> None:
        """Put a marker into the recording, at this very moment; without one nothing happens."""
        self.note_event("marker", text)

    def note_event(self, kind: str, message: str) -> None:
        """Put an event into the recording, at this very moment; without one nothing happens."""
        stamp_ns = time.perf_counter_ns()
        self._engine.post(lambda: self._engine.note_event(kind, message, stamp_ns))

    def use(self, calibration: Calibration | None, report: Mapping[str, Any] | None = None) -> None:
        """Find points of gaze by a calibration from the next frame on, or none any more.

        Args:
            calibration: one that belongs to another model than the one that runs is not used.
            report: its latest validation (`Report.to_json`), for recording.json.
        """
        self._engine.post(lambda: self._engine.use(calibration, report))

    def observe(self, observer: Observer | None) -> None:
        """Show every sample to an observer from the next frame on, or to nobody any more."""
        self._engine.post(lambda: self._engine.observe(observer))

    def take_view(self) -> View | None:
        """The latest view, once; None where there is none that was not taken before."""
        return self._composer.take()

    def trace(self) -> Trace:
        """The last ten seconds, for the plot."""
        return self._trace.trace()

    def close(self) -> None:
        """Finish the recording, let go of everything and wait for it; a second call does nothing.

        The one method that may take its time: a second for a camera that hangs, longer where a long
        video is being finished, a minute at most.
        """
        if self._closed:
            return
        self._closed = True
        self._engine.post(self._engine.end)
        self._engine.join(FINISH_S + 10.0)
        self._composer.close()
