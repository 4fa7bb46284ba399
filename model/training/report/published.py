"""Published errors, and what it takes to stand beside them."""

from dataclasses import dataclass

import numpy as np

from model.training.evaluating.judging import Verdict

COLUMNS = {
    "mpiifacegaze": "MPIIFaceGaze",
    "eyediap": "EyeDiap",
    "gaze360": "Gaze360",
    "rt-gene": "RT-Gene",
}
"""Data sets of the published table, as they are written."""

OTHERS = {"eth-xgaze": "ETH-XGaze", "synthgaze": "SynthGaze", "recordings": "recordings"}
"""Those that it does not have."""

ROWS: dict[str, tuple[float | None, float | None, float | None, float | None]] = {
    "FullFace": (4.93, 6.53, 14.99, 10.00),
    "Dilated-Net": (4.42, 6.19, 13.73, 8.38),
    "Gaze360": (4.06, 5.36, 11.04, 7.06),
    "CA-Net": (4.27, 5.27, 11.20, 8.27),
    "GazeTR-Pure": (4.74, 5.72, 13.58, 8.06),
    "GazeTR-Hybrid": (4.00, 5.17, 10.62, 6.55),
    "L2CS-Net": (3.92, None, 10.41, None),
    "DCGaze": (3.71, None, 10.54, None),
}
"""Mean angular error in degrees of each method, in the order of COLUMNS."""

SOURCE = (
    'the table of "Gaze Estimation using Transformer" (GazeTR, arXiv 2105.14424); L2CS-Net and '
    "DCGaze, which are younger, from their own papers. GazeCLIP's paper (arXiv 2401.00260) "
    "publishes no number that could be found"
)
"""Where they come from, for the report."""


@dataclass(frozen=True)
class Extent:
    """What a whole data set has, by the published protocol.

    Attributes:
        folds, persons, samples: the fewest that the test parts of all folds have together; 0 where
            nobody says.
    """

    folds: int
    persons: int
    samples: int


EXTENTS = {
    "mpiifacegaze": Extent(15, 15, 45000),
    "eyediap": Extent(4, 14, 10000),
    "gaze360": Extent(1, 0, 10000),
    "rt-gene": Extent(3, 13, 10000),
}
"""MPIIFaceGaze: 15 persons x 3000. RT-Gene: the persons of its three folds. EyeDiap: its four
clusters of the 14 who sat before its VGA screen. 10,000 is no count but a bound that the whole data
sets exceed by far and no mini-set reaches."""

ENOUGH = 0.99
"""Share of the samples that must have been judged."""


def published(dataset: str) -> dict[str, float]:
    """Published errors of a data set in degrees, by method; none where it is not in the table."""
    if dataset not in COLUMNS:
        return {}
    column = list(COLUMNS).index(dataset)
    return {name: row[column] for name, row in ROWS.items() if row[column] is not None}  # type: ignore[misc]


def not_comparable(verdict: Verdict) -> list[str]:
    """Why a mean must not be compared with the published rows; nothing where it may be."""
    if verdict.dataset == "synthgaze":
        return ["its pictures are rendered, not photographed"]
    if verdict.dataset not in EXTENTS:
        return ["no published table lists this data set"]
    if verdict.across:
        return [
            "the published models were trained on the other persons of the same data set, this one "
            "was not, or does not say so"
        ]
    reasons = []
    extent = EXTENTS[verdict.dataset]
    if verdict.limited:
        reasons.append("only some samples of each part were judged (--limit)")
    if verdict.missing:
        reasons.append(
            f"{len(verdict.judged)} of {len(verdict.folds)} folds were judged, the published means "
            "are over all"
        )
    persons = len({str(name) for one in verdict.judged for name in one.numbers.get("persons", {})})
    samples = int(np.sum([one.numbers["samples"] for one in verdict.judged]))
    few = [
        f"{has} {what} instead of at least {needs}"
        for what, has, needs, share in (
            ("folds", len(verdict.folds), extent.folds, 1.0),
            ("persons", persons, extent.persons, 1.0),
            ("samples", samples, extent.samples, ENOUGH),
        )
        if has < share * needs
    ]
    if few:
        reasons.append(f"this is a mini-set, or a part of the data set: {', '.join(few)}")
    return reasons
