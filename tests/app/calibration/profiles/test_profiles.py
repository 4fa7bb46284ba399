"""Profiles: nothing is lost, nothing damaged is trusted, and one bad file spoils no other."""

import json
import multiprocessing
import subprocess
import sys
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app import PROJECT
from app.calibration.calibration import Calibration
from app.calibration.fitting import fit, recentre
from app.calibration.look import Session
from app.calibration.profiles.refitting import refit, suited
from app.calibration.profiles.store import ProfileStore, profiles_folder
from app.calibration.profiles.storing import PATCHES_PER_LOOK, choose_patches
from app.calibration.profiles.suiting import check_model, fits_screen, other_camera
from model.errors import UserError
from model.patches import EYE_PATCH, EYE_PATCH_WIDE, Patches
from model.screen import make_screen
from tests.app.calibration.sitting import CAMERA, SCREEN, Person, grid
from tests.material import estimate

HASH, OTHER_HASH = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def session() -> Session:
    return Person(noise=0.3).session(grid(), count=12)


@pytest.fixture(scope="module")
def calibration(session: Session) -> Calibration:
    return fit([session], HASH)


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "deep" / "profiles")


def renamed(calibration: Calibration, number: int) -> Calibration:
    return replace(calibration, id=f"20261121T000000Z-{number:04x}")


def patches_of(session: Session) -> dict[int, Patches]:
    """Patches of noise for every reading, which tell its number."""
    rng = np.random.default_rng(0)
    return {
        reading.time_ns: Patches(
            rng.integers(0, 256, (2, EYE_PATCH.height, EYE_PATCH.width, 3), dtype=np.uint8),
            np.stack([np.eye(3), np.eye(3)]),
            np.array([True, False]),
            np.full((2, 4), reading.time_ns / 1e10, dtype=np.float32),
        )
        for look in session.looks
        for reading in look.readings
    }


class FakeEstimator:
    """A model that reads the gaze straight from the numbers about the head."""

    def __init__(self, sha256: str = OTHER_HASH, spec=EYE_PATCH) -> None:
        self.card, self.spec = SimpleNamespace(sha256=sha256), spec
        self.gaze: dict[float, np.ndarray] = {}

    def estimate(self, patches: Patches, eyes: str = "both"):
        assert eyes == "both"
        pitch, yaw = self.gaze[float(patches.head[0, 0])]
        return estimate(pitch, yaw)


def model_that_reads(session: Session, person: Person, **options) -> FakeEstimator:
    """A newer model, to which the same frames look as to this person."""
    model = FakeEstimator(**options)
    for look in session.looks:
        seen = person.look(look.target, count=len(look.readings)).readings
        for reading, again in zip(look.readings, seen, strict=True):
            x, y, z = again.gaze
            angles = np.array([np.arcsin(-y), np.arctan2(-x, -z)])
            model.gaze[float(np.float32(reading.time_ns / 1e10))] = angles
    return model


def test_everything_comes_back(store: ProfileStore, session: Session, calibration: Calibration):
    report = {"accuracy_deg": 1.25, "targets": []}
    store.add("Ömer-1", calibration, [session], report)
    (entry,) = ProfileStore(store.folder).load("Ömer-1").entries
    assert entry.calibration.to_json() == calibration.to_json()
    assert entry.report == report
    assert entry.patches == (None,)
    (again,) = entry.sessions
    assert (again.screen, again.camera) == (session.screen, session.camera)
    for before, after in zip(session.looks, again.looks, strict=True):
        np.testing.assert_allclose(after.target, before.target)
        assert after.missed == before.missed
        for one, other in zip(before.readings, after.readings, strict=True):
            assert (one.time_ns, one.file) == (other.time_ns, other.file)
            for name in ("origin", "gaze", "rotation", "outline", "openness", "embedding"):
                np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-6)
    points = calibration.points(session.looks[0].readings)
    np.testing.assert_allclose(fit([again], HASH).points(session.looks[0].readings), points, atol=1)


