"""What happens in a demo clip: where the person looks, how the head moves, when they blink.

A person before a 24-inch screen looks at nine dots, then at five others, then reads. Eyes move in
saccades whose length follows the main sequence (21 ms + 2.2 ms per degree: Carpenter, Movements of
the Eyes, 1988) and drift a little while they fixate.
"""

import math
from dataclasses import dataclass

import numpy as np

from model.geometry import Array, angle_between, pitch_yaw
from model.screen import make_screen

FPS = 30
WIDTH, HEIGHT, FOV = 640, 480, 65.0
SCREEN_PX = (1920, 1080)
SCREEN_MM = (531.4, 298.9)
SCREEN = make_screen(SCREEN_PX, SCREEN_MM)

DOT_SECONDS = 1.5
LINES, LINE_GLANCES = 10, 7


@dataclass(frozen=True)
class Fixation:
    """The eyes rest on a point (2,) in px from a time on, in seconds, until the next."""

    start: float
    point: Array
    segment: str


@dataclass(frozen=True)
class Moment:
    """One frame of the clip.

    Attributes:
        pixel: (2,) the point looked at.
        target: (3,) the same in the camera frame, mm.
        position: (3,) mm between the eyes.
        angles: (pitch, yaw, roll) of the head, radians.
        blink: 0 open .. 1 closed.
        smile, brow: weights of the expression.
    """

    pixel: Array
    target: Array
    position: Array
    angles: tuple[float, float, float]
    blink: float
    smile: float
    brow: float


def screen_point(pixel: Array) -> Array:
    """Camera-frame point (..., 3) in mm of screen pixels (..., 2)."""
    return SCREEN.in_camera(pixel)


def plan_fixations(rng: np.random.Generator) -> tuple[list[Fixation], float]:
    """All fixations in order, and the length of the clip in seconds."""
    size = np.array(SCREEN_PX, dtype=np.float64)
    time = 0.0
    fixations = []
    grid = [np.array([x, y]) for y in (0.1, 0.5, 0.9) for x in (0.1, 0.5, 0.9)]
    order = [4, *rng.permutation([k for k in range(9) if k != 4])]
    for k in order:
        fixations.append(Fixation(time, grid[k] * size, "nine dots"))
        time += DOT_SECONDS
    others = [np.array(p) for p in ((0.3, 0.3), (0.7, 0.3), (0.3, 0.7), (0.7, 0.7), (0.5, 0.25))]
    for k in rng.permutation(5):
        jittered = others[k] + rng.uniform(-0.04, 0.04, 2)
        fixations.append(Fixation(time, jittered * size, "five dots"))
        time += DOT_SECONDS
    for line in range(LINES):
        y = 0.2 + 0.06 * line
        right = 0.82 if line < LINES - 1 else 0.55
        glances = LINE_GLANCES if line < LINES - 1 else LINE_GLANCES - 2
        for x in np.linspace(0.2, right, glances) + rng.normal(0.0, 0.012, glances):
            point = np.array([x, y + rng.normal(0.0, 0.004)]) * size
            fixations.append(Fixation(time, point, "reading"))
            time += float(np.clip(rng.normal(0.26, 0.05), 0.16, 0.42))
    return fixations, time + 0.5


def saccade_share(since: float, angle: float) -> float:
    """How much of its way, 0..1, a saccade of so many degrees has gone so many seconds after its
    start."""
    share = float(np.clip(since / saccade_seconds(angle), 0.0, 1.0))
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)  # minimum jerk


def saccade_seconds(angle: float) -> float:
    """How long a saccade of so many degrees takes."""
    return 0.021 + 0.0022 * angle


