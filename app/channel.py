"""A bounded line from one thread to another that either end can close."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Finished(Exception):  # noqa: N818  an end is no error
    """The producer has finished, or the consumer has cancelled: nothing more will come."""


class Channel(Generic[Item]):
    """Hands items from one producing thread to one consuming thread, in order.

    Args:
        size: how many items may wait.
        latest_wins: a full channel drops its oldest item for the new one (cameras), instead of
            making the producer wait (files). May be changed at any time.
    """

    def __init__(self, size: int, latest_wins: bool = False) -> None:
        if size < 1:
            raise ValueError("a channel holds at least one item")
        self._size = size
        self.latest_wins = latest_wins
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._finished = False
        self._cancelled = False
        self._error: BaseException | None = None

    def put(self, item: Item) -> bool:
        """Producer: hand an item on. False: nobody will take it, stop producing."""
        with self._changed:
            while len(self._items) >= self._size and not self._cancelled:
                if self.latest_wins:
                    self._items.popleft()
                else:
                    self._changed.wait()
            if self._cancelled:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def finish(self, error: BaseException | None = None) -> None:
        """Producer: nothing more comes; the consumer gets what waits, then the error if any."""
        with self._changed:
            self._finished, self._error = True, error
            self._changed.notify_all()

    def cancel(self) -> None:
        """Consumer: drop what waits and let the producer go."""
        with self._changed:
            self._cancelled = True
            self._items.clear()
            self._changed.notify_all()

    def get(self, timeout: float | None = None) -> Item:
        """Consumer: the next item, waiting for it up to `timeout` seconds.

        Raises:
            Finished: nothing more comes.
            TimeoutError: nothing came in time.
            BaseException: what the producer finished with.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not self._items:
                if self._cancelled:
                    raise Finished
                if self._finished:
                    if self._error is not None:
                        raise self._error
                    raise Finished
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError
                self._changed.wait(left)
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def waiting(self) -> list[Item]:
        """Consumer: everything that has come already, without waiting."""
        with self._changed:
            items = list(self._items)
            self._items.clear()
            self._changed.notify_all()
            return items

    def __iter__(self) -> Iterator[Item]:
        while True:
            try:
                yield self.get()
            except Finished:
                return
