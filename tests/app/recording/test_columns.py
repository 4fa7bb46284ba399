import csv
import io
import math

import pytest

from app.recording.columns import (
    Clock,
    Event,
    Row,
    event_cells,
    fixed,
    line,
    quoted,
    sample_columns,
)
from app.sample import Sample
from tests.app.recording.samples import empty_sample, full_sample

HEADER = (
    "frame,time,time_ns,timestamp_unix,file,valid,confidence,gaze_sigma,pixel_x,pixel_y,"
    "pixel_x_smooth,pixel_y_smooth,norm_x,norm_y,gaze_yaw,gaze_pitch,gaze_dir_x,gaze_dir_y,"
    "gaze_dir_z,left_gaze_yaw,left_gaze_pitch,right_gaze_yaw,right_gaze_pitch,description,"
    "head_yaw,head_pitch,head_roll,head_x,head_y,head_z,distance,left_openness,right_openness,"
    "blink,calibration_id,latency_ms"
)

NAMES = HEADER.split(",")

CLOCK = Clock(0, 1_795_000_000_123_456_000)


def cells(sample: Sample, clock: Clock = CLOCK) -> dict[str, str]:
    row = Row(sample, clock)
    return {column.name: column.text(row) for column in sample_columns(pictures=True)}


def test_all_columns_in_their_order():
    assert [c.name for c in sample_columns(pictures=True)] == NAMES
    assert [c.name for c in sample_columns(pictures=False)] == [n for n in NAMES if n != "file"]


def test_each_column_says_what_it_means():
    for column in sample_columns(pictures=True):
        assert column.sentence.endswith(".")
        assert len(column.sentence.split()) > 2


def test_a_full_row():
    row = cells(full_sample(31, file="a.png", screen=True))
    expected = {
        "frame": "31",
        "time": "1033",
        "time_ns": "1033333333",
        "timestamp_unix": "1795000001.156789",
        "file": "a.png",
        "valid": "1",
        "confidence": f"{math.exp(-0.5):.4f}",
        "gaze_sigma": "2.500",
        "pixel_x": "960.13",
        "pixel_y": "-12.00",
        "norm_x": "0.500065",
        "gaze_yaw": f"{math.degrees(-0.2):.4f}",
        "gaze_pitch": f"{math.degrees(0.1):.4f}",
        "gaze_dir_y": f"{-math.sin(0.1):.6f}",
        "left_gaze_yaw": f"{math.degrees(-0.2):.4f}",
        "right_gaze_pitch": f"{math.degrees(0.1):.4f}",
        "description": "straight ahead",
        "distance": "612.50",
        "blink": "0",
        "calibration_id": "c1",
        "latency_ms": "7.65",
    }
    assert {name: row[name] for name in expected} == expected
    for name, degrees in (("head_pitch", 5), ("head_yaw", -10), ("head_roll", 3)):
        assert float(row[name]) == pytest.approx(degrees, abs=0.5)
    for name, mm in (("head_x", 10), ("head_y", -20), ("head_z", 600)):
        assert float(row[name]) == pytest.approx(mm, rel=0.1)


def test_screen_columns_are_empty_before_a_calibration():
    row = cells(full_sample())
    screen = [n for n in NAMES if n.startswith(("pixel", "norm", "calibration"))]
    assert {row[name] for name in screen} == {""}
    assert float(row["distance"]) > 500


def test_missing_is_empty_never_zero():
    row = cells(empty_sample(3))
    assert row["valid"] == "0"
    always = {"frame", "time", "time_ns", "timestamp_unix", "valid", "latency_ms"}
    assert {name for name, cell in row.items() if cell} == always


def test_the_clock_has_one_anchor():
    clock = Clock(start_ns=5_000_000_000, start_unix_ns=1_000_000_000_000_000_000)
    first = cells(Sample(0, 5_000_000_000, 0), clock)
    later = cells(Sample(1, 6_000_000_600, 0), clock)
    assert (first["time"], first["time_ns"]) == ("0", "0")
    assert first["timestamp_unix"] == "1000000000.000000"
    assert (later["time"], later["time_ns"]) == ("1000", "1000000600")
    assert later["timestamp_unix"] == "1000000001.000001"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1.25, 1, "1.2"),
        (-0.0001, 2, "0.00"),
        (-0.6, 0, "-1"),
        (None, 2, ""),
        (math.nan, 2, ""),
        (math.inf, 2, ""),
        (1e7, 2, "10000000.00"),
    ],
)
def test_fixed(value: float | None, digits: int, text: str):
    assert fixed(value, digits) == text


@pytest.mark.parametrize(
    "name", ["plain.png", "with, comma.png", 'with "quotes".png', "with,\nboth.png", "ä ö 眼.png"]
)
def test_any_text_survives_a_csv_reader(name: str):
    ((read,),) = csv.reader(io.StringIO(line([quoted(name)])))
    assert read == name.replace("\n", " ")


def test_events():
    assert event_cells(Event(120, "marker", message="start, left")) == [
        "120", "", "marker", "", "", "", '"start, left"',
    ]  # fmt: skip
    assert event_cells(Event(1, "fixation", 200, (10.0, 20.5), 0.7)) == [
        "1", "200", "fixation", "10.00", "20.50", "0.7000", "",
    ]  # fmt: skip
