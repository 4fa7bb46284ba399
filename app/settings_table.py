"""The table of everything that a person may choose: the dialog and the flags are made from it.

No Qt and no NumPy: the command line reads it too, and shall answer --help at once.
"""

import contextlib
import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from app.calibration.screen_size import told_from_json

PROFILE_NAME = r"[^\W_][\w-]{0,39}"
"""What a profile may be called: part of a folder's name on every system."""

Kind = Literal[
    "choice", "number", "slider", "switch", "folder", "file", "text", "size", "source", "screens"
]


@dataclass(frozen=True)
class Setting:
    """One thing that a person may choose.

    Attributes:
        name: the field of `Settings`.
        group: the page of the dialog that it stands on.
        label: its name there.
        help: what it does, in one sentence without a full stop: for `--help`, and for the dialog
            unless `about` is given.
        kind: how it is chosen.
        choices: (value, label) of a choice; of a text or size, what is offered beside free entry.
        minimum, maximum, step: of a number or slider.
        unit: of a number; of a slider what its two ends mean, "left - right".
        flag: the command line's name for it, None where it has none.
        metavar: what the flag's value is called in `--help`.
        pattern: what a text must match.
        about: what the dialog says of it, where the command line's words would not do there.
    """

    name: str
    group: str
    label: str
    help: str
    kind: Kind
    choices: tuple[tuple[Any, str], ...] = ()
    minimum: float = 0.0
    maximum: float = 1.0
    step: float = 1.0
    unit: str = ""
    flag: str | None = None
    metavar: str | None = None
    pattern: str = r"[^\x00-\x1f]{0,4096}"
    about: str = ""

    def clean(self, value: Any) -> Any:
        """The value in the type that `Settings` holds, read from JSON or a widget.

        Raises:
            ValueError: it is none that this setting can have.
        """
        cleaned = self._converted(value)
        if cleaned is None:
            raise ValueError(f"{value!r} is no {self.kind} for {self.name}")
        return cleaned

    def _converted(self, value: Any) -> Any:
        match self.kind:
            case "switch":
                return value if isinstance(value, bool) else None
            case "number" | "slider":
                if isinstance(value, bool) or not isinstance(value, int | float):
                    return None
                inside = self.minimum <= value <= self.maximum and math.isfinite(value)
                return float(value) if inside else None
            case "size":
                return _size(value)
            case "screens":
                return _screens(value)
            case "choice":
                return value if value in [choice for choice, _ in self.choices] else None
            case _:
                fits = isinstance(value, str) and re.fullmatch(self.pattern, value)
                return value if fits else None


