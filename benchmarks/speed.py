"""How fast the pipeline is, and where each millisecond goes.

    python -m benchmarks.speed [--source demo] [--frames 600] [--rounds 3]

Compares the whole pipeline, from the file to the rows on the disk, with FaceMesh alone on the same
frames in the same run (rounds of both taking turns, the median of each counts, so that a machine
with other things to do judges both alike), then times each step by itself, and at last starts the
program afresh for its start-up time and peak memory. Prints Markdown for docs/benchmarks.md.
"""

import argparse
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from app import PROJECT
from app.cli import DEFAULT_MODEL
from app.pipeline import Pipeline
from app.recording.about import describe, describe_end
from app.recording.columns import Clock, Row, line, sample_columns
from app.recording.writer import RecordingWriter
from app.sample import Sample
from app.source import Frame, open_source
from app.tracker import Tracker, load_tracker
from benchmarks.machine import machine
from model.landmarks import Face
from model.patches import cut_patches

Thing = TypeVar("Thing")
Result = TypeVar("Result")

START_CODE = """
import sys
from pathlib import Path
from app.libraries import tame_libraries
tame_libraries()
from app.pipeline import Pipeline
from app.source import open_source
from app.tracker import load_tracker
with open_source(sys.argv[1]) as source:
    tracker = load_tracker(Path(sys.argv[2]))
    with Pipeline(source, tracker) as pipeline:
        pipeline.get()
        print("first sample", flush=True)
"""

MEMORY_CODE = """
import resource, sys
from pathlib import Path
from app.cli import main
assert main(sys.argv[1:]) == 0
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss would count the parent's memory too, from before exec
    kilobytes = int(status.read_text().split("VmHWM:")[1].split()[0])
    print(kilobytes * 1024 / 1e6)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)  # macOS: bytes
"""


def main() -> None:
    """Run the benchmark and print its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="demo", help="a video file, or demo")
    parser.add_argument("--frames", type=int, default=600, help="how many of its frames")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    with open_source(arguments.source) as source:
        frames = list(itertools.islice(source, arguments.frames))
        size = source.size
    tracker = load_tracker(arguments.model)
    try:
        report(arguments.source, arguments.model, arguments.rounds, frames, tracker)
    finally:
        tracker.close()
    start_s = start_seconds(arguments.source, arguments.model)
    megabytes = peak_memory(arguments.source, arguments.model, len(frames))
    print(f"| start to first sample | {start_s:.1f} s |")
    print(f"| peak memory, {size[0]} x {size[1]} | {megabytes:.0f} MB |")


def report(source: str, model: Path, rounds: int, frames: list[Frame], tracker: Tracker) -> None:
    """Time FaceMesh alone, the whole pipeline and each step, and print a table."""
    for frame in frames[:30]:  # warm up
        tracker.sample(frame, tracker.find(frame))
    alone, whole = [], []
    for _ in range(rounds):
        alone.append(time_face_mesh(tracker, frames))
        whole.append(time_pipeline(source, tracker, len(frames)))
    mesh, pipeline = statistics.median(alone), statistics.median(whole)
    height, width = frames[0].image.shape[:2]
    print(f"\n{machine()}; {len(frames)} frames of {source}, {width} x {height}, {rounds} rounds, ")
    print(f"{model.stem} on {tracker.estimator.provider}\n")
    print("| | per frame |\n|---|---|")
    print(f"| FaceMesh alone | {mesh:.2f} ms |")
    print(f"| whole pipeline | {pipeline:.2f} ms ({1000 / pipeline:.0f} frames/s) |")
    ratios = sorted(w / a for w, a in zip(whole, alone, strict=True))
    print(f"| ratio | {pipeline / mesh:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |")
    for name, milliseconds in time_steps(source, tracker, frames).items():
        print(f"| step by itself: {name} | {milliseconds:.2f} ms |")


def time_face_mesh(tracker: Tracker, frames: list[Frame]) -> float:
    """ms per frame of MediaPipe's FaceMesh and nothing else, on frames in memory."""
    mesh = tracker._faces._mesh  # the very graph that the tracker uses, without what we add to it
    return _milliseconds(lambda frame: mesh.process(frame.image), frames)[0]


def time_pipeline(source: str, tracker: Tracker, count: int) -> float:
    """ms per frame from opening the file to the last row on the disk."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as out, open_source(source) as opened:
        with Pipeline(opened, tracker) as pipeline:
            writer = RecordingWriter(
                Path(out), "speed", 0, describe(opened, tracker), fps=opened.fps
            )
            with writer:
                for tracked in itertools.islice(pipeline, count):
                    writer.add(tracked.sample)
                writer.close(complete=True, about=describe_end(opened))
        rows = writer.statistics.rows
    return (time.perf_counter() - started) / rows * 1000


def time_steps(source: str, tracker: Tracker, frames: list[Frame]) -> dict[str, float]:
    """ms per frame of each step, one after the other on one thread."""
    started = time.perf_counter()
    with open_source(source) as opened:
        count = sum(1 for _ in itertools.islice(opened, len(frames)))
    read = (time.perf_counter() - started) / count * 1000
    faces_ms, faces = _milliseconds(tracker.find, frames)
    found: list[tuple[Frame, Face]] = [
        (frame, face) for frame, face in zip(frames, faces, strict=True) if face is not None
    ]
    estimator = tracker.estimator
    patches_ms, patches = _milliseconds(
        lambda pair: cut_patches(pair[0].image, pair[1], estimator.spec), found
    )
    model_ms, _ = _milliseconds(lambda cut: estimator.estimate(cut, tracker.eyes), patches)
    samples = [tracker.sample(frame, face) for frame, face in found]
    columns, clock = sample_columns(pictures=False), Clock(0, time.time_ns())

    def row(sample: Sample) -> str:
        return line([column.text(Row(sample, clock)) for column in columns])

    write_ms, _ = _milliseconds(row, samples)
    return {
        "read (decode, RGB)": read,
        "faces (FaceMesh, head pose, openness)": faces_ms,
        "patches": patches_ms,
        "model": model_ms,
        "write (one row)": write_ms,
    }


def start_seconds(source: str, model: Path) -> float:
    """Seconds from starting a fresh interpreter to the first sample, median of three."""
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        with _fresh(START_CODE, source, str(model)) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            taken.append(time.perf_counter() - started)
        if said != "first sample\n":
            raise SystemExit("the fresh start did not come to its first sample")
    return statistics.median(taken)


def peak_memory(source: str, model: Path, frames: int) -> float:
    """Peak resident memory in MB of a fresh `track` of so many frames."""
    with tempfile.TemporaryDirectory() as out:
        arguments = ("--model", str(model), "--out", out, "--max-frames", str(frames))
        with _fresh(MEMORY_CODE, "track", source, *arguments) as process:
            printed, _ = process.communicate()
        if process.returncode != 0:
            raise SystemExit("the fresh track did not come to its end")
    return float(printed.splitlines()[-1])


def _milliseconds(
    step: Callable[[Thing], Result], things: Iterable[Thing]
) -> tuple[float, list[Result]]:
    started = time.perf_counter()
    results = [step(thing) for thing in things]
    return (time.perf_counter() - started) / max(len(results), 1) * 1000, results


def _fresh(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )


if __name__ == "__main__":
    main()
