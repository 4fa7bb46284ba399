"""Runs a network, or an exported model, over a patch set."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.estimator import Estimator
from model.training.datasets.patchset import PatchSet, crop_middle
from model.training.gazeclip import GazeCLIP, sigma_of
from model.training.metrics import Prediction

CHUNK = 512
"""Patches that go through a network at once."""


def predict(model: GazeCLIP, patches: PatchSet, text: Tensor | None = None) -> Prediction:
    """What a network says about a patch set, worked out on the device that the network is on.

    Args:
        model: in whatever mode; it is put back into it.
        patches: as large as the model's or larger.
        text: `GazeCLIP.text_features` on that device, where they are at hand already.
    """
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    found: list[tuple[NDArray[np.float32], ...]] = []
    with torch.inference_mode():
        text = model.text_features() if text is None else text
        for images, head in _chunks(model, patches):
            pixels = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255.0
            output = model(model.normalise(pixels), torch.from_numpy(head).to(device), text)
            answers = (output.gaze, sigma_of(output.log_width), output.logits.softmax(dim=-1))
            found.append(tuple(answer.float().cpu().numpy() for answer in answers))
    model.train(training)
    gaze, sigma, probabilities = (np.concatenate(part) for part in zip(*found, strict=True))
    m, p = patches.images.shape[:2]
    return Prediction(gaze.reshape(m, p, 2), sigma.reshape(m, p), probabilities.reshape(m, p, 9))


def _chunks(
    model: GazeCLIP, patches: PatchSet
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    height, width = model.config.patch.height, model.config.patch.width
    images = patches.images.reshape(-1, *patches.images.shape[2:])
    head = patches.head.reshape(-1, patches.head.shape[-1])
    for start in range(0, len(images), CHUNK):
        part = crop_middle(images[start : start + CHUNK], height, width)
        yield np.ascontiguousarray(part), head[start : start + CHUNK]


def predict_exported(estimator: Estimator, patches: PatchSet) -> Prediction:
    """What an exported model says about a patch set with colour."""
    spec = estimator.spec
    images = np.ascontiguousarray(crop_middle(patches.images, spec.height, spec.width))
    if estimator.dynamic:
        return _predict_together(estimator, images, patches.head)
    found = [estimator.infer(image, head) for image, head in zip(images, patches.head, strict=True)]
    return Prediction(
        np.stack([one.gaze for one in found]),
        np.stack([one.sigma for one in found]),
        np.stack([one.description for one in found]),
    )


def _predict_together(
    estimator: Estimator, images: NDArray[np.uint8], head: NDArray[np.float32]
) -> Prediction:
    """The same of a model that takes many faces at once: M samples of P patches, in chunks."""
    m, p = images.shape[:2]
    step = CHUNK // p
    parts = []
    for start in range(0, m, step):
        own = images[start : start + step].reshape(-1, *images.shape[2:])
        told = head[start : start + step].reshape(-1, head.shape[-1])
        parts.append(estimator.infer(own, told, np.ones(len(own), dtype=bool)))
    return Prediction(
        np.concatenate([part.gaze for part in parts]).reshape(m, p, 2),
        np.concatenate([part.sigma for part in parts]).reshape(m, p),
        np.concatenate([part.description for part in parts]).reshape(m, p, -1),
    )
