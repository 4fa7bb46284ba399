"""The nine coarse directions and angles as tensors: `model.geometry` for torch."""

import math

import torch
from torch import Tensor

from model.geometry import DIRECTIONS

PROTOTYPE = math.radians(15.0)
"""How far from straight ahead the eight directions' prototypes lie. Then the border between
straight ahead and a direction is at 7.5 degrees, as `model.geometry.STRAIGHT_AHEAD` wants it."""

GRADING = math.radians(6.0)
"""How soft the borders between directions are in the target of the image-text loss."""


def unit_vectors(angles: Tensor) -> Tensor:
    """Unit vectors (N, 3) of (N, 2) pitch and yaw; `model.geometry.vector` for tensors."""
    pitch, yaw = angles[:, 0], angles[:, 1]
    return torch.stack([-pitch.cos() * yaw.sin(), -pitch.sin(), -pitch.cos() * yaw.cos()], dim=-1)


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
    return direction_logits(angles).softmax(dim=-1)


def direction_logits(angles: Tensor) -> Tensor:
    """Logarithm (N, 9), up to a constant, of how well each direction describes gaze (N, 2)."""
    cosine = unit_vectors(angles) @ direction_prototypes().to(angles).T
    distance = torch.acos(cosine.clamp(-1.0 + 1e-6, 1.0 - 1e-6))
    return -0.5 * (distance / GRADING).square()
