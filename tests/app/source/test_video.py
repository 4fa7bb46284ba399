import itertools
from pathlib import Path

import numpy as np
import pytest

from app.source.video import VideoSource, turned
from model.errors import UserError
from tests.material import number_of, truncate, write_video


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_every_frame_at_its_presentation_time(tmp_path: Path, suffix: str):
    with VideoSource(write_video(tmp_path / f"a{suffix}", 25, fps=25)) as source:
        assert (source.size, source.fps, source.length) == ((160, 120), 25.0, 25)
        frames = list(source)
    assert [f.number for f in frames] == list(range(25))
    assert [number_of(f.image) for f in frames] == list(range(25))
    np.testing.assert_allclose([f.time_ns for f in frames], np.arange(25) * 40e6, atol=1e6)
    assert source.faults == []
    assert not source.live
    assert not source.unrelated


def test_uneven_times_are_kept(tmp_path: Path):
    times = [0, 1, 2, 5, 6, 20]
    with VideoSource(write_video(tmp_path / "a.mkv", 6, fps=25, times=times)) as source:
        got = [f.time_ns for f in source]
    np.testing.assert_allclose(got, np.array(times) * 40e6, atol=1e6)


def test_red_on_the_left_stays_red_and_left_unless_mirrored(tmp_path: Path):
    path = write_video(tmp_path / "a.mp4", 2)
    with VideoSource(path) as source:
        left, right = _edges(source)
    assert left[0] > 180
    assert left[2] < 60
    assert np.ptp(right) < 10
    with VideoSource(path, mirrored=True) as source:
        left, right = _edges(source)
    assert right[0] > 180
    assert np.ptp(left) < 10


def _edges(source: VideoSource) -> tuple[np.ndarray, np.ndarray]:
    frame = source.read()
    assert frame is not None
    return frame.image[:, 5:15].mean((0, 1)), frame.image[:, -15:-5].mean((0, 1))


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".mp4", {"movflags": "faststart"}),
        (".mp4", {"movflags": "frag_keyframe+empty_moov"}),
        (".mkv", {}),
    ],
    ids=["mp4", "fragmented mp4", "mkv"],
)
def test_a_truncated_video_gives_all_frames_before_the_break_and_says_so(
    tmp_path: Path, suffix: str, options: dict[str, str]
):
    path = write_video(tmp_path / f"a{suffix}", 40, size=(320, 240), options=options)
    with VideoSource(truncate(path, 0.7)) as source:
        numbers = [number_of(f.image) for f in source]
    assert 5 < len(numbers) < 40
    assert numbers == list(range(len(numbers)))
    assert len(source.faults) == 1
    assert "breaks off" in source.faults[0]


def test_damage_in_the_middle_is_told_and_the_rest_goes_on(tmp_path: Path):
    path = write_video(tmp_path / "a.mkv", 40, size=(320, 240))
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 200] = bytes(200)
    path.write_bytes(whole)
    with VideoSource(path) as source:
        frames = list(source)
    assert len(frames) > 30
    assert all(a.time_ns < b.time_ns for a, b in itertools.pairwise(frames))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.mp4", b"this is not a video\n" * 50),
        ("text.txt", b"nor is this\n" * 50),
        ("empty.mp4", b""),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, name: str, content: bytes):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=name):
        VideoSource(path)


def test_a_video_cut_off_before_its_first_frame_is_refused(tmp_path: Path):
    path = write_video(tmp_path / "a.mp4", 20, size=(640, 480), options={"movflags": "faststart"})
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 20])
    with pytest.raises(UserError, match=r"a\.mp4"):
        VideoSource(path)


def test_closing_early_ends_the_thread(tmp_path: Path):
    source = VideoSource(write_video(tmp_path / "a.mp4", 60))
    assert source.read() is not None
    source.close()
    assert source.read() is None


@pytest.mark.parametrize(
    ("degrees", "corner"), [(0, (0, 0)), (90, (1, 0)), (-90, (0, 2)), (180, (1, 2))]
)
def test_phone_videos_are_turned_upright(degrees: int, corner: tuple[int, int]):
    image = np.zeros((2, 3, 3) if degrees in (0, 180) else (3, 2, 3), dtype=np.uint8)
    image[0, 0] = 255
    upright = turned(image, degrees)
    assert upright.shape == (2, 3, 3)
    assert upright[corner].min() == 255
