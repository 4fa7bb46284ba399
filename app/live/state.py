"""What the engine tells the window: plain frozen data, made on the engine's threads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from app.hints import Hint
from app.sample import Sample
from app.source.base import Image, Kind
from model.geometry import Array

Phase = Literal["opening", "running", "lost", "ended", "failed"]
"""Of a source: being opened; frames come; the camera went and is awaited; the file is over; it
cannot be opened or something broke."""


@dataclass(frozen=True)
class SourceState:
    """Where the engine stands with its source.

    Attributes:
        phase: see `Phase`.
        kind: None while nothing is known yet.
        name: the camera's or file's name; while it is being opened, what was asked for.
        size: (width, height) px of its frames, None before the first one.
        fps_stated: frames per second that it states, None where it states none.
        message: one sentence for the person, "" where there is nothing to say.
        demo_instead: the demo plays because no camera was found.
    """

    phase: Phase
    kind: Kind | None = None
    name: str = ""
    size: tuple[int, int] | None = None
    fps_stated: float | None = None
    message: str = ""
    demo_instead: bool = False


@dataclass(frozen=True)
class Measures:
    """How the engine is doing, over about the last second; None where not known yet.

    Attributes:
        source_fps: frames per second that the source gives, dropped ones included.
        processed_fps: frames per second that come out as samples.
        latency_ms: from a frame's capture (for files: from its presentation) to its picture being
            ready to draw.
        provider: what the model runs on, "CPU" or "CUDA".
        distance_mm: from the camera to the eyes.
        dropped: frames that this source gave and nobody had time for.
    """

    source_fps: float | None = None
    processed_fps: float | None = None
    latency_ms: float | None = None
    provider: str | None = None
    distance_mm: float | None = None
    dropped: int = 0


@dataclass(frozen=True)
class RecordingState:
    """A recording that is being made.

    Attributes:
        folder: where it lies.
        elapsed_s: seconds since its first frame.
        frames: rows so far.
        dropped: frames missing between them.
        free_bytes: what is left on its disk.
        warning: one sentence for the person, "" for none.
        video: a video is being recorded too.
    """

    folder: Path
    elapsed_s: float
    frames: int
    dropped: int
    free_bytes: int
    warning: str = ""
    video: bool = False


@dataclass(frozen=True)
class RecordingSummary:
    """A recording that is finished.

    Attributes:
        folder: where it lies.
        duration_s: seconds from its first frame to its last.
        frames: rows.
        valid_share: valid samples over rows.
        dropped: frames missing between them.
        complete: it came to a clean stop or to its source's end.
        message: all of this in one sentence for the person.
    """

    folder: Path
    duration_s: float
    frames: int
    valid_share: float
    dropped: int
    complete: bool
    message: str


@dataclass(frozen=True)
class Problem:
    """Something that went wrong.

    Attributes:
        sentence: for the person: what is wrong and what to do.
        details: for whoever wants to know: the cause, or a traceback.
    """

    sentence: str
    details: str = ""


@dataclass(frozen=True)
class View:
    """All that the window shows of one frame.

    Attributes:
        picture: (H, W, 3) RGB, contiguous, mirrored as the person sees themselves, overlays drawn,
            fitted into the asked size; nobody writes to it any more.
        eyes: the patches of the user's left and right eye (in this order), enlarged, (h, w, 3) RGB,
            each turned as the mirrored picture shows it, where the left eye is on the left; None
            without a face.
        sample: the frame's sample, as recorded.
        gaze: (2,) smoothed pitch and yaw in radians, None without a face or with closed eyes.
        words: "looking up left", "eyes closed" or "no face".
        confidence: 0..1, None without a face.
        hint: what most hurts tracking now, None for nothing.
        measures: see `Measures`.
        captured_ns: perf_counter at the frame's capture (for files: when it was handed out).
        recording: None while nothing is recorded.
    """

    picture: Image
    eyes: tuple[Image, Image] | None
    sample: Sample
    gaze: Array | None
    words: str
    confidence: float | None
    hint: Hint | None
    measures: Measures
    captured_ns: int
    recording: RecordingState | None


@dataclass(frozen=True)
class Trace:
    """The last ten seconds for the plot; arrays (N,) in order of time, NaN where missing.

    Attributes:
        time_s: seconds relative to the newest, so from -10 to 0.
        yaw_deg, pitch_deg: smoothed gaze in degrees.
        right_openness, left_openness: of the user's own eyes, 0 closed .. 1 open.
    """

    time_s: NDArray[np.float64]
    yaw_deg: NDArray[np.float64]
    pitch_deg: NDArray[np.float64]
    right_openness: NDArray[np.float64]
    left_openness: NDArray[np.float64]


class Listener(Protocol):
    """Whoever wants to know; called on the engine's threads, so be quick and do not call back."""

    def view_ready(self) -> None: ...
    def source_changed(self, state: SourceState) -> None: ...
    def recording_changed(self, state: RecordingState | None) -> None: ...
    def recording_finished(self, summary: RecordingSummary) -> None: ...
    def problem(self, problem: Problem) -> None: ...


class Observer(Protocol):
    """Whoever wants every sample, as recorded; called on the engine's thread, so be quick."""

    def update(self, sample: Sample) -> None: ...
