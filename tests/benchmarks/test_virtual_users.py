import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.calibration.choreography.layout import calibration_places
from app.calibration.look import Look
from app.calibration.reading import Reading
from app.settings import DEFAULT_MODEL
from app.tracker import load_tracker
from benchmarks.virtual_methods import LOST_DEG, METHODS, judge, landmarks, measure, rung_below
from benchmarks.virtual_readings import Job, Part, Truth, is_there, load_readings, save_readings
from benchmarks.virtual_rendering import render
from benchmarks.virtual_sittings import SITTINGS, parts_of, setting, sitting_of, users_of
from benchmarks.virtual_users import main
from model.errors import UserError
from model.geometry import head_rotation, pitch_yaw, vector
from model.training.synthetic.head import load_head
from model.training.synthetic.rig import Rig

USER, FRAMES = 4000, 3
EYES = np.array([5.0, 25.0, 640.0])
BIAS = np.radians([3.0, -1.0])


def job(work: Path, sitting: str = "still", frames: int = FRAMES) -> Job:
    return Job(USER, sitting, frames, 65.0, DEFAULT_MODEL, None, work)


def look(place: np.ndarray, misread: Callable[[np.ndarray], np.ndarray]) -> tuple[Look, Truth]:
    """A look at a place by somebody whose gaze is misread, and whose irises show it rightly."""
    screen, _ = setting(USER)
    target = place * np.array(screen.pixels)
    wanted = pitch_yaw(screen.in_camera(target) - EYES)
    readings = []
    for n in range(FRAMES):
        outline = np.zeros((2, 21, 2))
        outline[:, 16] = wanted[::-1]
        gaze = vector(misread(wanted) + np.radians([0.0, 0.1 * (n - 1)]))
        readings.append(
            Reading(n * 66_000_000, EYES, gaze, np.stack([gaze, gaze]), 0.03,
                    head_rotation(0.0, 0.0, 0.0), outline, np.ones(2), np.zeros(4))
        )  # fmt: skip
    truth = Truth(np.tile(target, (FRAMES, 1)), np.tile(EYES, (FRAMES, 1)), np.zeros((FRAMES, 3)))
    return Look(target, tuple(readings), missed=1), truth


def keep(work: Path, misread: Callable[[np.ndarray], np.ndarray] = lambda a: a + BIAS) -> None:
    """Readings of all sittings of one user, made up."""
    screen, believed = setting(USER)
    for sitting in SITTINGS:
        made = job(work, sitting)
        parts = {}
        for name, places in parts_of(USER, sitting):
            looks, truths = zip(*(look(place, misread) for place in places), strict=True)
            parts[name] = Part(looks, truths)
        about = made.about() | {
            "screen": screen.to_json(),
            "believed": believed.to_json(),
            "camera": {"size": [640, 480], "fov": 60.0},
            "believed_fov": 65.0,
        }
        save_readings(made.path, about, parts)


def test_readings_come_back_as_they_were_kept(tmp_path: Path) -> None:
    keep(tmp_path)
    found = load_readings(tmp_path, USER, "still")
    assert len(found.calibration.looks) == 9
    assert len(found.validation.looks) == 5
    first, truth = look(parts_of(USER, "still")[0][1][0], lambda a: a + BIAS)
    kept = found.calibration.looks[0]
    assert kept.target == pytest.approx(first.target)
    assert kept.missed == 1
    for name in ("origin", "gaze", "eye_gaze", "rotation", "outline", "embedding", "time_ns"):
        for a, b in zip(kept.readings, first.readings, strict=True):
            assert np.array(getattr(a, name)) == pytest.approx(np.array(getattr(b, name)))
    assert found.parts["calibration"].truth[0].point == pytest.approx(truth.point)
    assert found.screen != found.calibration.screen  # an application does not know where it stands
    assert load_readings(tmp_path, USER, "moved").recentre is not None


def test_a_calibration_of_five_takes_five_of_the_nine(tmp_path: Path) -> None:
    keep(tmp_path)
    five = load_readings(tmp_path, USER, "still", targets=5).calibration.looks
    wanted = calibration_places(5) * np.array(setting(USER)[0].pixels)
    found = np.array([k.target for k in five])
    assert found[np.lexsort(found.T)] == pytest.approx(wanted[np.lexsort(wanted.T)])


def test_who_slumped_calibrated_before(tmp_path: Path) -> None:
    keep(tmp_path)
    drift, still = (load_readings(tmp_path, USER, name) for name in ("drift", "still"))
    assert drift.calibration.looks[0].readings[0].time_ns == 0
    assert len(drift.calibration.looks) == len(still.calibration.looks)
    slump = sitting_of(USER, "drift").posture
    assert slump is not None
    assert slump.shift[1] > 0.0  # lower
    assert slump.shift[2] < 0.0  # closer
    assert 20.0 <= np.linalg.norm(slump.shift[1:]) <= 50.0
    moved = sitting_of(USER, "moved").posture
    assert moved is not None
    assert np.linalg.norm(moved.shift) == pytest.approx(50.0)


