"""PointFinder: a calibration in use, from one sample after the other to points of gaze."""

import numpy as np

from app.calibration.calibration import Calibration
from app.calibration.reading import reading_of
from app.sample import OnScreen, Sample
from app.signals.one_euro import one_euro_for
from model.geometry import vector


class PointFinder:
    """Finds points of gaze. Filters angles, not pixels: the same steadiness at any distance.

    Args:
        calibration: the person's.
        smoothing: 0 quick .. 1 steady, see `app.signals.one_euro`.
        unrelated: one sample says nothing about the next (pictures), so that nothing is smoothed.
    """

    def __init__(self, calibration: Calibration, smoothing: float, unrelated: bool = False) -> None:
        self.calibration, self.smoothing = calibration, smoothing
        self._unrelated = unrelated
        self._filter = one_euro_for(smoothing)

    def reset(self) -> None:
        """Forget the samples so far."""
        self._filter.reset()

    def find(self, sample: Sample) -> OnScreen | None:
        """Where a sample's gaze meets the screen; None without a face or with closed eyes."""
        reading = reading_of(sample)
        if reading is None:
            return None
        screen = self.calibration.screen
        point = self.calibration.locate(reading)
        angles = self.calibration.correction.angles([reading])[0]
        if not self._unrelated:
            angles = self._filter.update(angles, sample.time_ns)
        smooth = screen.meet(reading.origin, vector(angles))
        return OnScreen(
            pixel=point.pixel,
            pixel_smooth=smooth,
            norm=point.pixel / np.array(screen.pixels),
            distance=float(screen.distance(reading.origin)),
            calibration_id=self.calibration.id,
            inside=point.inside,
        )
