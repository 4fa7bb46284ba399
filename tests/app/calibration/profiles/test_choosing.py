"""Which calibration of a profile can be used here, or why none; patches put by; posture; events."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.calibration.calibration import Calibration
from app.calibration.choreography.conductor import Conductor, Plan, at_once
from app.calibration.choreography.events import calibration_event, validation_event
from app.calibration.choreography.keeping import Keeping
from app.calibration.profiles.choosing import newest
from app.calibration.profiles.staleness import WINDOW_S, Change, light, posture
from app.calibration.profiles.store import ProfileStore
from model.card import load_card
from model.patches import EYE_PATCH, PatchSpec
from model.screen import make_screen
from tests.app.calibration.people import CAMERA, SCREEN, Person, conduct


@pytest.fixture(scope="module")
def conductor() -> Conductor:
    """One that has made a calibration and measured it."""
    made = Conductor(SCREEN, Plan(5), CAMERA, "0" * 64, run=at_once)
    conduct(made, Person(), "report")
    made.accept()
    return made


@pytest.fixture
def calibration(conductor: Conductor, tiny_model: Path) -> Calibration:
    """Of the tiny model."""
    assert conductor.calibration is not None
    return replace(conductor.calibration, model_hash=load_card(tiny_model).sha256)


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "profiles")


def test_nobody_s_profile_offers_nothing(store: ProfileStore, tiny_model: Path) -> None:
    chosen = newest(store, "anna", [SCREEN], tiny_model)
    assert (chosen.calibration, chosen.problem) == (None, "")


def test_the_newest_with_its_report(
    store: ProfileStore, calibration: Calibration, conductor: Conductor, tiny_model: Path
) -> None:
    assert conductor.report is not None
    store.add("anna", replace(calibration, id="older"))
    store.add("anna", calibration, report=conductor.report.to_json())
    chosen = newest(store, "anna", [SCREEN], tiny_model)
    assert chosen.calibration is not None
    assert chosen.calibration.id == calibration.id
    assert chosen.report is not None
    assert chosen.report["accuracy_deg"] == pytest.approx(conductor.report.accuracy_deg, abs=1e-3)


def test_another_scale_factor_is_allowed_for(
    store: ProfileStore, calibration: Calibration, tiny_model: Path
) -> None:
    store.add("anna", calibration)
    finer = make_screen((3840, 2160), SCREEN.millimetres, name=SCREEN.name, pixel_ratio=2.0)
    chosen = newest(store, "anna", [finer], tiny_model)
    assert chosen.calibration is not None
    assert chosen.calibration.screen.pixels == (3840, 2160)
    np.testing.assert_allclose(chosen.calibration.targets, 2.0 * calibration.targets)


def test_another_screen_is_refused_with_the_reason(
    store: ProfileStore, calibration: Calibration, tiny_model: Path
) -> None:
    store.add("anna", calibration)
    other = make_screen((2560, 1440), (597.0, 336.0))
    chosen = newest(store, "anna", [other], tiny_model)
    assert chosen.calibration is None
    assert "another screen" in chosen.problem
    assert "35 s" in chosen.problem


def test_the_screen_is_found_among_several(
    store: ProfileStore, calibration: Calibration, tiny_model: Path
) -> None:
    here = replace(SCREEN, name="mine")
    store.add("anna", calibration.on(here))
    others = [make_screen((2560, 1440), (597.0, 336.0)), replace(SCREEN, name="twin"), here]
    chosen = newest(store, "anna", others, tiny_model)
    assert chosen.calibration is not None
    assert chosen.calibration.screen.name == "mine"


def test_another_model_is_refused_with_the_reason(
    store: ProfileStore, calibration: Calibration, tiny_model: Path
) -> None:
    store.add("anna", replace(calibration, model_hash="f" * 64))
    chosen = newest(store, "anna", [SCREEN], tiny_model)
    assert chosen.calibration is None
    assert "another model" in chosen.problem


def test_a_damaged_profile_and_a_missing_model_are_told(
    store: ProfileStore, calibration: Calibration, tiny_model: Path
) -> None:
    store.add("anna", calibration)
    assert "no model" in newest(store, "anna", [SCREEN], Path("/none.onnx")).problem
    path = store.folder / "anna.json"
    path.write_text(path.read_text()[:-100])
    assert "damaged" in newest(store, "anna", [SCREEN], tiny_model).problem


def test_patches_are_put_by_while_targets_are_looked_at() -> None:
    conductor = Conductor(SCREEN, Plan(5), CAMERA, "0" * 64, run=at_once)
    spec = PatchSpec("eyes", 12, 8, EYE_PATCH.focal, EYE_PATCH.distance)
    keeping = Keeping(conductor, spec)
    person, before = Person(), 0
    while conductor.scene.phase != "report":
        if conductor.scene.phase == "placement":
            before = person.frames
        keeping.update(person.sample(conductor.scene.dot))
    conductor.accept()
    assert conductor.session is not None
    kept = keeping.of(conductor.session)
    assert len(kept.looks) == len(conductor.session.looks)
    assert all(1 < len(look) <= 8 for look in kept.looks)
    assert before > 0
    assert min(keeping._patches) > round(before * 1e9 / person.fps) - 1, "none of the placement"


@pytest.fixture
def seat(calibration: Calibration) -> Change:
    return posture(calibration)


def watch(change: Change, person: Person, seconds: float) -> bool:
    for _ in range(round(seconds * person.fps)):
        change.update(person.sample(None))
    return change.there


def test_whoever_sits_as_before_is_left_alone(seat: Change) -> None:
    assert not watch(seat, Person(), 20.0)


def test_whoever_sits_otherwise_is_noticed_after_a_while_only(seat: Change) -> None:
    person = Person(eyes=(15.0 + 200.0, 60.0, 600.0))
    assert not watch(seat, person, WINDOW_S - 1.0), "reaching for a cup is no change of posture"
    assert watch(seat, person, 2.0)
    person.eyes[0] -= 200.0
    assert watch(seat, person, 3.0)
    assert not watch(seat, person, WINDOW_S)


def test_nobody_is_no_posture(seat: Change) -> None:
    assert not watch(seat, Person(lambda *_: "gone"), 20.0)


def test_another_light_is_noticed_and_the_same_one_is_not(calibration: Calibration) -> None:
    as_then = Person(lambda *_: "")
    assert not watch(light(calibration), as_then, 20.0)
    assert watch(light(calibration), Person(lambda *_: "dark"), WINDOW_S + 1.0)
    unknown = replace(calibration, light=None)
    assert not watch(light(unknown), Person(lambda *_: "dark"), 20.0)


def test_events_can_be_read_by_machines(conductor: Conductor, calibration: Calibration) -> None:
    assert conductor.report is not None
    told = json.loads(calibration_event(calibration))
    assert told["calibration_id"] == calibration.id
    assert (told["kind"], told["targets"]) == ("targets", 5)
    report = json.loads(validation_event(conductor.report))
    assert report["accuracy_deg"] == pytest.approx(conductor.report.accuracy_deg, abs=1e-3)
    assert len(report["targets"]) == 5
