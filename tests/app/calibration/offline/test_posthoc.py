"""Sittings without a person: which frames count, what is refused, and errors that add up."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.calibration.look import Look, Session
from app.calibration.offline import posthoc
from app.calibration.offline.chosen_frames import Spans
from app.calibration.offline.sitting import Collected, Seen, Sitting, collect
from app.calibration.offline.tables import table_of
from app.calibration.profiles.storing import SessionPatches
from app.recording.targets_file import LEAD_IN_MS, WINDOW_MS, TargetRow, nearest_row
from app.source.video import VideoSource
from model.errors import UserError
from model.estimator import Estimator
from model.patches import EYE_PATCH
from model.screen import make_screen
from tests.app.calibration.sitting import SCREEN, Person, grid
from tests.material import picture, write_video

HASH = "a" * 64


def collected(session: Session, rows_per_look: int = 1) -> Collected:
    """A sitting as if it had been tracked, its readings dealt out to rows with files."""
    seen: list[Seen] = []
    rows_of = []
    for look in session.looks:
        indices = []
        for part in range(rows_per_look):
            indices.append(len(seen))
            x, y = (float(v) for v in look.target)
            row = TargetRow(x, y, f"{len(seen)}.jpg", None, len(seen) + 2)
            readings = look.readings[part::rows_per_look]
            seen.append(Seen(row, readings, 0 if readings else 1))
        rows_of.append(tuple(indices))
    patches = SessionPatches(EYE_PATCH, tuple({} for _ in session.looks))
    return Collected(session, tuple(seen), tuple(rows_of), patches, ())


def without(session: Session, index: int) -> Session:
    """A session in which nobody was seen at one target."""
    looks = list(session.looks)
    looks[index] = replace(looks[index], readings=(), missed=5)
    return replace(session, looks=tuple(looks))


# Which frames


def rows_at(*times: float) -> list[TargetRow]:
    return [TargetRow(1.0, 2.0, None, time, 2) for time in times]


def test_a_frame_belongs_to_the_nearest_row_in_whose_window_it_lies():
    times = [1000.0, 1300.0]
    wanted = {799.9: None, 800: 0, 1000: 0, 1149: 0, 1151: 1, 1500: 1, 1500.1: None}
    assert {time: nearest_row(times, time) for time in wanted} == wanted
    assert nearest_row([], 5.0) is None


def test_only_the_frames_that_rows_need_are_handed_out(tmp_path: Path):
    video = write_video(tmp_path / "a.mp4", 150)
    with Spans(VideoSource(video), rows_at(2000.0)) as spans:
        times = [spans.since_start_ms(frame.time_ns) for frame in spans]
    assert times[0] == pytest.approx(2000 - WINDOW_MS - LEAD_IN_MS, abs=34)
    assert times[-1] == pytest.approx(2000 + WINDOW_MS, abs=34)
    assert np.diff(times).max() < 40


def test_times_count_from_the_first_frame(tmp_path: Path):
    video = write_video(tmp_path / "a.mp4", 90, times=range(60, 150))
    with Spans(VideoSource(video), rows_at(0.0)) as spans:
        times = [spans.since_start_ms(frame.time_ns) for frame in spans]
    assert (times[0], len(times)) == (0.0, 7)


# What is refused before and after tracking


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four pictures of nobody."""
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(4):
        Image.fromarray(picture(number)).save(frames / f"{number}.png")
    return frames


def sitting(folder: Path, text: str) -> Sitting:
    targets = folder.parent / "targets.csv"
    targets.write_text(text)
    return Sitting(folder, targets, SCREEN)


@pytest.fixture(scope="module")
def estimator(tiny_model: Path) -> Estimator:
    return Estimator(tiny_model, "cpu")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("file,x,y\n0.png,5,5\n1.png,2000,5\n", "line 3: the target 2000, 5 lies off the screen"),
        ("file,x,y\n0.png,5,-1\n", "lies off the screen of 1920 x 1080 pixels"),
        ("file,x,y\na.png,5,5\nb.png,6,6\n", "none of the 2 pictures"),
        ("file,x,y\n0.png,5,5\nb.png,6,6\nc.png,6,6\n", "1 target(s) have no frame (6, 6)"),
        ("time_ms,x,y\n5,5,5\n", "no column file"),
    ],
)
def test_what_is_wrong_with_pictures_and_rows(
    folder: Path, estimator: Estimator, text: str, told: str
):
    with pytest.raises(UserError) as caught:
        collect(sitting(folder, text), estimator)
    assert told in str(caught.value)


def test_a_name_too_long_for_any_file_is_told_in_short(folder: Path, estimator: Estimator):
    with pytest.raises(UserError) as caught:
        collect(sitting(folder, f"file,x,y\n0.png,5,5\n{'n' * 5000}.png,9,9\n"), estimator)
    assert "have no frame (9, 9)" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_frames_without_a_face_are_named_and_counted(folder: Path, estimator: Estimator):
    (folder / "broken.png").write_text("no picture")
    rows = "file,x,y\n0.png,5,5\n2.png,5,5\nbroken.png,5,5\ngone.png,5,5\n"
    with pytest.raises(UserError) as caught:
        collect(sitting(folder, rows), estimator)
    told = str(caught.value)
    assert "no open eyes were seen in any frame" in told
    assert "2 of 3 frames of frames show no face and do not count: 0.png, 2.png" in told
    assert "1 of 3 frames of frames cannot be read and do not count: broken.png" in told
    assert "1 of the 4 pictures" in told
    assert "gone.png" in told


