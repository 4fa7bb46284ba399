"""Flags of the command line, made from the table of settings."""

import argparse
import re
from typing import Any

from app.settings import Settings
from app.settings_table import PROFILE_NAME, Setting
from model.command_line import number


def add_flag(parser: argparse._ActionsContainer, setting: Setting, dest: str, default: Any) -> None:
    """A flag made from its line in the table."""
    assert setting.flag is not None
    options: dict[str, Any] = {"dest": dest, "default": default}
    told = "" if default == argparse.SUPPRESS else _told_default(setting)
    options["help"] = setting.help.replace("%", "%%") + told
    match setting.kind:
        case "switch":
            parser.add_argument(setting.flag, action=argparse.BooleanOptionalAction, **options)
            return
        case "choice":
            options["choices"] = [value for value, _ in setting.choices]
        case _:
            options["metavar"] = setting.metavar
            options["type"] = lambda text: _converted(setting, text)
    parser.add_argument(setting.flag, **options)


def _told_default(setting: Setting) -> str:
    default = getattr(Settings(), setting.name)
    if default == "" or isinstance(default, bool):
        return ""
    told = "x".join(map(str, default)) if isinstance(default, tuple) else default
    return f" (default: {told:g})" if isinstance(told, float) else f" (default: {told})"


def _converted(setting: Setting, text: str) -> Any:
    """A flag's value as `Settings` holds it.

    Raises:
        argparse.ArgumentTypeError: it will not do.
    """
    if setting.kind in ("number", "slider"):
        unit = setting.unit if setting.kind == "number" else "the slider"
        return number(setting.minimum, setting.maximum, unit, text)
    if setting.kind == "size":
        width, _, height = text.lower().partition("x")
        if width.isdecimal() and height.isdecimal():
            try:
                return setting.clean((int(width), int(height)))
            except ValueError:
                pass
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1280x720")
    if setting.name == "profile" and not re.fullmatch(PROFILE_NAME, text):
        raise argparse.ArgumentTypeError(
            f"the profile name {text!r} will not do (up to 40 letters, digits, - and _, beginning "
            "with a letter or digit)"
        )
    try:
        return setting.clean(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} will not do") from error
