import threading
import time

import numpy as np
import pytest

from app.channel import Finished
from app.pipeline import Pipeline
from app.sample import Sample
from app.source import Frame, Source
from tests.material import frame


class ListedSource(Source):
    """A source of given frames; a live one offers its latest, like a camera."""

    def __init__(self, frames: int, live: bool = False, error: Exception | None = None) -> None:
        super().__init__()
        self.kind, self.name, self.size, self.fps = "camera" if live else "video", "l", (4, 4), 30.0
        self._frames, self._next, self._error = frames, 0, error
        self._closed = threading.Event()

    def read(self) -> Frame | None:
        if self._error is not None and self._next == 3:
            raise self._error
        if self._next >= self._frames or self._closed.is_set():
            return None
        self._next += 1
        return frame(self._next - 1)

    def close(self) -> None:
        self._closed.set()


class CountingTracker:
    """Notes on which thread each step runs, and takes its time."""

    def __init__(self, find_s: float = 0.0, fails_at: int | None = None) -> None:
        self.find_s, self.fails_at = find_s, fails_at
        self.threads: set[str] = set()

    def find(self, frame: Frame) -> None:
        self.threads.add(threading.current_thread().name)
        time.sleep(self.find_s)
        if frame.number == self.fails_at:
            raise RuntimeError("the tracker broke")

    def sample(self, frame: Frame, face: None) -> Sample:
        self.threads.add(threading.current_thread().name)
        return Sample(frame.number, frame.time_ns, 0)


def run(source: Source, tracker: CountingTracker) -> list[int]:
    with Pipeline(source, tracker) as pipeline:  # type: ignore[arg-type]
        return [tracked.sample.frame for tracked in pipeline]


def test_every_frame_of_a_file_comes_out_once_and_in_order():
    tracker = CountingTracker()
    assert run(ListedSource(200), tracker) == list(range(200))
    assert tracker.threads == {"faces", "gaze"}


def test_frame_and_sample_belong_together():
    with Pipeline(ListedSource(20), CountingTracker()) as pipeline:  # type: ignore[arg-type]
        for tracked in pipeline:
            assert tracked.frame.number == tracked.sample.frame
            np.testing.assert_array_equal(tracked.frame.image, frame(tracked.sample.frame).image)


@pytest.mark.parametrize("where", ["source", "tracker"])
def test_errors_reach_whoever_iterates_after_the_samples_before_them(where: str):
    source = ListedSource(10, error=RuntimeError("the source broke") if where == "source" else None)
    tracker = CountingTracker(fails_at=3 if where == "tracker" else None)
    with Pipeline(source, tracker) as pipeline:  # type: ignore[arg-type]
        assert [pipeline.get().sample.frame for _ in range(3)] == [0, 1, 2]
        with pytest.raises(RuntimeError, match=f"the {where} broke"):
            pipeline.get()


def test_closing_early_ends_all_threads():
    before = threading.active_count()
    pipeline = Pipeline(ListedSource(10**9), CountingTracker())  # type: ignore[arg-type]
    pipeline.get()
    pipeline.close()
    assert threading.active_count() == before
    with pytest.raises(Finished):
        pipeline.get()


def test_nobody_taking_samples_holds_the_source_back():
    source = ListedSource(10**9)
    pipeline = Pipeline(source, CountingTracker())  # type: ignore[arg-type]
    time.sleep(0.2)
    assert source._next < 15
    pipeline.close()
