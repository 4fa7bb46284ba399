"""The command line of everything the user runs."""

import argparse
import os
import sys
from pathlib import Path

from app import PROJECT, __version__
from app.libraries import tame_libraries
from model.command_line import Parser, count, field_of_view, number, told
from model.errors import UserError
from model.geometry import DEFAULT_FOV

DEFAULT_MODEL = PROJECT / "weights" / "gazeclip-s.onnx"

TRAINING_COMMANDS = {
    "train": "train a model on rendered or recorded faces",
    "evaluate": "measure a model's errors",
    "export": "turn a trained model into ONNX with its card",
    "synth": "SynthGaze: render faces with exact gaze, and demo clips",
}
"""Commands of the training submodule, to which main.py hands them; here only to be listed."""


def main(argv: list[str]) -> int:
    """Run a command.

    Returns:
        Exit code: 0, or 2 after an error the user can mend, told in one sentence on stderr.
    """
    try:
        arguments = build_parser().parse_args(argv or ["track", "demo"])
        tame_libraries()
        code = _track(arguments)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before there was anything to finish
        return 0
    except BrokenPipeError:  # whoever read our output has gone; what was recorded is whole
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as error:
        print(f"error: {told(error)}", file=sys.stderr)
        return 2


def build_parser() -> Parser:
    """The parser of all commands of the app."""
    parser = Parser(
        prog="main.py",
        description="Gaze from a webcam, a video or pictures. Without a command: track demo.",
        epilog="train, evaluate, export and synth need requirements-train.txt.",
    )
    parser.add_argument("--version", action="version", version=f"GazeCLIP Desktop {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_track(commands)
    for name, meaning in TRAINING_COMMANDS.items():
        commands.add_parser(name, help=meaning)
    return parser


def _add_track(commands: "argparse._SubParsersAction[Parser]") -> None:
    track = commands.add_parser(
        "track",
        help="track a source and record it",
        description="Track the gaze in a source and write a recording, one row per frame.",
    )
    track.add_argument(
        "source",
        metavar="SOURCE",
        help="a video file, a folder of pictures, a camera's number or name, or demo",
    )
    track.add_argument(
        "--out", type=Path, default=Path("recordings"), metavar="DIR",
        help="folder that recordings lie in (default: recordings)",
    )  # fmt: skip
    track.add_argument(
        "--overlay", type=Path, metavar="FILE.mp4", help="also write a video with the gaze drawn in"
    )
    track.add_argument("--profile", default="default", metavar="NAME", help="whose recording it is")
    track.add_argument(
        "--provider", choices=("auto", "cuda", "cpu"), default="auto",
        help="where the model runs; auto: CUDA where it works, else the CPU (default: auto)",
    )  # fmt: skip
    track.add_argument(
        "--model", type=Path, default=DEFAULT_MODEL, metavar="FILE.onnx",
        help="an exported model with its card beside it (default: weights/gazeclip-s.onnx)",
    )  # fmt: skip
    track.add_argument("--max-frames", type=count, metavar="N", help="stop after so many frames")
    track.add_argument(
        "--fov", type=field_of_view, default=DEFAULT_FOV, metavar="DEG",
        help="horizontal field of view of the full frame in degrees (default: 65)",
    )  # fmt: skip
    track.add_argument(
        "--fps", type=_fps, metavar="F",
        help="cameras: frames per second to ask for; pictures: their rate (default: 30)",
    )  # fmt: skip
    track.add_argument(
        "--size", type=_size, metavar="WxH",
        help="cameras: picture size to ask for (default: 1280x720)",
    )  # fmt: skip
    track.add_argument(
        "--eyes", choices=("both", "left", "right"), default="both",
        help="the eyes to use, left and right being the user's own (default: both)",
    )  # fmt: skip
    track.add_argument("--mirrored", action="store_true", help="the source delivers mirror images")


def _track(arguments: argparse.Namespace) -> int:
    from app.track import TrackOptions, track  # here, so that --help does not wait for OpenCV

    track(TrackOptions(**vars(arguments)))
    return 0


def _fps(text: str) -> float:
    return number(0.1, 1000.0, "frames per second", text)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1280x720")
    return int(width), int(height)
