"""How far a written file is from torch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from model.errors import UserError
from model.geometry import angle_between, vector
from model.training.exporting.graph import MEANINGS, Exported, example
from model.training.exporting.running import open_session

PARITY = 1e-4
"""Largest difference between torch and ONNX Runtime in any output; radians for gaze and sigma."""

HALF_DEGREES = 0.1
"""What half precision may cost in gaze and in sigma, degrees."""

HALF_PROBABILITY = 0.02
"""And in the probabilities of the descriptions."""

PARITY_DRAWS = 32
"""How many random patches the two are compared on."""

SEVERAL = (1, 2, 5)
"""Faces at once on which a file for any number is tried."""


@dataclass(frozen=True)
class Difference:
    """The largest differences between torch and a file.

    Attributes:
        largest: of any output.
        gaze: degrees.
        sigma: degrees.
        probability: of a description.
    """

    largest: float
    gaze: float
    sigma: float
    probability: float


def compare(exported: Exported, path: Path, faces: int | None = 1) -> Difference:
    """Compare torch and a file on noise and on smooth pictures like real patches, in every kind of
    light."""
    session = open_session(path)
    generator = np.random.default_rng(1)
    gaze = sigma = probability = rest = 0.0
    for draw in range(PARITY_DRAWS):
        count = SEVERAL[draw % len(SEVERAL)] if faces is None else faces
        inputs = example(exported.model.config, generator, count)
        found = session.run(list(MEANINGS), inputs)
        with torch.inference_mode():
            outputs = exported(*(torch.from_numpy(array) for array in inputs.values()))
        expected = [output.numpy() for output in outputs]
        apart = [float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True)]
        if not np.isfinite(apart).all():  # a maximum would pass over them
            return Difference(float("inf"), float("inf"), float("inf"), float("inf"))
        angle = angle_between(vector(found[0]), vector(expected[0]))
        gaze = max(gaze, float(np.degrees(angle).max()))
        sigma, probability = max(sigma, float(np.degrees(apart[1]))), max(probability, apart[2])
        rest = max(rest, *apart)
    return Difference(rest, gaze, sigma, probability)


def demand_equal(found: Difference) -> None:
    """Refuse a file that is not what torch computes.

    Raises:
        UserError: if they differ by more than PARITY.
    """
    if not found.largest <= PARITY:
        raise UserError(
            f"torch and ONNX Runtime differ by {found.largest:.1e}, more than {PARITY:.0e}: "
            "nothing was exported; check the installed versions against requirements-train.txt"
        )


def demand_near(found: Difference) -> None:
    """Refuse a file of half precision that says something else than the whole one.

    Raises:
        UserError: if they differ by more than HALF_DEGREES or HALF_PROBABILITY.
    """
    worst = max(found.gaze, found.sigma)
    if not (worst <= HALF_DEGREES and found.probability <= HALF_PROBABILITY):
        raise UserError(
            f"in half precision the model differs from torch by up to {worst:.2f} degrees (allowed "
            f"are {HALF_DEGREES:g}) and {found.probability:.3f} in the descriptions "
            f"({HALF_PROBABILITY:g}): nothing was exported; use --precision fp32"
        )
