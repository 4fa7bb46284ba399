"""What waits for a disk happens on one thread, in order; its results come back on the window's."""

import threading
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.gui.chores import Chores


@pytest.fixture
def chores(qtbot: QtBot) -> Iterator[Chores]:
    parent = QObject()
    made = Chores(parent)
    yield made
    del parent


def test_in_order_and_told_on_the_window_s_thread(chores: Chores, qtbot: QtBot) -> None:
    told: list[tuple[int, str, str]] = []

    def work(number: int) -> tuple[int, str]:
        return number, threading.current_thread().name

    for number in range(5):
        chores.do(
            lambda number=number: work(number),  # type: ignore[misc]
            lambda done: told.append((*done, threading.current_thread().name)),
            lambda error: pytest.fail(str(error)),
        )
    assert chores.busy
    qtbot.waitUntil(lambda: not chores.busy)
    main = threading.current_thread().name
    assert told == [(number, "chores", main) for number in range(5)]


def test_a_failure_is_told_and_the_next_one_is_done(chores: Chores, qtbot: QtBot) -> None:
    told: list[object] = []

    def fail() -> None:
        raise OSError("no disk")

    chores.do(fail, lambda _: told.append("done"), lambda error: told.append(str(error)))
    chores.do(lambda: "fine", told.append, told.append)
    qtbot.waitUntil(lambda: not chores.busy)
    assert told == ["no disk", "fine"]


def test_the_end_waits_for_what_was_begun(chores: Chores) -> None:
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(5.0)
        done.set()

    chores.do(work, lambda _: None, lambda _: None)
    threading.Timer(0.05, go.set).start()
    chores.worker.finish()
    assert done.is_set()


def test_an_end_without_anything_begun(chores: Chores) -> None:
    chores.worker.finish()


def test_whoever_is_gone_is_not_told(chores: Chores, qtbot: QtBot) -> None:
    told: list[object] = []
    gone, there = QObject(), QObject()
    chores.do(lambda: "to the one who is gone", told.append, told.append, whom=gone)
    chores.do(lambda: "to the one who is there", told.append, told.append, whom=there)
    shiboken6.delete(gone)
    qtbot.waitUntil(lambda: not chores.busy)
    assert told == ["to the one who is there"]
