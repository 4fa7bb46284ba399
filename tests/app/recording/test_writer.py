import json
import resource
import time
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from app.recording.columns import Event
from app.recording.lines import LineFile
from app.recording.reader import read_recording
from app.recording.statistics import Statistics
from app.recording.writer import RecordingWriter, check_profile
from app.sample import Sample
from model.errors import UserError
from tests.app.recording.samples import empty_sample, full_sample


def begin(root: Path, **options: object) -> RecordingWriter:
    writer = RecordingWriter(root, "anna", 0, {"extra": "test"}, **options)  # type: ignore[arg-type]
    writer.add(full_sample(0))
    return writer


def about(writer: RecordingWriter) -> dict:
    return json.loads((writer.folder / "recording.json").read_text(encoding="utf-8"))


def test_what_is_written_is_read_back(tmp_path: Path):
    writer = begin(tmp_path, fps=30.0)
    assert about(writer)["complete"] is False
    for number in (1, 2, 4):
        writer.add(full_sample(number, screen=True))
    writer.add(empty_sample(5))
    writer.add_event(Event(writer.since_start_ms(66_666_667), "marker", message="here, now"))
    writer.close(complete=True, about={"warnings": ["w"]})

    recording = read_recording(writer.folder)
    assert len(recording) == 5
    assert recording.samples["frame"].tolist() == [0, 1, 2, 4, 5]
    assert recording.samples["frame"].dtype == "int64"
    assert recording.samples["time"].tolist() == [0, 33, 67, 133, 167]
    assert recording.samples["valid"].tolist() == [1, 1, 1, 1, 0]
    assert recording.samples["pixel_x"][1] == pytest.approx(960.13)
    assert pd.isna(recording.samples["pixel_x"][0])
    assert recording.samples["description"].tolist() == ["straight ahead"] * 4 + [""]
    assert recording.events == [Event(67, "marker", message="here, now")]
    said = recording.about
    assert said["complete"] is True
    assert said["schema"] == 1
    assert said["extra"] == "test"
    assert said["warnings"] == ["w"]
    assert said["samples"] == 5
    assert said["dropped_frames"] == 1
    assert said["valid_share"] == 0.8
    assert said["data_loss"] == pytest.approx(1 - 4 / 6, abs=1e-6)
    assert said["fps_measured"] == pytest.approx(30, abs=0.01)
    assert list(said["columns"]) == list(recording.samples)
    assert all(c["Description"] for c in said["columns"].values())
    datetime.fromisoformat(said["start_utc"])


def test_blinks_become_events(tmp_path: Path):
    writer = begin(tmp_path)
    for number in range(1, 30):
        writer.add(full_sample(number, blink=number in (10, 11, 12, 20)))
    writer.close(complete=True)
    assert read_recording(writer.folder).events == [
        Event(333, "blink", 100),
        Event(667, "blink", 33),
    ]


def test_pandas_opens_it_without_surgery(tmp_path: Path):
    writer = begin(tmp_path)
    writer.add(empty_sample(1))
    writer.close(complete=True)
    raw = (writer.folder / "samples.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    table = pd.read_csv(writer.folder / "samples.csv")
    assert table["time"].dtype == "int64"
    assert table["gaze_yaw"].dtype == "float64"
    assert table["gaze_yaw"].isna().tolist() == [False, True]


def test_the_folder_is_named_after_time_and_profile_and_never_reused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_795_000_000_000_000_000)
    writers = [begin(tmp_path) for _ in range(3)]
    for writer in writers:
        writer.close(complete=True)
    names = [writer.folder.name for writer in writers]
    assert names == [f"20261118T110640Z_anna{end}" for end in ("", "_2", "_3")]


def test_rows_are_readable_long_before_the_end(tmp_path: Path):
    with begin(tmp_path) as writer:
        for number in range(1, 50):
            writer.add(full_sample(number))
        time.sleep(0.5)
        recording = read_recording(writer.folder)
        assert len(recording) == 50
        assert recording.about["complete"] is False


def test_an_error_in_between_leaves_an_incomplete_recording_with_all_rows(tmp_path: Path):
    writer = begin(tmp_path)
    writer.add(full_sample(1))
    writer.__exit__(RuntimeError, RuntimeError(), None)
    recording = read_recording(writer.folder)
    assert len(recording) == 2
    assert recording.about["complete"] is False


def test_file_is_a_column_for_pictures_only(tmp_path: Path):
    writer = RecordingWriter(tmp_path, "x", 0, {}, pictures=True)
    writer.add(full_sample(0, file="a, b.png"))
    writer.close(complete=True)
    recording = read_recording(writer.folder)
    assert recording.samples["file"].tolist() == ["a, b.png"]
    plain = begin(tmp_path)
    plain.close(complete=True)
    assert "file" not in read_recording(plain.folder).samples


