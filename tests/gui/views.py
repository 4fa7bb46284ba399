"""Views for tests of what shows them."""

import numpy as np

from app.hints import HINTS
from app.live.state import Measures, View
from tests.app.recording.samples import empty_sample, full_sample
from tests.material import picture


def make_view(
    number: int = 0,
    hint: str | None = None,
    face: bool = True,
    distance_mm: float | None = 600.0,
    size: tuple[int, int] = (160, 120),
) -> View:
    """A view of a frame, with or without a face, with a hint by its code."""
    return View(
        picture=picture(number, size),
        eyes=None,
        sample=full_sample(number) if face else empty_sample(number),
        gaze=np.array([0.1, -0.2]) if face else None,
        words="looking up left" if face else "no face",
        confidence=0.6 if face else None,
        hint=None if hint is None else HINTS[hint],
        measures=Measures(distance_mm=distance_mm if face else None),
        captured_ns=0,
        recording=None,
    )
