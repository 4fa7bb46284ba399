"""What GazeCLIP is trained for. The paper names no loss: all of this is our choice."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from model.geometry import DIRECTIONS
from model.training.config import TrainingConfig
from model.training.gazeclip import GazeOutput

PROTOTYPE = math.radians(15.0)
"""How far from straight ahead the eight directions' prototypes lie. Then the border between
straight ahead and a direction is at 7.5 degrees, as `model.geometry.STRAIGHT_AHEAD` wants it."""

GRADING = math.radians(6.0)
"""How soft the borders between directions are in the target of the image-text loss."""

RESIDUAL_UNIT = math.radians(10.0)
"""Errors enter the loss in this unit, so that its parts weigh alike."""


def unit_vectors(angles: Tensor) -> Tensor:
    """Unit vectors (N, 3) of (N, 2) pitch and yaw; `model.geometry.vector` for tensors."""
    pitch, yaw = angles[:, 0], angles[:, 1]
    return torch.stack([-pitch.cos() * yaw.sin(), -pitch.sin(), -pitch.cos() * yaw.cos()], dim=-1)


def angular_error(predicted: Tensor, true: Tensor) -> Tensor:
    """Error (N,), radians, of (N, 2) pitch and yaw: the chord between the unit vectors, which is
    the angle up to a thousandth within 9 degrees and has gradients everywhere."""
    chord = unit_vectors(predicted) - unit_vectors(true)
    return (chord.square().sum(dim=-1) + 1e-7).sqrt()


def direction_prototypes() -> Tensor:
    """(9, 3) unit vectors in the order of `model.geometry.DIRECTIONS`, straight ahead first."""
    sector = torch.arange(len(DIRECTIONS) - 1) * (math.pi / 4.0)
    side, up = sector.cos(), sector.sin()
    around = torch.stack(
        [side * math.sin(PROTOTYPE), -up * math.sin(PROTOTYPE),
         torch.full_like(side, -math.cos(PROTOTYPE))], dim=-1
    )  # fmt: skip
    return torch.cat([torch.tensor([[0.0, 0.0, -1.0]]), around])


def graded_directions(angles: Tensor) -> Tensor:
    """Target (N, 9) of the image-text loss: how well each direction describes gaze (N, 2).

    A softmax over the squared angle between the gaze and each direction's prototype: the nearest
    prototype is, but for slivers at the borders, what `model.geometry.direction_index` says.
    """
    cosine = unit_vectors(angles) @ direction_prototypes().to(angles).T
    distance = torch.acos(cosine.clamp(-1.0, 1.0))
    return (-0.5 * (distance / GRADING).square()).softmax(dim=-1)


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
    config: TrainingConfig,
    points: Tensor | None = None,
    reach: float = 1.0,
) -> tuple[Tensor, dict[str, float]]:
    """The whole loss of a batch, and its parts for the log.

    Mean angular error, plus the negative logarithm of the Laplace density of
    `model.training.gazeclip.sigma_of`, |e| / b + 2 log b, plus the image-text loss of both choices
    of words.

    Args:
        output: of the model.
        true: (N, 2) pitch and yaw in radians.
        config: weights of the parts.
        points: (N, 2, 2) where iris and eyeball truly are, see `points_loss`.
        reach: see there.
    """
    error = angular_error(output.gaze, true) / RESIDUAL_UNIT
    log_width = output.log_width - math.log(RESIDUAL_UNIT)
    likelihood = (error * torch.exp(-log_width) + 2.0 * log_width).mean()
    target = graded_directions(true)
    contrastive = contrastive_loss(output.coarse, target) + contrastive_loss(output.logits, target)
    loss = error.mean() + config.likelihood * likelihood + config.contrastive * contrastive
    parts = {
        "error_deg": float(error.detach().mean()) * math.degrees(RESIDUAL_UNIT),
        "likelihood": float(likelihood.detach()),
        "contrastive": float(contrastive.detach()),
    }
    if output.points is not None and points is not None:
        places = points_loss(output.points, points, reach) / RESIDUAL_UNIT
        loss = loss + config.points * places
        parts["points_deg"] = float(places.detach()) * math.degrees(RESIDUAL_UNIT)
    return loss, parts
