"""Steady: what is shown of one sample after the other, smoothed; what is recorded never is."""

import math
from dataclasses import dataclass, replace

import numpy as np

from app.sample import Sample
from app.signals.one_euro import one_euro_for
from app.strings import tr
from model.estimator import Estimate
from model.geometry import DIRECTIONS, Array, pitch_yaw, vector

QUICK_S, STEADY_S = 0.03, 0.3
"""Time constants, at the two ends of the slider, of what is no angle."""

PHRASES = {direction: f"looking {direction}" for direction in DIRECTIONS}


@dataclass(frozen=True)
class Shown:
    """A frame as a person is to see it.

    Attributes:
        sample: with smoothed gaze in the place of the raw one, to be drawn.
        gaze: (2,) smoothed pitch and yaw in radians; None without a face or with closed eyes.
        words: where the person looks, or why nobody knows.
        confidence: 0..1, None without a face.
    """

    sample: Sample
    gaze: Array | None
    words: str
    confidence: float | None


class Steady:
    """Smooths gaze, words and confidence.

    Args:
        smoothing: 0 quick .. 1 steady.
        unrelated: one sample says nothing about the next, so that nothing is smoothed.
    """

    def __init__(self, smoothing: float, unrelated: bool = False) -> None:
        self._unrelated = unrelated
        self._filters = [one_euro_for(smoothing) for _ in range(3)]  # right eye, left eye, both
        self._constant_s = QUICK_S * (STEADY_S / QUICK_S) ** smoothing
        self.reset()

    def reset(self) -> None:
        """Forget the person."""
        for one_euro in self._filters:
            one_euro.reset()
        self._time_ns = 0
        self._estimate: Estimate | None = None  # the last one shown, smoothed

    def update(self, sample: Sample) -> Shown:
        """What to show of the next sample."""
        if sample.estimate is None or self._unrelated:
            self.reset()
        if sample.estimate is None:
            return Shown(sample, None, tr("no face"), None)
        if sample.blink:
            # What the model makes of lids is no gaze: hold the last one while the blink lasts.
            held = replace(sample, estimate=self._estimate or sample.estimate)
            return Shown(held, None, tr("eyes closed"), sample.confidence)
        estimate = self._smoothed(sample.estimate, sample.time_ns)
        smoothed = replace(sample, estimate=estimate)
        phrase = PHRASES[estimate.description]
        return Shown(smoothed, pitch_yaw(estimate.gaze), tr(phrase), smoothed.confidence)

    def _smoothed(self, raw: Estimate, time_ns: int) -> Estimate:
        gaze = vector(self._filters[2].update(pitch_yaw(raw.gaze), time_ns))
        eye_gaze = raw.eye_gaze.copy()
        for eye, one_euro in enumerate(self._filters[:2]):
            if np.isfinite(raw.eye_gaze[eye]).all():
                eye_gaze[eye] = vector(one_euro.update(pitch_yaw(raw.eye_gaze[eye]), time_ns))
        last = self._estimate
        probabilities, sigma = raw.probabilities, raw.sigma
        if last is not None:
            elapsed_s = max((time_ns - self._time_ns) / 1e9, 0.0)
            share = 1.0 - math.exp(-elapsed_s / self._constant_s)
            probabilities = last.probabilities + share * (probabilities - last.probabilities)
            sigma = last.sigma + share * (sigma - last.sigma)
        self._time_ns = time_ns
        self._estimate = Estimate(gaze, eye_gaze, sigma, probabilities, raw.embedding)
        return self._estimate
