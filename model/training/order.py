"""Which samples each step of a training sees."""

import numpy as np
from numpy.typing import NDArray

_STREAM = 29
"""Keeps this chance apart from that of other parts of a training with the same seed."""


class Order:
    """Batches without replacement, every sample once a round; what does not fill a batch at a
    round's end waits for another round.

    A pure function of seed and step: a training that goes on after a kill, or on more machines,
    needs nothing but the number of its step.

    Args:
        items: (N,) numbers of the samples.
        batch: how many at a time; at most N.
        seed: of chance.
    """

    def __init__(self, items: NDArray[np.int64], batch: int, seed: int) -> None:
        self.items = items
        self.batch = max(min(batch, len(items)), 1)
        self.seed = seed
        self.steps = max(len(items) // self.batch, 1)
        self._round, self._shuffled = -1, items

    def of(self, step: int) -> NDArray[np.int64]:
        """The samples (batch,) of a step."""
        round_, place = divmod(step, self.steps)
        if round_ != self._round:
            generator = np.random.default_rng([_STREAM, self.seed, round_])
            self._round, self._shuffled = round_, generator.permutation(self.items)
        return self._shuffled[place * self.batch : (place + 1) * self.batch]
