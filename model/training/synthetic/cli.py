"""``synth pack | template | render | demo``: everything that makes pictures of made-up people."""

import argparse
import os
from pathlib import Path

from model.errors import UserError
from model.training.synthetic.presets import PRESETS


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command ``synth`` and its own commands."""
    synth = subparsers.add_parser("synth", help="render faces with known gaze")
    commands = synth.add_subparsers(metavar="COMMAND", required=True)

    pack = commands.add_parser("pack", help="pack ICT-FaceKit's OBJ files into one .npz")
    pack.add_argument("folder", type=Path, metavar="DIR", help="the folder of OBJ files")
    pack.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    pack.set_defaults(run=_pack)

    template = commands.add_parser("template", help="measure the face template on the mean head")
    _add_data(template)
    template.add_argument("--out", type=Path, required=True, metavar="FILE.json")
    template.add_argument("--embedding", type=Path, metavar="FILE.json",
                          help="also write where on the mesh each landmark lies")  # fmt: skip
    template.set_defaults(run=_template)

    render = commands.add_parser("render", help="render shards of patches for training or tests")
    _add_data(render)
    render.add_argument("--preset", choices=sorted(PRESETS), required=True)
    render.add_argument("--seed", type=int, default=0)
    render.add_argument("--count", type=int, required=True, metavar="N", help="pictures")
    render.add_argument("--out", type=Path, required=True, metavar="DIR")
    render.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    render.add_argument(
        "--landmarks",
        choices=("mediapipe", "projected"),
        default="mediapipe",
        help="found by FaceMesh, or projected from the head and jittered",
    )
    render.add_argument("--patches", choices=("eyes", "face", "both"), default="eyes")
    render.set_defaults(run=_render)

    demo = commands.add_parser("demo", help="render a demo clip with its truth")
    _add_data(demo)
    demo.add_argument("--seed", type=int, required=True)
    demo.add_argument("--out", type=Path, required=True, metavar="DIR")
    demo.set_defaults(run=_demo)


def _add_data(parser: argparse.ArgumentParser) -> None:
    default = os.environ.get("GAZECLIP_DATA")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(default) if default else None,
        metavar="DIR",
        help="folder with the ICT-FaceKit head model (or set GAZECLIP_DATA)",
    )


def _pack(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.head import read_obj_folder

    arrays = read_obj_folder(arguments.folder)
    try:
        arrays.save(arguments.out)
    except OSError as error:
        raise UserError(f"{arguments.out} cannot be written ({error.strerror})") from error
    print(
        f"{arguments.out}: {len(arrays.neutral)} vertices, {len(arrays.identity)} identity modes, "
        f"{len(arrays.expression)} expressions"
    )
    return 0


def _template(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.head import load_head
    from model.training.synthetic.renderer import Renderer
    from model.training.synthetic.rig import Rig
    from model.training.synthetic.template import write_template

    rig = Rig(load_head(arguments.data))
    try:
        write_template(rig, Renderer(rig), arguments.out, arguments.embedding)
    except OSError as error:
        raise UserError(f"{error.filename} cannot be written ({error.strerror})") from error
    print(*filter(None, (arguments.out, arguments.embedding)), sep=", ")
    return 0


def _render(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.shards import Job, render_shards

    if arguments.count < 1 or arguments.workers < 1 or arguments.seed < 0:
        raise UserError("--count and --workers must be at least 1, --seed at least 0")
    job = Job(
        preset=arguments.preset,
        seed=arguments.seed,
        count=arguments.count,
        out=arguments.out,
        data=arguments.data,
        road=arguments.landmarks,
        wanted=arguments.patches,
    )
    whole = render_shards(job, arguments.workers)
    print(f"{arguments.out}: " + ("done" if whole else "stopped; the same command goes on"))
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.demo import write_demo

    write_demo(arguments.data, arguments.seed, arguments.out)
    print(f"{arguments.out}: demo.mp4, demo.csv, demo.json")
    return 0