def test_targets_after_the_end_of_a_video_have_no_frame(tmp_path: Path, estimator: Estimator):
    video = write_video(tmp_path / "a.mp4", 30)
    targets = tmp_path / "targets.csv"
    targets.write_text("time_ms,x,y\n500,5,5\n5000,7,8\n")
    with pytest.raises(
        UserError, match=r"1 target\(s\) have no frame \(a.mp4 ends at 967 ms\): 7, 8"
    ):
        collect(Sitting(video, targets, SCREEN), estimator)


def test_a_time_before_the_video_says_nothing_of_its_end(tmp_path: Path, estimator: Estimator):
    video = write_video(tmp_path / "a.mp4", 60)
    targets = tmp_path / "targets.csv"
    targets.write_text("time_ms,x,y\n-500,5,5\n500,7,8\n")
    with pytest.raises(UserError, match=r"1 target\(s\) have no frame: 5, 5 at -500 ms"):
        collect(Sitting(video, targets, SCREEN), estimator)


def test_frames_that_are_none(tmp_path: Path, estimator: Estimator, folder: Path):
    targets = tmp_path / "targets.csv"
    with pytest.raises(UserError, match="there is no folder or video"):
        collect(Sitting(tmp_path / "missing", targets, SCREEN), estimator)
    with pytest.raises(UserError, match="single picture"):
        collect(Sitting(folder / "0.png", targets, SCREEN), estimator)


# Fits and errors


def test_too_few_targets_and_targets_in_a_line():
    person = Person(noise=0.2)
    for targets in (grid()[:3], [grid()[0]] * 9):
        with pytest.raises(UserError, match="too few for a calibration: look at 4 at least"):
            posthoc.calibrate([collected(person.session(targets))], HASH)
    in_a_line = [(100.0 + 200 * i, 50.0 + 100 * i) for i in range(6)]
    with pytest.raises(UserError, match="one line"):
        posthoc.calibrate([collected(person.session(in_a_line))], HASH)
    with pytest.raises(UserError, match="too few"):
        posthoc.calibrate([collected(without(person.session(grid()[:4]), 1))], HASH)


def test_a_target_that_was_not_seen_is_left_out():
    session = without(Person(noise=0.2).session(grid()), 4)
    calibration = posthoc.calibrate([collected(session)], HASH)
    assert (calibration.kind, len(calibration.targets)) == ("frames", 8)


def test_several_sittings_make_one_calibration():
    person = Person(noise=0.5)
    sessions = [person.session(grid()), person.session(grid(2, 3, margin=0.3))]
    calibration = posthoc.calibrate([collected(s) for s in sessions], HASH)
    errors = posthoc.validate(calibration, [collected(person.session(grid(4, 4, margin=0.2)))])
    assert errors.totals["accuracy_deg"] is not None
    assert errors.totals["accuracy_deg"] < 1.2


def test_validation_is_right_row_by_row():
    person = Person()
    calibration = posthoc.calibrate([collected(person.session(grid()))], HASH)
    session = without(person.session(grid(2, 2, margin=0.25), count=6), 1)
    shifted = [replace(look, target=look.target + np.array([30.0, 0.0])) for look in session.looks]
    moved = collected(replace(session, looks=tuple(shifted)), rows_per_look=3)
    errors = posthoc.validate(calibration, [moved])
    assert [row.seen.row.file for row in errors.rows] == [f"{i}.jpg" for i in range(12)]
    for row in errors.rows:
        if row.seen.readings:
            assert row.error["px"] == pytest.approx(30.0, abs=6)
            assert row.error["mm"] == pytest.approx(row.error["px"] * 531 / 1920, rel=0.01)
            assert row.error["deg"] == pytest.approx(0.79, abs=0.25)
    content = json.loads(json.dumps(errors.to_json(), allow_nan=False))
    assert content["calibration_id"] == calibration.id
    assert [t["point_x"] is None for t in content["targets"]] == [i in (3, 4, 5) for i in range(12)]
    totals = content["totals"]
    assert (totals["rows"], totals["rows_without_point"], totals["targets"]) == (12, 3, 4)
    assert totals["loss"] == pytest.approx(0.25)
    given = [t["error_px"] for t in content["targets"] if t["error_px"] is not None]
    assert totals["error_px_mean"] == pytest.approx(np.mean(given), abs=0.01)
    assert totals["error_px_median"] == pytest.approx(np.median(given), abs=0.01)


def test_rows_stay_in_their_order_whatever_they_look_at():
    person = Person()
    one = collected(person.session(grid()), rows_per_look=2)
    mixed = replace(one, seen=one.seen[::2] + one.seen[1::2],
                    rows_of=tuple((i, i + 9) for i in range(9)))  # fmt: skip
    calibration = posthoc.calibrate([one], HASH)
    rows = posthoc.validate(calibration, [mixed]).rows
    assert [row.seen for row in rows] == list(mixed.seen)


