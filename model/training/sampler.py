"""Draws batches without replacement, and can be put back to where it was."""

import torch
from torch import Tensor


class Sampler:
    """Batches of indices; every item comes once before any comes again.

    Args:
        items: (N,) indices to draw from.
        batch: how many at a time, at most N.
        generator: where chance comes from.
    """

    def __init__(self, items: Tensor, batch: int, generator: torch.Generator) -> None:
        self.items = items
        self.batch = min(batch, len(items))
        self.generator = generator
        self.waiting = items[:0]

    def __next__(self) -> Tensor:
        if len(self.waiting) < self.batch:
            order = torch.randperm(len(self.items), generator=self.generator)
            self.waiting = self.items[order]
        drawn, self.waiting = self.waiting[: self.batch], self.waiting[self.batch :]
        return drawn