def test_an_unused_eye_a_file_and_a_missed_look_come_back(store: ProfileStore, session: Session):
    first = session.looks[0]
    gaze = first.readings[0].gaze
    odd = replace(first.readings[0], file="ä 1.jpg", eye_gaze=np.stack([np.full(3, np.nan), gaze]))
    looks = (replace(first, readings=(odd,), missed=3), replace(first, readings=(), missed=7))
    store.add("a", fit([session], HASH), [replace(session, looks=looks)])
    one, none = store.load("a").entries[0].sessions[0].looks
    assert one.readings[0].file == "ä 1.jpg"
    assert np.isnan(one.readings[0].eye_gaze[0]).all()
    assert (one.missed, none.missed, none.readings) == (3, 7, ())


def test_every_calibration_is_kept_and_the_last_one_counts(
    store: ProfileStore, calibration: Calibration
):
    for number in range(3):
        store.add("a", renamed(calibration, 9 - number))
    profile = store.load("a")
    assert [e.calibration.id[-1] for e in profile.entries] == ["9", "8", "7"]
    assert profile.latest is profile.entries[-1].calibration
    assert profile.entry("20261121T000000Z-0008") is profile.entries[1]
    store.delete_calibration("a", "20261121T000000Z-0007")
    assert [e.calibration.id[-1] for e in store.load("a").entries] == ["9", "8"]
    with pytest.raises(UserError, match="has no calibration 20261121T000000Z-0007"):
        store.delete_calibration("a", "20261121T000000Z-0007")


def test_nothing_but_whole_files_lies_there(store: ProfileStore, calibration: Calibration):
    assert store.names() == []
    store.add("b", calibration)
    store.add("A", calibration)
    assert store.names() == ["A", "b"]
    assert {path.name for path in store.folder.iterdir()} <= {"A.json", "b.json", ".lock"}
    assert "b" in store
    assert "c" not in store


# Damage


