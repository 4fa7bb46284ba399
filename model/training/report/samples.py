"""What a model said of each sample: what tables, figures and calibration are made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, pitch_yaw
from model.training.evaluating.judging import Judged, Verdict
from model.training.metrics import judge
from model.training.personal import Person


@dataclass(frozen=True)
class Samples:
    """J samples that could be judged.

    Attributes:
        place, person: (J,) str, where each stands and who it is.
        true, predicted: (J, 2) pitch and yaw of gaze in the camera frame (where a data set tells of
            no camera, in the normalised one), radians.
        error: (J,) degrees between the two.
        sigma: (J,) degrees, what the model expected per axis.
    """

    place: NDArray[np.str_]
    person: NDArray[np.str_]
    true: Array
    predicted: Array
    error: Array
    sigma: Array


def samples_of(one: Judged) -> Samples:
    """The samples of a judged part."""
    found = judge(one.answers.prediction, one.answers.truth)
    person = np.asarray(one.answers.truth.traits["person"], dtype=np.str_)
    return Samples(
        one.answers.place[found.judged],
        person[found.judged],
        pitch_yaw(found.truth),
        pitch_yaw(found.gaze),
        found.error,
        found.sigma,
    )


def all_samples(verdict: Verdict) -> Samples:
    """The samples of all judged parts of a data set."""
    parts = [samples_of(one) for one in verdict.judged]
    return Samples(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("place", "person", "true", "predicted", "error", "sigma")
        )
    )


def persons_of(verdict: Verdict) -> list[Person]:
    """Each person as each model saw them."""
    found = []
    for one in verdict.judged:
        samples = samples_of(one)
        for name in np.unique(samples.person):
            own = samples.person == name
            found.append(
                Person(str(name) or "(unnamed)", samples.predicted[own], samples.true[own])
            )
    return found