def test_precision_in_pixels_and_in_millimetres_is_that_in_degrees():
    person = Person(noise=0.5)
    calibration = posthoc.calibrate([collected(Person().session(grid()))], HASH)
    session = person.session([(960.0, 540.0)], count=400)
    (look,) = posthoc.validate(calibration, [collected(session)]).looks
    gain = np.linalg.norm([1 / 0.8, 1 / 0.9]) / np.sqrt(2)  # what the calibration makes of noise
    for name, wanted in (("precision_sd", 0.5 * np.sqrt(2)), ("precision_rms", 1.0)):
        degrees, mm = look.figures[f"{name}_deg"], look.figures[f"{name}_mm"]
        assert degrees == pytest.approx(wanted * gain, rel=0.1)
        assert mm == pytest.approx(np.radians(degrees) * 610, rel=0.1)
        assert look.figures[f"{name}_px"] == pytest.approx(mm * 1920 / 531, rel=0.01)


def test_each_target_is_measured_by_a_fit_that_never_saw_it():
    session = Person().session(grid())
    looks = list(session.looks)
    spoilt = Look(looks[0].target, Person().look(grid()[8]).readings)
    looks[0] = spoilt  # a look that went to the other corner can be right only where it was fitted
    one = collected(replace(session, looks=tuple(looks)))
    errors = posthoc.leave_one_out([one], HASH)
    assert (errors.method, errors.calibration_id) == ("leave one target out", None)
    figures = [look.figures["accuracy_px"] for look in errors.looks]
    assert figures[0] == pytest.approx(np.hypot(*(grid()[8] - grid()[0])), rel=0.1)
    assert np.median(figures[1:]) < 150


def test_a_place_seen_in_two_sittings_is_left_out_of_both():
    honest, liar = Person().session(grid()), Person().session(grid())
    # In the second sitting all gaze at the first target went to the last: whoever fits on it shows.
    looks = list(liar.looks)
    looks[0] = Look(looks[0].target, Person().look(grid()[8], count=20).readings)
    liar = replace(liar, looks=tuple(looks))
    apart = posthoc.leave_one_out([collected(honest)], HASH).looks[0]
    both = posthoc.leave_one_out([collected(honest), collected(liar)], HASH).looks[0]
    assert both.figures["accuracy_px"] == pytest.approx(apart.figures["accuracy_px"], abs=25)


def test_sittings_before_screens_of_several_sizes_are_measured_each_on_its_own():
    person = Person()
    small = make_screen((1366, 768), (310.0, 174.0))
    sessions = [person.session(grid()), person.session(grid(screen=small), small)]
    errors = posthoc.leave_one_out([collected(session) for session in sessions], HASH)
    assert [look.session for look in errors.looks] == [1] * 9 + [2] * 9
    assert max(look.figures["accuracy_deg"] for look in errors.looks) < 1.5
    with pytest.raises(UserError, match="another screen"):
        posthoc.validate(
            posthoc.calibrate([collected(sessions[1])], HASH), [collected(sessions[0])]
        )


def test_a_scale_factor_that_changed_is_followed():
    person = Person()
    calibration = posthoc.calibrate([collected(person.session(grid()))], HASH)
    sharp = make_screen((3840, 2160), (531.0, 299.0))
    errors = posthoc.validate(calibration, [collected(person.session(grid(screen=sharp), sharp))])
    assert errors.totals["accuracy_mm"] is not None
    assert errors.totals["accuracy_mm"] < 5


def test_recentring_puts_an_offset_right_and_takes_no_more_than_three():
    person = Person()
    calibration = posthoc.calibrate([collected(person.session(grid()))], HASH)
    drifted = Person(fault=lambda angles: person.fault(angles) + np.radians([1.5, -2.0]))
    other = collected(drifted.session(grid(2, 2, margin=0.3)))
    before = posthoc.validate(calibration, [other]).totals["accuracy_deg"]
    centre = collected(drifted.session([(960.0, 540.0)]))
    shifted = posthoc.recentre(calibration, [centre])
    assert (shifted.kind, shifted.recentred_from) == ("recentre", calibration.id)
    after = posthoc.validate(shifted, [other]).totals["accuracy_deg"]
    assert before is not None
    assert after is not None
    assert after < 0.3 * before
    with pytest.raises(UserError, match="takes one to three targets, not 4"):
        posthoc.recentre(calibration, [other])


def test_the_table_has_a_line_for_each_target_and_the_mean():
    person = Person(noise=0.3)
    session = without(person.session(grid()), 2)
    calibration = posthoc.calibrate([collected(session)], HASH)
    lines = table_of(posthoc.validate(calibration, [collected(session)])).splitlines()
    assert lines[0].split("  ")[-1] == "frames"
    assert len(lines) == 1 + 9 + 1 + 1
    assert "100%" in lines[3]
    assert " - / - / - " in lines[3]
    assert lines[10].split()[0] == "mean"
    assert len({len(line) for line in lines[:11]}) == 1