def truncated(text: str) -> str:
    return text[: len(text) // 2]


def edited(text: str) -> str:
    content = json.loads(text)
    content["calibrations"][0]["calibration"]["correction"]["weights"][0][0] += 0.01
    return json.dumps(content)


def another_rung(text: str) -> str:
    return text.replace('"rung": "', '"rung": "golden ')


def no_profile(text: str) -> str:
    return '["a", "list"]'


def empty(text: str) -> str:
    return ""


def endless(text: str) -> str:
    return "[" * 100_000


@pytest.mark.parametrize("spoil", [truncated, edited, another_rung, no_profile, empty, endless])
def test_a_damaged_profile_is_put_aside_and_the_others_load(
    store: ProfileStore, calibration: Calibration, spoil
):
    store.add("good", calibration)
    store.add("bad", calibration)
    path = store.folder / "bad.json"
    spoilt = spoil(path.read_text(encoding="utf-8"))
    path.write_text(spoilt, encoding="utf-8")
    profiles, problems = store.load_all()
    assert [profile.name for profile in profiles] == ["good"]
    (problem,) = problems
    assert store.damaged == problems
    assert "the profile bad is damaged (" in problem
    assert problem.count("\n") == 0
    assert not any(word in problem for word in ("indices", "NoneType", "recursion"))
    (aside,) = store.folder.glob("bad.json.damaged-*")
    assert str(aside) in problem
    assert aside.read_text(encoding="utf-8") == spoilt
    assert store.names() == ["good"]


def test_layout_is_no_damage(store: ProfileStore, calibration: Calibration):
    store.add("a", calibration)
    path = store.folder / "a.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4), encoding="utf-8")
    assert len(store.load("a").entries) == 1


def test_adding_to_a_damaged_profile_begins_a_new_one(
    store: ProfileStore, calibration: Calibration
):
    store.add("a", renamed(calibration, 1))
    (store.folder / "a.json").write_text("{")
    store.add("a", renamed(calibration, 2))
    (entry,) = store.load("a").entries
    assert entry.calibration.id.endswith("2")
    assert len(store.damaged) == 1
    assert len(list(store.folder.glob("a.json.damaged-*"))) == 1


def test_two_damaged_within_a_second_are_both_kept(store: ProfileStore, calibration: Calibration):
    for _ in range(2):
        store.add("a", calibration)
        (store.folder / "a.json").write_text("{")
        with pytest.raises(UserError, match="put aside"):
            store.load("a")
    assert len(list(store.folder.glob("a.json.damaged-*"))) == 2


def test_a_newer_profile_is_refused_and_stays(store: ProfileStore, calibration: Calibration):
    store.add("a", calibration)
    path = store.folder / "a.json"
    newer = json.dumps({"schema": 2, "secrets": []})
    path.write_text(newer)
    for deed in (lambda: store.load("a"), lambda: store.add("a", calibration)):
        with pytest.raises(UserError, match=r"newer version .* update this program"):
            deed()
    assert path.read_text() == newer
    assert store.damaged == []


def test_what_cannot_be_written_is_told(tmp_path: Path, calibration: Calibration):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be changed"):
        ProfileStore(tmp_path / "file" / "profiles").add("a", calibration)


def test_a_file_is_no_folder_of_profiles(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file cannot be read \(not a directory\)"):
        ProfileStore(tmp_path / "file").names()


# Several processes


TIMES = 20
"""So often each of two processes adds: without a lock, some of it is lost every time."""


def _add_some(folder: Path, who: int, start: Barrier) -> None:
    calibration = fit([Person(noise=0.3).session(grid(), count=2)], HASH)
    store = ProfileStore(folder)
    start.wait()
    for number in range(TIMES):
        store.add("shared", renamed(calibration, 100 * who + number))


def test_two_processes_that_write_one_profile_lose_nothing(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    processes = [context.Process(target=_add_some, args=(tmp_path, who, start)) for who in (1, 2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    found = [entry.calibration.id for entry in ProfileStore(tmp_path).load("shared").entries]
    wanted = [f"20261121T000000Z-{100 * who + n:04x}" for who in (1, 2) for n in range(TIMES)]
    assert sorted(found) == wanted


def test_a_killed_process_leaves_no_lock_behind(tmp_path: Path, calibration: Calibration):
    code = f"""
import os
from pathlib import Path
from app.calibration.profiles.store import ProfileStore
store = ProfileStore(Path({str(tmp_path)!r}))
with store._locked():
    os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    assert done.returncode == 9
    ProfileStore(tmp_path).add("a", calibration)


def test_whoever_holds_the_profiles_too_long_is_told_of(
    tmp_path: Path, calibration: Calibration, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.calibration.profiles.store.PATIENCE_S", 0.05)
    first, second = ProfileStore(tmp_path), ProfileStore(tmp_path)
    with first._locked(), pytest.raises(UserError, match="another program has held"):
        second.add("a", calibration)


# Names, export, import


@pytest.mark.parametrize("name", ["", "../up", "a b", "-a", "x" * 41, "a.json"])
def test_names_that_will_not_do(store: ProfileStore, calibration: Calibration, name: str):
    for deed in (
        lambda: store.add(name, calibration),
        lambda: store.load(name),
        lambda: store.delete(name),
        lambda: store.rename("a", name),
    ):
        with pytest.raises(UserError, match="will not do"):
            deed()


def test_rename_and_delete(store: ProfileStore, calibration: Calibration):
    store.add("a", calibration)
    store.add("b", calibration)
    with pytest.raises(UserError, match="there is a profile b already"):
        store.rename("a", "b")
    store.rename("a", "c")
    assert store.names() == ["b", "c"]
    assert store.load("c").name == "c"
    store.delete("b")
    assert store.names() == ["c"]
    for deed in (lambda: store.delete("b"), lambda: store.rename("b", "d")):
        with pytest.raises(UserError, match=r"there is no profile b in .*there are c"):
            deed()


def test_export_and_import(
    store: ProfileStore, session: Session, calibration: Calibration, tmp_path: Path
):
    store.add("a", calibration, [session])
    path = tmp_path / "a of Ömer.json"
    store.export("a", path)
    other = ProfileStore(tmp_path / "other")
    assert [other.import_(path) for _ in range(3)] == ["a", "a-2", "a-3"]
    assert len(other.load("a-3").entries[0].sessions[0].looks) == 9
    store.rename("a", "b")
    store.export("b", path)
    assert other.import_(path) == "b"


@pytest.mark.parametrize("spoil", [truncated, edited, another_rung, no_profile, empty])
def test_what_is_damaged_is_not_imported(
    store: ProfileStore, calibration: Calibration, tmp_path: Path, spoil
):
    store.add("a", calibration)
    path = tmp_path / "a.json"
    store.export("a", path)
    path.write_text(spoil(path.read_text()))
    with pytest.raises(UserError, match="holds no profile, or a damaged one"):
        store.import_(path)
    assert store.names() == ["a"]
    assert path.exists()


def test_profiles_lie_beside_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAZECLIP_HOME", str(tmp_path))
    assert profiles_folder() == tmp_path / "profiles"
    assert ProfileStore().folder == tmp_path / "profiles"


# Another screen, camera or model


def test_the_same_screen_fits(calibration: Calibration):
    moved = replace(SCREEN, camera_mm=(0.0, 0.0), millimetres=(535.0, 297.0), name="other name")
    assert fits_screen(calibration, moved) == calibration.screen


def test_another_scale_factor_is_rescaled(calibration: Calibration, session: Session):
    sharper = make_screen((2560, 1440), (531.0, 299.0), pixel_ratio=2.0)
    here = fits_screen(calibration, sharper)
    assert (here.pixels, here.pixel_ratio) == ((2560, 1440), 2.0)
    assert here.camera_mm == calibration.screen.camera_mm
    readings = session.looks[0].readings
    scaled = calibration.on(here).points(readings)
    np.testing.assert_allclose(scaled, calibration.points(readings) * 2560 / 1920)


@pytest.mark.parametrize(
    ("screen", "reason"),
    [
        (make_screen((1920, 1080), (597.0, 336.0)), "another screen, 531 x 299 mm"),
        (make_screen((2560, 1440), (597.0, 336.0)), "another screen"),
        (make_screen((1080, 1920), (299.0, 531.0)), "another screen"),
        (make_screen((1600, 1200), (531.0, 299.0)), "another shape"),
    ],
)
def test_another_screen_is_refused_with_the_reason(calibration: Calibration, screen, reason: str):
    with pytest.raises(UserError, match=reason):
        fits_screen(calibration, screen)


def test_another_model_is_refused_with_what_to_do(
    store: ProfileStore, session: Session, calibration: Calibration
):
    check_model(calibration, HASH)
    store.add("a", calibration, [session])
    assert suited(store, "a", FakeEstimator(HASH))[0].id == calibration.id
    with pytest.raises(UserError, match=r"another model .* calibrate again, which takes 35 s"):
        suited(store, "a", FakeEstimator())
    with pytest.raises(UserError, match="recalibrate, 35 s"):
        refit(store.load("a"), store.load("a").entries[0], FakeEstimator())
    assert len(store.load("a").entries) == 1


def test_another_camera_is_told():
    calibration = fit([Person().session(grid())], HASH)
    assert other_camera(calibration, CAMERA) == ""
    assert other_camera(calibration, replace(CAMERA, size=(1280, 960))) == ""
    for other, told in (
        (replace(CAMERA, name="HD"), "test camera, this is HD"),
        (replace(CAMERA, size=(1280, 720)), "these are 1280x720"),
        (replace(CAMERA, fov=80.0), "this is 80"),
        (replace(CAMERA, mirrored=True), "mirrored"),
    ):
        assert told in other_camera(calibration, other)


# Eye patches


def test_a_few_patches_of_each_target_are_kept_and_come_back(
    store: ProfileStore, session: Session, calibration: Calibration
):
    everything = patches_of(session)
    kept = choose_patches(session, everything, EYE_PATCH)
    assert [len(look) for look in kept.looks] == [PATCHES_PER_LOOK] * 9
    assert (min(kept.looks[0]), max(kept.looks[0])) == (0, 11)
    store.add("a", calibration, [session], patches=[kept])
    (again,) = store.load("a").entries[0].patches
    assert again is not None
    assert again.spec == EYE_PATCH
    for look, of_look in zip(session.looks, again.looks, strict=True):
        assert len(of_look) == PATCHES_PER_LOOK
        for index, patches in of_look.items():
            before = everything[look.readings[index].time_ns]
            for name in ("images", "rotation", "mirrored", "head"):
                np.testing.assert_array_equal(getattr(patches, name), getattr(before, name))
                assert getattr(patches, name).dtype == getattr(before, name).dtype or name != "head"


def test_without_consent_there_is_no_picture(
    store: ProfileStore, session: Session, calibration: Calibration
):
    store.add("a", calibration, [session])
    assert "iVBOR" not in (store.folder / "a.json").read_text()  # how PNG begins in base64
    store.add("b", calibration, [session], patches=[choose_patches(session, patches_of(session),
                                                                   EYE_PATCH)])  # fmt: skip
    assert "iVBOR" in (store.folder / "b.json").read_text()


def test_a_new_model_makes_old_calibrations_anew_from_their_patches(
    store: ProfileStore, session: Session, calibration: Calibration
):
    kept = choose_patches(session, patches_of(session), EYE_PATCH)
    store.add("a", calibration, [session], patches=[kept])
    other = Person(fault=lambda angles: angles * 0.7 + np.radians([-2.0, 5.0]))
    model = model_that_reads(session, other)
    new, note = suited(store, "a", model)
    assert "made anew" in note
    assert (new.model_hash, new.kind) == (OTHER_HASH, calibration.kind)
    for target in grid():
        reading = other.readings(target, SCREEN, 1)[0]
        assert np.linalg.norm(new.locate(reading).pixel - target) < 20
    profile = store.load("a")
    assert [e.calibration.id for e in profile.entries] == [calibration.id, new.id]
    assert len(profile.entries[1].sessions[0].looks[0].readings) == PATCHES_PER_LOOK
    assert any(profile.entries[1].patches)
    assert suited(store, "a", model)[1] == ""  # and once is enough


def test_a_recentred_calibration_is_made_anew_too(
    store: ProfileStore, session: Session, calibration: Calibration
):
    kept = choose_patches(session, patches_of(session), EYE_PATCH)
    store.add("a", calibration, [session], patches=[kept])
    centre = replace(session, looks=session.looks[4:5])
    again = recentre(calibration, centre.looks)
    few = choose_patches(centre, patches_of(session), EYE_PATCH)
    store.add("a", again, [centre], patches=[few])
    profile = store.load("a")
    model = model_that_reads(session, Person(fault=lambda angles: angles * 0.7))
    entry = refit(profile, profile.entries[1], model)
    assert (entry.calibration.kind, entry.calibration.recentred_from) == (
        "recentre", calibration.id,
    )  # fmt: skip
    assert entry.calibration.model_hash == OTHER_HASH


def test_patches_of_another_cut_are_of_no_use(
    store: ProfileStore, session: Session, calibration: Calibration
):
    kept = choose_patches(session, patches_of(session), EYE_PATCH)
    store.add("a", calibration, [session], patches=[kept])
    with pytest.raises(UserError, match="not such as this one reads: recalibrate, 35 s"):
        suited(store, "a", FakeEstimator(spec=EYE_PATCH_WIDE))
