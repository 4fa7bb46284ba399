"""CLIP towers: open_clip's by name, and our own small ones through open_clip's timm adapter."""

import logging
import pickle
import urllib.request
import warnings
import zipfile
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model
from timm.models import register_model
from timm.models.byobnet import ByoBlockCfg, ByobNet, ByoModelCfg
from torch import nn

from model.errors import UserError
from model.training.config import CONFIGS, ClipConfig

EYE_TOWER = ByoModelCfg(
    blocks=(
        ByoBlockCfg(type="basic", d=1, c=32, s=2),
        ByoBlockCfg(type="basic", d=2, c=64, s=2),
        ByoBlockCfg(type="basic", d=2, c=128, s=2),
    ),
    stem_chs=16,
    stem_pool="",
)
"""A residual network of 0.7 M parameters for eye patches: 48 x 72 pixels become 3 x 5 tokens."""

DEEP_TOWER = ByoModelCfg(
    blocks=(
        ByoBlockCfg(type="basic", d=2, c=16, s=1),
        ByoBlockCfg(type="basic", d=3, c=32, s=2),
        ByoBlockCfg(type="basic", d=4, c=64, s=2),
        ByoBlockCfg(type="basic", d=4, c=128, s=2),
    ),
    stem_chs=16,
    stem_pool="",
)
"""The same with twice as many layers, 1.5 M parameters."""

HUB = "https://huggingface.co"
HUB_PATIENCE = 5.0
"""Seconds to wait for the hub before saying that it cannot be reached."""


@register_model
def gazeclip_eye_grey(pretrained: bool = False, **options: Any) -> ByobNet:
    """The eye tower for patches without colour, under this name in timm's registry."""
    return _eye_tower(EYE_TOWER, 1, options)


@register_model
def gazeclip_eye_colour(pretrained: bool = False, **options: Any) -> ByobNet:
    """The eye tower for RGB patches, under this name in timm's registry."""
    return _eye_tower(EYE_TOWER, 3, options)


@register_model
def gazeclip_eye_deep(pretrained: bool = False, **options: Any) -> ByobNet:
    """The deeper eye tower for patches without colour, under this name in timm's registry."""
    return _eye_tower(DEEP_TOWER, 1, options)


def _eye_tower(blocks: ByoModelCfg, channels: int, options: dict[str, Any]) -> ByobNet:
    used = {key: options[key] for key in ("num_classes", "global_pool", "drop_path_rate")
            if key in options}  # fmt: skip
    return ByobNet(blocks, in_chans=channels, **used)


def create_towers(config: ClipConfig) -> nn.Module:
    """Build a CLIP model.

    Returns:
        open_clip's model with `visual`, `encode_text` and `logit_scale`.

    Raises:
        UserError: if the architecture is unknown, or its pretrained weights cannot be had.
    """
    name = _register(config.architecture)
    checkpoint = _checkpoint(name, config.pretrained)
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)  # open_clip warns of random weights, which are meant here
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a file is TorchScript, which is known
            return open_clip.create_model(
                name, pretrained=checkpoint, weights_only=not _is_torchscript(checkpoint)
            )
    except (RuntimeError, OSError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise UserError(
            f"the weights {config.pretrained} do not load into {name}: {str(error).splitlines()[0]}"
        ) from error
    finally:
        logging.disable(previous)


def _is_torchscript(checkpoint: str | None) -> bool:
    """Whether a checkpoint is a file in TorchScript, as OpenAI gives CLIP's weights out."""
    if checkpoint is None or not zipfile.is_zipfile(checkpoint):
        return False
    with zipfile.ZipFile(checkpoint) as archive:
        return any("/code/" in name for name in archive.namelist())


def tokenise(texts: list[str], context_length: int) -> torch.Tensor:
    """Token numbers (len(texts), context_length) by CLIP's vocabulary, which open_clip brings."""
    return open_clip.tokenizer.SimpleTokenizer(context_length=context_length)(texts)


def input_channels(visual: nn.Module) -> int:
    """1 or 3: colour channels that a visual tower takes."""
    first = next(m for m in visual.modules() if isinstance(m, nn.Conv2d))
    return first.in_channels


def _register(architecture: str) -> str:
    """The name under which open_clip knows an architecture, made known to it if need be."""
    path = Path(architecture)
    if path.suffix != ".json":
        if architecture in open_clip.list_models():
            return architecture
        path = CONFIGS / "towers" / f"{architecture}.json"
    if not path.is_file():
        raise UserError(
            f"there is no CLIP architecture {architecture}: give a name that open_clip knows or "
            "the path of an open_clip model configuration (.json)"
        )
    open_clip.add_model_config(path)
    if path.stem not in open_clip.list_models():
        raise UserError(f"{path} is no open_clip model configuration")
    return path.stem


def _checkpoint(name: str, pretrained: str | None) -> str | None:
    """Where the weights are: a file, or a tag that is at hand or can be fetched.

    open_clip would retry for half a minute without a network, so the hub is asked first.
    """
    if pretrained is None:
        return None
    if Path(pretrained).is_file():
        return pretrained
    tag = get_pretrained_cfg(name, pretrained)
    if not tag:
        known = ", ".join(list_pretrained_tags_by_model(name)) or "none"
        raise UserError(
            f"{pretrained} is neither a file nor pretrained weights of {name} (known: {known})"
        )
    if tag.get("quick_gelu") and not open_clip.get_model_config(name).get("quick_gelu"):
        # The tag alone would not do: whoever rebuilds the model from its configuration and other
        # weights must get the same activations.
        raise UserError(
            f"the weights {pretrained} of {name} were trained with another activation: name the "
            f"architecture {name}-quickgelu in the configuration"
        )
    if not _cached(tag) and not _hub_answers():
        raise UserError(
            f"the pretrained weights {pretrained} of {name} are not on this machine and "
            f"{HUB} cannot be reached: download {_file_on_hub(tag)} on another machine, copy it "
            "anywhere on this one and give --pretrained FILE, or train without (--pretrained none)"
        )
    return pretrained


def _file_on_hub(tag: dict[str, Any]) -> str:
    """The address of a tag's weights."""
    repository, _, file = str(tag.get("hf_hub", "")).rpartition("/")
    if not repository:
        return str(tag.get("url", "them"))
    return f"{HUB}/{repository}/resolve/main/{file or 'open_clip_model.safetensors'}"


def _cached(tag: dict[str, Any]) -> bool:
    from huggingface_hub import try_to_load_from_cache

    repository, _, file = str(tag.get("hf_hub", "")).rpartition("/")
    files = [file] if file else ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]
    return bool(repository) and any(
        isinstance(try_to_load_from_cache(repository, name), str) for name in files
    )


def _hub_answers() -> bool:
    request = urllib.request.Request(HUB, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=HUB_PATIENCE):
            return True
    except OSError:
        return False
