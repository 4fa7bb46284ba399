"""The picture: Qt's own copy of it, in its place, and its age when drawn."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.images import to_qimage
from app.gui.preview import Preview
from tests.gui.opened import pixels
from tests.gui.views import make_view
from tests.material import picture


@pytest.mark.parametrize(
    "part",
    [np.s_[:, :], np.s_[:, ::-1], np.s_[5:40, 7:50], np.s_[::2, :33]],
    ids=["whole", "mirrored", "a part of rows", "an odd width"],
)
def test_a_picture_becomes_qts_own(part: Any) -> None:
    image = np.random.default_rng(7).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    expected = image[part].copy()
    shown = to_qimage(image[part])
    image[:] = 0  # what happens to the array no longer matters
    assert (pixels(shown) == expected).all()


def test_a_picture_nobody_may_write_to_can_be_shown() -> None:
    image = picture()
    image.flags.writeable = False
    assert to_qimage(image).width() == image.shape[1]


@pytest.fixture
def preview(qtbot: QtBot) -> Preview:
    widget = Preview()
    qtbot.addWidget(widget)
    widget.resize(320, 240)
    widget.show()
    return widget


def test_the_picture_is_painted_pixel_for_pixel_in_the_middle(preview: Preview) -> None:
    preview.show_view(make_view(size=(320, 180)))
    grabbed = pixels(preview.grab().toImage())
    red = (np.abs(grabbed.astype(int) - (200, 60, 30)).max(axis=2) <= 2).nonzero()
    assert (red[0].min(), red[0].max()) == (30, 209), "60 px are left above and below in all"
    assert (red[1].min(), red[1].max()) == (0, 79), "a quarter of the picture is red"


def test_a_small_picture_is_enlarged_until_the_engine_sends_a_larger_one(
    preview: Preview,
) -> None:
    preview.show_view(make_view(size=(80, 60)))
    assert preview.picture_place().getRect() == (0.0, 0.0, 320.0, 240.0)


def test_asks_for_pictures_of_its_size(qtbot: QtBot, preview: Preview) -> None:
    with qtbot.waitSignal(preview.resized) as asked:
        preview.resize(400, 300)
    ratio = preview.devicePixelRatioF()
    assert asked.args == [round(400 * ratio), round(300 * ratio)]


def test_tells_the_age_of_each_picture_once(qtbot: QtBot, preview: Preview) -> None:
    ages: list[float] = []
    preview.drawn.connect(ages.append)
    view = replace(make_view(), captured_ns=time.perf_counter_ns() - 20_000_000)
    preview.show_view(view)
    preview.note_drawn()
    preview.note_drawn()
    assert len(ages) == 1
    assert ages[0] >= 20.0
    preview.show_view(view)  # the same again, with other layers
    preview.note_drawn()
    assert len(ages) == 1


def test_what_is_said_over_the_picture_stays_inside_it(preview: Preview) -> None:
    preview.resize(600, 240)
    preview.show_view(make_view(size=(320, 240)))
    pressed: list[str] = []
    preview.cover_with("The end", "clip.mp4 is over.", [("Again", lambda: pressed.append("a"))])
    assert preview.cover.geometry() == preview.picture_place().toRect()
    assert preview.cover.accessibleName() == "The end clip.mp4 is over."
    bright = pixels(preview.grab().toImage())[20, 300].astype(int)
    preview.cover.buttons[0].click()
    assert pressed == ["a"]
    preview.uncover()
    assert (pixels(preview.grab().toImage())[20, 300] > bright + 5).all(), "it was dimmed"
