"""Everything that can be done with a key or from a menu, in one table."""

from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.gui import theme
from app.strings import tr


@dataclass(frozen=True)
class Deed:
    """One thing to do.

    Attributes:
        name: the action's name in code.
        text: what the menu says; & before the letter for the keyboard.
        keys: shortcuts, the first of which is shown.
        help: what it does, in a tooltip.
        icon: its icon's name, "" for none.
        checkable: it is on or off.
        role: where macOS wants it in its own menu.
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
    help: str = ""
    icon: str = ""
    checkable: bool = False
    role: QAction.MenuRole = QAction.MenuRole.NoRole


LAYERS = ("show_eyes", "show_irises", "show_head", "show_gaze", "show_words")
"""Fields of Settings that are layers of the picture; actions of the same names switch them."""

SWITCHES = (*LAYERS, "mirrored", "record_video", "show_plot", "show_eyes_panel", "show_map")
"""Fields of Settings that have a checkable action of the same name."""

DEEDS: tuple[Deed, ...] = (
    Deed("open_video", "Open &video …", ("O", "Ctrl+O"), "Track a video file", "video"),
    Deed("open_pictures", "Open &folder of pictures …", ("Shift+O", "Ctrl+Shift+O"),
         "Track a folder of pictures", "pictures"),
    Deed("demo", "&Demo clip", ("D",), "Track the clip that comes along", "demo"),
    Deed("retry", "&Try again", ("F5",), "Look for a camera again", "retry"),
    Deed("mirrored", "Camera delivers a &mirror image", (),
         "Switch this on if left and right are exchanged", checkable=True),
    Deed("settings", "&Settings …", ("Ctrl+,",), "Everything that can be chosen", "settings",
         role=QAction.MenuRole.PreferencesRole),
    Deed("recordings", "Open folder of &recordings", ("Ctrl+Shift+R",),
         "Show where the recordings lie", "folder"),
    Deed("quit", "&Quit", ("Ctrl+Q",), "Close the window; a recording is finished first",
         role=QAction.MenuRole.QuitRole),
    Deed("record", "&Record", ("R",), "Start or stop a recording", "record"),
    Deed("marker", "Set a &marker …", ("M",), "Write what happened into the recording", "marker"),
    Deed("record_video", "Record a &video too", (), "Store the camera's pictures too",
         checkable=True),
    Deed("layers", "All &layers", ("L",), "Draw everything, or only the picture", "layers"),
    Deed("show_eyes", "&Eye contours", ("E",), "Draw the contours of the eyelids", checkable=True),
    Deed("show_irises", "&Irises", ("I",), "Draw a circle around each iris", checkable=True),
    Deed("show_head", "&Head axes", ("H",), "Draw the three axes of the head", checkable=True),
    Deed("show_gaze", "&Gaze arrows", ("G",), "Draw an arrow from each eye", checkable=True),
    Deed("show_words", "&Words", ("W",), "Say in words where the eyes look", checkable=True),
    Deed("show_eyes_panel", "Enlarged e&yes", ("Y",), "Show both eyes at the side",
         checkable=True),
    Deed("show_plot", "&Plot", ("P",), "Show gaze and openness over time", checkable=True),
    Deed("show_map", "Map of the scree&n", ("N",), "Show where you look on a small map",
         checkable=True),
    Deed("calibrate", "&Calibrate …", ("C",), "Look at a few dots, so that the point of gaze is "
         "known; about 35 seconds", "target"),
    Deed("validate", "&Validate again …", ("V",), "Measure how good the calibration is now",
         "validate"),
    Deed("recentre", "Re&centre", ("Home",), "Look at one dot, to put a shift right",
         "recentre"),
    Deed("show_point", "Point of &gaze over everything", ("Shift+G",),
         "Show a ring where you look, over all windows", "ring", checkable=True),
    Deed("profiles", "&Profiles …", ("Ctrl+P",), "Whose calibrations there are, and what to do "
         "with them", "profile"),
    Deed("screen", "Screen and c&amera place …", ("Ctrl+D",),
         "How large your screen is, and where the camera sits", "screen"),
    Deed("full_screen", "&Full screen", ("F11",), "Use the whole screen", "fullscreen",
         checkable=True),
    Deed("about", "&About GazeCLIP Desktop", ("F1",), "What this is, and where your pictures stay",
         "about", role=QAction.MenuRole.AboutRole),
    Deed("first_start", "Check &camera and light …", ("F2",), "Go through the first steps again",
         "light"),
    Deed("log", "Show the lo&g file", (), "What the program noted down, for finding faults"),
)  # fmt: skip


class Actions:
    """All actions, made once; `actions["record"]` is one of them. Shortcuts work in all of `owner`.

    A letter typed into a field goes to the field: Qt asks the field first.
    """

    def __init__(self, owner: QWidget) -> None:
        self._actions = {deed.name: self._make(deed, owner) for deed in DEEDS}
        for number in range(1, 10):
            deed = Deed(f"marker_{number}", f"Marker &{number}", (str(number),),
                        "Write this number into the recording")  # fmt: skip
            self._actions[deed.name] = self._make(deed, owner)
            self._actions[deed.name].setData(str(number))

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    @property
    def markers(self) -> list[QAction]:
        """Those of the keys 1 to 9."""
        return [self._actions[f"marker_{number}"] for number in range(1, 10)]

    def _make(self, deed: Deed, owner: QWidget) -> QAction:
        action = QAction(tr(deed.text), owner)
        action.setObjectName(deed.name)
        action.setCheckable(deed.checkable)
        action.setMenuRole(deed.role)
        action.setShortcuts([QKeySequence(key) for key in deed.keys])
        action.setAutoRepeat(False)
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tr(deed.help)} ({shown})" if shown else tr(deed.help))
        action.setStatusTip(tr(deed.help))
        if deed.icon:
            action.setIcon(theme.icon(deed.icon))
        owner.addAction(action)
        return action
