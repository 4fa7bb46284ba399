"""Figures of an evaluation, PNG; drawn without a screen."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from model.geometry import DIRECTIONS, Array
from model.training.evaluating.judging import Verdict
from model.training.report.samples import Samples, all_samples
from model.training.synthetic.files import write_whole

INK, BLUE, PALE, RED, GREY = "#222222", "#2a6f9e", "#b9d4e6", "#b5483a", "#8a8a8a"
DPI = 130
BIN = 5.0
"""Degrees of gaze that share a mean."""
FEWEST = 5
"""Samples below which a mean is not drawn."""
NAMED_PERSONS = 40
"""Above so many persons, bars go by error and without names."""
GROUPS = 10
"""Parts, equally large, into which samples are cut by their expected error."""

WORDS = {
    "error_by_angle": "Error against where the person looked: mean (line) and middle half (band).",
    "persons": "Mean error of each person; the line is the mean over persons.",
    "directions": "Which of nine directions the text side picked for which, per patch; each row "
    "adds up to 100 %.",
    "uncertainty": "Left: share of samples whose error stays below what the model's distribution "
    "promises. Right: real against expected error of samples grouped by the latter. On the dashed "
    "line the model knows how wrong it is.",
}
"""What each figure shows, by the end of its file's name."""


def draw_figures(folder: Path, verdict: Verdict) -> dict[str, Path]:
    """Draw all figures of a data set.

    Args:
        folder: to write into.
        verdict: the data set's.

    Returns:
        Paths by the names in WORDS.
    """
    samples = all_samples(verdict)
    confusion = np.sum([one.numbers["confusion"] for one in verdict.judged], axis=0)
    drawn: dict[str, Callable[[], Figure]] = {
        "error_by_angle": lambda: error_by_angle(samples),
        "persons": lambda: persons(samples),
        "directions": lambda: directions(confusion),
        "uncertainty": lambda: uncertainty(samples.error, samples.sigma),
    }
    paths = {}
    for name, draw in drawn.items():
        paths[name] = folder / f"{verdict.dataset}_{name}.png"
        _write(draw(), paths[name])
    return paths


def error_by_angle(samples: Samples) -> Figure:
    """Mean error against true yaw and pitch."""
    figure, panels = _figure(9.0, 3.6, 2)
    true = np.degrees(samples.true)
    ticks = (("yaw (own left < 0 < own right)", 1), ("pitch (down < 0 < up)", 0))
    top = 0.0
    for axes, (name, column) in zip(panels, ticks, strict=True):
        angle = true[:, column]
        place = np.floor(angle / BIN).astype(int)
        told = [b for b in np.unique(place) if (place == b).sum() >= FEWEST]
        if told:
            bins = np.arange(told[0], told[-1] + 1)
            middle = (bins + 0.5) * BIN
            low, mean, high = np.array([_spread(samples.error[place == b]) for b in bins]).T
            axes.fill_between(middle, low, high, color=PALE, linewidth=0, label="middle half")
            axes.plot(
                middle, mean, color=BLUE, marker="o", markersize=3.5, linewidth=1.6, label="mean"
            )
            top = max(top, float(np.nanmax(high)), float(np.nanmax(mean)))
        axes.set_xlabel(f"true {name}, degrees")
    for axes in panels:
        axes.set_ylim(0.0, 1.08 * top if top else 1.0)
    panels[0].set_ylabel("angular error, degrees")
    if top:
        panels[0].legend(frameon=False, fontsize=8, loc="lower right", ncols=2)
    panels[1].tick_params(labelleft=False)
    return figure


def _spread(error: Array) -> tuple[float, float, float]:
    """Quarter, mean and three quarters; NaN, which leaves a gap, of too few."""
    if len(error) < FEWEST:
        return (np.nan, np.nan, np.nan)
    low, high = np.percentile(error, (25.0, 75.0))
    return (float(low), float(error.mean()), float(high))


