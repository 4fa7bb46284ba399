"""The card of an exported model."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.card import ModelCard, file_hash
from model.training.exporting.form import patches_per_face
from model.training.exporting.graph import MEANINGS, Exported, shapes_of

NORMALISATION = {
    "standardise": "each patch to zero mean and unit variance, inside the model",
    "clip": "CLIP's means and standard deviations, inside the model",
}


def make_card(
    exported: Exported,
    file: Path,
    content: dict[str, Any],
    form: dict[str, Any],
    training: dict[str, Any],
) -> ModelCard:
    """The card of a file.

    Args:
        exported: the model in it.
        file: where it lies.
        content: of the checkpoint that it comes from.
        form: precision and batch, and what they cost.
        training: what the card shall tell beside what the checkpoint tells.
    """
    config = exported.model.config
    pitch, yaw = exported.zero_point.flatten().tolist()
    shapes = shapes_of(file)
    return ModelCard(
        name=config.name,
        patch=config.patch,
        inputs=_inputs(shapes, patches_per_face(config.patch)),
        outputs={
            name: {"shape": shapes[name], "meaning": meaning} for name, meaning in MEANINGS.items()
        },
        normalisation=("colour dropped; " if config.grey else "")
        + NORMALISATION[config.normalisation],
        zero_point=(pitch, yaw),
        sha256=file_hash(file),
        data=content.get("data", []),
        form=form,
        training={
            **content["training"],
            "command": portable(content["training"]["command"]),
            "config": asdict(config),
            **({"fold": content["fold"]} if "fold" in content else {}),
            "exported": datetime.now(UTC).isoformat(timespec="seconds"),
            **training,
        },
    )


def _inputs(shapes: dict[str, list[int | str]], each: int) -> dict[str, Any]:
    first = shapes["patches"][0]
    meaning = f"{first} RGB patch(es)"
    if each == 2:
        meaning += "; the user's right eye first, flipped left-right"
        if first != each:
            meaning += ", then the left eye, then the next face's"
    inputs = {
        "patches": {"shape": shapes["patches"], "type": "uint8", "meaning": meaning},
        "head": {
            "shape": shapes["head"],
            "type": "float32",
            "meaning": "head pitch and yaw (radians, patch's frame), log(distance / 600 mm), "
            "log(camera pixels per patch pixel)",
        },
    }
    if each == 2:
        inputs["used"] = {
            "shape": shapes["used"],
            "type": "float32",
            "meaning": "1 where an eye may help to read the other one, 0 where it must not",
        }
    return inputs


def portable(command: str) -> str:
    """A command line for a card, which travels: of absolute paths, which mean something on one
    machine only, the last part."""
    return " ".join(
        Path(word).name if Path(word).is_absolute() else word for word in command.split()
    )
