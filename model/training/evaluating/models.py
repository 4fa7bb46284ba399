"""What `evaluate --model` may name: an exported model, one training, or a folder of folds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from model.card import load_card
from model.errors import UserError
from model.estimator import Estimator, Provider
from model.training.checkpoint import FILE, load_checkpoint, trained_model
from model.training.datasets.item import View
from model.training.datasets.patchset import PatchSet
from model.training.metrics import Prediction
from model.training.predict import predict, predict_exported


@dataclass(frozen=True)
class TrainedOn:
    """The fold of a data set that a model was trained for.

    Attributes:
        dataset: its name.
        fold: the fold's.
        seen: the persons who were learnt from, or by whom the epoch was chosen.
    """

    dataset: str
    fold: str
    seen: frozenset[str]


@dataclass(frozen=True)
class JudgedModel:
    """A model that can be asked about patches.

    Attributes:
        path: where it came from.
        name: of its configuration.
        view: what it wants to see.
        trained: the fold it was trained for; None where it does not say.
        data: what else it tells of the data that it was trained on, as a model card does.
        predict: what it says about a patch set.
    """

    path: Path
    name: str
    view: View
    trained: TrainedOn | None
    data: list[dict[str, Any]]
    predict: Callable[[PatchSet], Prediction]


def find_models(path: Path) -> list[Path]:
    """The models that a path names: itself, or each fold's training in it, by name.

    Raises:
        UserError: if it holds no training.
    """
    if path.suffix == ".onnx" or path.is_file() or (path / FILE).is_file():
        return [path]
    found = sorted(file.parent for file in path.glob(f"*/{FILE}"))
    if not found:
        raise UserError(
            f"{path} holds neither a training nor folds of one: give an .onnx file or the --out "
            "folder of a training"
        )
    return found


def open_model(path: Path, provider: Provider = "auto") -> JudgedModel:
    """Open a model for judging.

    Args:
        path: of an .onnx file, or of a training's folder or checkpoint.
        provider: to run on; "auto" takes CUDA where it works.

    Raises:
        UserError: if it cannot be read, or CUDA was demanded and is absent.
    """
    if path.suffix == ".onnx":
        estimator = Estimator(path, provider)
        card = load_card(path)
        return JudgedModel(
            path,
            card.name,
            View(estimator.spec),
            _trained(card.training.get("fold")),
            card.data,
            lambda patches: predict_exported(estimator, patches),
        )
    content = load_checkpoint(path)
    device = torch_device(provider)
    network = trained_model(content).to(device)
    with torch.inference_mode():
        text = network.text_features()
    config = network.config
    return JudgedModel(
        path,
        config.name,
        View(config.patch, config.grey),
        _trained(content.get("fold")),
        content.get("data", []),
        lambda patches: predict(network, patches, text),
    )


def torch_device(provider: Provider) -> torch.device:
    """Where torch runs a network.

    Raises:
        UserError: if CUDA was demanded and is absent.
    """
    if provider == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "CUDA was demanded but torch cannot use it on this machine: install a driver and a "
            "torch built for it, or choose --provider cpu"
        )
    return torch.device("cuda" if provider != "cpu" and torch.cuda.is_available() else "cpu")


def _trained(fold: dict[str, Any] | None) -> TrainedOn | None:
    if not fold:
        return None
    persons = fold.get("persons", {})
    seen = {str(name) for part in ("train", "validation") for name in persons.get(part, [])}
    # "" is a person whom a data set does not name: nobody can tell whether two are the same.
    return TrainedOn(str(fold["dataset"]), str(fold["fold"]), frozenset(seen - {""}))
