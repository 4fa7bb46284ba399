"""Numbers of an evaluation as rows, for the terminal, CSV, JSON and Markdown."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from model.training.evaluating.judging import WHOLE, Judged, Verdict
from model.training.personal import Calibrated
from model.training.protocols import RULES
from model.training.report.samples import samples_of

NUMBERS = (
    "mean_deg", "median_deg", "p90_deg", "eye_mean_deg", "eye_median_deg", "pitch_bias_deg",
    "yaw_bias_deg", "pitch_slope", "yaw_slope", "pitch_correlation", "yaw_correlation",
    "zero_shot_accuracy", "zero_shot_clear", "sigma_ratio",
)  # fmt: skip
"""What a row tells beside the counts, see `model.training.metrics.measure`."""

COUNTS = ("samples", "persons", "left_out", "bad")

RESULTS = ("row", "dataset", "trained_on", "trained_for_fold", "part", "person", *COUNTS, *NUMBERS)
"""Columns of results.csv. `row` is "fold", "mean" and "sd" (over folds), or "person"."""

PREDICTIONS = (
    "dataset", "trained_for_fold", "part", "place", "person", "true_pitch_deg", "true_yaw_deg",
    "pitch_deg", "yaw_deg", "error_deg", "sigma_deg",
)  # fmt: skip
"""Columns of predictions.csv."""

SHOWN = {
    "samples": "samples",
    "persons": "persons",
    "bad": "bad",
    "mean_deg": "mean",
    "median_deg": "median",
    "p90_deg": "90 %",
    "pitch_bias_deg": "pitch bias",
    "yaw_bias_deg": "yaw bias",
    "zero_shot_accuracy": "words right",
    "sigma_ratio": "sigma ratio",
}
"""Columns of the tables that people read, and what they are called there."""

Row = dict[str, Any]


def fold_row(verdict: Verdict, one: Judged) -> Row:
    """The row of one model on one part."""
    numbers = one.numbers
    return {
        "row": "fold",
        **_names(verdict, one),
        **{key: numbers[key] for key in NUMBERS},
        **{key: numbers[key] for key in ("samples", "left_out", "bad")},
        "persons": len(numbers.get("persons", {})),
    }


def mean_rows(verdict: Verdict) -> list[Row]:
    """Mean and, of several folds, standard deviation over them; every fold counts alike."""
    rows = [fold_row(verdict, one) for one in verdict.judged]
    values = np.array([[row[key] for key in NUMBERS] for row in rows], dtype=np.float64)
    # Several models on one and the same part do not make more samples of it.
    together = max if verdict.judged[0].fold == WHOLE else sum
    counts = {key: together(row[key] for row in rows) for key in COUNTS}
    trained = {row["trained_on"] for row in rows}
    shared = {
        "dataset": verdict.dataset,
        "trained_on": trained.pop() if len(trained) == 1 else "",
        "part": f"{len(rows)} folds' models" if len(rows) > 1 else rows[0]["part"],
    }
    found: list[Row] = [
        {"row": "mean", **shared, **counts, **_rounded(values.mean(axis=0))},
    ]
    if len(rows) > 1:
        found.append({"row": "sd", **shared, **_rounded(values.std(axis=0, ddof=1))})
    return found


def result_rows(verdicts: Sequence[Verdict]) -> list[Row]:
    """The rows of results.csv."""
    found: list[Row] = []
    for verdict in verdicts:
        found += [fold_row(verdict, one) for one in verdict.judged]
        found += mean_rows(verdict)
        for one in verdict.judged:
            for person, numbers in one.numbers.get("persons", {}).items():
                found.append({"row": "person", **_names(verdict, one), "person": person, **numbers})
    return found


def prediction_rows(verdicts: Sequence[Verdict]) -> Iterable[Row]:
    """The rows of predictions.csv."""
    for verdict in verdicts:
        for one in verdict.judged:
            names = _names(verdict, one)
            names.pop("trained_on")
            samples = samples_of(one)
            true, predicted = np.degrees(samples.true), np.degrees(samples.predicted)
            for i in range(len(samples.error)):
                numbers = (*true[i], *predicted[i], samples.error[i], samples.sigma[i])
                yield {
                    **names,
                    "place": samples.place[i],
                    "person": samples.person[i],
                    **{
                        key: f"{value:.4f}"
                        for key, value in zip(PREDICTIONS[5:], numbers, strict=True)
                    },
                }


def to_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Rows as CSV with a header; what is not known is empty."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: "" if _missing(value) else value for key, value in row.items()})
    return file.getvalue()


def to_json(
    verdicts: Sequence[Verdict], calibrated: Sequence[Calibrated | None] = ()
) -> dict[str, Any]:
    """Everything as JSON. Of several data sets "samples" and "mean_deg" at the top are sum and
    plain mean over them, which a model card wants."""
    found = [_verdict_json(verdict) for verdict in verdicts]
    for one, result in zip(found, calibrated, strict=False):
        if result is not None:
            one["calibration"] = {
                "rows": [
                    {"k": k, "mean_deg": round(mean, 4), "sd_deg": None if _missing(sd)
                     else round(sd, 4)} for k, mean, sd in result.rows
                ],
                "persons": result.persons, "draws": result.draws, "left_out": result.left_out,
            }  # fmt: skip
    if len(found) == 1:
        return found[0]
    return {
        "samples": sum(one["samples"] for one in found),
        "mean_deg": round(float(np.mean([one["mean_deg"] for one in found])), 4),
        "datasets": {one["dataset"]: one for one in found},
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    mean, *spread = mean_rows(verdict)
    found = {
        "dataset": verdict.dataset,
        "protocol": verdict.protocol,
        "part": mean["part"],
        **{key: mean[key] for key in COUNTS},
        **{key: None if _missing(mean[key]) else mean[key] for key in NUMBERS},
        "folds": {one.title: one.numbers for one in verdict.judged},
    }
    if spread:
        found["sd_deg"] = spread[0]["mean_deg"]
    return found


def terminal(verdicts: Sequence[Verdict], calibrated: Sequence[Calibrated | None] = ()) -> str:
    """What was found, for people to read."""
    blocks = []
    for number, verdict in enumerate(verdicts):
        lines = [f"{verdict.dataset}: {in_words(verdict)}", *_aligned(shown_rows(verdict))]
        for one in verdict.judged:
            lines += [f"warning: {one.title}: {text}" for text in one.numbers["warnings"]]
        if number < len(calibrated) and (result := calibrated[number]) is not None:
            lines += ["", *_aligned(calibration_rows(result)), calibration_in_words(result)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def in_words(verdict: Verdict) -> str:
    """How a data set was divided."""
    if any(one.trained is None for one in verdict.judged):
        return "all of it, by a model that does not tell its training persons"
    if not verdict.protocol:
        return "all of it, by models that were trained on another data set"
    text = f"{verdict.protocol}: {RULES[verdict.protocol]}"
    if verdict.missing:
        text += f" (of {len(verdict.folds)} folds not judged: {', '.join(verdict.missing)})"
    return text


def shown_rows(verdict: Verdict) -> list[list[str]]:
    """The table that people read, its header first."""
    rows = [["part", *SHOWN.values()]]
    for one in verdict.judged:
        rows.append([one.title, *_cells(fold_row(verdict, one))])
    if len(verdict.judged) > 1:
        mean, spread = mean_rows(verdict)
        rows.append([f"mean of {len(verdict.judged)}", *_cells(mean)])
        rows.append(["SD", *_cells(spread)])
    return rows


def calibration_rows(result: Calibrated) -> list[list[str]]:
    """The table of a calibration, its header first."""
    rows = [["k samples", "mean", "SD over draws", "less by"]]
    for k, mean, spread in result.rows:
        gain = 100.0 * (1.0 - mean / result.rows[0][1])
        rows.append(
            [str(k), f"{mean:.2f}", "-" if k == 0 or _missing(spread) else f"{spread:.2f}",
             f"{gain:.0f} %" if k else "-"]
        )  # fmt: skip
    return rows


def calibration_in_words(result: Calibrated) -> str:
    """Whom it was measured on."""
    text = f"calibration: {result.persons} persons, {result.draws} draws"
    if result.left_out:
        text += f"; too few samples of: {', '.join(result.left_out)}"
    return text


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, its header first."""
    header, *body = ("| " + " | ".join(row) + " |" for row in rows)
    line = "|---|" + "---:|" * (len(rows[0]) - 1)
    return "\n".join([header, line, *body])


def _names(verdict: Verdict, one: Judged) -> Row:
    return {
        "dataset": verdict.dataset,
        "trained_on": "" if one.trained is None else one.trained.dataset,
        "trained_for_fold": "" if one.trained is None else one.trained.fold,
        "part": one.fold,
    }


def _cells(row: Row) -> list[str]:
    return [_cell(key, row.get(key)) for key in SHOWN]


def _cell(key: str, value: Any) -> str:
    if _missing(value):
        return "-" if key in NUMBERS else ""
    if key in COUNTS:
        return f"{value}"
    return f"{100.0 * value:.0f} %" if key == "zero_shot_accuracy" else f"{value:.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _rounded(values: Any) -> Row:
    return {key: round(float(value), 4) for key, value in zip(NUMBERS, values, strict=True)}


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
