"""Where things lie in an eye patch: points found by a spatial softmax over the visual maps."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Keypoints(nn.Module):
    """Mean places of K learned heat maps, the "spatial softmax" of Levine et al., "End-to-end
    training of deep visuomotor policies" (JMLR 2016): sub-pixel places come out as numbers, which
    convolutions and flattened maps tell only with many parameters and pictures.

    Args:
        fine, coarse: channels of the two visual maps that the heat maps are made of.
        count: K.
    """

    WIDTH = 48

    def __init__(self, fine: int, coarse: int, count: int) -> None:
        super().__init__()
        self.fine = nn.Conv2d(fine, self.WIDTH, 1)
        self.coarse = nn.Conv2d(coarse, self.WIDTH, 1)
        self.heat = nn.Conv2d(self.WIDTH, count, 3, padding=1)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Places (N, K, 2), in half patch widths, of maps (N, F, h, w) and (N, C, h', w')."""
        height, width = fine.shape[2:]
        wide = F.interpolate(self.coarse(coarse), size=(height, width), mode="bilinear")
        heat = self.heat(F.relu(self.fine(fine) + wide)).flatten(2).float().softmax(dim=-1)
        x, y = grid(height, width, heat.device)
        return torch.stack([heat @ x, heat @ y], dim=-1)


def grid(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """x and y (height * width,) of a map's cells in half widths from its middle."""
    x = (torch.arange(width, device=device) + 0.5) / width * 2.0 - 1.0
    y = ((torch.arange(height, device=device) + 0.5) * 2.0 - height) / width
    return x.repeat(height), y.repeat_interleave(width)
