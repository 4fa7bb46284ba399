"""What GazeCLIP is trained for. The paper names no loss: all of this is our choice."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from model.training.config import GazeClipConfig
from model.training.directions import graded_directions, unit_vectors
from model.training.gazeclip import GazeOutput

RESIDUAL_UNIT = math.radians(10.0)
"""Errors enter the loss in this unit, so that its parts weigh alike."""


def angular_error(predicted: Tensor, true: Tensor) -> Tensor:
    """Error (N,), radians, of (N, 2) pitch and yaw: the chord between the unit vectors, which is
    the angle up to a thousandth within 9 degrees and has gradients everywhere."""
    chord = unit_vectors(predicted) - unit_vectors(true)
    return (chord.square().sum(dim=-1) + 1e-7).sqrt()


def contrastive_loss(logits: Tensor, target: Tensor) -> Tensor:
    """CLIP's loss with graded targets, both ways: which sentence goes with a patch, and which
    patches of the batch go with a sentence.

    Args:
        logits: (N, 9) scaled similarities.
        target: (N, 9) from `graded_directions`.
    """
    sentence = F.cross_entropy(logits, target)
    share = target.sum(dim=0)
    patches = -(target * logits.log_softmax(dim=0)).sum(dim=0) / share.clamp(min=1e-3)
    # A direction that the batch hardly holds (share ~ 0) says nothing about its patches.
    present = (share > 0.5).float()
    return 0.5 * (sentence + (patches * present).sum() / present.sum().clamp(min=1.0))


def points_loss(found: Tensor, true: Tensor, reach: float) -> Tensor:
    """Mean error of points, as the angle (radians) that it turns the eye by.

    Args:
        found, true: (N, 2, 2) half patch widths; NaN where nobody knows.
        reach: half patch widths that a radian is.
    """
    known = torch.isfinite(true).all(dim=-1)
    difference = (found - true)[known] / reach
    if len(difference) == 0:
        return found.sum() * 0.0
    return (difference.square().sum(dim=-1) + 1e-6).sqrt().mean()


def gaze_loss(
    output: GazeOutput,
    true: Tensor,
    config: GazeClipConfig,
    points: Tensor | None = None,
    reach: float = 1.0,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The whole loss of a batch, and its parts for the log.

    Mean angular error, plus the negative logarithm of the Laplace density of
    `model.training.gazeclip.sigma_of`, |e| / b + 2 log b, plus the image-text loss of the words
    that are handed out and, where similarity picks it, of the text that enters the fusion.

    Args:
        output: of the model.
        true: (N, 2) pitch and yaw in radians.
        config: weights of the parts, and whether there is a text.
        points: (N, 2, 2) where iris and eyeball truly are, see `points_loss`.
        reach: see there.
    """
    weights = config.training
    error = angular_error(output.gaze, true) / RESIDUAL_UNIT
    log_width = output.log_width - math.log(RESIDUAL_UNIT)
    likelihood = (error * torch.exp(-log_width) + 2.0 * log_width).mean()
    loss = error.mean() + weights.likelihood * likelihood
    parts = {"error_deg": error.mean() * math.degrees(RESIDUAL_UNIT), "likelihood": likelihood}
    if config.text.use != "none":
        target = graded_directions(true)
        contrastive = contrastive_loss(output.logits, target)
        if config.text.use == "zero-shot":
            contrastive = contrastive + contrastive_loss(output.coarse, target)
        loss = loss + weights.contrastive * contrastive
        parts["contrastive"] = contrastive
    if output.points is not None and points is not None:
        places = points_loss(output.points, points, reach) / RESIDUAL_UNIT
        loss = loss + weights.points * places
        parts["points_deg"] = places * math.degrees(RESIDUAL_UNIT)
    return loss, {name: part.detach() for name, part in parts.items()}
