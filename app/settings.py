"""A person's choices: what they are by default, and the file that keeps them.

Stored as JSON, value by value: one that will not do falls back to its default and takes no other
with it. What each of them means and may be stands in `app.settings_table`.
"""

import contextlib
import json
import logging
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import platformdirs

from app import PROJECT
from app.settings_table import BY_NAME, PROFILE_NAME, REMEMBERED, SETTINGS, SIZES, Setting
from model.errors import UserError

__all__ = [
    "BY_NAME", "DEFAULT_MODEL", "PROFILE_NAME", "REMEMBERED", "SETTINGS", "SIZES", "Setting",
    "Settings", "load", "own_home", "peek", "save", "settings_path",
]  # fmt: skip

APP_NAME = "GazeCLIP"

HOME_VARIABLE = "GAZECLIP_HOME"
"""Environment variable: a folder for settings, log and recordings, instead of the system's own."""

DEFAULT_MODEL = PROJECT / "weights" / "gazeclip-s.onnx"

SCHEMA = 1
"""Of settings.json; raised when a reader of the old one would misread the new one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """A person's choices; `SETTINGS` says what each of them means and may be.

    Attributes:
        source: "" for the first camera, else the demo clip.
        size: (width, height) px.
        fov: horizontal, degrees.
        model: path of an .onnx file, "" for the project's own weights.
        smoothing: 0 quick .. 1 steady.
        targets: of a calibration: how many, or "pursuit" for one that moves.
        ground: what is behind them.
        screen: the name of the one that is calibrated, "" for the one the window is on.
        screens: what the person told of each screen by its name, as `Told.to_json` writes it.
        recordings: folder, "" for the default place.
    """

    source: str = ""
    size: tuple[int, int] = (1280, 720)
    fps: float = 30.0
    mirrored: bool = False
    fov: float = 65.0
    eyes: Literal["both", "left", "right"] = "both"
    provider: Literal["auto", "cuda", "cpu"] = "auto"
    model: str = ""
    smoothing: float = 0.5
    show_eyes: bool = True
    show_irises: bool = True
    show_head: bool = True
    show_gaze: bool = True
    show_words: bool = True
    targets: Literal["5", "9", "13", "pursuit"] = "9"
    pace: Literal["automatic", "space"] = "automatic"
    ground: Literal["light", "grey", "dark"] = "light"
    keep_patches: bool = False
    recordings: str = ""
    record_video: bool = False
    profile: str = "default"
    session: str = ""
    theme: Literal["system", "dark", "light"] = "system"
    first_start_done: bool = False
    show_plot: bool = True
    show_eyes_panel: bool = True
    show_map: bool = True
    screen: str = ""
    screens: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, setting in BY_NAME.items():
            setting.clean(getattr(self, name))

    @property
    def model_path(self) -> Path:
        """The model to run."""
        return Path(self.model).expanduser() if self.model else DEFAULT_MODEL

    @property
    def recordings_folder(self) -> Path:
        """Where recordings lie; not made before it is needed."""
        if self.recordings:
            return Path(self.recordings).expanduser()
        if home := own_home():
            return home / "recordings"
        documents = platformdirs.user_documents_path()
        return (documents if documents.is_dir() else Path.home()) / APP_NAME


def own_home() -> Path | None:
    """The folder that stands in for the system's places, where one is named."""
    named = os.environ.get(HOME_VARIABLE, "")
    return Path(named).expanduser() if named else None


def settings_path() -> Path:
    """Where the settings are stored."""
    folder = own_home() or platformdirs.user_config_path(APP_NAME, appauthor=False)
    return folder / "settings.json"


def load(path: Path | None = None) -> tuple[Settings, str]:
    """Read the settings; never fails. A broken file is put aside.

    Args:
        path: of the file; None for the usual one.

    Returns:
        The settings, with defaults for what is missing or will not do, and a sentence for the
        person where the file could not be used, else "".
    """
    path = path or settings_path()
    settings, problem, broken = peek(path)
    return settings, _put_aside(path) if broken else problem


def peek(path: Path | None = None) -> tuple[Settings, str, bool]:
    """Read the settings and change nothing; never fails.

    Returns:
        The settings as `load` gives them, a sentence where the file could not be used, and whether
        that is because its content is broken.
    """
    path = path or settings_path()
    try:
        stored = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return Settings(), "", False
    except OSError as error:
        _log.warning("cannot read %s: %s", path, error)
        reason = (error.strerror or str(error)).lower()
        told = f"Your settings in {path} cannot be read ({reason}): defaults are used."
        return Settings(), told, False
    except ValueError as error:
        _log.warning("%s is broken: %s", path, error)
        return Settings(), f"Your settings in {path} are damaged: defaults are used.", True
    values: dict[str, Any] = {}
    for name, setting in BY_NAME.items():
        if name in stored:
            try:
                values[name] = setting.clean(stored[name])
            except ValueError as error:
                _log.warning("%s: %s, its default is used", path, error)
    return Settings(**values), "", False


def save(settings: Settings, path: Path | None = None) -> None:
    """Store the settings in one step: the file is always either the old or the new one, whole.

    What a newer version of the program stored beside them is kept.

    Raises:
        UserError: the file cannot be written.
    """
    path = path or settings_path()
    unknown: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        unknown = {key: value for key, value in _read(path).items() if key not in BY_NAME}
    content = {**unknown, "schema": SCHEMA, **asdict(settings)}
    temporary = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "w", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, UnicodeEncodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UserError(
            f"the settings cannot be saved in {path.parent} ({reason}): free some space there, or "
            "make the folder one that you may write to"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    """The file's content; ValueError where it is no settings file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("it is nested without end") from error
    if not isinstance(content, dict):
        raise ValueError("it holds no settings")
    return content


def _put_aside(path: Path) -> str:
    for number in range(1, 100):
        aside = path.with_name(f"{path.stem}.broken{number if number > 1 else ''}{path.suffix}")
        if not aside.exists():
            break
    try:
        os.replace(path, aside)
    except OSError as error:
        _log.warning("cannot put %s aside: %s", path, error)
        return f"Your settings in {path} are damaged: defaults are used."
    return f"Your settings were damaged: defaults are used, and the old file is kept as {aside}."
