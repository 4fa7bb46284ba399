"""Exports a trained GazeCLIP as ONNX, checks it against torch, and writes its card."""

import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.card import ModelCard, card_path
from model.errors import UserError
from model.training.checkpoint import load_checkpoint, trained_model
from model.training.exporting.carding import make_card
from model.training.exporting.form import Form
from model.training.exporting.graph import Exported, text_copies, write_onnx
from model.training.exporting.half import to_half
from model.training.exporting.parity import (
    HALF_DEGREES,
    HALF_PROBABILITY,
    compare,
    demand_equal,
    demand_near,
)
from model.training.exporting.texts import described

PLAIN = Form()


def export(
    checkpoint: Path,
    out: Path,
    zero_point: Path | None = None,
    share: float = 1.0,
    errors: Sequence[Path] = (),
    form: Form = PLAIN,
) -> ModelCard:
    """Write `out` and its card.

    Args:
        checkpoint: of a training, or its folder.
        out: path of the .onnx file to write.
        zero_point: file that `evaluate --write-zero-point` wrote, to fold into the model.
        share: how much of it: rendered and real people may disagree about where zero is.
        errors: files that `evaluate --json` wrote, for the card, under their names.
        form: precision and batch.

    Raises:
        UserError: if something cannot be read, or torch and ONNX Runtime disagree.
    """
    if out.suffix != ".onnx":
        raise UserError(f"--out must end in .onnx, which {out} does not")
    content = load_checkpoint(checkpoint)
    pitch, yaw = read_zero_point(zero_point)
    measured = {path.stem: read_errors(path) for path in errors}
    exported = Exported(trained_model(content), (share * pitch, share * yaw)).eval()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=out.parent) as name:
        file, told = _write(exported, Path(name), form)
        text = described(exported.model, text_copies(file, exported.text.numpy()))
        training = {"parity": told.pop("parity"), "text": text}
        card = replace(make_card(exported, file, content, told, training), errors=measured)
        card.write(file.with_suffix(".json"))
        file.replace(out)
        file.with_suffix(".json").replace(card_path(out))
    return card


def _write(exported: Exported, folder: Path, form: Form) -> tuple[Path, dict[str, Any]]:
    """The file in the wanted form, which is as good as it must be, and what to tell about it."""
    spec = exported.model.config.patch
    whole = folder / "whole.onnx"
    write_onnx(exported, whole, form.faces)
    difference = compare(exported, whole, form.faces)
    demand_equal(difference)
    told: dict[str, Any] = {
        "precision": form.precision,
        "batch": "dynamic" if form.faces is None else form.faces,
        "parity": float(f"{difference.largest:.2e}"),
    }
    if form.precision == "fp32":
        return whole, told
    copies = text_copies(whole, exported.text.numpy())
    if form.precision == "fp16":
        half = folder / "half.onnx"
        to_half(whole, half, copies)
        difference = compare(exported, half, form.faces)
        demand_near(difference)
        told["parity"] = float(f"{difference.largest:.2e}")
        told["difference"] = {
            "gaze_deg": float(f"{difference.gaze:.2e}"),
            "sigma_deg": float(f"{difference.sigma:.2e}"),
            "description": float(f"{difference.probability:.2e}"),
            "allowed": {"deg": HALF_DEGREES, "description": HALF_PROBABILITY},
        }
        return half, told
    from model.training.exporting import quantising
    from model.training.exporting.samples import read_halves

    halves = read_halves(form.sources, spec)
    small = folder / "int8.onnx"
    quantising.quantise(whole, small, copies, halves.calibration, spec, form.faces)
    told["quantisation"] = quantising.cost(whole, small, halves, spec, form.faces)
    return small, told


def read_zero_point(path: Path | None) -> tuple[float, float]:
    """(pitch, yaw) in radians of a file that `evaluate --write-zero-point` wrote; (0, 0) of None.

    Raises:
        UserError: if the file is no such file.
    """
    if path is None:
        return (0.0, 0.0)
    try:
        pitch, yaw = (float(angle) for angle in _read_json(path)["zero_point"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} holds no zero point: write it with evaluate") from error
    if not math.hypot(pitch, yaw) < math.radians(20.0):
        raise UserError(f"the zero point in {path} is farther than 20 degrees off: measure it anew")
    return (pitch, yaw)


def read_errors(path: Path) -> dict[str, Any]:
    """What `evaluate --json` wrote into a file.

    Raises:
        UserError: if the file is no such file.
    """
    found = _read_json(path)
    if "samples" not in found or "mean_deg" not in found:
        raise UserError(f"{path} holds no errors: write it with evaluate --json")
    return found


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path} cannot be read: give a file that evaluate wrote") from error