def test_an_unfinished_last_line_is_left_out(tmp_path: Path):
    writer = begin(tmp_path)
    writer.add(full_sample(1))
    writer.close(complete=True)
    with open(writer.folder / "samples.csv", "a", encoding="utf-8") as file:
        file.write("2,66,66666667,17950")
    assert read_recording(writer.folder).samples["frame"].tolist() == [0, 1]


@pytest.mark.parametrize("make", ["nothing", "a file", "a newer one"])
def test_what_is_no_recording_is_refused(tmp_path: Path, make: str):
    folder = tmp_path / "a"
    if make == "a file":
        folder.write_text("x")
    elif make == "a newer one":
        writer = begin(tmp_path)
        writer.close(complete=True)
        folder = writer.folder
        said = about(writer)
        (folder / "recording.json").write_text(json.dumps({**said, "schema": 99}))
    with pytest.raises(UserError):
        read_recording(folder)


def test_a_place_that_cannot_be_written_is_told_and_left_clean(tmp_path: Path):
    below_a_file = tmp_path / "file"
    below_a_file.write_text("x")
    with pytest.raises(UserError, match="no recording can be made"):
        begin(below_a_file / "out")


@pytest.mark.parametrize("profile", ["", "../up", "a/b", "_x", "a" * 41, "a b"])
def test_a_profile_must_do_for_a_folder_name(profile: str):
    with pytest.raises(UserError, match="profile"):
        check_profile(profile)


def test_a_full_disk_keeps_whole_rows_and_says_so(tmp_path: Path):
    with _files_limited_to(12_000):
        writer = begin(tmp_path)
        with pytest.raises(UserError, match="cannot be written"):
            _add_rows(writer, 10_000)
        with pytest.raises(UserError, match="cannot be written"):
            writer.close(complete=True)
    text = (writer.folder / "samples.csv").read_text()
    assert text.endswith("\n")
    recording = read_recording(writer.folder)
    assert recording.samples["frame"].tolist() == list(range(len(recording)))
    assert len(text) > 11_000
    assert recording.about["complete"] is False


def test_a_line_file_keeps_no_half_line(tmp_path: Path):
    file = LineFile(tmp_path / "a.csv")
    file.append("first\n")
    with _files_limited_to(20), pytest.raises(OSError, match="large"):
        file.append("second\nthe third is too long\n")
    assert (tmp_path / "a.csv").read_text() == "first\nsecond\n"
    file.append("fourth\n")
    file.close()
    assert (tmp_path / "a.csv").read_text() == "first\nsecond\nfourth\n"


def _add_rows(writer: RecordingWriter, rows: int) -> None:
    for number in range(1, rows + 1):
        writer.add(full_sample(number))


class _files_limited_to:  # noqa: N801
    """Files of this process cannot grow beyond so many bytes: a full disk without a disk."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __enter__(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._size, self._before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


def test_data_loss_counts_what_the_frame_rate_calls_for():
    counted = Statistics(fps=30.0)
    for number in (0, 1, 2, 6, 7, 8):
        counted.add(full_sample(number))
    counted.add(empty_sample(9))
    assert counted.rows == 7
    assert counted.dropped == 3
    assert counted.valid_share == pytest.approx(6 / 7)
    assert counted.data_loss == pytest.approx(1 - 6 / 10)
    assert counted.fps_measured == pytest.approx(30.0)


def test_a_blink_that_lasts_until_the_end_is_an_event_too():
    from app.recording.events import BlinkEvents
    from tests.app.recording.samples import full_sample

    blinks = BlinkEvents(0)
    found = [blinks.add(full_sample(number, blink=number >= 3)) for number in range(6)]
    assert found == [None] * 6
    last = blinks.finish()
    assert last is not None
    assert (last.onset, last.duration) == (100, 67)
    assert blinks.finish() is None


def test_session_and_note_and_what_became_known_later_are_told(tmp_path: Path):
    writer = begin(tmp_path, session="s1", note="dim light, glasses")
    said = about(writer)
    assert (said["session"], said["note"]) == ("s1", "dim light, glasses")
    writer.close(complete=True)
    writer.amend({"video": "video.mp4"})
    said = about(writer)
    assert (said["video"], said["complete"], said["samples"]) == ("video.mp4", True, 1)
    plain = begin(tmp_path)
    plain.close(complete=True)
    assert about(plain)["session"] is None
    assert about(plain)["note"] is None


def test_a_row_without_a_frame_has_no_latency(tmp_path: Path):
    writer = begin(tmp_path)
    writer.add(Sample(1, 33_333_333, None))
    writer.close(complete=True)
    latency = read_recording(writer.folder).samples["latency_ms"]
    assert latency[0] == pytest.approx(7.65)
    assert pd.isna(latency[1])
