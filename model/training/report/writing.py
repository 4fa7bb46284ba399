"""Writes the report of an evaluation: report.md, results.csv, predictions.csv and figures."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from model.training.evaluating.judging import Verdict
from model.training.personal import Calibrated
from model.training.report import tables
from model.training.report.cost import Cost
from model.training.report.figures import WORDS, draw_figures
from model.training.report.published import COLUMNS, OTHERS, SOURCE, not_comparable, published
from model.training.synthetic.files import not_written, write_whole

SHOWN_BAD = 20
"""How many bad samples the report names."""


def write_report(
    folder: Path,
    verdicts: Sequence[Verdict],
    cost: Cost,
    calibrated: Sequence[Calibrated | None] = (),
    command: str = "",
    predictions: bool = False,
) -> None:
    """Write everything into a folder; what lies there of an earlier report is replaced.

    Args:
        folder: made if need be.
        verdicts: what was found on each data set.
        cost: of the model.
        calibrated: for each data set, what person-specific calibration brought, or None.
        command: the command line, for the record.
        predictions: whether to write predictions.csv, a row for each sample.

    Raises:
        UserError: if something cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from error
    results = tables.to_csv(tables.RESULTS, tables.result_rows(verdicts))
    write_whole(folder / "results.csv", results.encode())
    if predictions:
        rows = tables.to_csv(tables.PREDICTIONS, tables.prediction_rows(verdicts))
        write_whole(folder / "predictions.csv", rows.encode())
    figures = [draw_figures(folder, verdict) for verdict in verdicts]
    chosen = [*calibrated, *[None] * len(verdicts)][: len(verdicts)]
    parts = [_title(verdicts, command)]
    if len(verdicts) > 1:
        parts.append(_overview(verdicts))
    for verdict, paths, result in zip(verdicts, figures, chosen, strict=True):
        parts += _data_set(verdict, paths, result)
    parts += [_cost(cost), _files(predictions)]
    write_whole(folder / "report.md", ("\n\n".join(parts) + "\n").encode())


def _title(verdicts: Sequence[Verdict], command: str) -> str:
    names = sorted({one.model for verdict in verdicts for one in verdict.judged})
    lines = [
        f"# {', '.join(names)} on {', '.join(_name(verdict) for verdict in verdicts)}",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}."
        + (f" `{command}`" if command else "")
        + " Errors are angles between predicted and true gaze in degrees.",
    ]
    return "\n".join(lines)


def _overview(verdicts: Sequence[Verdict]) -> str:
    rows = [["data set", "judged on", "models", *tables.SHOWN.values()]]
    for verdict in verdicts:
        shown = tables.shown_rows(verdict)
        line = shown[1] if len(verdict.judged) == 1 else shown[-2]
        how = verdict.protocol or "all of it"
        rows.append([_name(verdict), how, str(len(verdict.judged)), *line[1:]])
    return "## The table\n\n" + tables.markdown(rows)


def _data_set(verdict: Verdict, figures: dict[str, Path], result: Calibrated | None) -> list[str]:
    parts = [
        f"## {_name(verdict)}",
        f"Protocol: {tables.in_words(verdict)}.",
        *_plainly(verdict),
        tables.markdown(tables.shown_rows(verdict)),
        _counts(verdict),
        *_published(verdict),
    ]
    warned = [
        f"- {one.title}: {text}" for one in verdict.judged for text in one.numbers["warnings"]
    ]
    if warned:
        parts.append("People whom it serves worse:\n\n" + "\n".join(warned))
    if result is not None:
        parts += _calibration(result)
    for name, path in figures.items():
        parts.append(f"![{WORDS[name]}]({path.name})\n\n{WORDS[name]}")
    return parts


def _plainly(verdict: Verdict) -> list[str]:
    """What must be said before any number."""
    said = []
    if verdict.across:
        where = sorted({one.trained.dataset for one in verdict.judged if one.trained is not None})
        if where:
            said.append(
                f"Across data sets: trained on {', '.join(where)}, judged on {_name(verdict)}."
            )
        else:
            said.append(
                "The model does not tell which persons it was trained on: some of these may be "
                "among them."
            )
    reasons = not_comparable(verdict)
    if (reasons and verdict.dataset in COLUMNS) or verdict.dataset == "synthgaze":
        said.append(f"**Not comparable with published numbers**: {'; '.join(reasons)}.")
    return said


