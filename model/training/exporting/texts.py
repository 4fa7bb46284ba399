"""Whether the text features in a file are those of the prompts."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from model.card import load_card
from model.errors import UserError
from model.training.checkpoint import load_checkpoint, trained_model
from model.training.exporting.graph import as_features
from model.training.gazeclip import GazeCLIP

TOLERANCE = 1e-4
"""Largest difference between text features in a file and those computed anew; each has length 1."""


def described(model: GazeCLIP, copies: list[str]) -> dict[str, Any]:
    """What the card tells about the text: the sentences, and the constants made of them.

    Args:
        model: that was exported.
        copies: names of the constants in the file.
    """
    if model.config.text.use == "none":
        return {"use": "none"}
    return {
        "use": model.config.text.use,
        "prompts": model.config.text.prompts,
        "sentences": model.prompts,
        "constants": copies,
    }


def check_text(file: Path, checkpoint: Path) -> float:
    """Compute the text features anew from the prompts, and compare those in a file with them.

    Args:
        file: an exported .onnx, its card beside it.
        checkpoint: of the training that it comes from, or its folder.

    Returns:
        The largest difference of any number.

    Raises:
        UserError: if something cannot be read, the file knows no text, or it differs by more than
            TOLERANCE.
    """
    card = load_card(file)
    told = card.training.get("text", {})
    if told.get("use") == "none":
        raise UserError(f"{file} was trained without text: there are no text features to check")
    names = told.get("constants", ["text"])
    graph = onnx.load(str(file)).graph
    constants = {c.name: c for c in graph.initializer if c.name in names}
    if not constants or len(constants) != len(names):
        raise UserError(f"{file} holds no text features under their names: export it again")
    model = trained_model(load_checkpoint(checkpoint))
    with torch.inference_mode():
        expected = model.text_features().numpy()
    largest = 0.0
    for constant in constants.values():
        found = as_features(onnx.numpy_helper.to_array(constant))
        if found.shape != expected.shape:
            raise UserError(f"the text features in {file} are of another model than {checkpoint}")
        largest = max(largest, float(np.abs(found - expected).max()))
    if "sentences" in told and told["sentences"] != model.prompts:
        raise UserError(
            f"the card of {file} names other sentences than the prompts of {checkpoint}: export "
            "the model again"
        )
    if not largest <= TOLERANCE:
        raise UserError(
            f"the text features in {file} differ by up to {largest:.1e} from those of the prompts "
            f"in {checkpoint}: they are not of the same training, or the file was changed"
        )
    return largest
