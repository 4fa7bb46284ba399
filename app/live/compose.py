"""Composer: makes the picture that the window shows, on a thread of its own, the latest first.

Scaled to the window's size before anything is drawn, so that lines stay fine in a large window and
a small one costs little; mirrored last, as in a mirror. Tracking never waits for it.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from app.channel import Channel, Finished
from app.hints import Hint
from app.live.measures import Meter
from app.live.shown import Shown
from app.live.state import Measures, RecordingState, View
from app.overlay import ALL_LAYERS, Layers, draw_layers, scaled
from app.sample import Sample
from app.source import Frame
from app.source.base import Image
from model.landmarks import LEFT, RIGHT
from model.patches import EYE_PATCH, cut_patches

EYE_SCALE = 4
"""How much larger than the model's patch an eye is shown."""

LARGEST = 4096
"""Pixels on the longer side of a picture, however large the window."""

CLOSE_S = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moment:
    """All that goes into one `View`."""

    frame: Frame
    sample: Sample
    shown: Shown
    hint: Hint | None
    measures: Measures
    recording: RecordingState | None
    meter: Meter


class Composer:
    """Composes views of moments; one that is not begun when the next comes is left out.

    Args:
        ready: called on the composer's thread when there is a view to `take`.
    """

    def __init__(self, ready: Callable[[], None]) -> None:
        self._ready = ready
        self._layers = ALL_LAYERS
        self._size: tuple[int, int] | None = None
        self._last: Moment | None = None
        self._lock = threading.Lock()
        self._era = 0  # raised when all before is to be forgotten
        self._view: View | None = None
        self._moments: Channel[tuple[Moment, bool]] = Channel(1, latest_wins=True)
        self._thread = threading.Thread(target=self._run, name="compose", daemon=True)
        self._thread.start()

    def show(self, moment: Moment) -> None:
        """Compose this next."""
        self._last = moment
        self._moments.put((moment, True))

    def change(self, layers: Layers | None = None, size: tuple[int, int] | None = None) -> None:
        """Draw other layers, or into another (width, height) px, also what is shown already."""
        self._layers = layers or self._layers
        self._size = size or self._size
        if self._last is not None:
            self._moments.put((self._last, False))

    def take(self) -> View | None:
        """Any thread: the latest view, once."""
        with self._lock:
            view, self._view = self._view, None
        return view

    def forget(self) -> None:
        """The source has gone: show nothing of it any more."""
        with self._lock:
            self._era += 1
            self._view = None
        self._last = None
        self._moments.waiting()

    def close(self) -> None:
        """Stop the thread."""
        self._moments.cancel()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            try:
                moment, new = self._moments.get()
            except Finished:
                return
            era = self._era
            try:
                view = compose(moment, self._layers, self._size)
                if new:
                    moment.meter.composed(moment.frame.captured_ns)
                with self._lock:
                    if era != self._era:
                        continue
                    self._view = view
                self._ready()
            except Exception:  # noqa: BLE001  one picture less is no reason to show none any more
                _log.exception("a picture could not be composed")


def compose(moment: Moment, layers: Layers, size: tuple[int, int] | None) -> View:
    """The view of a moment, its picture fitted into (width, height) px; None: as large as it is."""
    image = moment.frame.image
    scale = _scale(image, size)
    picture = _resized(image, scale)
    drawn = moment.shown.sample
    draw_layers(picture, drawn if scale == 1.0 else scaled(drawn, scale), layers)
    return View(
        picture=np.asarray(cv2.flip(picture, 1), dtype=np.uint8),
        eyes=_eyes(moment.frame, moment.sample),
        sample=moment.sample,
        gaze=moment.shown.gaze,
        words=moment.shown.words,
        confidence=moment.shown.confidence,
        hint=moment.hint,
        measures=moment.measures,
        captured_ns=moment.frame.captured_ns,
        recording=moment.recording,
    )


def _scale(image: Image, size: tuple[int, int] | None) -> float:
    height, width = image.shape[:2]
    into = size or (width, height)
    return min(into[0] / width, into[1] / height, LARGEST / max(width, height))


def _resized(image: Image, scale: float) -> Image:
    """A copy (H, W, 3) of the picture, to draw into."""
    height, width = image.shape[:2]
    to = (max(round(width * scale), 1), max(round(height * scale), 1))
    if to == (width, height):
        return image.copy()
    # Averaging costs more, and only shows where a pixel stands for several.
    how = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, to, interpolation=how), dtype=np.uint8)


def _eyes(frame: Frame, sample: Sample) -> tuple[Image, Image] | None:
    if sample.face is None or sample.patches is None:
        return None
    patches = sample.patches
    if len(patches.images) < 2:  # the model sees the whole face
        patches = cut_patches(frame.image, sample.face, EYE_PATCH)
    left, right = (
        # A patch that is flipped for the model looks as in the mirror already.
        patches.images[eye] if patches.mirrored[eye] else patches.images[eye][:, ::-1]
        for eye in (LEFT, RIGHT)
    )
    return _enlarged(left), _enlarged(right)


def _enlarged(patch: Image) -> Image:
    size = (patch.shape[1] * EYE_SCALE, patch.shape[0] * EYE_SCALE)
    enlarged = cv2.resize(np.ascontiguousarray(patch), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, dtype=np.uint8)
