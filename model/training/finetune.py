"""Adapts an exported model to a person's own recordings with targets, if that helps."""

import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from model.card import ModelCard, card_path, file_hash, load_card
from model.errors import UserError
from model.estimator import Estimator
from model.training.datasets.item import GazeDataset, View
from model.training.datasets.opening import open_dataset
from model.training.finetuning.fit import Adaptation, choose, fit
from model.training.finetuning.graph import adapt, read_adaptable
from model.training.finetuning.looks import Looks, look, name_of
from model.training.finetuning.verdict import Verdict, hold_out, judge

EXACT = 1e-4
"""Largest difference, radians, between the written model's gaze and the fit's."""

NAME = "fine-tuned"


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        verdict: errors on held-out targets, and whether the model helps.
        strength: of the penalty, infinite where only offsets are left.
        looks: frames that were looked at.
        held_out: targets that judged.
        written: the new model; None where it does not help.
    """

    verdict: Verdict
    strength: float
    looks: Looks
    held_out: NDArray[np.int64]
    written: Path | None

    def numbers(self) -> dict[str, Any]:
        """For a card or a file: who and what it was made of, and the errors."""
        judging = np.isin(self.looks.target, self.held_out)
        return {
            "recordings": list(self.looks.recordings),
            "targets": {
                "fitted": len(self.looks.targets) - len(self.held_out),
                "held_out": len(self.held_out),
            },
            "samples": {"fitted": int((~judging).sum()), "held_out": int(judging.sum())},
            "strength": self.strength if math.isfinite(self.strength) else "offsets only",
            "held_out": self.verdict.numbers(),
        }


def finetune(
    recordings: Sequence[Path], model: Path, out: Path, overwrite: bool = False
) -> Outcome:
    """Adapt a model to recordings, and write it with its card if it is better for that.

    Args:
        recordings: folders of recordings with targets.
        model: an exported .onnx of fp32 or fp16.
        out: path of the .onnx to write.
        overwrite: whether a file may lie there already, which must not be `model`.

    Raises:
        UserError: if something cannot be read or written, or there are too few targets.
    """
    demand_free(out, model, overwrite)
    load_card(model)
    read_adaptable(model)
    estimator = Estimator(model, "cpu")
    view = View(estimator.spec)
    opened = [(name_of(root), open_dataset("recordings", root, view)) for root in recordings]
    return adapt_to(opened, estimator, model, out)


def adapt_to(
    datasets: Sequence[tuple[str, GazeDataset]], estimator: Estimator, model: Path, out: Path
) -> Outcome:
    """As `finetune`, of data sets that are open already, each with its name."""
    looks = look(estimator, datasets)
    held_out = hold_out(looks)
    training = ~np.isin(looks.target, held_out)
    strength, _ = choose(looks, training)
    adaptation = fit(looks, training, strength)
    verdict = judge(looks, adaptation, held_out)
    outcome = Outcome(verdict, strength, looks, held_out, None)
    if not verdict.helps:
        return outcome
    # Written is what was judged, not a fit to all targets that nobody could judge any more.
    _write(model, out, estimator.card, adaptation, outcome, datasets)
    return replace(outcome, written=out)


def demand_free(out: Path, model: Path, overwrite: bool) -> None:
    """Refuse a place to write to that is none.

    Raises:
        UserError: if it is no .onnx, holds the model itself, or is taken.
    """
    if out.suffix != ".onnx":
        raise UserError(f"--out must end in .onnx, which {out} does not")
    if out.resolve() == model.resolve() or card_path(out).resolve() == card_path(model).resolve():
        raise UserError(f"{out} is the model itself, which is kept: give another file")
    if not overwrite and (out.exists() or card_path(out).exists()):
        raise UserError(f"{out} or its card is there already: give another file, or --force")
    if not out.absolute().parent.is_dir():
        raise UserError(f"there is no folder for {out}: make it, or give another file")


def _write(
    model: Path,
    out: Path,
    card: ModelCard,
    adaptation: Adaptation,
    outcome: Outcome,
    datasets: Sequence[tuple[str, GazeDataset]],
) -> None:
    from model.training.gazeclip import GAZE_SCALE

    adapted = read_adaptable(model)
    adapt(adapted, adaptation, GAZE_SCALE)
    with tempfile.TemporaryDirectory(prefix=".finetune-", dir=out.absolute().parent) as folder:
        file = Path(folder) / out.name
        onnx.save(adapted, str(file))
        _card(card, file, outcome).write(card_path(file))
        _demand_equal(file, adaptation, outcome.looks, datasets)
        file.replace(out)
        card_path(file).replace(card_path(out))


def _card(card: ModelCard, file: Path, outcome: Outcome) -> ModelCard:
    """The card of the adapted model. Errors that the original had elsewhere are not its own."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    told = {
        "date": now,
        "of": {"name": card.name, "sha256": card.sha256},
        **outcome.numbers(),
        "before_that": card.training.get("finetuned"),
    }
    return replace(
        card,
        name=card.name if card.name.endswith(NAME) else f"{card.name} {NAME}",
        sha256=file_hash(file),
        errors={},
        training={**card.training, "finetuned": told},
    )


def _demand_equal(
    file: Path,
    adaptation: Adaptation,
    looks: Looks,
    datasets: Sequence[tuple[str, GazeDataset]],
) -> None:
    """The file must say of the same frames what the fit says."""
    found = look(Estimator(file, "cpu"), datasets)
    apart = float(np.abs(found.gaze - adaptation.apply(looks)).max())
    if not apart <= EXACT:
        raise UserError(
            f"the adapted model differs by {apart:.1e} rad from what was fitted: nothing was "
            "written; export the original again with this version"
        )


def write_json(path: Path, outcome: Outcome) -> None:
    """Write what came of it.

    Raises:
        UserError: if it cannot be written.
    """
    content = {
        **outcome.numbers(),
        "helps": outcome.verdict.helps,
        "reason": outcome.verdict.reason,
        "written": None if outcome.written is None else outcome.written.name,
    }
    try:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
