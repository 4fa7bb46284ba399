"""calibrate, validate, recentre, profiles and track --profile on the demo clip, whose person looked
at nine dots and then at five others.
"""

import csv
import json
import math
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from app import PROJECT
from app.calibration.offline import posthoc
from app.calibration.offline.sitting import Sitting, collect
from app.calibration.profiles.store import ProfileStore
from app.recording.reader import read_recording
from app.settings import DEFAULT_MODEL
from model.errors import UserError
from model.estimator import Estimator
from model.screen import make_screen
from tests.end_to_end.command import only_recording, run
from tests.material import write_video

DEMO = json.loads((PROJECT / "assets" / "demo.json").read_text(encoding="utf-8"))
SCREEN = ("--screen-px", "1920x1080", "--screen-mm", "531.4x298.9")
NINE, FIVE = DEMO["segments"][0]["targets"], DEMO["segments"][1]["targets"]


def write_rows(path: Path, rows: list[tuple[object, ...]], header: str) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def times_of(targets: list[dict[str, float]]) -> list[tuple[object, ...]]:
    """A row in the middle of each dot's time after the saccade (0.5 of 1.5 s)."""
    found: list[tuple[object, ...]] = []
    for target in targets:
        middle = target["first_frame"] + 30
        found.append((round(middle / 30 * 1000), target["pixel_x"], target["pixel_y"]))
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with TARGETS.csv of the nine dots, the five, and one."""
    folder = tmp_path_factory.mktemp("calibrate")
    write_rows(folder / "nine.csv", times_of(NINE), "time_ms,x,y")
    write_rows(folder / "five.csv", times_of(FIVE), "time_ms,x,y")
    write_rows(folder / "one.csv", times_of(FIVE[:1]), "time_ms,x,y")
    return folder


@pytest.fixture(scope="module")
def profiles(home: Path) -> Path:
    """Profiles, among them one fitted on the nine dots."""
    folder = home / "profiles"
    done = run(
        "calibrate", "--frames", "demo", "--targets", home / "nine.csv", "--profile", "P07",
        *SCREEN, "--camera-mm", "265.7,-10", "--fov", 65, "--profiles", folder, "--keep-patches",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Calibrated on 9 targets" in done.stdout
    return folder


def test_validation_on_targets_that_the_fit_never_saw(home: Path, profiles: Path):
    report = home / "report.json"
    done = run(
        "validate", "--frames", "demo", "--targets", home / "five.csv", "--profile", "P07",
        *SCREEN, "--profiles", profiles, "--json", report,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1 + 1 + 5 + 1 + 1
    content = json.loads(report.read_text(encoding="utf-8"))
    rows, totals = content["targets"], content["totals"]
    assert [row["time_ms"] for row in rows] == [time for time, _, _ in times_of(FIVE)]
    for row, target in zip(rows, FIVE, strict=True):
        assert (row["target_x"], row["target_y"]) == (target["pixel_x"], target["pixel_y"])
        off = math.hypot(row["point_x"] - row["target_x"], row["point_y"] - row["target_y"])
        assert row["error_px"] == pytest.approx(off, abs=0.01)
        assert row["error_mm"] == pytest.approx(off * 531.4 / 1920, rel=0.01)
        assert row["frames"] == 13
    assert totals["targets"] == 5
    assert totals["accuracy_deg"] < 2.0
    assert totals["accuracy_px"] < 80
    entry = ProfileStore(profiles).load("P07").entries[-1]
    assert content["calibration_id"] == entry.calibration.id
    assert entry.report is not None
    assert entry.report["accuracy_deg"] == totals["accuracy_deg"]


def test_leaving_one_out_stores_nothing(home: Path, profiles: Path):
    report = home / "left.json"
    done = run(
        "calibrate", "--frames", "demo", "--targets", home / "nine.csv", "--profile", "nobody",
        *SCREEN, "--profiles", profiles, "--leave-one-out", "--json", report,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Nothing was stored" in done.stdout
    assert ProfileStore(profiles).names() == ["P07"]
    content = json.loads(report.read_text(encoding="utf-8"))
    assert len(content["targets"]) == 9
    assert content["totals"]["accuracy_deg"] < 3.0


def test_targets_that_do_not_belong_to_the_frames_are_noted(home: Path, tmp_path: Path):
    rows = times_of(NINE)
    order = [0, 5, 6, 1, 8, 3, 2, 7, 4]
    shuffled = [(rows[k][0], *rows[order[k]][1:]) for k in range(9)]
    done = run(
        "calibrate", "--frames", "demo", "--targets",
        write_rows(tmp_path / "shuffled.csv", shuffled, "time_ms,x,y"), "--profile", "P08",
        *SCREEN, "--profiles", tmp_path,
    )  # fmt: skip
    assert done.returncode in (0, 2), done.stderr
    assert "check that TARGETS.csv belongs" in done.stderr or "the gaze went" in done.stderr


def test_recentring_adds_a_calibration(home: Path, profiles: Path, tmp_path: Path):
    copy = tmp_path / "profiles"
    exported = tmp_path / "P07.json"
    assert run("profiles", "export", "P07", exported, "--profiles", profiles).returncode == 0
    assert run("profiles", "import", exported, "--profiles", copy).returncode == 0
    done = run(
        "recentre", "--frames", "demo", "--targets", home / "one.csv", "--profile", "P07",
        "--profiles", copy,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = ProfileStore(copy).load("P07").entries
    assert (second.calibration.kind, second.calibration.recentred_from) == (
        "recentre", first.calibration.id,
    )  # fmt: skip
    listed = run("profiles", "--profiles", copy)
    assert listed.stdout.startswith("P07: 2 calibrations")
    shown = run("profiles", "show", "P07", "--profiles", copy)
    assert f"recentre of {first.calibration.id}" in shown.stdout
    refused = run("profiles", "delete", "P07", "--profiles", copy)
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert run("profiles", "rename", "P07", "P08", "--profiles", copy).returncode == 0
    done = run(
        "profiles", "delete", "P08", "--calibration", first.calibration.id, "--yes",
        "--profiles", copy,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(ProfileStore(copy).load("P08").entries) == 1
    assert run("profiles", "delete", "P08", "--yes", "--profiles", copy).returncode == 0
    assert ProfileStore(copy).names() == []


def test_track_uses_the_profile(profiles: Path, tmp_path: Path):
    done = run(
        "track", "demo", "--profile", "P07", "--profiles", profiles, "--out", tmp_path,
        "--max-frames", 400,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    recording = read_recording(only_recording(tmp_path))
    latest = ProfileStore(profiles).load("P07").latest
    assert set(recording.samples["calibration_id"]) <= {latest.id, ""}
    for target in NINE[:8]:
        frames = slice(target["first_frame"] + 20, target["last_frame"])
        for axis, side in (("x", 1920), ("y", 1080)):
            found = np.nanmedian(recording.samples[f"pixel_{axis}"][frames])
            assert found == pytest.approx(target[f"pixel_{axis}"], abs=0.08 * side)
    about = recording.about
    assert about["SampleCoordinateSystem"] == "gaze-on-screen"
    assert about["screen"]["pixels"] == [1920, 1080]
    assert about["filter"]["name"] == "One-Euro"
    assert about["calibration"]["id"] == latest.id
    assert len(about["calibration"]["targets"]) == 9


def test_track_without_a_calibration_says_so(tiny_model: Path, tmp_path: Path):
    video = write_video(tmp_path / "a.mp4", 5)
    done = run(
        "track", video, "--profile", "nobody", "--profiles", tmp_path, "--model", tiny_model,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.startswith("note: the profile nobody has no calibration in")
    assert done.stderr.count("\n") == 1
    assert read_recording(only_recording(tmp_path / "out")).about["calibration"] is None


def test_a_folder_of_pictures_and_python_give_the_same(home: Path, tmp_path: Path):
    """The nine dots and the five as pictures, some of them lost or without a face."""
    frames = tmp_path / "frames"
    frames.mkdir()
    wanted = {
        target["first_frame"] + number: target
        for target in (*NINE, *FIVE)
        for number in (24, 30, 36)
    }
    with av.open(str(PROJECT / "assets" / "demo.mp4")) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                frame.to_image().save(frames / f"{number:04d}.png")
            if number > max(wanted):
                break
    Image.new("RGB", (320, 240), (90, 90, 90)).save(frames / "wall.png")
    rows: list[tuple[object, ...]] = [
        (f"{number:04d}.png", target["pixel_x"], target["pixel_y"])
        for number, target in wanted.items()
    ]
    nine = [*rows[:27], ("wall.png", *rows[0][1:]), ("gone.png", *rows[0][1:])]
    targets = write_rows(tmp_path / "nine.csv", nine, "file,x,y")
    others = write_rows(tmp_path / "five.csv", rows[27:], "file,x,y")
    profiles = tmp_path / "profiles"
    done = run(
        "calibrate", "--frames", frames, "--targets", targets, "--profile", "a", *SCREEN,
        "--camera-mm", "265.7,-10", "--profiles", profiles,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    notes = done.stderr.splitlines()
    assert len(notes) >= 2
    assert "1 of the 29 pictures" in notes[0]
    assert "gone.png" in notes[0]
    assert any("1 of 28 frames of frames show no face" in n and "wall.png" in n for n in notes)
    report = tmp_path / "report.json"
    done = run(
        "validate", "--frames", frames, "--targets", others, "--profile", "a",
        "--profiles", profiles, "--json", report,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content = json.loads(report.read_text(encoding="utf-8"))
    assert [row["file"] for row in content["targets"]] == [row[0] for row in rows[27:]]
    assert content["totals"]["error_deg_median"] < 3.0

    estimator = Estimator(DEFAULT_MODEL)
    screen = make_screen((1920, 1080), (531.4, 298.9))
    calibration = posthoc.calibrate(
        [collect(Sitting(frames, targets, screen), estimator)], estimator.card.sha256
    )
    errors = posthoc.validate(calibration, [collect(Sitting(frames, others, screen), estimator)])
    assert errors.to_json()["totals"] == content["totals"]


def calibrate(home: Path, *arguments: object) -> tuple[object, ...]:
    return ("calibrate", "--profile", "x", "--profiles", home / "none", *arguments)


def fewer_targets(home: Path) -> tuple[object, ...]:
    rows = write_rows(home / "few.csv", times_of(NINE[:3]), "time_ms,x,y")
    return calibrate(home, "--frames", "demo", "--targets", rows, *SCREEN)


def in_a_line(home: Path) -> tuple[object, ...]:
    rows = [(time, 100 + i * 200, 500) for i, (time, _, _) in enumerate(times_of(NINE[:5]))]
    path = write_rows(home / "line.csv", rows, "time_ms,x,y")
    return calibrate(home, "--frames", "demo", "--targets", path, *SCREEN)


def not_a_number(home: Path) -> tuple[object, ...]:
    rows = [*times_of(NINE), (99, "nan", 5)]
    path = write_rows(home / "nan.csv", rows, "time_ms,x,y")
    return calibrate(home, "--frames", "demo", "--targets", path, *SCREEN)


def off_the_screen(home: Path) -> tuple[object, ...]:
    return calibrate(
        home, "--frames", "demo", "--targets", home / "nine.csv", "--screen-px", "1280x720",
        "--screen-mm", "531.4x298.9",
    )  # fmt: skip


def targets_without_frames(home: Path) -> tuple[object, ...]:
    video = write_video(home / "short.mp4", 30)
    path = write_rows(home / "late.csv", [(500, 5, 5), (99_000, 7, 8)], "time_ms,x,y")
    return calibrate(home, "--frames", video, "--targets", path, *SCREEN)


def frames_without_a_face(home: Path) -> tuple[object, ...]:
    video = write_video(home / "wall.mp4", 30)
    rows = [(100 + 200 * i, 50 + 300 * (i % 2), 50 + 100 * i) for i in range(4)]
    path = write_rows(home / "wall.csv", rows, "time_ms,x,y")
    return calibrate(home, "--frames", video, "--targets", path, *SCREEN)


def one_csv_for_two(home: Path) -> tuple[object, ...]:
    nine = home / "nine.csv"
    return calibrate(home, "--frames", "demo", "--frames", "demo", "--targets", nine, *SCREEN)


def no_such_profile(home: Path) -> tuple[object, ...]:
    return ("validate", "--frames", "demo", "--targets", home / "five.csv", "--profile", "y",
            "--profiles", home / "none")  # fmt: skip


def another_screen(home: Path) -> tuple[object, ...]:
    return ("validate", "--frames", "demo", "--targets", home / "five.csv", "--profile", "P07",
            "--profiles", home / "profiles", "--screen-mm", "310x174")  # fmt: skip


def another_model(home: Path) -> tuple[object, ...]:
    """Its patches would do, but it reads gaze from the head, on which no calibration can stand."""
    copy = home / "bare"
    store, bare = ProfileStore(home / "profiles"), ProfileStore(copy)
    if not bare.names():
        bare.add("P07", store.load("P07").entries[0].calibration)
    return ("validate", "--frames", "demo", "--targets", home / "five.csv", "--profile", "P07",
            "--profiles", copy, "--model", "TINY")  # fmt: skip


def another_screen_before_any_frame(home: Path) -> tuple[object, ...]:
    """There are no frames at all: the screen is looked at first."""
    return ("recentre", "--frames", home / "none.mp4", "--targets", home / "one.csv",
            "--profile", "P07", "--profiles", home / "profiles",
            "--screen-px", "1920x1200")  # fmt: skip


def damaged(home: Path) -> tuple[object, ...]:
    folder = home / "spoilt"
    folder.mkdir(exist_ok=True)
    whole = (home / "profiles" / "P07.json").read_bytes()
    (folder / "P07.json").write_bytes(whole[: len(whole) // 3])
    return ("validate", "--frames", "demo", "--targets", home / "five.csv", "--profile", "P07",
            "--profiles", folder)  # fmt: skip


@pytest.mark.parametrize(
    ("arrange", "told"),
    [
        (fewer_targets, "3 target(s) with open eyes are too few"),
        (in_a_line, "one line"),
        (not_a_number, "x is 'nan', which is no number"),
        (off_the_screen, "lies off the screen of 1280 x 720 pixels"),
        (targets_without_frames, "1 target(s) have no frame"),
        (frames_without_a_face, "show no face"),
        (one_csv_for_two, "2 --frames and 1 --targets"),
        (no_such_profile, "there is no profile y"),
        (another_screen, "another screen"),
        (another_screen_before_any_frame, "another shape"),
        (another_model, "another model"),
        (damaged, "put aside as"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_refused_clearly(home: Path, profiles: Path, tiny_model: Path, arrange, told: str):
    arguments = [tiny_model if word == "TINY" else word for word in arrange(home)]
    done = run(*arguments)
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert told in errors[0]
    assert all(line.startswith(("error: ", "note: ")) for line in done.stderr.splitlines())
    assert not (home / "none" / "x.json").exists()


NO_FOLDER = str(PROJECT / "main.py")


@pytest.mark.parametrize(
    "arguments",
    [
        ["calibrate"],
        ["calibrate", "--frames", "a", "--targets", "b"],
        ["calibrate", "--frames", "a", "--targets", "b", "--screen-px", "big", *SCREEN[2:]],
        ["calibrate", "--frames", "a", "--targets", "b", *SCREEN[:2], "--screen-mm", "0x5"],
        ["calibrate", "--frames", "a", "--targets", "b", *SCREEN, "--camera-mm", "-5"],
        ["calibrate", "--frames", "a", "--targets", "b", *SCREEN, "--json", "x.json"],
        ["calibrate", "--frames", "a", "--targets", "b", "--profiles", NO_FOLDER, *SCREEN],
        ["profiles", "--profiles", NO_FOLDER],
        ["validate", "--frames", "a", "--targets", "b", "--json", "/no/such/folder/x.json"],
        ["recentre", "--targets", "b"],
        ["profiles", "show"],
        ["profiles", "dance"],
    ],
    ids=" ".join,
)
def test_nonsense_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    from app.cli import main

    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1


def test_control_c_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from app.calibration.offline import running
    from app.cli import main

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(running.DEEDS, "calibrate", interrupted)
    assert main(["calibrate", "--frames", "a", "--targets", "b", *SCREEN]) == 2
    assert capsys.readouterr().err.startswith("error: stopped before it was done")


def test_profiles_that_cannot_be_written_are_told_of_before_any_frame(
    home: Path, capsys: pytest.CaptureFixture[str]
):
    from app.cli import main

    below_a_file = str(home / "nine.csv" / "profiles")
    arguments = ["calibrate", "--frames", "none.mp4", "--targets", str(home / "nine.csv"), *SCREEN]
    assert main([*arguments, "--profiles", below_a_file]) == 2
    assert below_a_file in capsys.readouterr().err


@pytest.mark.parametrize("place", [["--camera-mm", "-20,-10.5"], ["--camera-mm=-20,-10.5"]])
def test_negative_places_may_stand_after_a_space(place: list[str]):
    from app.cli import build_parser

    arguments = ["calibrate", "--frames", "a", "--targets", "b", *SCREEN, *place]
    parsed = build_parser().parse_args([*arguments, "--camera-tilt", "-5"])
    assert parsed.camera_mm == [(-20.0, -10.5)]
    assert parsed.camera_tilt == [-5.0]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--camera-mm", "-20,left"], "'left' is not a number of mm"),
        (["--camera-tilt", "-inf"], "'-inf' is not a number of degrees"),
        (["--screen-px", "-1920x1080"], "'-1920' is not a number of pixels"),
    ],
)
def test_a_wrong_negative_value_is_named(wrong: list[str], told: str):
    from app.cli import build_parser

    arguments = ["calibrate", "--frames", "a", "--targets", "b", *SCREEN, *wrong]
    with pytest.raises(UserError, match=told):
        build_parser().parse_args(arguments)
