"""KeptSettings: what the command line gave holds, but is not remembered."""

from dataclasses import replace

from app.gui.kept import KeptSettings
from app.settings import Settings


def test_what_the_command_line_gave_is_not_stored() -> None:
    written: list[Settings] = []
    kept = KeptSettings(Settings(fov=70.0), {"source": "demo", "fov": 50.0}, written.append)
    assert (kept.now.source, kept.now.fov) == ("demo", 50.0)
    kept.change(replace(kept.now, show_plot=False))
    assert written == [Settings(fov=70.0, show_plot=False)]
    kept.change(replace(kept.now, fov=55.0))  # the person said so in the window
    assert written[-1] == Settings(fov=55.0, show_plot=False)
    assert kept.now.source == "demo"


def test_nothing_new_is_not_written() -> None:
    written: list[Settings] = []
    kept = KeptSettings(Settings(), None, written.append)
    kept.change(Settings())
    assert written == []
