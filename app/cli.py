"""The command line of everything the user runs.

Without a command the window opens. Flags that the window and `track` share come from the table in
`app.settings_table`. The window's hold for one run, over what is stored; `track` knows nothing of
what is stored.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from app import __version__
from app.calibration.offline import commands as calibration
from app.flags import add_flag
from app.settings import DEFAULT_MODEL, Settings, load
from app.settings_table import BY_NAME, SETTINGS
from model.command_line import Parser, count, told
from model.errors import UserError

__all__ = ["DEFAULT_MODEL", "TRAINING_COMMANDS", "build_parser", "main"]

TRAINING_COMMANDS = {
    "train": "train a model on rendered or recorded faces",
    "evaluate": "measure a model's errors",
    "export": "turn a trained model into ONNX with its card",
    "data": "check, prepare and pack gaze data sets",
    "finetune": "adapt a model to a person's own recordings",
    "synth": "SynthGaze: render faces with exact gaze, and demo clips",
}
"""Commands of the training submodule, to which main.py hands them; here only to be listed."""

TRACK_FLAGS = ("profile", "provider", "model", "fov", "fps", "size", "eyes", "mirrored")
"""Settings that `track` has flags for."""

DEFAULT_SOURCE = "demo"
"""What is tracked where no window can be opened and no source is named."""


def main(argv: list[str]) -> int:
    """Run a command, or open the window.

    Returns:
        Exit code: 0; 1 where doctor finds something wrong; 2 after an error the user can mend, told
        in one sentence on stderr.
    """
    try:
        arguments = vars(build_parser().parse_args(argv))
        code = _run(arguments.pop("command", None), arguments)
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


def _run(command: str | None, arguments: dict[str, Any]) -> int:
    window = {name: arguments.pop(name) for name in list(arguments) if name.startswith("window.")}
    given = {name.removeprefix("window."): value for name, value in window.items()}
    record = given.pop("record", False)
    if command is None:
        return _window(given, record)
    if given or record:
        flag = next((BY_NAME[name].flag for name in given), "--record")
        shared = [BY_NAME[name].flag for name in TRACK_FLAGS]
        remedy = f"give it after {command}" if command == "track" and flag in shared else "omit it"
        raise UserError(f"{flag} before {command} is for the window: {remedy}")
    if command == "doctor":
        from app.doctor import doctor

        return doctor()
    if command in calibration.COMMANDS:
        return calibration.run(command, arguments)
    return _track(arguments)


def build_parser() -> Parser:
    """The parser of all commands of the app."""
    parser = Parser(
        prog="main.py",
        description="Gaze from a webcam, a video or pictures. Without a command the window opens; "
        "where there is no display, the same is done without one, as track does.",
        epilog="train, evaluate, export and synth need requirements-train.txt.",
    )
    parser.add_argument("--version", action="version", version=f"GazeCLIP Desktop {__version__}")
    window = parser.add_argument_group("the window (for this run, whatever its settings say)")
    for setting in SETTINGS:
        if setting.flag:
            add_flag(window, setting, dest=f"window.{setting.name}", default=argparse.SUPPRESS)
    window.add_argument(
        "--record", action="store_true", dest="window.record", default=argparse.SUPPRESS,
        help="begin a recording with the first frame",
    )  # fmt: skip
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    _add_track(commands)
    calibration.add_to(commands)
    commands.add_parser(
        "doctor",
        help="find out what is wrong on this computer",
        description="Check everything the app needs on this computer, with a fix for each thing "
        "that is wrong. No camera is switched on. Exit code 1 when something is wrong.",
    )
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
    track.add_argument("--max-frames", type=count, metavar="N", help="stop after so many frames")
    # None lets the source decide: pictures have a rate of their own, files nothing to ask for; and
    # the calibration, which knows the field of view that it was made with.
    defaults = {**vars(Settings()), "fps": None, "size": None, "fov": None}
    defaults["profile"] = None  # "default", without its calibrations
    defaults["model"] = str(DEFAULT_MODEL)
    for name in TRACK_FLAGS:
        add_flag(track, BY_NAME[name], dest=name, default=defaults[name])
    calibration.add_profiles_flag(track)


def _window(given: dict[str, Any], record: bool) -> int:
    """Open the window, or where that cannot be, track the same without one."""
    from app.display import calm_qt, why_no_window

    reason = why_no_window()
    if reason:
        source = given.get("source") or DEFAULT_SOURCE
        print(
            f"note: no window can be opened, because {reason}; tracking {source} without one",
            file=sys.stderr,
        )
        shared = {name: value for name, value in given.items() if name in TRACK_FLAGS}
        out = Path(given.get("recordings") or "recordings")
        return _track({"model": str(DEFAULT_MODEL), **shared, "source": source, "out": out})

    from app.libraries import tame_libraries
    from app.logfile import start_log

    start_log()
    settings, notice = load()
    calm_qt()
    tame_libraries()
    from app.gui.application import run_window

    return run_window(settings, given, record, notice)


def _track(options: dict[str, Any]) -> int:
    from app.libraries import tame_libraries

    tame_libraries()
    from app.track import TrackOptions, track  # here, so that --help does not wait for OpenCV

    track(TrackOptions(**{**options, "model": Path(options["model"])}))
    return 0