def _size(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    if not all(type(side) is int and 1 <= side <= 16384 for side in value):
        return None
    return value[0], value[1]


def _screens(value: Any) -> dict[str, Any] | None:
    """What was told of each screen by its name; what makes no sense is left out."""
    if not isinstance(value, dict):
        return None
    cleaned = {}
    for name, content in value.items():
        with contextlib.suppress(ValueError):
            cleaned[str(name)] = told_from_json(content).to_json()
    return cleaned


SIZES = ((640, 480), (1280, 720), (1920, 1080))
"""What nearly every camera offers."""

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "source", "Camera", "Source",
        "a camera's name or number, a video file, a folder of pictures, or demo; "
        "empty: the first camera, else the demo",
        "source", flag="--source", metavar="SOURCE",
        about="opened at the start; a camera is found again by its name",
    ),
    Setting(
        "size", "Camera", "Picture size",
        "cameras: picture size to ask for", "size",
        choices=tuple((size, f"{size[0]} x {size[1]}") for size in SIZES),
        flag="--size", metavar="WxH",
        about="asked of cameras; more pixels on your eyes help, and take more time",
    ),
    Setting(
        "fps", "Camera", "Frames per second",
        "cameras: frames per second to ask for; pictures: their rate", "number",
        minimum=0.1, maximum=1000.0, step=5.0, unit="frames per second",
        flag="--fps", metavar="F",
        about="asked of cameras; folders of pictures get their times from it",
    ),
    Setting(
        "mirrored", "Camera", "The camera delivers a mirror image",
        "the source delivers mirror images: they are turned back, so that left is left",
        "switch", flag="--mirrored",
        about="tick this if your right hand rises on the left of the picture; otherwise left and "
        "right would be swapped",
    ),
    Setting(
        "fov", "Camera", "Field of view",
        "horizontal field of view of the full frame in degrees; it sets the scale of distances",
        "number", minimum=20.0, maximum=150.0, step=1.0, unit="degrees",
        flag="--fov", metavar="DEG",
        about="how much the camera sees from side to side; distances are as good as this",
    ),
    Setting(
        "eyes", "Tracking", "Eyes",
        "the eyes to use, left and right being the user's own", "choice",
        choices=(("both", "Both"), ("left", "My left eye"), ("right", "My right eye")),
        flag="--eyes",
        about="one eye only, for instance where the other one is covered",
    ),
    Setting(
        "provider", "Tracking", "The model runs on",
        "where the model runs; auto: CUDA where it works, else the CPU", "choice",
        choices=(("auto", "Whatever works best"), ("cuda", "NVIDIA graphics card (CUDA)"),
                 ("cpu", "Processor (CPU)")),
        flag="--provider",
        about="a graphics card saves the processor work; either is quick enough",
    ),
    Setting(
        "model", "Tracking", "Model",
        "an exported model with its card beside it; empty: the one that comes along", "file",
        choices=(("*.onnx", "Exported models"),), flag="--model", metavar="FILE.onnx",
        about="the file of an exported model, its card beside it",
    ),
    Setting(
        "smoothing", "Tracking", "Smoothing of what is shown",
        "how much arrows, words and plot are smoothed, 0 quick to 1 steady; "
        "recordings are never smoothed",
        "slider", minimum=0.0, maximum=1.0, step=0.05, unit="quick - steady",
        flag="--smoothing", metavar="S",
        about="steady arrows follow later, quick ones tremble; recordings are never smoothed",
    ),
    Setting(
        "show_eyes", "Picture", "Eye contours", "draw the contours of the eyelids", "switch"
    ),
    Setting("show_irises", "Picture", "Irises", "draw a circle around each iris", "switch"),
    Setting(
        "show_head", "Picture", "Head axes", "draw the three axes of the head", "switch"
    ),
    Setting(
        "show_gaze", "Picture", "Gaze arrows", "draw an arrow from each eye along its gaze",
        "switch",
    ),
    Setting(
        "show_words", "Picture", "Description in words",
        "say in words where the eyes look", "switch",
    ),
    Setting(
        "theme", "Picture", "Theme", "colours of the window", "choice",
        choices=(("system", "As the system"), ("dark", "Dark"), ("light", "Light")),
        flag="--theme",
    ),
    Setting(
        "targets", "Calibration", "Targets",
        "how many targets a calibration has", "choice",
        choices=(("5", "5, quick"), ("9", "9, as a rule"), ("13", "13, thorough"),
                 ("pursuit", "One that moves")),
        about="more of them take longer and show more; a dot that moves is followed by the eyes",
    ),
    Setting(
        "pace", "Calibration", "Pace",
        "what brings the next target", "choice",
        choices=(("automatic", "By itself"), ("space", "The space bar")),
        about="by itself the next dot comes as soon as enough was seen of the one before",
    ),
    Setting(
        "ground", "Calibration", "Background",
        "background of the calibration", "choice",
        choices=(("light", "Light"), ("grey", "Grey"), ("dark", "Dark")),
        about="a light one lights your face, which helps; choose what you will look at later",
    ),
    Setting(
        "keep_patches", "Calibration", "Keep small pictures of the eyes",
        "profiles hold small pictures of the eyes for each target", "switch",
        about="with them a later version can make your calibrations anew; they stay on this "
        "computer, and without this tick no picture is kept",
    ),
    Setting(
        "recordings", "Recording", "Folder for recordings",
        "folder that recordings lie in; empty: GazeCLIP in your documents", "folder",
        flag="--out", metavar="DIR",
        about="each recording is a folder of its own in it",
    ),
    Setting(
        "profile", "Recording", "Profile",
        "whose recording it is; part of the folder's name", "text", pattern=PROFILE_NAME,
        flag="--profile", metavar="NAME",
    ),
    Setting(
        "session", "Recording", "Session",
        "a name for this session; goes into recording.json", "text",
        pattern=r"[^\x00-\x1f]{0,200}", flag="--session", metavar="NAME",
    ),
    Setting(
        "record_video", "Recording", "Record a video too",
        "recordings hold a video of the camera's picture too; without it no frame is stored",
        "switch", flag="--video",
    ),
)  # fmt: skip
"""Everything in the dialog, in its order."""

REMEMBERED: tuple[Setting, ...] = (
    Setting("first_start_done", "", "", "the first start has been gone through", "switch"),
    Setting("show_plot", "", "", "the plot is shown", "switch"),
    Setting("show_eyes_panel", "", "", "the enlarged eyes are shown", "switch"),
    Setting("show_map", "", "", "the small map of the screen is shown", "switch"),
    Setting("screen", "", "", "the screen that is calibrated; empty: the window's own", "text"),
    Setting("screens", "", "", "what the person told of each screen", "screens"),
)
"""What the window remembers without a place in the dialog."""

BY_NAME = {setting.name: setting for setting in (*SETTINGS, *REMEMBERED)}
