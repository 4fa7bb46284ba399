"""Tracker: Frame -> Sample. No threads, no files, no window."""

import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from app.calibration.calibration import Calibration
from app.calibration.in_use import PointFinder
from app.sample import Sample
from app.signals.blink import BlinkDetector
from app.source import Frame
from model.estimator import Estimator, Eyes, Provider
from model.face import FaceTracker
from model.geometry import DEFAULT_FOV, Array, camera_matrix
from model.landmarks import Face
from model.patches import cut_patches

_camera_matrix = lru_cache(maxsize=8)(camera_matrix)


class Tracker:
    """Turns frames into samples in two steps, which may run on two threads, each in order.

    Args:
        faces: finds the face.
        estimator: finds the gaze.
        eyes: which of the user's eyes to use.
        fov: horizontal degrees of the frame; may be changed between two frames.
        unrelated: one frame says nothing about the next (pictures).
    """

    def __init__(
        self,
        faces: FaceTracker,
        estimator: Estimator,
        eyes: Eyes = "both",
        fov: float = DEFAULT_FOV,
        unrelated: bool = False,
    ) -> None:
        self.estimator, self.fov = estimator, fov
        self._faces = faces
        self._blinks = BlinkDetector(eyes, adaptive=not unrelated)
        self._unrelated = unrelated
        self._finder: PointFinder | None = None

    @property
    def calibration(self) -> Calibration | None:
        """What turns gaze into points of gaze, None where nothing does."""
        finder = self._finder
        return None if finder is None else finder.calibration

    @property
    def smoothing(self) -> float | None:
        """Of the smoothed point of gaze, None where there is none, or nothing is smoothed."""
        finder = self._finder
        return None if finder is None or self._unrelated else finder.smoothing

    def use(self, calibration: Calibration | None, smoothing: float = 0.5) -> None:
        """From the next sample on, find points of gaze by a calibration, or none any more.

        Args:
            calibration: made with this tracker's model.
            smoothing: of the smoothed point of gaze, 0 quick .. 1 steady.
        """
        finder = self._finder
        known = finder is not None and (finder.calibration, finder.smoothing) == (
            calibration,
            smoothing,
        )
        if calibration is None:
            self._finder = None
        elif not known:
            self._finder = PointFinder(calibration, smoothing, self._unrelated)

    @property
    def eyes(self) -> Eyes:
        """Which of the user's eyes are used; may be changed between two frames."""
        return self._blinks.eyes

    @eyes.setter
    def eyes(self, eyes: Eyes) -> None:
        self._blinks.eyes = eyes

    def reset(self) -> None:
        """Forget the frames so far; only while neither step runs."""
        self._faces.reset()
        self._blinks.reset()
        if self._finder is not None:
            self._finder.reset()

    def find(self, frame: Frame) -> Face | None:
        """First step: the user's face in the frame, or None."""
        if frame.fresh:
            self._faces.reset()
        return self._faces.find(frame.image, self.camera(frame))

    def sample(self, frame: Frame, face: Face | None) -> Sample:
        """Second step: patches, gaze and blink."""
        finder = self._finder
        if frame.fresh:
            self._blinks.reset()
            if finder is not None:
                finder.reset()
        if face is None:
            return Sample(frame.number, frame.time_ns, _age(frame), frame.file)
        patches = cut_patches(frame.image, face, self.estimator.spec)
        estimate = self.estimator.estimate(patches, self.eyes)
        blink = self._blinks.update(face.openness, frame.time_ns)
        sample = Sample(
            frame.number,
            frame.time_ns,
            _age(frame),
            frame.file,
            face,
            patches,
            estimate,
            blink,
        )
        return sample if finder is None else replace(sample, screen=finder.find(sample))

    def camera(self, frame: Frame) -> Array:
        """The camera matrix (3, 3) that the frame was taken with."""
        height, width = frame.image.shape[:2]
        return _camera_matrix(width, height, self.fov)

    def close(self) -> None:
        """Release MediaPipe's graphs."""
        self._faces.close()


def load_tracker(
    model: Path,
    provider: Provider = "auto",
    eyes: Eyes = "both",
    fov: float = DEFAULT_FOV,
    unrelated: bool = False,
) -> Tracker:
    """Load the models.

    Raises:
        UserError: the model, its card or the provider will not do, or MediaPipe is not there.
    """
    # The estimator first: it is the one that can be wrong, and MediaPipe takes longer.
    estimator = Estimator(model, provider)
    return Tracker(FaceTracker(static=unrelated), estimator, eyes, fov, unrelated)


def _age(frame: Frame) -> int:
    return time.perf_counter_ns() - frame.captured_ns
