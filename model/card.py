"""The model card: a JSON file beside each exported model that says what the model is and eats."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from model.errors import UserError
from model.patches import PatchSpec

SCHEMA = 2
"""2 since a card may tell a form; a card of schema 1 is one of fp32 and one face."""

OUTPUTS = ("gaze", "sigma", "description", "embedding")
"""What every exported model hands out, by name."""


@dataclass(frozen=True)
class ModelCard:
    """What is known about an exported model.

    Attributes:
        name: of the model, such as "gazeclip-s".
        patch: the patches it eats.
        inputs: shape and kind of each input by name; pixels go in as they are, RGB 0..255, their
            normalisation being part of the model.
        outputs: shape and meaning of each output by name.
        normalisation: what the model does to the pixels, in words.
        zero_point: (pitch, yaw) in radians in the patches' normalised frames, already subtracted
            inside the model; for the record.
        sha256: of the .onnx file.
        data: what it was trained on.
        errors: its measured errors, as `evaluate` writes them; empty where nobody measured.
        training: command, date, seed, steps and versions.
        form: "precision" (fp32, fp16 or int8) and "batch" (faces at once, or "dynamic") of the
            file, and what they cost; empty on older cards, which are of fp32 and one face.
    """

    name: str
    patch: PatchSpec
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    normalisation: str
    zero_point: tuple[float, float]
    sha256: str
    data: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [name for name in OUTPUTS if name not in self.outputs]
        if missing:
            raise ValueError(f"it names no output {', '.join(missing)}")

    def write(self, path: Path) -> None:
        """Write the card as JSON."""
        content = {"schema": SCHEMA, **asdict(self)}
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def card_path(model: Path) -> Path:
    """Where the card of a model lies: beside it, with the ending .json."""
    return model.with_suffix(".json")


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_card(model: Path) -> ModelCard:
    """Read the card of a model and check that the two belong together.

    Args:
        model: path of the .onnx file.

    Raises:
        UserError: if the model or its card is missing, the card is broken or from a newer version,
            or the model is not the one that the card was written for.
    """
    if not model.is_file():
        raise UserError(f"there is no model file {model}: check the path")
    path = card_path(model)
    if not path.is_file():
        raise UserError(
            f"the model {model} has no card: put {path.name}, which its export wrote, beside it"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        schema = int(content.pop("schema"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"the model card {path} is broken: export the model again") from error
    if schema > SCHEMA:
        raise UserError(
            f"the model card {path} has schema {schema}, this version reads up to {SCHEMA}: "
            "update the program"
        )
    try:
        card = _card(content)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"the model card {path} is broken ({error}): export the model again"
        ) from error
    if file_hash(model) != card.sha256:
        raise UserError(
            f"the model {model} does not match its card {path.name}: take both from the same export"
        )
    return card


def _card(content: dict[str, Any]) -> ModelCard:
    pitch, yaw = (float(angle) for angle in content.pop("zero_point"))
    return ModelCard(patch=PatchSpec(**content.pop("patch")), zero_point=(pitch, yaw), **content)
