"""A world for the engine: cameras that come and go on command, and someone who listens."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from app.live.session import LiveSession
from app.live.state import Problem, RecordingState, RecordingSummary, SourceState, View
from app.recording.reader import Recording, read_recording
from app.settings import Settings
from app.source import Frame, Source
from app.source import opening as source_opening
from app.source.camera import Camera
from app.tracker import Tracker
from model.errors import UserError
from model.estimator import Estimator
from model.landmarks import Face
from tests.material import picture
from tests.model.heads import face_at

PATIENCE_S = 30.0
"""Long enough for a machine with other things to do; nothing waits so long that works."""


class FakeCamera(Source):
    """A camera at 100 frames per second until it is unplugged."""

    kind = "camera"
    pause_s = 0.01

    def __init__(self, name: str, world: "World", mirrored: bool) -> None:
        super().__init__(mirrored)
        self.name, self.size, self.fps, self.fps_asked = name, (160, 120), 100.0, 100.0
        self.size_asked = (160, 120)
        self._world = world
        self._number = 0
        self._closed = threading.Event()

    def read(self) -> Frame | None:
        time.sleep(self.pause_s)
        if self._closed.is_set():
            return None
        if self.name in self._world.broken:
            raise RuntimeError("the driver went mad")
        if self.name not in self._world.plugged:
            self.faults.append(f"the camera {self.name} stopped giving pictures")
            return None
        now_ns = time.perf_counter_ns()
        self._number += 1
        return Frame(picture(self._number % 40), self._number - 1, now_ns, now_ns)

    def close(self) -> None:
        self._closed.set()


class World:
    """What is plugged in. `open_source` and `find_cameras` are for the session."""

    def __init__(self, *plugged: str) -> None:
        self.plugged, self.known = set(plugged), set(plugged)
        self.refusing: set[str] = set()
        self.broken: set[str] = set()
        self.opened: list[Source] = []

    def open_source(
        self,
        text: str,
        fps: float | None = None,
        size: tuple[int, int] | None = None,
        mirrored: bool = False,
    ) -> Source:
        if text in self.refusing:
            raise UserError(f"the camera {text} cannot be opened: close other programs that use it")
        if text in self.plugged:
            self.opened.append(FakeCamera(text, self, mirrored))
        elif text in self.known:
            raise UserError(f"there is no camera {text}: plug it in")
        else:
            self.opened.append(source_opening.open_source(text, fps, size, mirrored))
        return self.opened[-1]

    def find_cameras(self) -> list[Camera]:
        return [Camera(name, number, 0, "") for number, name in enumerate(sorted(self.plugged))]


class Ears:
    """A listener that remembers, and waits for what it wants to hear."""

    def __init__(self) -> None:
        self.sources: list[SourceState] = []
        self.recordings: list[RecordingState | None] = []
        self.finished: list[RecordingSummary] = []
        self.problems: list[Problem] = []
        self.views = 0
        self._changed = threading.Condition()

    def view_ready(self) -> None:
        with self._changed:
            self.views += 1
            self._changed.notify_all()

    def source_changed(self, state: SourceState) -> None:
        self._note(self.sources, state)

    def recording_changed(self, state: RecordingState | None) -> None:
        self._note(self.recordings, state)

    def recording_finished(self, summary: RecordingSummary) -> None:
        self._note(self.finished, summary)

    def problem(self, problem: Problem) -> None:
        self._note(self.problems, problem)

    def _note(self, notes: list[Any], note: object) -> None:
        with self._changed:
            notes.append(note)
            self._changed.notify_all()

    def wait(self, so: Callable[[], bool], what: str = "") -> None:
        """Wait until something is so that one of the calls brings about, or time."""
        deadline = time.monotonic() + PATIENCE_S
        with self._changed:
            while not so():
                assert time.monotonic() < deadline, f"never: {what}; {self.__dict__}"
                self._changed.wait(0.02)

    def wait_for_phase(self, phase: str, name: str | None = None) -> SourceState:
        """The latest state, once it is in that phase."""
        self.wait(
            lambda: (
                bool(self.sources)
                and self.sources[-1].phase == phase
                and name in (None, self.sources[-1].name)
            ),
            phase,
        )
        return self.sources[-1]

    def wait_for_rows(self, rows: int) -> RecordingState:
        """The state of the running recording, once it has so many rows."""
        self.wait(lambda: (s := self._running()) is not None and s.frames >= rows, "rows")
        state = self._running()
        assert state is not None
        return state

    def wait_for_finished(self, recordings: int = 1) -> RecordingSummary:
        """The last of so many finished recordings."""
        self.wait(lambda: len(self.finished) >= recordings, "finished")
        return self.finished[-1]

    def wait_for_problem(self) -> Problem:
        self.wait(lambda: bool(self.problems), "problem")
        return self.problems[-1]

    def _running(self) -> RecordingState | None:
        return self.recordings[-1] if self.recordings else None


class Faces:
    """Finds the same face in every frame but those that are black."""

    def find(self, image: np.ndarray, camera: np.ndarray) -> Face | None:
        return face_at(pitch=5, yaw=-10) if image.any() else None

    def reset(self) -> None: ...

    def close(self) -> None: ...


def quick_tracker(model: Path) -> Callable[..., Tracker]:
    """A stand-in for `load_tracker` without MediaPipe, with a tiny model."""

    def load(path: Path, provider: str, eyes: Any, fov: float, unrelated: bool) -> Tracker:
        if path.name == "missing.onnx":
            raise UserError(f"there is no model {path}: give another one")
        return Tracker(Faces(), Estimator(model, "cpu"), eyes, fov, unrelated)  # type: ignore[arg-type]

    return load


def wait_for_view(session: LiveSession, so: Callable[[View], bool] = lambda view: True) -> View:
    """The next view of which something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        view = session.take_view()
        if view is not None and so(view):
            return view
        time.sleep(0.005)
    raise AssertionError("no such view")


def recorded(summary: RecordingSummary) -> Recording:
    return read_recording(summary.folder)


def settings(**chosen: Any) -> Settings:
    return Settings(**{"fps": 100.0, **chosen})
