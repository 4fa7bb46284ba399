"""Absence: from the moment a camera is lost until it gives pictures again."""

import time
from collections.abc import Callable, Iterator

from app.live.opening import Opened, Opening
from app.sample import Sample
from model.errors import UserError

RETRY_S = 1.0
"""How often the camera is looked for."""

PATIENCE_S = 0.02


class Absence:
    """Looks for the camera, and gives empty samples at its rate, so that lost time counts as lost.

    Args:
        number: of the first empty sample.
        time_ns: of the last frame before, on the source's clock.
        fps: frames per second that would have come.
        open_again: begins to open the camera.

    Attributes:
        next_number, next_ns: of the next empty sample.
        last_ns: time of the last row, empty or not.
    """

    def __init__(
        self, number: int, time_ns: int, fps: float, open_again: Callable[[], Opening]
    ) -> None:
        self._period_ns = max(round(1e9 / fps), 1)
        self.last_ns = time_ns
        self.next_number, self.next_ns = number, time_ns + self._period_ns
        self._open_again = open_again
        self._opening: Opening | None = None
        self.put_off()

    def put_off(self) -> None:
        """Look for the camera again a little later."""
        self._look_s = time.monotonic() + RETRY_S

    def due(self, now_ns: int) -> Iterator[Sample]:
        """The empty samples that lie before a time on the source's clock and were not given yet."""
        while self.next_ns < now_ns:
            yield Sample(self.next_number, self.next_ns, None)
            self.last_ns = self.next_ns
            self.next_number += 1
            self.next_ns += self._period_ns

    def look(self) -> Opened | None:
        """The camera, if it can be opened again; waits a moment for it.

        Raises:
            Exception: what went wrong besides that it cannot be opened.
        """
        if self._opening is None:
            if time.monotonic() < self._look_s:
                time.sleep(PATIENCE_S)
                return None
            self._opening = self._open_again()
        try:
            opened = self._opening.get(PATIENCE_S)
        except TimeoutError:
            return None
        except UserError:
            self._opening = None
            self.put_off()
            return None
        self._opening = None
        return opened

    def give_up(self) -> None:
        """Look for it no more."""
        if self._opening is not None:
            self._opening.abandon()
            self._opening = None
