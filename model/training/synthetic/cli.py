"""``synth``: everything that makes pictures of made-up people, and pages to judge them by."""

import argparse
import math
import os
from pathlib import Path

from model.command_line import count, field_of_view
from model.errors import UserError
from model.geometry import DEFAULT_FOV
from model.training.synthetic.portrait import DEFAULT_SHARE, Portraits
from model.training.synthetic.presets import PRESETS

MOST_ON_A_PAGE = 200


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

    portraits = commands.add_parser(
        "portraits", help="make people of photographs, for synth render --portraits"
    )
    _add_data(portraits, "the ICT-FaceKit head model and the London faces")
    portraits.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    portraits.set_defaults(run=_portraits)

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
    _add_portraits(render)
    render.set_defaults(run=_render)

    preview = commands.add_parser("preview", help="one page of whole pictures, with their truth")
    _add_data(preview)
    preview.add_argument("--preset", choices=sorted(PRESETS), default="train")
    preview.add_argument("--seed", type=int, default=0)
    preview.add_argument("--count", type=_page_count, default=12, metavar="N", help="pictures")
    _add_portraits(preview)
    preview.add_argument("--landmarks", action="store_true",
                         help="heads, larger, with the true landmarks and the gaze")  # fmt: skip
    preview.add_argument("--heads", action="store_true", help="heads, larger")
    preview.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    preview.set_defaults(run=_preview)

    sheet = commands.add_parser("sheet", help="eye patches beside those of real pictures")
    _add_data(sheet)
    sheet.add_argument("--faces", type=Path, metavar="DIR", help="folder of real pictures")
    sheet.add_argument("--half", choices=("train", "report", "all"), default="all",
                       help="of the people in it, by name (never look at report)")  # fmt: skip
    sheet.add_argument("--fov", type=field_of_view, default=DEFAULT_FOV,
                       help=f"of the real pictures, degrees (default {DEFAULT_FOV:g})")  # fmt: skip
    sheet.add_argument("--gaze", choices=("camera", "any"), default="camera",
                       help="of the rendered people: into the lens, or training's own")  # fmt: skip
    sheet.add_argument("--seed", type=int, default=0)
    sheet.add_argument("--rows", type=_page_count, default=24, metavar="R",
                       help="at most so many rows (default 24)")  # fmt: skip
    _add_portraits(sheet)
    sheet.add_argument("--rendered-only", action="store_true", help="leave the real half out")
    sheet.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    sheet.set_defaults(run=_sheet)

    demo = commands.add_parser("demo", help="render a demo clip with its truth")
    _add_data(demo)
    demo.add_argument("--seed", type=int, required=True)
    demo.add_argument("--out", type=Path, required=True, metavar="DIR")
    demo.set_defaults(run=_demo)


def _add_data(parser: argparse.ArgumentParser, holds: str = "the ICT-FaceKit head model") -> None:
    default = os.environ.get("GAZECLIP_DATA")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(default) if default else None,
        metavar="DIR",
        help=f"folder with {holds} (or set GAZECLIP_DATA)",
    )


def _add_portraits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--portraits", type=Path, metavar="FILE.npz",
                        help="a pack of synth portraits to draw people from")  # fmt: skip
    parser.add_argument("--portrait-share", type=_share, default=DEFAULT_SHARE, metavar="S",
                        help=f"of the people, from it (default {DEFAULT_SHARE:g})")  # fmt: skip


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0.0 < share <= 1.0:
        raise argparse.ArgumentTypeError("it must lie above 0 and not above 1")
    return share


def _pack_of_portraits(arguments: argparse.Namespace) -> Portraits | None:
    from model.training.synthetic.portrait import load_portraits

    if arguments.portraits is None:
        return None
    return load_portraits(arguments.portraits, arguments.portrait_share)


def _page_count(text: str) -> int:
    """What still fits on a page that an image viewer opens."""
    number = count(text)
    if number > MOST_ON_A_PAGE:
        raise argparse.ArgumentTypeError(f"{text} is more than fits on a page ({MOST_ON_A_PAGE})")
    return number


def _pack(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.head import read_obj_folder

    arrays = read_obj_folder(arguments.folder)
    arrays.save(arguments.out)
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
    write_template(rig, Renderer(rig), arguments.out, arguments.embedding)
    print(*filter(None, (arguments.out, arguments.embedding)), sep=", ")
    return 0


def _portraits(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.head import load_head
    from model.training.synthetic.portrait import save_portraits
    from model.training.synthetic.portrait_fit import make_portraits, training_photographs
    from model.training.synthetic.rig import Rig

    head = load_head(arguments.data)
    files = training_photographs(arguments.data)
    if not arguments.out.absolute().parent.is_dir():  # say so before the work, not after it
        raise UserError(f"there is no folder for {arguments.out}: make it, or give another --out")
    portraits = make_portraits(Rig(head), files)
    save_portraits(arguments.out, portraits)
    print(f"{arguments.out}: portraits of {len(portraits)} of {len(files)} photographs")
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
        portraits=arguments.portraits,
        portrait_share=arguments.portrait_share,
    )
    whole = render_shards(job, arguments.workers)
    print(f"{arguments.out}: " + ("done" if whole else "stopped; the same command goes on"))
    return 0


def _preview(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.page import check_page, write_page
    from model.training.synthetic.preview import draw_preview
    from model.training.synthetic.shards import make_studio

    if arguments.seed < 0:
        raise UserError("--seed must be at least 0")
    check_page(arguments.out)
    page = draw_preview(
        make_studio(arguments.data, _pack_of_portraits(arguments)),
        PRESETS[arguments.preset],
        arguments.seed,
        arguments.count,
        arguments.landmarks,
        arguments.heads,
    )
    write_page(arguments.out, page)
    print(f"{arguments.out}: {arguments.count} pictures")
    return 0


def _sheet(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.page import check_page, write_page
    from model.training.synthetic.sheet import SheetOptions, make_sheet

    if arguments.seed < 0:
        raise UserError("--seed must be at least 0")
    if (arguments.faces is None) != arguments.rendered_only:
        raise UserError("give a folder of real pictures with --faces DIR, or else --rendered-only")
    check_page(arguments.out)
    options = SheetOptions(
        arguments.faces,
        arguments.half,
        arguments.fov,
        arguments.seed,
        arguments.gaze,
        arguments.rows,
    )
    page, table = make_sheet(options, arguments.data, _pack_of_portraits(arguments))
    write_page(arguments.out, page)
    for row in table:
        print("  ".join(f"{cell:>15}" for cell in row))
    print(arguments.out)
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from model.training.synthetic.demo import write_demo

    write_demo(arguments.data, arguments.seed, arguments.out)
    print(f"{arguments.out}: demo.mp4, demo.csv, demo.json")
    return 0
