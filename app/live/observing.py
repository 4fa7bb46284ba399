"""Observing: shows every sample to whoever asked for it."""

from app.live import telling
from app.live.state import Listener, Observer
from app.sample import Sample


class Observing:
    """At most one observer, which may break without taking the engine along.

    Args:
        listener: told where it does.

    Attributes:
        observer: None for nobody.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.observer: Observer | None = None

    def show(self, sample: Sample) -> None:
        """Show one more sample."""
        if self.observer is None:
            return
        try:
            self.observer.update(sample)
        except Exception as error:  # noqa: BLE001  the person is told; tracking goes on without it
            self.observer = None
            self._listener.problem(telling.problem(error))
