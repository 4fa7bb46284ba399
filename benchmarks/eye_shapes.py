"""How far eyes vary from person to person: made-up people beside photographed ones.

    python -m benchmarks.eye_shapes --portraits portraits.npz [--data DIR] [--people 200]

Everybody looks straight into the camera. Of each, the mean of both eyes is taken, in hundredths of
the eye's width from corner to corner (about 0.29 mm). The two photographs of a person tell how much
of the spread among photographs is error: the covariance of the two is the people's own variance.
"""

import argparse
import os
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.machine import machine
from model.errors import UserError
from model.geometry import Array
from model.training.synthetic.eye_shape import NAMES, eye_shape
from model.training.synthetic.figure import pose
from model.training.synthetic.head import load_head
from model.training.synthetic.landmarks import true_landmarks
from model.training.synthetic.likeness import in_likeness
from model.training.synthetic.person import Person, random_person
from model.training.synthetic.portrait import load_portraits
from model.training.synthetic.presets import VALIDATION
from model.training.synthetic.rig import Rig
from model.training.synthetic.template import plain_scene

IRIS = slice(0, 2)
LIDS = slice(2, 4)
TOLD = 4
"""The first figures of `NAMES` are told: where the iris and the two lids are."""


def shape_of(rig: Rig, person: Person) -> Array:
    """(4,) figures of a person who looks into the camera, hundredths of the eye's width."""
    scene = plain_scene(0.0, 0.0)
    landmarks = true_landmarks(rig, person, scene, pose(rig, person, scene))
    return np.asarray(100.0 * eye_shape(landmarks)[:, :TOLD].mean(axis=0))


def foretold(shapes: Array, others: Array) -> Array:
    """(..., 2) places of the iris that the lids of `others` (..., 4) let expect, by a linear
    regression on `shapes` (N, 4)."""
    fitted, *_ = np.linalg.lstsq(_known(shapes), shapes[:, IRIS], rcond=None)
    return np.asarray(_known(others) @ fitted)


def beyond_lids(shapes: Array) -> Array:
    """(2,) standard deviations of the iris's place that remain where the lids are known: of the
    residuals of a linear regression of (N, 4) figures."""
    residuals = shapes[:, IRIS] - foretold(shapes, shapes)
    return np.asarray(np.sqrt((residuals**2).sum(axis=0) / (len(shapes) - _known(shapes).shape[1])))


def _known(shapes: Array) -> Array:
    return np.concatenate([np.ones((*shapes.shape[:-1], 1)), shapes[..., LIDS]], axis=-1)


def own_spread(pairs: Array) -> Array:
    """(K,) standard deviations of people (N, 2, K) of whom there are two photographs each."""
    centred = pairs - pairs.mean(axis=0)
    covariance = (centred[:, 0] * centred[:, 1]).sum(axis=0) / (len(pairs) - 1)
    return np.asarray(np.sqrt(np.maximum(covariance, 0.0)))


def _row(name: str, values: Array, beyond: Array | None = None) -> str:
    cells = [f"{value:6.2f}" for value in values]
    cells += ["", ""] if beyond is None else [f"{value:6.2f}" for value in beyond]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=Path, required=True, metavar="FILE.npz")
    default = os.environ.get("GAZECLIP_DATA")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", default=Path(default) if default else None
    )
    parser.add_argument("--people", type=int, default=200, metavar="N")
    arguments = parser.parse_args()
    try:
        if arguments.people < 10:
            raise UserError("a spread needs more people: give --people 10 or more")
        rig = Rig(load_head(arguments.data))
        members = load_portraits(arguments.portraits, 1.0).members
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    first = VALIDATION.first_identity
    made_up = np.array(
        [
            shape_of(rig, random_person(rig, first + k))
            for k in tqdm(range(arguments.people), desc="made-up people", leave=False)
        ]
    )
    stranger = random_person(rig, first)
    photographs: dict[str, list[Array]] = defaultdict(list)
    for portrait in tqdm(members, desc="photographs", leave=False):
        person = in_likeness(rig, stranger, portrait, np.random.default_rng(0))
        photographs[portrait.name.split("/")[-1]].append(shape_of(rig, person))
    photographed = np.array([shape for shapes in photographs.values() for shape in shapes])
    pairs = np.array([shapes for shapes in photographs.values() if len(shapes) == 2])
    print(machine())
    print(f"| | {' | '.join(NAMES[:TOLD])} | iris_x given lids | iris_y given lids |")
    print("|---|" + "---|" * (TOLD + 2))
    print(_row(f"mean of {len(made_up)} made-up people", made_up.mean(axis=0)))
    print(_row(f"mean of {len(photographed)} photographs", photographed.mean(axis=0)))
    spread = made_up.std(axis=0, ddof=1)
    print(_row("SD of made-up people", spread, beyond_lids(made_up)))
    spread = photographed.std(axis=0, ddof=1)
    print(_row("SD of photographs", spread, beyond_lids(photographed)))
    if len(pairs) < 2:
        return 0  # a pack in which hardly anybody was photographed twice
    own = own_spread(pairs)
    kept = own_spread(pairs[:, :, IRIS] - foretold(photographed, pairs))
    print(_row(f"SD of the {len(pairs)} people photographed twice", own, kept))
    return 0


if __name__ == "__main__":
    sys.exit(main())
