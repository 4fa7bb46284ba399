from pathlib import Path

import numpy as np
import pytest

from app.source.video import VideoSource
from app.video_writer import VideoWriter
from model.errors import UserError
from tests.material import number_of, picture


@pytest.mark.parametrize("size", [(160, 120), (161, 121)], ids=["even", "odd"])
def test_pictures_come_back_at_their_times(tmp_path: Path, size: tuple[int, int]):
    times = [0, 33_000_000, 70_000_000, 300_000_000]
    with VideoWriter(tmp_path / "a.mp4", size, 30.0) as writer:
        for number, time_ns in enumerate(times):
            writer.add(picture(5 * number, size), time_ns)
    with VideoSource(tmp_path / "a.mp4") as source:
        frames = list(source)
    assert source.size == (160, 120)
    assert [number_of(f.image) for f in frames] == [0, 5, 10, 15]
    np.testing.assert_allclose([f.time_ns for f in frames], times, atol=1e6)


def test_pictures_of_other_sizes_are_fitted_in(tmp_path: Path):
    with VideoWriter(tmp_path / "a.mp4", (160, 120), 30.0) as writer:
        writer.add(picture(0), 0)
        writer.add(picture(0, (300, 100)), 33_000_000)
    with VideoSource(tmp_path / "a.mp4") as source:
        frames = list(source)
    assert len(frames) == 2
    assert frames[1].image[:20].mean() < 10  # a bar


def test_nothing_written_is_no_crash(tmp_path: Path):
    with VideoWriter(tmp_path / "a.mp4", (160, 120), 30.0):
        pass


@pytest.mark.parametrize("name", ["a.avi", "missing/a.mp4", "folder.mp4"])
def test_a_place_where_no_video_can_be_is_refused(tmp_path: Path, name: str):
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(UserError, match="overlay"):
        VideoWriter(tmp_path / name, (160, 120), 30.0)
