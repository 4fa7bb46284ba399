"""`calibrate`, `validate`, `recentre` and `profiles`: their flags, and who does what they ask.

No NumPy here: --help answers at once.
"""

import argparse
import re
from pathlib import Path
from typing import Any

from app.flags import add_flag
from app.settings import DEFAULT_MODEL, Settings
from app.settings_table import BY_NAME
from model.command_line import Parser, field_of_view, number
from model.errors import UserError

COMMANDS = ("calibrate", "validate", "recentre", "profiles")

FARTHEST_MM = 5000.0
"""Of a screen's sides, and of a camera from its corner."""

SHARED_FLAGS = ("profile", "model", "provider", "eyes", "mirrored")
"""Settings that the commands have flags for."""

_NEGATIVE = re.compile(r"^-(\.?\d|inf|nan)", re.IGNORECASE)
"""What is meant as a value, also where it is a wrong one."""


def add_to(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the four commands to a parser's."""
    calibrate = _add_sittings(
        commands,
        "calibrate",
        "fit a calibration to recorded frames",
        "Fit a calibration to frames of a person who looked at known targets, and add it to a "
        "profile. The options of a sitting may be given several times, for several sittings; a "
        "screen given once holds for all.",
    )
    calibrate.add_argument(
        "--leave-one-out", action="store_true",
        help="store nothing: fit with each target left out in turn, and tell the errors there",
    )  # fmt: skip
    calibrate.add_argument(
        "--keep-patches", action="store_true",
        help="store small pictures of the eyes too, so that a later model can fit again",
    )  # fmt: skip
    validate = _add_sittings(
        commands,
        "validate",
        "measure a calibration on other targets",
        "Measure the newest calibration of a profile on frames of targets that it never saw: "
        "accuracy, precision, loss.",
    )
    recentre = _add_sittings(
        commands,
        "recentre",
        "shift a calibration by a look at one to three targets",
        "Shift a profile's newest calibration so that it is right at one to three targets, and "
        "add the result to the profile.",
    )
    for parser in (validate, recentre):
        parser.add_argument(
            "--calibration", metavar="ID", help="another calibration of the profile"
        )
    for parser in (calibrate, validate):
        parser.add_argument(
            "--json", type=Path, metavar="FILE",
            help="also write the errors as JSON" if parser is validate
            else "with --leave-one-out: also write the errors as JSON",
        )  # fmt: skip
    _add_profiles(commands)


def add_profiles_flag(parser: argparse.ArgumentParser) -> None:
    """Add --profiles to a command."""
    parser.add_argument(
        "--profiles", type=Path, metavar="DIR",
        help="the folder that profiles lie in (default: beside the settings)",
    )  # fmt: skip


def run(command: str, arguments: dict[str, Any]) -> int:
    """Do what a command asks.

    Returns:
        The exit code, 0.

    Raises:
        UserError: something in the way that the user can mend.
    """
    if command == "profiles":
        from app.calibration.offline.managing import manage

        manage(arguments)
        return 0
    from app.libraries import tame_libraries

    tame_libraries()
    from app.calibration.offline.running import DEEDS, SittingOptions  # OpenCV and MediaPipe

    sittings = {name: arguments.pop(name) for name in list(arguments) if name in SITTING}
    try:
        DEEDS[command](SittingOptions(**sittings), **arguments)
    except KeyboardInterrupt:  # unlike a recording that is stopped, it is not done
        raise UserError("stopped before it was done: run the same command again") from None
    return 0


SITTING = (
    "frames", "targets", "screen_px", "screen_mm", "camera_mm", "camera_tilt", "fov",
    "profile", "profiles", "model", "provider", "eyes", "mirrored",
)  # fmt: skip
"""What all three commands need to know."""


def _add_sittings(
    commands: "argparse._SubParsersAction[Parser]", name: str, meaning: str, description: str
) -> Parser:
    parser = commands.add_parser(name, help=meaning, description=description)
    # argparse takes -20,-10 for an option: it knows single negative numbers only.
    parser._negative_number_matcher = _NEGATIVE
    screen_needed = name == "calibrate"
    known = "" if screen_needed else " (default: the calibration's)"
    several = parser.add_argument_group("sittings (each may be given several times)")
    several.add_argument(
        "--frames", action="append", required=True, type=Path, metavar="FOLDER_OR_VIDEO",
        help="pictures or a video of the person",
    )  # fmt: skip
    several.add_argument(
        "--targets", action="append", required=True, type=Path, metavar="TARGETS.csv",
        help="rows file,x,y for pictures or time_ms,x,y for a video; x and y in physical pixels",
    )  # fmt: skip
    several.add_argument(
        "--screen-px", action="append", required=screen_needed, type=_screen_px, metavar="WxH",
        help="the screen's physical pixels, such as 2560x1440" + known,
    )  # fmt: skip
    several.add_argument(
        "--screen-mm", action="append", required=screen_needed, type=_screen_mm, metavar="WxH",
        help="the screen's width and height in mm, such as 597x336" + known,
    )  # fmt: skip
    several.add_argument(
        "--camera-mm", action="append", type=_camera_mm, metavar="X,Y",
        help="the camera's place in mm from the screen's top left corner, x right, y down "
        "(default: the middle, 10 mm above)" if screen_needed else "the calibration's own counts",
    )  # fmt: skip
    several.add_argument(
        "--camera-tilt", action="append", type=_tilt, metavar="DEG",
        help="by how many degrees the camera looks up from the screen's normal (default: 0)"
        if screen_needed else "the calibration's own counts",
    )  # fmt: skip
    several.add_argument(
        "--fov", action="append", type=field_of_view, metavar="DEG",
        help="horizontal degrees of the frames" + (known or " (default: 65)"),
    )  # fmt: skip
    defaults = {**vars(Settings()), "model": str(DEFAULT_MODEL)}
    defaults["mirrored"] = None  # the calibration's, where there is one
    for flag in SHARED_FLAGS:
        add_flag(parser, BY_NAME[flag], dest=flag, default=defaults[flag])
    add_profiles_flag(parser)
    return parser


def _add_profiles(commands: "argparse._SubParsersAction[Parser]") -> None:
    profiles = commands.add_parser(
        "profiles",
        help="list, show, rename, delete, export and import profiles",
        description="A profile holds a person's calibrations. Without a deed they are listed.",
    )
    add_profiles_flag(profiles)
    deeds = profiles.add_subparsers(metavar="DEED", dest="deed")
    shared = Parser(add_help=False)
    shared.add_argument(
        "--profiles", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="as above"
    )
    for deed, meaning, names in (
        ("list", "all profiles", ()),
        ("show", "a profile's calibrations", ("name",)),
        ("rename", "give a profile another name", ("name", "new")),
        ("delete", "delete a profile, or one of its calibrations", ("name",)),
        ("export", "write a profile into one file", ("name", "file")),
        ("import", "take in a profile that was exported", ("file",)),
    ):
        parser = deeds.add_parser(deed, help=meaning, description=meaning, parents=[shared])
        for name in names:
            kind = Path if name == "file" else str
            parser.add_argument(name, metavar=name.upper(), type=kind)
        if deed == "delete":
            parser.add_argument("--calibration", metavar="ID", help="only this calibration")
            parser.add_argument("--yes", action="store_true", help="yes, for good")


def _screen_px(text: str) -> tuple[int, int]:
    width, height = _pair(text, "x", 1, 100_000, "pixels", "2560x1440")
    if (width % 1, height % 1) != (0, 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not whole pixels such as 2560x1440")
    return int(width), int(height)


def _screen_mm(text: str) -> tuple[float, float]:
    return _pair(text, "x", 10.0, FARTHEST_MM, "mm", "597x336")


def _camera_mm(text: str) -> tuple[float, float]:
    return _pair(text, ",", -FARTHEST_MM, FARTHEST_MM, "mm", "298,-10")


def _tilt(text: str) -> float:
    return number(-60.0, 60.0, "degrees", text)


def _pair(
    text: str, between: str, low: float, high: float, unit: str, example: str
) -> tuple[float, float]:
    first, found, second = text.lower().partition(between)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not two numbers such as {example}")
    return number(low, high, unit, first), number(low, high, unit, second)
