"""`data prepare` and `data pack`: their flags, and what they start."""

import argparse
import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.command_line import count, share
from model.errors import UserError
from model.patches import EYE_PATCH_WIDE, FACE_PATCH
from model.training.datasets.opening import NAMES

if TYPE_CHECKING:
    from model.training.datasets.item import View

RAW = ("mpiifacegaze",)


def add_prepare(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `prepare` to `data`."""
    parser = actions.add_parser("prepare", help="cut normalised patches out of raw pictures")
    parser.add_argument("--dataset", choices=RAW, required=True)
    parser.add_argument("--raw", metavar="DIR", type=Path, required=True, help="as downloaded")
    _add_packing(parser)
    parser.set_defaults(run=_prepare)


def add_pack(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `pack` to `data`."""
    parser = actions.add_parser("pack", help="pack a data set into sharded archives")
    parser.add_argument("--dataset", choices=NAMES, required=True)
    parser.add_argument("--root", metavar="DIR", type=Path, required=True, help="of the data set")
    _add_packing(parser)
    parser.set_defaults(run=_pack)


def _add_packing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="for the shards")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--patch", choices=("eyes", "face"), help="which patches (default eyes)")
    which.add_argument("--config", metavar="NAME", help="those that this configuration sees")
    parser.add_argument(
        "--size", metavar="WxH", type=_size, help="pixels stored, with the same virtual camera"
    )
    parser.add_argument("--grey", action="store_true", help="store no colours")
    parser.add_argument("--workers", type=count, default=os.cpu_count() or 1, help="processes")
    parser.add_argument(
        "--allow-bad", metavar="SHARE", type=share, default=0.05,
        help="share of samples that may be unusable (default 0.05)",
    )  # fmt: skip
    parser.add_argument(
        "--shard-samples", metavar="N", type=count, default=1000, help="at most (default 1000)"
    )


def _prepare(arguments: argparse.Namespace) -> int:
    from model.training.datasets.packing import pack
    from model.training.preparing.mpiifacegaze import prepare

    if not arguments.raw.is_dir():
        raise UserError(f"there is no folder {arguments.raw}: give the one with p00, p01, ...")
    job = prepare(arguments.raw, arguments.out, _view(arguments), arguments.shard_samples)
    _tell(arguments.out, pack(job, arguments.workers, arguments.allow_bad))
    return 0


def _pack(arguments: argparse.Namespace) -> int:
    from model.training.datasets.opening import open_dataset
    from model.training.datasets.pack_job import pack_dataset
    from model.training.datasets.packing import pack

    view = _view(arguments)
    dataset = open_dataset(arguments.dataset, arguments.root, view)
    job = pack_dataset(dataset, view, arguments.out, arguments.shard_samples)
    _tell(arguments.out, pack(job, arguments.workers, arguments.allow_bad))
    return 0


def _view(arguments: argparse.Namespace) -> "View":
    """What is stored: of the configuration's virtual camera, with margin where there is one."""
    from model.training.config import load_config
    from model.training.datasets.item import View

    wide = {"eyes": EYE_PATCH_WIDE, "face": FACE_PATCH}
    if arguments.config is None:
        spec = wide[arguments.patch or "eyes"]
    else:
        spec = load_config(arguments.config).patch
        larger = wide[spec.kind]
        if (larger.focal, larger.distance) == (spec.focal, spec.distance):
            width, height = max(spec.width, larger.width), max(spec.height, larger.height)
            spec = dataclasses.replace(spec, width=width, height=height)
    if arguments.size is not None:
        spec = dataclasses.replace(spec, width=arguments.size[0], height=arguments.size[1])
    return View(spec, arguments.grey)


def _tell(out: Path, index: dict[str, Any]) -> None:
    print(
        f"{out}: {index['count']} samples of {index['persons']} persons in "
        f"{len(index['shards'])} shards"
    )
    if index["left_out"]:
        print(f"left out: {index['left_out']}, such as")
        for example in index["left_out_examples"]:
            print(f"  {example}")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and min(int(width), int(height)) >= 8):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 96x64")
    return int(width), int(height)