def _gaze_points(
    rng: np.random.Generator, fixations: list[Fixation], times: Array, eyes: Array
) -> Array:
    """(N, 2) px looked at, saccades and drift included."""
    points = np.empty((len(times), 2))
    drift = np.zeros(2)
    millimetre = SCREEN_PX[0] / SCREEN_MM[0]
    starts = np.array([f.start for f in fixations])
    for n, time in enumerate(times):
        k = max(int(np.searchsorted(starts, time, side="right")) - 1, 0)
        now = fixations[k]
        before = fixations[max(k - 1, 0)].point
        angle = math.degrees(
            float(angle_between(screen_point(before) - eyes, screen_point(now.point) - eyes))
        )
        share = saccade_share(time - now.start, angle)
        # Drift and microsaccades of about 0.1 degree: 1 mm at 60 cm.
        drift = 0.85 * drift + rng.normal(0.0, 0.45 * millimetre, 2)
        points[n] = before + share * (now.point - before) + drift
    return points


def _blinks(rng: np.random.Generator, times: Array) -> Array:
    """(N,) closure by blinks every few seconds."""
    closure = np.zeros(len(times))
    at = rng.uniform(1.5, 3.0)
    while at < times[-1] - 0.5:
        closure = np.maximum(closure, blink_closure(times - at))
        at += rng.uniform(2.8, 4.2)
    return closure


def blink_closure(since: Array, shut: float = 0.05) -> Array:
    """Closure (...), 0..1, so many seconds (...) after a blink began: it shuts in 70 ms, stays shut
    for `shut` seconds, and opens in 120 ms."""
    shutting = np.clip(since / 0.07, 0.0, 1.0)
    opening = np.clip((since - 0.07 - shut) / 0.12, 0.0, 1.0)
    return np.asarray(np.clip(shutting - opening, 0.0, 1.0))


def sway(rng: np.random.Generator, times: Array, amount: float) -> Array:
    """(N,) slow movement: a few sines of 3 to 14 seconds."""
    waves = [
        np.sin(2.0 * np.pi * times / rng.uniform(3.0, 14.0) + rng.uniform(0.0, 6.3))
        for _ in range(4)
    ]
    return np.asarray(amount * np.mean(waves, axis=0))


def _low_pass(values: Array, seconds: float) -> Array:
    """First-order low-pass (N, ...) at the clip's frame rate."""
    share = 1.0 - math.exp(-1.0 / (FPS * seconds))
    smooth = values.copy()
    for n in range(1, len(values)):
        smooth[n] = smooth[n - 1] + share * (values[n] - smooth[n - 1])
    return smooth


def plan(seed: int) -> tuple[list[Moment], list[Fixation]]:
    """All frames of the clip of a seed, and its fixations."""
    rng = np.random.default_rng([31, seed])
    fixations, seconds = plan_fixations(rng)
    times = np.arange(round(seconds * FPS)) / FPS
    seat = np.array([rng.normal(0.0, 12.0), rng.uniform(10.0, 45.0), rng.uniform(580.0, 630.0)])
    positions = seat + np.stack([sway(rng, times, a) for a in (9.0, 5.0, 10.0)], axis=1)
    pixels = _gaze_points(rng, fixations, times, seat)
    targets = screen_point(pixels)
    looks = pitch_yaw(targets - positions)
    centre = pitch_yaw(screen_point(np.array(SCREEN_PX) / 2.0) - seat)
    follow = np.array([rng.uniform(0.15, 0.35), rng.uniform(0.2, 0.4)])
    turned = centre + follow * (_low_pass(looks, 0.25) - centre)
    pitch = turned[:, 0] + sway(rng, times, 0.03) + rng.normal(0.03, 0.03)
    yaw = turned[:, 1] + sway(rng, times, 0.03)
    roll = sway(rng, times, 0.035) + rng.normal(0.0, 0.015)
    blink = _blinks(rng, times)
    smile = 0.2 + sway(rng, times, 0.15)
    brow = 0.1 + sway(rng, times, 0.2)
    moments = [
        Moment(
            pixel=pixels[n],
            target=targets[n],
            position=positions[n],
            angles=(float(pitch[n]), float(yaw[n]), float(roll[n])),
            blink=float(blink[n]),
            smile=float(max(smile[n], 0.0)),
            brow=float(brow[n]),
        )
        for n in range(len(times))
    ]
    return moments, fixations
