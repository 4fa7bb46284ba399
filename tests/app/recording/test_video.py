import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from app import PROJECT
from app.recording import video
from app.recording.video import RowVideo, remux
from app.source.video import VideoSource
from model.errors import UserError
from tests.material import number_of, picture, truncate

TIMES = [0, 33_000_000, 70_000_000, 300_000_000]


def write(folder: Path) -> RowVideo:
    written = RowVideo(folder, (160, 120), 30.0)
    for number, time_ns in enumerate(TIMES):
        written.add(None if number == 2 else picture(5 * number), time_ns)
    written.close()
    return written


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_one_frame_for_every_row_at_its_time_and_black_without_a_picture(
    tmp_path: Path, suffix: str
):
    written = write(tmp_path)
    path = tmp_path / "video.mkv" if suffix == ".mkv" else written.to_mp4()
    assert path.suffix == suffix
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    with VideoSource(path) as source:
        frames = list(source)
        assert source.faults == []
    np.testing.assert_allclose([f.time_ns for f in frames], TIMES, atol=1e6)
    assert [number_of(f.image) for f in frames if f.number != 2] == [0, 5, 15]
    assert frames[2].image.max() < 10
    assert frames[0].image[0, 0, 0] > 180  # red on the left: neither mirrored nor BGR


def test_it_is_h264(tmp_path: Path):
    with av.open(str(write(tmp_path).to_mp4())) as container:
        assert container.streams.video[0].codec_context.name == "h264"


def test_a_disk_without_room_for_both_keeps_the_first(tmp_path: Path, monkeypatch):
    written = write(tmp_path)
    monkeypatch.setattr(video, "SPARE_BYTES", 1 << 62)
    assert written.to_mp4() == tmp_path / "video.mkv"
    assert [p.name for p in tmp_path.iterdir()] == ["video.mkv"]


def test_a_video_that_cannot_be_turned_into_mp4_stays(tmp_path: Path):
    write(tmp_path)
    (tmp_path / "video.mp4").mkdir()
    (tmp_path / "video.mp4" / "x").touch()
    with pytest.raises(UserError, match=r"use video\.mkv"):
        remux(tmp_path / "video.mkv", tmp_path / "video.mp4")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["video.mkv", "video.mp4"]


def write_until_told(written: RowVideo) -> None:
    for number in range(1000):
        written.add(picture(0), number * 33_000_000)


def test_no_place_is_told(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be written"):
        write_until_told(RowVideo(tmp_path / "missing", (160, 120), 30.0))


def test_an_encoder_that_fails_is_told_at_the_next_row(tmp_path: Path, monkeypatch):
    written = RowVideo(tmp_path, (160, 120), 30.0)

    def fail(*_: object) -> None:
        raise UserError("the video cannot be written (no space left on device)")

    monkeypatch.setattr(written._file, "add", fail)
    with pytest.raises(UserError, match="no space left"):
        write_until_told(written)
    with pytest.raises(UserError, match="no space left"):
        written.close()


KILLED = """
import sys, time
from pathlib import Path
from app.recording.video import RowVideo
from tests.material import picture
video = RowVideo(Path(sys.argv[1]), (160, 120), 30.0)
for number in range(60):
    video.add(picture(number % 40), round(number * 1e9 / 30))
while video.frames < 60:
    time.sleep(0.01)
print("written", flush=True)
time.sleep(60)
"""


def test_after_a_kill_nearly_all_of_it_can_be_read(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"written\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with VideoSource(tmp_path / "video.mkv") as source:
        frames = list(source)
    assert len(frames) >= 30  # a second may be lost
    assert [number_of(f.image) for f in frames] == [f.number % 40 for f in frames]


def test_a_video_cut_off_in_the_middle_is_readable_up_to_there(tmp_path: Path):
    written = RowVideo(tmp_path, (160, 120), 30.0)
    for number in range(90):
        written.add(picture(number % 40), round(number * 1e9 / 30))
    written.close()
    with VideoSource(truncate(tmp_path / "video.mkv", 0.5)) as source:
        assert len(list(source)) > 20