def test_kept_readings_of_another_kind_are_not_taken(tmp_path: Path) -> None:
    assert not is_there(job(tmp_path))
    keep(tmp_path)
    assert is_there(job(tmp_path))
    assert not is_there(job(tmp_path, frames=12))
    whole = job(tmp_path).path.read_bytes()
    job(tmp_path).path.write_bytes(whole[: len(whole) // 2])
    assert not is_there(job(tmp_path))


def test_errors_are_angles_from_where_the_eyes_truly_are(tmp_path: Path) -> None:
    keep(tmp_path)
    found = load_readings(tmp_path, USER, "still")
    targets = iter(found.validation.looks)

    def beside(readings: tuple[Reading, ...]) -> np.ndarray:
        target = next(targets).target
        eyes, screen = EYES, found.screen
        aside = vector(pitch_yaw(screen.in_camera(target) - eyes) + np.radians([1.5, 0.0]))
        return np.tile(screen.meet(eyes, aside), (len(readings), 1))

    score = measure(found, beside)
    assert score.accuracy_deg == pytest.approx(1.5, abs=1e-6)
    assert score.precision_deg == pytest.approx(0.0, abs=1e-6)
    nowhere = measure(found, lambda readings: np.full((len(readings), 2), np.nan))
    assert nowhere.accuracy_deg == LOST_DEG


def test_a_bias_is_taken_out_and_the_unrest_of_frames_stays(tmp_path: Path) -> None:
    keep(tmp_path)
    outcome = judge(load_readings(tmp_path, USER, "still"), "hash")
    assert outcome.rung
    assert outcome.below
    # What is left: a tenth of a degree from frame to frame, and that the tilt is not known.
    for name in ("gazeclip", "offset", "below"):
        assert outcome.scores[name].accuracy_deg < 1.0
    assert outcome.scores["offset"].precision_deg == pytest.approx(0.1, abs=0.02)
    assert outcome.loss == pytest.approx(1.0 / (1 + FRAMES))


def test_landmarks_find_what_landmarks_show(tmp_path: Path) -> None:
    keep(tmp_path)
    found = load_readings(tmp_path, USER, "still")
    assert measure(found, landmarks(found.calibration)).accuracy_deg < 2.0
    shown = landmarks(found.calibration)(found.calibration.looks[0].readings)
    assert shown.shape == (FRAMES, 2)


def test_the_rung_below_is_one_that_the_targets_allow() -> None:
    assert rung_below("ridge", 9) == "second order"
    assert rung_below("ridge", 5) == "affine"
    assert rung_below("geometry", 9) is None


def test_users_of_two_seeds_are_different_people() -> None:
    assert not set(users_of(1, 1000)) & set(users_of(2, 1000))


def test_the_command_prints_a_table_and_writes_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path)
    out = tmp_path / "figures.json"
    asked = ["--users", "1", "--seed", "4", "--frames", str(FRAMES), "--work", str(tmp_path)]
    assert main([*asked, "--json", str(out)]) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert list(figures["conditions"]) == ["still", "free", "drift", "glasses", "dim"]
    for methods in figures["conditions"].values():
        assert set(methods) == set(METHODS)
        for found in methods.values():
            names = ("accuracy_median_deg", "accuracy_p90_deg", "precision_median_deg")
            assert all(np.isfinite(found[name]) for name in names)
    assert figures["recentre"]["recentred_median_deg"] < 1.0
    assert len(figures["rows"]) == 5
    printed = capsys.readouterr().out
    assert "| still | gazeclip |" in printed
    assert "5 targets, then 5 cm" in printed


def test_a_user_who_cannot_be_calibrated_counts_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, misread=lambda a: -a)  # as through a mirror
    asked = ["--users", "1", "--seed", "4", "--frames", str(FRAMES), "--work", str(tmp_path)]
    assert main([*asked, "--conditions", "still", "--json", str(tmp_path / "f.json")]) == 0
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert figures["conditions"]["still"]["gazeclip"]["accuracy_median_deg"] == LOST_DEG
    assert "Not fitted, 1 of all" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--conditions", "still,sleepy"], "there is no condition sleepy"),
        (["--users", "0"], "at least 1"),
        (["--frames", "1"], "at least 2"),
    ],
)
def test_what_makes_no_sense_is_refused(
    asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(asked)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--data", "nowhere"], "no ICT-FaceKit head model"),
        (["--model", "nowhere.onnx"], "there is no model file"),
        (["--json", "nowhere/figures.json"], "there is no folder for"),
    ],
)
def test_what_is_missing_is_said_before_any_work(
    asked: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--users", "1", "--work", str(tmp_path), *asked]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


def test_a_rendered_user_is_calibrated(data_dir: Path, tmp_path: Path) -> None:
    if not (data_dir / "ict-facekit").is_dir():
        pytest.skip("the head model is not here")
    tracker = load_tracker(DEFAULT_MODEL, "cpu")
    made = job(tmp_path, frames=2)
    try:
        render(made, Rig(load_head(data_dir)), tracker)
    except UserError as error:
        pytest.skip(str(error))
    finally:
        tracker.close()
    assert is_there(made)
    found = load_readings(tmp_path, USER, "still")
    assert all(len(k.readings) + k.missed == 2 for k in found.calibration.looks)
    outcome = judge(found, "hash")
    assert outcome.complaint == ""
    assert outcome.loss < 0.2
    assert outcome.scores["gazeclip"].accuracy_deg < 5.0