def _counts(verdict: Verdict) -> str:
    counts = {key: tables.mean_rows(verdict)[0][key] for key in tables.COUNTS}
    persons = {name for one in verdict.judged for name in one.numbers.get("persons", {})}
    text = (
        f"{counts['samples']} samples of {len(persons)} persons were judged; "
        f"{counts['left_out']} left out because no patch shows where they look; "
        f"{counts['bad']} could not be read."
    )
    if len(verdict.judged) > 1:
        text += " Mean and SD are over folds, each of which counts alike."
    bad = [place for one in verdict.judged for place in one.answers.bad]
    if bad:
        text += "\n\nNot readable:\n\n" + "\n".join(f"- {place}" for place in bad[:SHOWN_BAD])
        if len(bad) > SHOWN_BAD:
            text += f"\n- and {len(bad) - SHOWN_BAD} more"
    return text


def _published(verdict: Verdict) -> list[str]:
    """This model's row below the published ones; apart from them where they do not compare."""
    rows = published(verdict.dataset)
    if not rows:
        return []
    mean, *spread = tables.mean_rows(verdict)
    own = f"{mean['mean_deg']:.2f}"
    if spread:
        own += f" (SD over folds {spread[0]['mean_deg']:.2f})"
    name = ", ".join(sorted({one.model for one in verdict.judged}))
    reasons = not_comparable(verdict)
    lines = [["method", "mean error, degrees"]]
    lines += [[method, f"{error:.2f}"] for method, error in rows.items()]
    lines.append([f"**{name}**" + (", not comparable" if reasons else ""), f"**{own}**"])
    note = f"Published rows: {SOURCE}."
    if reasons:
        note += (
            f" They are shown for orientation only and are not comparable with this model's: "
            f"{'; '.join(reasons)}."
        )
    return [f"### Next to published rows\n\n{tables.markdown(lines)}", note]


def _calibration(result: Calibrated) -> list[str]:
    if not result.rows:
        return [f"### Person-specific calibration\n\nNobody has enough samples for it "
                f"({', '.join(result.left_out)})."]  # fmt: skip
    return [
        "### Person-specific calibration",
        tables.markdown(tables.calibration_rows(result)),
        f"{result.persons} persons, {result.draws} draws of k of their samples; all rows are "
        "measured on the same other samples of the same persons, each of whom counts alike. An "
        "offset for k < 4, offset and gain with shrinkage from there on "
        "(model/training/personal.py). Where a data set is cut from films, neighbours of the drawn "
        "frames are among the others and flatter the result."
        + (f" Too few samples: {', '.join(result.left_out)}." if result.left_out else ""),
    ]


def _cost(cost: Cost) -> str:
    rows = [
        ["what", "value"],
        ["parameters, total", _count(cost.parameters)],
        ["parameters as deployed (without the text tower)", _count(cost.deployed)],
        ["FLOPs for one face (a multiply-add counts two)", _count(cost.flops)],
        [f"time for one face, median of {cost.runs}", f"{cost.latency_ms:.2f} ms"],
    ]
    return (
        f"## Cost\n\n{tables.markdown(rows)}\n\nTime: ONNX Runtime, one CPU thread, on "
        f"{cost.machine}, with whatever else ran there; the app looks twice at each frame, which "
        "doubles it."
    )


def _files(predictions: bool) -> str:
    text = (
        "## Files\n\n`results.csv`: a row for each fold (`row` is fold), mean and sd over folds, "
        "and a row for each person. Angles in degrees; pitch > 0 is up, yaw > 0 the person's own "
        "right."
    )
    if predictions:
        text += (
            " `predictions.csv`: a row for each sample; `sigma_deg` is the deviation per axis that "
            "the model expects."
        )
    return text


def _count(value: int | None) -> str:
    if value is None:
        return "not told by the file"
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{np.round(value / size, 2):g} {unit}"
    return str(value)


def _name(verdict: Verdict) -> str:
    return {**COLUMNS, **OTHERS}.get(verdict.dataset, verdict.dataset)
