"""What the window says of a source's state; no widgets."""

from dataclasses import dataclass

from app.live.state import SourceState
from app.strings import tr

ICONS = {"camera": "camera", "video": "video", "pictures": "pictures", "demo": "demo"}


@dataclass(frozen=True)
class Standing:
    """What to show of a source.

    Attributes:
        name: the source's, for the person.
        icon: that goes with it.
        title, text: over the picture; "" for nothing.
        deeds: names of the actions offered there.
        again: what trying or playing again is called now, "" where there is nothing of the kind.
        replays: it is playing a file from its beginning.
    """

    name: str
    icon: str
    title: str = ""
    text: str = ""
    deeds: tuple[str, ...] = ()
    again: str = ""
    replays: bool = False


def standing(state: SourceState, recording: bool) -> Standing:
    """What to show of a state, while recording or not."""
    icon = ICONS.get(state.kind or "", "camera")
    demo = state.kind == "demo" or state.name == "demo"
    name = tr("Demo clip") if demo else state.name or tr("Source")
    try_again, play_again = tr("Try again"), tr("Play again")
    match state.phase:
        case "opening":
            title = tr("Looking for a camera …")
            if state.name:
                title = tr("Opening {name} …").format(name=name)
            return Standing(name, "waiting", title)
        case "running" if state.demo_instead:
            return Standing(name, icon, again=try_again)
        case "running" if state.kind == "camera":
            return Standing(name, icon)
        case "running":
            return Standing(name, icon, again=play_again, replays=True)
        case "ended":
            return Standing(name, icon, tr("The end"), state.message, ("retry",), play_again, True)
        case "lost":
            text = state.message or tr("It is taken up again as soon as it is back.")
            if recording:
                text += " " + tr("The recording goes on meanwhile, with empty rows.")
            title = tr("The camera is gone")
            return Standing(name, "camera-off", title, text)  # it is looked for anyway
        case "failed":
            title = tr("There is no picture")
            return Standing(name, icon, title, state.message, ("retry", "demo"), try_again)
