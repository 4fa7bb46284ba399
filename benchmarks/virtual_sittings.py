"""How virtual users sit for the benchmark: before what screen, in what posture, at what targets."""

import numpy as np

from app.calibration.choreography.layout import calibration_places, shuffled, validation_places
from model.geometry import Array
from model.screen import Screen, make_screen
from model.training.synthetic.virtual_motion import FREE, Posture
from model.training.synthetic.virtual_person import Sitting

SITTINGS = ("still", "free", "drift", "glasses", "dim", "moved")
"""Each is a calibration and a validation, but for `drift`, a validation of whoever calibrated in
`still`, ten minutes later, and `moved`, one look to recentre by and a validation, 5 cm away."""

CALIBRATION, FEW, VALIDATION = 9, 5, 5
"""Targets of a calibration, of a shorter one, all of which are among them, and of a validation."""
SCREENS = (((1920, 1080), (344.0, 194.0)), ((1920, 1080), (531.0, 299.0)),
           ((2560, 1440), (597.0, 336.0)))  # fmt: skip
"""A laptop's, 24 and 27 inches: pixels and millimetres."""

_SETTING_STREAM = 61


MOST_USERS = 1000
"""Of one seed."""


def users_of(seed: int, count: int) -> list[int]:
    """Seeds of the virtual users of a run: no two runs' are the same."""
    return [seed * MOST_USERS + k for k in range(count)]


def setting(user: int) -> tuple[Screen, Screen]:
    """The screen before a user as it truly stands, and as an application believes it to stand: its
    camera in the middle above, without tilt."""
    rng = np.random.default_rng([_SETTING_STREAM, user])
    pixels, millimetres = SCREENS[int(rng.integers(len(SCREENS)))]
    believed = make_screen(pixels, millimetres)
    x, y = believed.camera_mm + rng.normal(0.0, 5.0, 2)
    tilt = float(np.clip(rng.normal(0.0, np.radians(4.0)), -0.14, 0.14))
    return make_screen(pixels, millimetres, (float(x), float(y)), tilt), believed


def sitting_of(user: int, name: str) -> Sitting:
    """How a user sits; the movements of `drift` and `moved` are other ones than those of `still`,
    and the new posture is the user's own."""
    rng = np.random.default_rng([_SETTING_STREAM, user, 1])
    number = SITTINGS.index(name)
    if name == "free":
        return Sitting(number, manner=FREE)
    if name == "glasses":
        return Sitting(number, glasses=True)
    if name == "dim":
        return Sitting(number, dim=True)
    if name == "drift":  # slumped two to five centimetres down and forward
        amount, slope = rng.uniform(20.0, 50.0), np.radians(rng.uniform(20.0, 70.0))
        shift = [rng.normal(0.0, 10.0), amount * np.sin(slope), -amount * np.cos(slope)]
        turn = [rng.choice([-1.0, 1.0]) * rng.uniform(3.0, 8.0), rng.normal(0.0, 2.0),
                rng.choice([-1.0, 1.0]) * rng.uniform(2.0, 5.0)]  # fmt: skip
        return Sitting(number, posture=Posture(np.array(shift), np.radians(turn)))
    if name == "moved":  # five centimetres to wherever
        way = rng.normal(size=3)
        turn = rng.normal(0.0, 1.5, 3).tolist()
        return Sitting(number, posture=Posture(50.0 * way / np.linalg.norm(way), np.radians(turn)))
    return Sitting(number)


def parts_of(user: int, sitting: str) -> list[tuple[str, Array]]:
    """The parts of a sitting in order, each with its targets (N, 2) as shares of the screen."""
    validation = ("validation", shuffled(validation_places(VALIDATION), user))
    if sitting == "drift":
        return [validation]
    if sitting == "moved":
        return [("recentre", np.array([[0.5, 0.5]])), validation]
    return [("calibration", shuffled(calibration_places(CALIBRATION), user)), validation]
