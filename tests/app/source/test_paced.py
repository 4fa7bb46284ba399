import itertools
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.source.base import Frame, Source
from app.source.paced import PacedSource
from app.source.pictures import PicturesSource
from app.source.video import VideoSource
from model.errors import UserError
from tests.material import number_of, picture, write_video


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Ten frames at 100 per second."""
    return write_video(tmp_path / "a.mp4", 10, fps=100)


def taken(source: Source, frames: int | None = None) -> list[Frame]:
    return list(itertools.islice(source, frames))


def test_it_says_of_itself_what_its_file_says(clip: Path):
    with VideoSource(clip, kind="demo") as file, PacedSource(lambda: file) as paced:
        for name in ("kind", "name", "size", "fps", "length", "mirrored", "faults", "skipped"):
            assert getattr(paced, name) == getattr(file, name)


def test_whoever_keeps_up_gets_every_frame_with_the_files_own_times(clip: Path):
    with VideoSource(clip) as file:
        expected = [(f.number, f.time_ns, number_of(f.image)) for f in file]
    with PacedSource(lambda: VideoSource(clip), keep_all=True) as paced:
        frames = taken(paced)
    assert [(f.number, f.time_ns, number_of(f.image)) for f in frames] == expected
    assert not any(f.fresh for f in frames)


def test_no_frame_comes_before_its_time(clip: Path):
    with PacedSource(lambda: VideoSource(clip), keep_all=True) as paced:
        (first,) = taken(paced, 1)
        started_ns = time.perf_counter_ns()  # the clock starts when the second one is asked for
        frames = taken(paced)
    for frame in frames:
        due_ns = frame.time_ns - first.time_ns
        assert frame.captured_ns - started_ns > due_ns - 1_000_000


def test_a_slow_reader_gets_the_latest_frames_and_sees_the_gap(tmp_path: Path):
    path = write_video(tmp_path / "a.mp4", 40, fps=100)
    with PacedSource(lambda: VideoSource(path)) as paced:
        assert paced.live
        first, second = taken(paced, 2)
        time.sleep(0.15)
        later = taken(paced)
    assert (first.number, second.number) == (0, 1)
    assert later[0].number >= 5
    assert later[-1].number == 39
    assert [number_of(f.image) for f in later] == [f.number for f in later]


def test_a_slow_first_frame_costs_none(tmp_path: Path):
    path = write_video(tmp_path / "a.mp4", 20, fps=100)
    with PacedSource(lambda: VideoSource(path)) as paced:
        first = paced.read()
        time.sleep(0.15)  # as models take that wake up
        second = paced.read()
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (0, 1)


def test_a_slow_reader_who_wants_all_gets_all(clip: Path):
    with PacedSource(lambda: VideoSource(clip), keep_all=True) as paced:
        assert not paced.live
        numbers = []
        for frame in paced:
            numbers.append(frame.number)
            time.sleep(0.02)
    assert numbers == list(range(10))


def test_keeping_all_can_end_in_between(tmp_path: Path):
    path = write_video(tmp_path / "a.mp4", 40, fps=100)
    with PacedSource(lambda: VideoSource(path), keep_all=True) as paced:
        numbers = [f.number for f in taken(paced, 5)]
        paced.keep_all = False
        time.sleep(0.15)
        numbers += [f.number for f in taken(paced)]
    assert numbers[:5] == [0, 1, 2, 3, 4]
    assert len(numbers) < 40
    assert numbers[-1] == 39


def test_pictures_are_never_dropped(tmp_path: Path):
    from PIL import Image

    for number in range(5):
        Image.fromarray(picture(number)).save(tmp_path / f"{number}.png")
    with PacedSource(lambda: PicturesSource(tmp_path, fps=100)) as paced:
        assert not paced.live
        files = []
        for frame in paced:
            files.append(frame.file)
            time.sleep(0.03)
    assert files == [f"{number}.png" for number in range(5)]


def test_a_loop_goes_on_counting_and_marks_where_it_begins_anew(clip: Path):
    opened = []

    def open_file() -> Source:
        opened.append(VideoSource(clip, kind="demo"))
        return opened[-1]

    with PacedSource(open_file, loop=True, keep_all=True) as paced:
        frames = taken(paced, 25)
    assert [f.number for f in frames] == list(range(25))
    assert [number_of(f.image) for f in frames] == [n % 10 for n in range(25)]
    np.testing.assert_allclose(np.diff([f.time_ns for f in frames]), 10e6, atol=1e5)
    assert [f.number for f in frames if f.fresh] == [10, 20]
    assert len(opened) == 3
    assert [f for file in opened for f in file.faults] == []


def test_an_end_is_an_end(clip: Path):
    with PacedSource(lambda: VideoSource(clip), keep_all=True) as paced:
        assert len(taken(paced)) == 10
        assert paced.read() is None


def test_closing_lets_a_reader_go_and_ends_all_threads(clip: Path):
    before = threading.active_count()
    paced = PacedSource(lambda: VideoSource(clip), loop=True)
    taken(paced, 3)
    reader = threading.Thread(target=lambda: taken(paced))
    reader.start()
    paced.close()
    reader.join(5)
    assert threading.active_count() == before
    assert paced.read() is None


def test_closing_what_was_never_read_closes_the_file(clip: Path):
    before = threading.active_count()
    PacedSource(lambda: VideoSource(clip)).close()
    assert threading.active_count() == before


class OpenFile(Source):
    """A file that counts how often it is closed."""

    kind, name, size, fps = "video", "file.mp4", (160, 120), 1000.0

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0

    def read(self) -> Frame | None:
        assert not self.closed
        return Frame(picture(), 0, 0, 0)

    def close(self) -> None:
        self.closed += 1


def test_reading_and_closing_at_once_close_the_file_once():
    """Twice would break libav's memory."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(150):
            file = OpenFile()
            source = PacedSource(OpenFile, opened=file)
            start = threading.Barrier(3)

            def do(what: Callable[[], object], start: threading.Barrier = start) -> None:
                start.wait()
                what()

            deeds = [source.read, source.close, source.close]
            threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            source.close()
            assert file.closed == 1
    finally:
        sys.setswitchinterval(before)


def test_a_file_that_has_gone_when_it_should_begin_anew_is_told(clip: Path):
    def open_file() -> Source:
        source = VideoSource(clip)
        clip.unlink()
        return source

    with PacedSource(open_file, loop=True, keep_all=True) as paced:
        taken(paced, 10)
        with pytest.raises(UserError, match=r"a\.mp4"):
            paced.read()


def test_a_broken_file_says_so(tmp_path: Path):
    from tests.material import truncate

    path = truncate(write_video(tmp_path / "a.mkv", 60, fps=100), 0.5)
    with PacedSource(lambda: VideoSource(path), keep_all=True) as paced:
        taken(paced)
        assert len(paced.faults) == 1
