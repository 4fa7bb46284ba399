"""Look: what was collected at one target; Session: all looks of one sitting."""

from dataclasses import dataclass

from app.calibration.reading import Reading
from model.geometry import Array
from model.screen import Screen


@dataclass(frozen=True)
class Look:
    """What was collected while the user looked at one target.

    Attributes:
        target: (2,) physical pixels.
        readings: of the frames in which face and open eyes were seen, in order of time.
        missed: frames of the same time that gave no reading.
    """

    target: Array
    readings: tuple[Reading, ...]
    missed: int = 0

    def __post_init__(self) -> None:
        if self.target.shape != (2,):
            raise ValueError(f"a target is (2,), not {self.target.shape}")


@dataclass(frozen=True)
class CameraUsed:
    """Where a session's frames came from.

    Attributes:
        name: the camera's or file's.
        size: (width, height) px of its frames.
        fov: horizontal degrees of the frame.
        mirrored: its pictures come mirrored and were turned back.
    """

    name: str
    size: tuple[int, int]
    fov: float
    mirrored: bool = False


@dataclass(frozen=True)
class Session:
    """The looks of one sitting before one screen."""

    screen: Screen
    looks: tuple[Look, ...]
    camera: CameraUsed
