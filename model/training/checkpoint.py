"""Checkpoints: all that a training needs to go on as if it had never stopped."""

import os
from pathlib import Path
from typing import Any

import torch

from model.errors import UserError
from model.training.config import config_from_json
from model.training.gazeclip import GazeCLIP

SCHEMA = 1
FILE = "checkpoint.pt"


def save_checkpoint(folder: Path, content: dict[str, Any]) -> None:
    """Write folder/checkpoint.pt; a stop in between leaves the previous one whole."""
    path = folder / FILE
    partial = path.with_suffix(".partial")
    torch.save({"schema": SCHEMA, **content}, partial)
    os.replace(partial, path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint.

    Args:
        path: the file, or the folder of the training.

    Raises:
        UserError: if there is none, or it cannot be read.
    """
    if path.is_dir():
        path = path / FILE
    if not path.is_file():
        raise UserError(f"there is no checkpoint {path}: give the --out folder of a training")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        schema = int(content["schema"])
    except Exception as error:  # torch raises anything on a broken file
        raise UserError(f"the checkpoint {path} cannot be read: train anew") from error
    if schema > SCHEMA:
        raise UserError(f"the checkpoint {path} was written by a newer version: update the program")
    return dict(content)


def trained_model(content: dict[str, Any]) -> GazeCLIP:
    """The model with the averaged weights of a checkpoint, where it was validated those of the
    best validation, ready for inference."""
    model = GazeCLIP(config_from_json(without_pretrained(content["config"])))
    model.load_state_dict(content.get("best") or content["average"])
    return model.eval()


def without_pretrained(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration whose weights come from a checkpoint, so that none need be fetched."""
    return {**config, "clip": {**config["clip"], "pretrained": None}}
