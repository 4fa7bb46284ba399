"""How exactly the point of gaze is found, on rendered people whom training never saw.

    python -m benchmarks.virtual_users --users 20 --seed 1 [--targets 9] [--json FILE]

Each virtual user sits before a screen and a webcam of their own, looks at calibration targets, and
at others for the validation, with the head still, moving freely, after ten minutes' drift in
posture, with glasses, in a dim room; for `recentre` they calibrate with five targets, move by five
centimetres and recentre with one look. Everything from the frame to the fit is the app's own code.
With --work the readings are kept, so that the same command after a change of the fit takes seconds.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from app.cli import DEFAULT_MODEL
from benchmarks.machine import machine
from benchmarks.virtual_methods import judge, judge_recentring
from benchmarks.virtual_readings import Job, load_readings
from benchmarks.virtual_rendering import collect
from benchmarks.virtual_report import (
    condition_figures,
    recentre_figures,
    report,
    rounded,
    row,
    rung_figures,
)
from benchmarks.virtual_sittings import FEW, MOST_USERS, users_of
from model.card import file_hash, load_card
from model.errors import UserError
from model.geometry import DEFAULT_FOV

CONDITIONS = ("still", "free", "drift", "glasses", "dim", "recentre")
NEEDED = {"drift": ("still", "drift"), "recentre": ("still", "moved")}
"""Sittings of the conditions that need others than one of their own name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark: 0, or 2 where it could not be run, or 130 where it was stopped."""
    options = _parser().parse_args(arguments)
    try:
        with _folder(options.work) as work:
            return _run(options, work)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        kept = "; the same command goes on" if options.work else ""
        print(f"stopped{kept}", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.virtual_users",
        description="accuracy and precision of the point of gaze, on rendered people",
    )
    default = os.environ.get("GAZECLIP_DATA")
    parser.add_argument("--users", type=_positive, default=20, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="other people with another seed")
    parser.add_argument("--conditions", type=_conditions, default=CONDITIONS, metavar="A,B",
                        help=f"some of {','.join(CONDITIONS)} (default: all)")  # fmt: skip
    parser.add_argument("--targets", type=int, choices=(9, 5), default=9, help="(default 9)")
    parser.add_argument("--frames", type=_several, default=12, help="at each target (default 12)")
    parser.add_argument("--fov", type=float, metavar="DEG",
                        help="the field of view that the tracker believes in: the app's default, "
                        f"{DEFAULT_FOV:g}, unless given; 0: each camera's true one")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep the readings there")
    parser.add_argument("--workers", type=_positive, default=os.cpu_count() or 1)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(default) if default else None,
        metavar="DIR",
        help="folder with the ICT-FaceKit head model (or set GAZECLIP_DATA)",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


def _several(text: str) -> int:
    number = int(text)
    if number < 2:
        raise argparse.ArgumentTypeError("precision needs at least 2")
    return number


def _conditions(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in CONDITIONS]:
        raise argparse.ArgumentTypeError(f"there is no condition {unknown[0]}")
    return names


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    try:
        given.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{given} cannot be made ({error.strerror})") from error
    yield given


def _run(arguments: argparse.Namespace, work: Path) -> int:
    if arguments.seed < 0:
        raise UserError("--seed must be at least 0")
    if arguments.users > MOST_USERS:
        raise UserError(f"--users is at most {MOST_USERS}")
    load_card(arguments.model)  # say so before any work where it will not do
    if arguments.json and not arguments.json.absolute().parent.is_dir():
        raise UserError(f"there is no folder for {arguments.json}: make it, or give another --json")
    users = users_of(arguments.seed, arguments.users)
    needed = [NEEDED.get(name, (name,)) for name in arguments.conditions]
    sittings = dict.fromkeys(sitting for names in needed for sitting in names)
    fov = DEFAULT_FOV if arguments.fov is None else arguments.fov or None
    jobs = [
        Job(user, sitting, arguments.frames, fov, arguments.model, arguments.data, work)
        for sitting in sittings
        for user in users
    ]
    collect(jobs, arguments.workers)
    results = evaluate(work, users, arguments.conditions, arguments.targets, arguments.model)
    results = {
        "machine": machine(),
        "model": arguments.model.name,
        "seed": arguments.seed,
        "users": arguments.users,
        "frames": arguments.frames,
        "fov": fov,
        **results,
    }
    print("\n".join(report(results)))
    if arguments.json:
        try:
            arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise UserError(f"{arguments.json} cannot be written ({error.strerror})") from error
    return 0


def evaluate(
    work: Path, users: Sequence[int], conditions: Sequence[str], targets: int, model: Path
) -> dict[str, Any]:
    """Figures of all users and conditions from their kept readings, as the JSON holds them.

    Args:
        targets: of the calibration, 9 or 5; with 9 the figures for 5 of them come too.
    """
    digest = file_hash(model)
    results = _of_targets(work, users, conditions, targets, digest)
    if targets > FEW and results["conditions"]:
        few = _of_targets(work, users, conditions, FEW, digest)
        results["five_targets"] = {"conditions": few["conditions"], "rungs": few["rungs"]}
    if "recentre" in conditions:
        moved = [
            judge_recentring(
                load_readings(work, user, "still", FEW),
                load_readings(work, user, "moved", FEW),
                digest,
            )
            for user in users
        ]
        results["recentre"] = recentre_figures(moved)
    return results


def _of_targets(
    work: Path, users: Sequence[int], conditions: Sequence[str], targets: int, digest: str
) -> dict[str, Any]:
    outcomes = {
        name: [judge(load_readings(work, user, name, targets), digest) for user in users]
        for name in conditions
        if name != "recentre"
    }
    everyone = [outcome for found in outcomes.values() for outcome in found]
    results: dict[str, Any] = {
        "targets": targets,
        "conditions": {name: condition_figures(found) for name, found in outcomes.items()},
        "rungs": {name: rung_figures(found) for name, found in outcomes.items()},
        "rows": [row(name, o) for name, found in outcomes.items() for o in found],
    }
    if everyone:
        results["rungs"]["all"] = rung_figures(everyone)
        results["fit_median_s"] = rounded(np.median([o.fit_s for o in everyone]))
        results["fit_longest_s"] = rounded(max(o.fit_s for o in everyone))
    return results


if __name__ == "__main__":
    sys.exit(main())
