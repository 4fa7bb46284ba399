"""Errors as lines of text."""

from collections.abc import Sequence

from app.calibration.offline.measured import LookError, Measured

_HEAD = (
    "target", "point of gaze", "accuracy", "precision RMS-S2S", "precision SD", "loss", "frames"
)  # fmt: skip


def table_of(measured: Measured) -> str:
    """A table: a line for each target and one for all of them, and what its columns mean."""
    totals = measured.totals
    rows = [_cells(look, several=_several(measured)) for look in measured.looks]
    samples = sum(look.samples for look in measured.looks)
    rows.append(["mean", "", *_figures(totals), str(samples)])
    widths = [max(len(row[i]) for row in [_HEAD, *rows]) for i in range(len(_HEAD))]
    lines = [_line(row, widths) for row in [_HEAD, *rows]]
    explained = (
        "Targets and points in px; accuracy and precision in degrees / px / mm; each target counts "
        "the same."
    )
    how = {"leave one target out": "Each target was left out of the fit that it is measured with."}
    return "\n".join(
        [*lines, explained, *([how[measured.method]] if measured.method in how else [])]
    )


def _several(measured: Measured) -> bool:
    return any(look.session > 1 for look in measured.looks)


def _cells(look: LookError, several: bool) -> list[str]:
    place = f"{look.target[0]:.0f}, {look.target[1]:.0f}"
    point = "-" if look.point is None else f"{look.point[0]:.0f}, {look.point[1]:.0f}"
    sitting = f"{look.session}: " if several else ""
    return [sitting + place, point, *_figures(look.figures), str(look.samples)]


def _figures(figures: dict[str, float | None]) -> list[str]:
    found = []
    for name in ("accuracy", "precision_rms", "precision_sd"):
        values = [
            (figures[f"{name}_deg"], 2),
            (figures[f"{name}_px"], 0),
            (figures[f"{name}_mm"], 1),
        ]
        found.append(" / ".join("-" if v is None else f"{v:.{digits}f}" for v, digits in values))
    loss = figures["loss"]
    return [*found, "-" if loss is None else f"{loss:.0%}"]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
