"""`data check`: everything that is looked at, as one report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.patches import EYE_PATCH, FACE_PATCH
from model.training.check.counting import (
    EXAMPLES,
    angle_ranges,
    count_folds,
    count_samples,
    missing_files,
    spread,
)
from model.training.check.exchanged import find_order
from model.training.check.opening import compare_faces, open_samples
from model.training.check.sheet import write_sheet
from model.training.datasets.item import View
from model.training.datasets.opening import open_dataset

WORST_SHARE = 0.01
"""A data set of which more than this share is bad is not to be trained on."""

FACES = 1000
"""So many faces are looked at by FaceMesh where all samples are opened."""

MOST_NAMED = 30
"""More persons than that are counted, not named."""


@dataclass(frozen=True)
class Wish:
    """What is to be checked.

    Attributes:
        name, root: of the data set.
        patch: "face" or "eyes".
        pictures: so many samples are opened, spread over the data set; None opens all.
        workers: processes that open them.
        sheet: a PNG to draw, or None.
    """

    name: str
    root: Path
    patch: str
    pictures: int | None
    workers: int
    sheet: Path | None


def check(wish: Wish) -> dict[str, Any]:
    """Look at a data set.

    Returns:
        What `told` prints. "problems" holds a sentence for everything that forbids training on it.

    Raises:
        UserError: if its labels cannot be read at all.
    """
    spec = FACE_PATCH if wish.patch == "face" else EYE_PATCH
    dataset = open_dataset(wish.name, wish.root, View(spec))
    total = len(dataset.labels)
    looked_at = spread(total, total if wish.pictures is None else wish.pictures)
    opened = open_samples(dataset, looked_at, wish.workers)
    missing = missing_files(dataset)
    report: dict[str, Any] = {
        "dataset": wish.name,
        "root": str(wish.root),
        "patch": wish.patch,
        **count_samples(dataset.labels),
        "degrees": angle_ranges(dataset.labels),
        **count_folds(dataset),
        "opened": opened.count,
        "bad": {"samples": len(opened.bad), "examples": list(opened.bad.values())[:EXAMPLES]},
        "missing": None,
    }
    problems, notes = [], []
    share = len(opened.bad) / max(opened.count, 1)
    if share > WORST_SHARE:
        problems.append(f"{share:.1%} of the opened samples are bad, more than {WORST_SHARE:.0%}")
    if missing is not None:
        report["missing"] = {
            "samples": len(missing.samples),
            "files": missing.files,
            "examples": missing.examples,
        }
        share = len(missing.samples) / max(total, 1)
        if share > WORST_SHARE:
            problems.append(f"{share:.1%} of the samples lack a file, more than {WORST_SHARE:.0%}")
    if wish.patch == "face":
        faces = looked_at[spread(len(looked_at), wish.pictures or FACES)]
        verdict = compare_faces(dataset, faces, spec)
        rounded = np.round(verdict.correlation, 3).tolist()
        report["faces"] = {
            "found": verdict.faces,
            "correlation": rounded if np.isfinite(verdict.correlation).all() else None,
        }
        problems += verdict.problems
        notes += verdict.notes
    else:
        notes.append("whether angles are turned round is told from faces only: use --patch face")
        order = find_order(wish.name, wish.root)
        if order is not None:
            known = round(order.share, 3) if order.pairs else None
            report["eyes"] = {"found": order.pairs, "right_at_left": known}
            problems += order.problems
            notes += order.notes
    if wish.sheet is not None:
        write_sheet(dataset, wish.sheet)
    return {**report, "problems": problems, "notes": notes}


def told(report: dict[str, Any]) -> str:
    """A report as lines of text."""
    persons = report["persons"]
    least, most = min(persons.values()), max(persons.values())
    each = f"{least}" if least == most else f"{least} to {most}"
    lines = [
        f"{report['dataset']} in {report['root']}, {report['patch']} patches",
        f"  samples   {report['samples']}",
        f"  persons   {len(persons)}, {each} samples each",
    ]
    lines += [f"    {name:<24}{count:>8}" for name, count in _shortened(persons)]
    for name, part in report["subsets"].items():
        if name:
            lines.append(
                f"  part      {name}: {part['samples']} samples, persons: {part['persons']}"
            )
    if report["missing"] is not None:
        missing = report["missing"]
        lines.append(
            f"  files     {missing['files']} looked for, missing for {missing['samples']} samples"
        )
        lines += [f"    {example}" for example in missing["examples"]]
    lines.append(f"  opened    {report['opened']} samples, {report['bad']['samples']} of them bad")
    lines += [f"    {example}" for example in report["bad"]["examples"]]
    if report["degrees"]:
        names = list(next(iter(report["degrees"].values())))
        lines.append("  degrees   " + "".join(f"{name:>9}" for name in names))
        for axis, values in report["degrees"].items():
            lines.append(f"    {axis:<8}" + "".join(f"{values[name]:>9.1f}" for name in names))
    lines.append(f"  protocol  {report['protocol']}")
    for fold in report["folds"]:
        lines.append(
            f"    {fold['name']:<24}{fold['train']:>8} train {fold['validation']:>8} validation "
            f"{fold['test']:>8} test"
        )
    if "reason" in report:
        lines.append(f"    none: {report['reason']}")
    lines += _seen(report)
    lines += [f"note: {note}" for note in report["notes"]]
    lines += [f"problem: {problem}" for problem in report["problems"]]
    if not report["problems"]:
        lines.append("no problem found")
    return "\n".join(lines)


def _seen(report: dict[str, Any]) -> list[str]:
    lines = []
    if "faces" in report:
        line = f"  faces     found in {report['faces']['found']} pictures"
        found = report["faces"]["correlation"]
        if found is not None:
            line += (
                f"; labels and pictures correlate with {found[0][0]:.2f} in pitch and "
                f"{found[1][1]:.2f} in yaw"
            )
        lines.append(line)
    if "eyes" in report and report["eyes"]["found"]:
        lines.append(
            f"  eyes      found again in {report['eyes']['found']} faces, the user's right one at "
            f"the picture's left in {report['eyes']['right_at_left']:.0%}"
        )
    return lines


def _shortened(persons: dict[str, int]) -> list[tuple[str, int]]:
    """Not the names of hundreds of persons; --json holds them all."""
    return list(persons.items()) if len(persons) <= MOST_NAMED else []
