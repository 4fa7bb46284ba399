"""Figures of virtual users, as numbers for JSON and as Markdown for docs/benchmarks.md."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.virtual_methods import METHODS, Moved, Outcome
from benchmarks.virtual_sittings import FEW


def condition_figures(found: Sequence[Outcome]) -> dict[str, Any]:
    """One condition's figures, by method."""
    methods = {}
    for name in METHODS:
        scores = [outcome.scores[name] for outcome in found]
        accuracy = [score.accuracy_deg for score in scores]
        methods[name] = {
            "accuracy_median_deg": rounded(np.median(accuracy)),
            "accuracy_p90_deg": rounded(np.quantile(accuracy, 0.9)),
            "accuracy_mean_deg": rounded(np.mean(accuracy)),
            "precision_median_deg": rounded(np.median([s.precision_deg for s in scores])),
            "precision_p90_deg": rounded(np.quantile([s.precision_deg for s in scores], 0.9)),
        }
    return methods


def rung_figures(found: Sequence[Outcome]) -> dict[str, Any]:
    """How often each rung was chosen, and the mean error against that of the rung below it, over
    the users who have one."""
    compared = [o for o in found if o.below]
    own = [o.scores["gazeclip"].accuracy_deg for o in compared]
    below = [o.scores["below"].accuracy_deg for o in compared]
    return {
        "chosen": dict(Counter(outcome.rung or "none" for outcome in found).most_common()),
        "compared": len(compared),
        "accuracy_mean_deg": rounded(np.mean(own)) if compared else None,
        "below_accuracy_mean_deg": rounded(np.mean(below)) if compared else None,
        "worse_by_mean_deg": rounded(np.mean(own) - np.mean(below)) if compared else None,
    }


def recentre_figures(found: Sequence[Moved]) -> dict[str, Any]:
    before, after, recentred = (
        [getattr(moved, name) for moved in found]
        for name in ("before_deg", "after_deg", "recentred_deg")
    )
    return {
        "before_median_deg": rounded(np.median(before)),
        "after_median_deg": rounded(np.median(after)),
        "recentred_median_deg": rounded(np.median(recentred)),
        "ratio_of_medians": rounded(np.median(recentred) / np.median(before)),
        "median_ratio": rounded(np.median(np.array(recentred) / np.array(before))),
        "rows": [
            {
                "user": moved.user,
                "before_deg": rounded(moved.before_deg),
                "after_deg": rounded(moved.after_deg),
                "recentred_deg": rounded(moved.recentred_deg),
            }
            for moved in found
        ],
    }


def row(condition: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "user": outcome.user,
        "condition": condition,
        "rung": outcome.rung,
        "below": outcome.below,
        "loss": rounded(outcome.loss),
        "complaint": outcome.complaint,
        **{
            f"{name}_{key}_deg": rounded(getattr(score, f"{key}_deg"))
            for name, score in outcome.scores.items()
            for key in ("accuracy", "precision")
        },
    }


def rounded(value: Any) -> float:
    return round(float(value), 4)


def report(results: dict[str, Any]) -> list[str]:
    """The figures as Markdown, line by line."""
    lines = [
        f"{results['machine']}; {results['model']}, seed {results['seed']}, {results['users']} "
        f"users, {results['frames']} frames at each target"
    ]
    lines += _tables(results, results["targets"])
    if "fit_median_s" in results:
        seconds = results["fit_median_s"], results["fit_longest_s"]
        lines += ["", f"One fit takes {seconds[0]:.2f} s, the longest {seconds[1]:.2f} s."]
    if "five_targets" in results:
        lines += _tables(results["five_targets"], FEW)
    if "recentre" in results:
        moved = results["recentre"]
        lines += [
            "",
            f"{FEW} targets, then 5 cm: {moved['before_median_deg']:.2f} before, "
            f"{moved['after_median_deg']:.2f} after, {moved['recentred_median_deg']:.2f} recentred "
            f"({moved['ratio_of_medians']:.2f} times as much as before; in the median user "
            f"{moved['median_ratio']:.2f}).",
        ]
    complaints = Counter(row["complaint"] for row in results["rows"] if row["complaint"])
    return lines + [f"Not fitted, {count} of all: {text}" for text, count in complaints.items()]


def _tables(results: dict[str, Any], targets: int) -> list[str]:
    """Figures by condition and method, and the rungs that were chosen."""
    if not results["conditions"]:
        return []
    lines = [
        "",
        f"| {targets} targets | method | accuracy, median | 90th percentile | precision, median |",
        "|---|---|---|---|---|",
    ]
    for name, methods in results["conditions"].items():
        for method, figures in methods.items():
            lines.append(
                f"| {name} | {method} | {figures['accuracy_median_deg']:.2f} "
                f"| {figures['accuracy_p90_deg']:.2f} | {figures['precision_median_deg']:.2f} |"
            )
    lines += ["", "| rungs | chosen | mean error | of the rung below | worse by |",
              "|---|---|---|---|---|"]  # fmt: skip
    for name, rungs in results["rungs"].items():
        chosen = ", ".join(f"{rung} {count}" for rung, count in rungs["chosen"].items())
        figures = " | | "
        if rungs["compared"]:
            figures = (
                f" {rungs['accuracy_mean_deg']:.2f} | {rungs['below_accuracy_mean_deg']:.2f} "
                f"| {rungs['worse_by_mean_deg']:+.2f} "
            )
        lines.append(f"| {name} | {chosen} |{figures}|")
    return lines