def persons(samples: Samples) -> Figure:
    """A bar for each person."""
    names = np.unique(samples.person)
    means = np.array([samples.error[samples.person == name].mean() for name in names])
    few = len(names) <= NAMED_PERSONS
    order = np.arange(len(names)) if few else np.argsort(means)
    figure, (axes,) = _figure(_width(len(names)), 3.6, 1)
    axes.bar(np.arange(len(names)), means[order], color=BLUE, width=0.7 if few else 1.0)
    axes.axhline(means.mean(), color=INK, linewidth=1.0, linestyle="--")
    axes.text(
        1.01, means.mean(), f"mean {means.mean():.2f}", color=INK, fontsize=8, va="center",
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(0.0, 1.15 * means.max())
    axes.set_ylabel("mean error, degrees")
    if few:
        slanted = max(len(str(name)) for name in names) > 4
        axes.set_xticks(np.arange(len(names)), [str(n) or "?" for n in names])
        if slanted:
            axes.tick_params(axis="x", labelrotation=90)
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("person")
    else:
        axes.set_xlabel(f"{len(names)} persons, by error")
    return figure


def _width(persons: int) -> float:
    """Inches: enough for a name below each bar, where they are named."""
    return 9.0 if persons > NAMED_PERSONS else max(4.0, 1.8 + 0.42 * persons)


def directions(confusion: NDArray[np.int64]) -> Figure:
    """Confusion of the nine directions, (9, 9) counts: rows true, columns picked."""
    figure, (axes,) = _figure(6.6, 5.6, 1)
    total = confusion.sum(axis=1, keepdims=True)
    share = 100.0 * confusion / np.maximum(total, 1)
    seen = np.where(confusion > 0, share, np.nan)  # what never happened stays white
    axes.imshow(seen, cmap="Blues", vmin=0.0, vmax=100.0)
    axes.set_xticks(np.arange(len(DIRECTIONS) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(DIRECTIONS) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#e4e4e4", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    for row in range(len(DIRECTIONS)):
        for column in range(len(DIRECTIONS)):
            if confusion[row, column]:
                axes.text(
                    column, row, f"{share[row, column]:.0f}", ha="center", va="center",
                    fontsize=8, color="white" if share[row, column] > 55.0 else INK,
                )  # fmt: skip
    rows = [f"{name}  ({n})" for name, n in zip(DIRECTIONS, total[:, 0], strict=True)]
    axes.set_xticks(
        np.arange(len(DIRECTIONS)), DIRECTIONS, rotation=45, ha="right", rotation_mode="anchor"
    )
    axes.tick_params(axis="x", length=0)
    axes.set_yticks(np.arange(len(DIRECTIONS)), rows)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("picked, % of the row")
    axes.set_ylabel("true direction (patches)")
    return figure


def uncertainty(error: Array, sigma: Array) -> Figure:
    """How honest the expected error is: (J,) degrees of real error and of expected deviation."""
    figure, (left, right) = _figure(9.0, 4.2, 2)
    quantile = promised_quantile(error, sigma)
    promised = np.linspace(0.0, 1.0, 101)
    kept = np.searchsorted(np.sort(quantile), promised, side="right") / max(len(quantile), 1)
    left.plot([0, 100], [0, 100], color=GREY, linewidth=1.0, linestyle="--")
    left.plot(100.0 * promised, 100.0 * kept, color=BLUE, linewidth=1.8)
    left.set_xlim(0, 100)
    left.set_ylim(0, 100)
    left.set_aspect("equal")
    left.set_xlabel("promised share below, %")
    left.set_ylabel("samples really below, %")
    expected = np.sqrt(2.0) * sigma
    parts = min(GROUPS, max(len(error) // FEWEST, 1))
    borders = np.unique(np.quantile(expected, np.arange(1, parts) / parts))
    group = np.searchsorted(borders, expected)
    members = [group == number for number in np.unique(group)]
    x = [np.sqrt(np.square(expected[member]).mean()) for member in members]
    y = [np.sqrt(np.square(error[member]).mean()) for member in members]
    top = 1.1 * max(*x, *y, 0.1)
    right.plot([0, top], [0, top], color=GREY, linewidth=1.0, linestyle="--")
    right.plot(x, y, color=BLUE, marker="o", markersize=4, linewidth=1.4)
    right.set_xlim(0, top)
    right.set_ylim(0, top)
    right.set_aspect("equal")
    right.set_xlabel("expected rms error, degrees")
    right.set_ylabel("real rms error, degrees")
    ratio = np.sqrt(np.mean(np.square(error / expected)))
    right.text(
        0.04, 0.96, f"sigma ratio {ratio:.2f}", transform=right.transAxes, va="top",
        color=RED if not 0.8 < ratio < 1.25 else INK, fontsize=9,
    )  # fmt: skip
    return figure


def promised_quantile(error: Array, sigma: Array) -> Array:
    """Probability (J,) that the model gave to an error no larger than the real one.

    Its errors have the density exp(-|e| / b) / (2 pi b^2) with b = sigma / sqrt(3)
    (`model.training.gazeclip.sigma_of`), so that |e| / b follows the gamma distribution of shape 2,
    whose distribution function is 1 - (1 + x) exp(-x).
    """
    x = np.sqrt(3.0) * error / sigma
    return np.asarray(1.0 - (1.0 + x) * np.exp(-x))


def _figure(width: float, height: float, panels: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(1, panels, i + 1) for i in range(panels)]
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        for side in ("left", "bottom"):
            one.spines[side].set_color(GREY)
        one.tick_params(colors=INK, labelsize=9)
    return figure, axes


def _write(figure: Figure, path: Path) -> None:
    content = io.BytesIO()
    figure.savefig(content, dpi=DPI, format="png", metadata={"Software": None})
    write_whole(path, content.getvalue())
