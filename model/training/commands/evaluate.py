"""`evaluate`: its flags, and what it starts."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.command_line import count, field_of_view, share
from model.errors import UserError
from model.geometry import DEFAULT_FOV
from model.training.datasets.opening import NAMES

if TYPE_CHECKING:
    from model.training.evaluating.judging import Verdict
    from model.training.personal import Calibrated


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser("evaluate", help="measure a model's errors")
    parser.add_argument(
        "--model", metavar="PATH", type=Path, required=True,
        help=".onnx, a training's folder, or with --dataset a folder with one for each fold",
    )  # fmt: skip
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--shards", metavar="DIR", nargs="+", type=Path)
    data.add_argument("--preset", help="render this preset for the occasion, such as test")
    data.add_argument("--faces", metavar="DIR", type=Path, help="people looking into the camera")
    data.add_argument(
        "--dataset", choices=NAMES, action="append",
        help="a gaze data set; may be given again, with a --root each",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=0, help="of --preset, and of what --calibrate draws"
    )
    parser.add_argument("--count", type=count, default=1000, help="of --preset, samples")
    default = os.environ.get("GAZECLIP_DATA")
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path(default) if default else None,
        help="of --preset: folder with the ICT-FaceKit head model (or set GAZECLIP_DATA)",
    )
    parser.add_argument("--half", choices=("train", "report", "all"), default="report")
    parser.add_argument(
        "--fov", type=field_of_view, default=DEFAULT_FOV, help="of --faces, degrees"
    )
    parser.add_argument(
        "--limit", type=count, help="of --shards, or of each part of --dataset: so many samples"
    )
    parser.add_argument("--provider", choices=("auto", "cuda", "cpu"), default="auto")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the numbers as JSON")
    parser.add_argument(
        "--record", metavar="NAME", help="put the numbers into the model's card under this name"
    )
    parser.add_argument(
        "--write-zero-point",
        metavar="FILE",
        type=Path,
        help="with --faces --half train: write the mean offset for export --zero-point",
    )
    _add_data_set_flags(parser)
    parser.set_defaults(run=_run)


def _add_data_set_flags(parser: argparse.ArgumentParser) -> None:
    flags = parser.add_argument_group("with --dataset")
    flags.add_argument(
        "--root", metavar="DIR", type=Path, action="append", default=[], help="its folder"
    )
    flags.add_argument(
        "--fold", metavar="NAME",
        help="judge on the test part of this fold; else on that of the model's own, and on the "
        "whole of another data set than it was trained on",
    )  # fmt: skip
    flags.add_argument(
        "--workers", type=int, default=2, help="processes that read (default 2; 0 for none)"
    )
    flags.add_argument(
        "--allow-bad", metavar="SHARE", type=share, default=0.01,
        help="share of samples that may be unusable (default 0.01)",
    )  # fmt: skip
    flags.add_argument(
        "--calibrate", metavar="K", type=int, nargs="+", default=[],
        help="person-specific calibration with so many samples of each person",
    )  # fmt: skip
    flags.add_argument(
        "--draws", type=count, default=20, help="how often --calibrate draws them (default 20)"
    )
    flags.add_argument(
        "--report", metavar="DIR", type=Path, help="write report.md, results.csv and figures"
    )
    flags.add_argument(
        "--predictions", action="store_true", help="with --report: a row for each sample, too"
    )


def _run(arguments: argparse.Namespace) -> int:
    for path in (arguments.json, arguments.write_zero_point):
        if path is not None and not path.absolute().parent.is_dir():
            raise UserError(f"there is no folder for {path}: make it, or give another file")
    found = _on_data_sets(arguments) if arguments.dataset else _on_pictures(arguments)
    from model.training import evaluate

    for path in (arguments.json, arguments.write_zero_point):
        if path is not None:
            evaluate.write_json(path, found)
    if arguments.record is not None:
        evaluate.record(arguments.model, arguments.record, found)
    return 0


def _on_pictures(arguments: argparse.Namespace) -> dict[str, Any]:
    """Judge on shards, people rendered for the occasion, or photographs; print and return it."""
    for name in ("root", "fold", "calibrate", "report", "predictions"):
        if getattr(arguments, name):
            raise UserError(f"--{name} goes with --dataset NAME")
    from model.training import evaluate

    if arguments.faces is not None:
        if arguments.write_zero_point is not None and arguments.half != "train":
            raise UserError("--write-zero-point needs --half train: the other half only reports")
        found = evaluate.evaluate_faces(
            arguments.model, arguments.faces, arguments.half, arguments.fov, arguments.provider
        )
    elif arguments.write_zero_point is not None:
        raise UserError("--write-zero-point needs --faces DIR --half train")
    elif arguments.preset is not None:
        found = evaluate.evaluate_preset(
            arguments.model,
            evaluate.Rendering(arguments.preset, arguments.seed, arguments.count, arguments.data),
            arguments.provider,
        )
    else:
        found = evaluate.evaluate_shards(
            arguments.model, arguments.shards, arguments.provider, arguments.limit
        )
    print(evaluate.table(found))
    return found


def _on_data_sets(arguments: argparse.Namespace) -> dict[str, Any]:
    """Judge on data sets; print it, write the report, and return the numbers."""
    _check(arguments)
    from model.training.evaluating.judging import Options, Source, judge_datasets
    from model.training.report import tables

    sources = [Source(*pair) for pair in zip(arguments.dataset, arguments.root, strict=True)]
    options = Options(
        fold=None if arguments.fold == "all" else arguments.fold,
        provider=arguments.provider,
        workers=arguments.workers,
        allow_bad=arguments.allow_bad,
        limit=arguments.limit,
    )
    verdicts = judge_datasets(arguments.model, sources, options)
    calibrated = [_calibrated(verdict, arguments) for verdict in verdicts]
    print(tables.terminal(verdicts, calibrated))
    if arguments.report is not None:
        _report(arguments, verdicts, calibrated)
    return tables.to_json(verdicts, calibrated)


def _check(arguments: argparse.Namespace) -> None:
    if len(arguments.root) != len(arguments.dataset):
        raise UserError("give each --dataset its folder: --dataset NAME --root DIR")
    if arguments.write_zero_point is not None:
        raise UserError("--write-zero-point needs --faces DIR --half train")
    if arguments.workers < 0 or min(arguments.calibrate, default=0) < 0:
        raise UserError("--workers and --calibrate are whole numbers, 0 or more")
    if arguments.predictions and arguments.report is None:
        raise UserError("--predictions needs --report DIR, where they are written")
    if arguments.record is not None and arguments.model.suffix != ".onnx":
        raise UserError("--record needs an .onnx: only exported models have a card")


def _calibrated(verdict: "Verdict", arguments: argparse.Namespace) -> "Calibrated | None":
    if not arguments.calibrate:
        return None
    from model.training.personal import calibrate
    from model.training.report.samples import persons_of

    return calibrate(persons_of(verdict), arguments.calibrate, arguments.draws, arguments.seed)


def _report(
    arguments: argparse.Namespace,
    verdicts: "list[Verdict]",
    calibrated: "list[Calibrated | None]",
) -> None:
    from model.training.evaluating.models import find_models
    from model.training.report.cost import cost_of
    from model.training.report.writing import write_report

    cost = cost_of(find_models(arguments.model)[0])
    command = "python main.py " + " ".join(_portable(word) for word in sys.argv[1:])
    write_report(arguments.report, verdicts, cost, calibrated, command, arguments.predictions)
    print(f"\nwritten: {arguments.report / 'report.md'}")


def _portable(word: str) -> str:
    """A word of the command line for a report, which travels: of an absolute path the last part."""
    return Path(word).name if Path(word).is_absolute() else word
