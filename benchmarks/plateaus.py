"""How still gaze is while eyes rest: plateaus of a recording whose true targets nobody knows.

    python main.py track webcam.mp4 --out recordings
    python -m benchmarks.plateaus recordings/... [--count 9]

Plateaus are found by dispersion (I-DT of Salvucci and Goldberg, "Identifying fixations and saccades
in eye-tracking protocols", ETRA 2000) on the running median over 0.25 s, so that noise does not cut
them; what is told of them is the standard deviation of the unfiltered samples, blinks apart.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.recording.reader import read_recording
from benchmarks.machine import machine
from model.errors import UserError

DISPERSION = 2.0
"""Degrees that pitch and yaw together may range over within a plateau, as I-DT adds them."""
SHORTEST = 0.6
"""Seconds."""
WINDOW = 0.25
"""Seconds of the running median."""
APART = 4.0
"""Degrees from which on two plateaus are of two places."""


@dataclass(frozen=True)
class Plateau:
    """A stretch of samples in which gaze rested: seconds, and (yaw, pitch) in degrees."""

    start: float
    seconds: float
    mean: tuple[float, float]
    deviation: tuple[float, float]


def find_plateaus(time: NDArray[np.float64], gaze: NDArray[np.float64]) -> list[Plateau]:
    """Plateaus in order of time.

    Args:
        time: (N,) seconds.
        gaze: (N, 2) yaw and pitch, degrees; NaN where there is none.
    """
    known = np.isfinite(gaze).all(axis=1)
    time, gaze = time[known], gaze[known]
    smooth = np.array([np.median(gaze[np.abs(time - now) <= WINDOW / 2.0], axis=0) for now in time])
    found, start = [], 0
    while start < len(time):
        end = start + 1
        while end < len(time) and np.ptp(smooth[start : end + 1], axis=0).sum() <= DISPERSION:
            end += 1
        if time[end - 1] - time[start] >= SHORTEST:
            part = gaze[start:end]
            mean, deviation = part.mean(axis=0), part.std(axis=0, ddof=1)
            found.append(
                Plateau(
                    float(time[start]),
                    float(time[end - 1] - time[start]),
                    (float(mean[0]), float(mean[1])),
                    (float(deviation[0]), float(deviation[1])),
                )
            )
            start = end
        else:
            start += 1
    return found


def longest_at_each_place(plateaus: list[Plateau]) -> list[Plateau]:
    """The longest plateau of every place, the longest first."""
    places: list[Plateau] = []
    for one in sorted(plateaus, key=lambda plateau: -plateau.seconds):
        away = [np.hypot(*np.subtract(one.mean, other.mean)) for other in places]
        if all(distance > APART for distance in away):
            places.append(one)
    return places


def main() -> int:
    """Print a line for the longest plateau of each place, and the median."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--count", type=int, default=9, help="so many places")
    arguments = parser.parse_args()
    try:
        recording = read_recording(arguments.recording)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    samples = recording.samples
    gaze = np.stack([samples["gaze_yaw"], samples["gaze_pitch"]], axis=1)
    gaze[samples["valid"] != 1] = np.nan
    plateaus = find_plateaus(samples["time"] / 1000.0, gaze)
    longest = longest_at_each_place(plateaus)[: arguments.count]
    print(machine())
    print(f"{len(plateaus)} plateaus; the longest of each of {len(longest)} places:")
    print("start s   for s   yaw deg  pitch deg   SD yaw  SD pitch")
    for one in sorted(longest, key=lambda plateau: plateau.start):
        print(
            f"{one.start:7.2f} {one.seconds:7.2f} {one.mean[0]:9.2f} {one.mean[1]:10.2f} "
            f"{one.deviation[0]:8.2f} {one.deviation[1]:9.2f}"
        )
    if longest:
        worst = np.array([one.deviation for one in longest])
        print(f"median SD: yaw {np.median(worst[:, 0]):.2f}, pitch {np.median(worst[:, 1]):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
