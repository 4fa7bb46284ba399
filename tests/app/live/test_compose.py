import threading
from pathlib import Path

import numpy as np
import pytest

from app.live import compose as room
from app.live import opening
from app.live.compose import Composer, Moment, compose
from app.live.measures import Meter
from app.live.opening import Opening, Request, Trackers, must_reopen
from app.live.shown import Shown
from app.live.state import Measures, View
from app.overlay import ALL_LAYERS
from app.sample import Sample
from app.source import Frame
from app.tracker import Tracker
from tests.app.live.world import PATIENCE_S, World, quick_tracker, settings
from tests.material import picture


def moment(number: int = 0, size: tuple[int, int] = (160, 120)) -> Moment:
    sample = Sample(number, 0, 0)
    shown = Shown(sample, None, "no face", None)
    frame = Frame(picture(number, size), number, 0, 0)
    return Moment(frame, sample, shown, None, Measures(), None, Meter("x", None))


@pytest.mark.parametrize(
    ("into", "shape"),
    [
        (None, (120, 160, 3)),
        ((320, 240), (240, 320, 3)),
        ((1000, 240), (240, 320, 3)),
        ((40, 400), (30, 40, 3)),
    ],
)
def test_pictures_are_mirrored_fitted_and_keep_their_proportions(into, shape):
    view = compose(moment(), ALL_LAYERS, into)
    assert view.picture.shape == shape
    assert view.picture[0, -1].tolist() == [200, 60, 30]  # red on the left of what the camera saw
    assert view.picture[0, 0].tolist() == [20, 20, 20]
    assert (view.eyes, view.words) == (None, "no face")


def test_the_frame_itself_is_never_drawn_upon():
    it = moment()
    before = it.frame.image.copy()
    compose(it, ALL_LAYERS, None).picture[:] = 0
    np.testing.assert_array_equal(it.frame.image, before)


class Slow:
    """Stands in for `compose`: takes as long as it is told to, and notes what it was asked for."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self.asked: list[int] = []

    def __call__(self, it: Moment, *_: object) -> View:
        self.asked.append(it.sample.frame)
        self.begun.set()
        assert self.go_on.wait(PATIENCE_S)
        return compose(it, ALL_LAYERS, None)


def test_whoever_shows_never_waits_and_the_latest_wins(monkeypatch: pytest.MonkeyPatch):
    slow, ready = Slow(), threading.Semaphore(0)
    monkeypatch.setattr(room, "compose", slow)
    composer = Composer(ready.release)
    composer.show(moment(0))
    assert slow.begun.wait(PATIENCE_S)
    for number in range(1, 30):
        composer.show(moment(number))  # would stand still here if it waited
    slow.go_on.set()
    for _ in range(2):
        assert ready.acquire(timeout=PATIENCE_S)
    assert slow.asked == [0, 29]
    view = composer.take()
    assert view is not None
    assert view.sample.frame == 29
    assert composer.take() is None
    composer.close()


def test_nothing_of_a_source_is_shown_once_it_was_left(monkeypatch: pytest.MonkeyPatch):
    slow, ready = Slow(), threading.Semaphore(0)
    monkeypatch.setattr(room, "compose", slow)
    composer = Composer(ready.release)
    composer.show(moment(0))
    assert slow.begun.wait(PATIENCE_S)
    composer.forget()
    slow.go_on.set()
    composer.change(size=(80, 60))
    composer.show(moment(1))
    assert ready.acquire(timeout=PATIENCE_S)
    composer.close()
    assert slow.asked == [0, 1]
    view = composer.take()
    assert view is not None
    assert view.sample.frame == 1


def test_a_picture_that_cannot_be_composed_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail_once(it: Moment, *_: object) -> View:
        if it.sample.frame == 0:
            failed.set()
            raise RuntimeError("no picture")
        return compose(it, ALL_LAYERS, None)

    failed, ready = threading.Event(), threading.Semaphore(0)
    monkeypatch.setattr(room, "compose", fail_once)
    composer = Composer(ready.release)
    composer.show(moment(0))
    assert failed.wait(PATIENCE_S)
    composer.show(moment(1))
    assert ready.acquire(timeout=PATIENCE_S)
    composer.close()
    assert "could not be composed" in caplog.text


@pytest.fixture
def loaded(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> list[Tracker]:
    """The trackers that were loaded."""
    load, trackers = quick_tracker(tiny_model), []

    def loading(*arguments: object) -> Tracker:
        trackers.append(load(*arguments))
        return trackers[-1]

    monkeypatch.setattr(opening, "load_tracker", loading)
    return trackers


def test_models_are_loaded_once_for_one_source_after_the_other(loaded: list[Tracker]):
    keeper = Trackers()
    first = keeper.take(settings(), unrelated=False)
    keeper.give_back(first)
    second = keeper.take(settings(eyes="left", fov=40.0), unrelated=False)
    assert second is first
    assert (second.eyes, second.fov) == ("left", 40.0)
    keeper.give_back(second)
    keeper.take(settings(), unrelated=True)  # pictures want another kind
    keeper.take(settings(provider="cpu"), unrelated=False)
    assert len(loaded) == 3


def test_whatever_nobody_waits_for_any_more_is_closed_again(loaded: list[Tracker]):
    world, keeper = World("A cam"), Trackers()
    for _ in range(20):
        given_up = Opening(
            Request("A cam", settings()), keeper, world.open_source, world.find_cameras
        )
        given_up.abandon()
        given_up.thread.join(PATIENCE_S)
    assert len(world.opened) == 20
    assert all(camera._closed.is_set() for camera in world.opened)  # type: ignore[attr-defined]
    assert keeper._keys == {}


@pytest.mark.parametrize(
    ("kind", "changed", "again"),
    [
        ("camera", {"size": (640, 480)}, True),
        ("camera", {"fps": 60.0}, True),
        ("video", {"size": (640, 480)}, False),
        ("video", {"fps": 60.0}, False),
        ("pictures", {"fps": 60.0}, True),
        ("demo", {"mirrored": True}, True),
        ("demo", {"provider": "cpu"}, True),
        (None, {"model": "/other.onnx"}, True),
        ("camera", {"smoothing": 1.0, "fov": 40.0, "eyes": "left"}, False),
        ("camera", {"theme": "dark", "profile": "x", "show_gaze": False}, False),
    ],
)
def test_a_source_is_opened_again_only_where_it_must(kind, changed, again: bool):
    assert must_reopen(settings(), settings(**changed), kind) is again
