"""Configurations of GazeCLIP: JSON files in configs/, read into frozen dataclasses."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from model.errors import UserError
from model.patches import PatchSpec
from model.training.prompts import PROMPT_SETS

CONFIGS = Path(__file__).parent / "configs"
SCHEMA = 1


@dataclass(frozen=True)
class ClipConfig:
    """Which CLIP the model is built on.

    Attributes:
        architecture: name of an open_clip architecture, of one of configs/towers, or the path of
            an open_clip model configuration.
        pretrained: open_clip's tag of pretrained weights, the path of a checkpoint, or None for
            random weights.
        train_text: whether the text tower learns; a pretrained one is better left as it is.
        train_visual: whether the visual tower learns.
        visual_rate: learning rate of the visual tower relative to the rest.
    """

    architecture: str
    pretrained: str | None = None
    train_text: bool = True
    train_visual: bool = True
    visual_rate: float = 1.0


@dataclass(frozen=True)
class TextConfig:
    """What the text does.

    Attributes:
        use: "zero-shot": the text that enters the fusion is picked by the similarity of picture and
            sentences, as in the paper; "learned": by a layer of its own on the picture's feature;
            "none": there is no text, and directions are read off the gaze.
        prompts: which sentences, a key of `model.training.prompts.PROMPT_SETS`.
    """

    use: Literal["zero-shot", "learned", "none"] = "zero-shot"
    prompts: str = "six sentences"


@dataclass(frozen=True)
class FusionConfig:
    """How picture and text come together, and the sizes of everything after the towers.

    Attributes:
        kind: "cross-attention": text, head pose and a learned token look at the visual tokens, as
            in the paper; "concatenation": the text beside the visual tokens' mean; "none": the text
            does not enter, it only shapes the visual tower through the image-text loss.
        width, heads, layers: of the cross-attention.
        spatial: channels to which the flattened visual map is reduced before the head.
        hidden, embedding: widths of the head's two hidden layers.
        dropout: between these two, in training.
    """

    kind: Literal["cross-attention", "concatenation", "none"] = "cross-attention"
    width: int = 96
    heads: int = 4
    layers: int = 2
    spatial: int = 32
    hidden: int = 160
    embedding: int = 64
    dropout: float = 0.1


@dataclass(frozen=True)
class TrainingConfig:
    """How it is trained.

    Attributes:
        batch: patches per step, over all processes and accumulated parts together.
        accumulate: parts that a batch is worked through in, for want of memory.
        rate: peak learning rate of AdamW.
        decay: its weight decay.
        warmup: share of the training over which the rate rises.
        contrastive: weight of the image-text loss.
        likelihood: weight of the Laplace likelihood beside the mean angular error.
        points: weight of the error in where iris and eyeball are, as angles.
        average: decay per step of the averaged weights, which are the ones that get exported.
        augmentation: strength of the augmentation, 0 for none.
        hard: how many times a round shows the hard samples of rendered shards, see
            `model.training.hard_cases`.
    """

    batch: int = 256
    accumulate: int = 1
    rate: float = 2e-3
    decay: float = 0.02
    warmup: float = 0.03
    contrastive: float = 0.2
    likelihood: float = 0.3
    points: float = 0.3
    average: float = 0.998
    augmentation: float = 1.0
    hard: int = 1


@dataclass(frozen=True)
class GazeClipConfig:
    """One GazeCLIP.

    Attributes:
        name: its name, which becomes the exported model's.
        patch: the patches it sees.
        grey: whether it sees them without colour.
        normalisation: "standardise": zero mean and unit variance per patch; "clip": the means and
            deviations that CLIP was trained with.
        clip, fusion, training, text: see there.
    """

    name: str
    patch: PatchSpec
    grey: bool
    normalisation: Literal["standardise", "clip"]
    clip: ClipConfig
    fusion: FusionConfig
    training: TrainingConfig
    text: TextConfig = TextConfig()

    def to_json(self) -> dict[str, Any]:
        """The content of the configuration's file."""
        return {"schema": SCHEMA, **asdict(self)}


def load_config(name: str | Path) -> GazeClipConfig:
    """Read a configuration by the name of one in configs/ or by path.

    Raises:
        UserError: if there is none of that name, or the file makes no sense.
    """
    path = Path(name)
    if path.suffix != ".json":
        path = CONFIGS / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.json")))
        raise UserError(f"there is no configuration {name}; known are: {known}")
    try:
        return config_from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"the configuration {path} cannot be used: {error}") from error


def config_from_json(content: dict[str, Any]) -> GazeClipConfig:
    """The configuration that `GazeClipConfig.to_json` wrote.

    Raises:
        ValueError: where a section or value is unknown, missing or of another schema.
    """
    content = dict(content)
    if content.pop("schema", None) != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    sections: dict[str, Any] = {
        "patch": PatchSpec,
        "clip": ClipConfig,
        "fusion": FusionConfig,
        "training": TrainingConfig,
        "text": TextConfig,
    }
    for key, kind in sections.items():
        given = content.get(key, {})
        unknown = set(given) - {f.name for f in fields(kind)}
        if unknown:
            raise ValueError(f"{key} knows no {', '.join(sorted(unknown))}")
        content[key] = kind(**given)
    config = GazeClipConfig(**content)
    for name, value, known in (
        ("normalisation", config.normalisation, ("standardise", "clip")),
        ("text.use", config.text.use, ("zero-shot", "learned", "none")),
        ("text.prompts", config.text.prompts, tuple(PROMPT_SETS)),
        ("fusion.kind", config.fusion.kind, ("cross-attention", "concatenation", "none")),
    ):
        if value not in known:
            raise ValueError(f"{name} is not {value!r} but one of {', '.join(known)}")
    if config.training.batch < 1 or config.training.accumulate < 1:
        raise ValueError("training.batch and training.accumulate are at least 1")
    if config.training.hard < 1 or not isinstance(config.training.hard, int):
        raise ValueError("training.hard is a whole number, at least 1")
    return config


def changed(config: GazeClipConfig, settings: Iterable[str]) -> GazeClipConfig:
    """A configuration with other values, as `train --set fusion.kind=none` gives them.

    Args:
        config: where the others come from.
        settings: each "section.key=value" or "key=value", the value as JSON or plain text.

    Raises:
        UserError: where one names nothing, or makes no sense.
    """
    content = config.to_json()
    for setting in settings:
        path, equals, text = setting.partition("=")
        *sections, key = path.strip().split(".")
        place = content
        for section in sections:
            place = place.get(section) if isinstance(place, dict) else None  # type: ignore[assignment]
        if not equals or not isinstance(place, dict) or key not in place:
            raise UserError(
                f"--set {setting} names nothing in a configuration: write SECTION.KEY=VALUE, such "
                "as fusion.kind=none"
            )
        try:
            place[key] = json.loads(text)
        except ValueError:
            place[key] = text
    try:
        return config_from_json(content)
    except (ValueError, TypeError) as error:
        raise UserError(f"--set makes no configuration: {error}") from error
