"""Runs a network, or an exported model, over a patch set."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from model.estimator import Estimator
from model.training.datasets.patchset import PatchSet, crop_middle
from model.training.gazeclip import GazeCLIP, sigma_of
from model.training.metrics import Prediction

CHUNK = 512
"""Patches that go through a network at once."""


def predict(model: GazeCLIP, patches: PatchSet) -> Prediction:
    """What a network says about a patch set."""
    training = model.training
    model.eval()
    found: list[tuple[NDArray[np.float32], ...]] = []
    with torch.inference_mode():
        text = model.text_features()
        for images, head in _chunks(model, patches):
            pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255.0
            output = model(model.normalise(pixels), torch.from_numpy(head), text)
            found.append(
                (
                    output.gaze.numpy(),
                    sigma_of(output.log_width).numpy(),
                    output.logits.softmax(dim=-1).numpy(),
                )
            )
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
    found = [estimator.infer(image, head) for image, head in zip(images, patches.head, strict=True)]
    return Prediction(
        np.stack([one.gaze for one in found]),
        np.stack([one.sigma for one in found]),
        np.stack([one.description for one in found]),
    )
