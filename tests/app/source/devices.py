"""A camera without a camera."""

import threading
import time
from typing import Any

import cv2

from tests.material import picture


class FakeDevice:
    """A camera at 200 frames per second that can be told to fail, hang or refuse."""

    def __init__(self, opens: bool = True, frames: int | None = None) -> None:
        self.opens, self.left = opens, frames
        self.hang = threading.Event()
        self.failing = False
        self.asked: list[tuple[int, float]] = []
        self.released = False
        self.number = 0

    def isOpened(self) -> bool:  # noqa: N802
        return self.opens

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.005)
        while self.hang.is_set():
            time.sleep(0.01)
        if self.failing or (self.left is not None and self.number >= self.left):
            return False, None
        image = picture(self.number)[:, :, ::-1]  # BGR, as OpenCV gives it
        self.number += 1
        return True, image

    def get(self, propId: int) -> float:
        return 25.0 if propId == cv2.CAP_PROP_FPS else 0.0

    def set(self, propId: int, value: float) -> bool:
        self.asked.append((propId, value))
        return True

    def release(self) -> None:
        self.released = True
