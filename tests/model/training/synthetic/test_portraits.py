"""People with the eyes of photographed ones: whom they may be made of, and where their eyes are."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.face import FaceTracker
from model.geometry import Array, angle_between, camera_matrix, normalize, pitch_yaw, project
from model.training.synthetic import portrait_fit
from model.training.synthetic.eyes import lid_gap, optical_axes
from model.training.synthetic.figure import pose
from model.training.synthetic.lid_edges import lid_edges
from model.training.synthetic.likeness import (
    in_likeness,
    lids_at_rest,
    mirrored,
    seat_in_portrait,
)
from model.training.synthetic.person import random_person
from model.training.synthetic.portrait import (
    Portrait,
    Portraits,
    hash_of,
    load_portraits,
    save_portraits,
)
from model.training.synthetic.portrait_fit import (
    FOV,
    HeadFitter,
    fit_portrait,
    make_portraits,
    read_training_photograph,
    training_photographs,
)
from model.training.synthetic.portrait_iris import find_iris
from model.training.synthetic.portrait_lids import contour
from model.training.synthetic.presets import TRAIN, VALIDATION
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.shards import Job
from model.training.synthetic.template import plain_scene
from tests.model.training.synthetic.test_complaints import complaint

Fitted = tuple[Portrait, Array]


@pytest.fixture(scope="session")
def photograph(data_folder: Path) -> Path:
    if not (data_folder / "london-faces").is_dir():
        sentence = "the London faces are not here: set GAZECLIP_DATA to a folder that holds them"
        if os.environ.get("GAZECLIP_REQUIRE_DATA") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return training_photographs(data_folder)[0]


@pytest.fixture(scope="session")
def fitted(photograph: Path, rig: Rig) -> Fitted:
    """The portrait of a photograph, and its landmarks (478, 3)."""
    image = read_training_photograph(photograph)
    with FaceTracker(static=True) as tracker:
        landmarks = tracker.find_landmarks(image)
    assert landmarks is not None
    portrait = fit_portrait(rig, HeadFitter(rig), "neutral/001", image, landmarks)
    assert portrait is not None
    return portrait, landmarks


@pytest.fixture(scope="session")
def portrait(fitted: Fitted) -> Portrait:
    return fitted[0]


# --- whose photographs --------------------------------------------------------------------------


def test_only_the_training_half_is_listed(photograph: Path) -> None:
    data = photograph.parents[2]
    people = sorted({p.stem for p in data.glob("london-faces/*/*.jpg")})
    chosen = training_photographs(data)
    assert sorted({p.stem for p in chosen}) == people[0::2]
    assert len(chosen) == 68


def test_the_report_half_is_refused_unopened(
    photograph: Path, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(path: Path) -> None:
        pytest.fail(f"{path} was opened")

    monkeypatch.setattr(portrait_fit, "read_photograph", opened)
    people = sorted({p.stem for p in photograph.parents[1].glob("*/*.jpg")})
    for kind in ("neutral", "smiling"):
        report = photograph.parents[1] / kind / f"{people[1]}.jpg"
        with pytest.raises(UserError, match="report half"):
            read_training_photograph(report)
        with pytest.raises(UserError, match="report half"):
            make_portraits(rig, [report])


def test_part_of_the_faces_is_refused(tmp_path: Path) -> None:
    for kind in ("neutral", "smiling"):
        (tmp_path / "london-faces" / kind).mkdir(parents=True)
        (tmp_path / "london-faces" / kind / "001.jpg").touch()
    with pytest.raises(UserError, match="1 people, the London faces are 68"):
        training_photographs(tmp_path)


# --- the fit ------------------------------------------------------------------------------------


def test_the_head_fits_the_landmarks(rig: Rig, fitted: Fitted) -> None:
    fit = HeadFitter(rig).fit(fitted[1], camera_matrix(1000, 1000, FOV))
    assert fit.residual < 1.6
    assert 5.4 < fitted[0].iris_radius < 6.5


def test_lid_edges_lie_where_the_photograph_has_them(rig: Rig, fitted: Fitted) -> None:
    landmarks = fitted[1]
    fit = HeadFitter(rig).fit(landmarks, camera_matrix(1000, 1000, FOV))
    # Margins a little apart from FaceMesh's, as image evidence finds them.
    down = np.array([0.0, 1.0])
    lids = [
        (contour(landmarks, e, True) + down, contour(landmarks, e, False) - down) for e in range(2)
    ]
    warped = portrait_fit.warp(rig, fit, landmarks, lids)
    for eye in range(2):
        for index, curve in zip(lid_edges(rig)[eye], lids[eye], strict=True):
            edge = warped.pixels(warped.shape[index])
            fine = np.stack([np.interp(np.linspace(0, 59, 2000), range(60), c) for c in curve.T], 1)
            gap = np.linalg.norm(edge[:, None] - fine[None], axis=2).min(axis=1)
            assert gap.max() / warped.px_per_mm < 0.3


# --- people -------------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", [3, 4])
def test_irises_are_seen_where_the_photograph_has_them(
    rig: Rig, portrait: Portrait, identity: int
) -> None:
    eyes = random_person(rig, identity).eyes
    centres = seat_in_portrait(rig, portrait.shape, portrait, eyes)
    axes = optical_axes(eyes, normalize(portrait.camera - centres))
    irises = centres + eyes.iris_depth * axes
    off = angle_between(irises - portrait.camera, portrait.iris_rays)
    assert (off * np.linalg.norm(irises - portrait.camera, axis=1) < 0.05).all()  # mm

    person = in_likeness(rig, random_person(rig, identity), portrait, np.random.default_rng(5))
    np.testing.assert_allclose(person.eye_centres.mean(axis=0), 0.0, atol=1e-6)
    ahead = normalize(portrait.camera - person.eye_centres)
    seen = person.eye_centres + person.eyes.iris_depth * optical_axes(person.eyes, ahead)
    apart = np.linalg.norm(np.diff(seen, axis=0)) - np.linalg.norm(np.diff(irises, axis=0))
    assert abs(apart) < 0.6  # its seat is jittered


def test_the_drawn_irises_are_found_where_they_were_photographed(
    rig: Rig, renderer: Renderer, portrait: Portrait
) -> None:
    person = in_likeness(rig, random_person(rig, 3), portrait, np.random.default_rng(5))
    pitch, yaw = -pitch_yaw(portrait.camera)  # the head as it was before that camera
    scene = plain_scene(float(pitch), float(yaw), distance=400.0)
    scene = replace(scene, width=1280, height=960, camera=camera_matrix(1280, 960, 40.0))
    figure = pose(rig, person, scene)
    drawn = renderer.draw(figure.drawing, scene.camera, (0, 0, 1280, 960))
    per_mm = scene.camera[0, 0] / 400.0
    for expected in project(figure.iris_centres, scene.camera):
        found, radius = find_iris(
            np.ascontiguousarray(drawn[..., :3]),
            expected + 0.8 * per_mm,
            person.eyes.iris_radius * per_mm,
        )
        assert np.linalg.norm(found - expected) / per_mm < 0.5
        assert radius / per_mm == pytest.approx(person.eyes.iris_radius, rel=0.08)


def test_lids_close_and_open_again(rig: Rig, portrait: Portrait) -> None:
    base, rest = lids_at_rest(rig, portrait.shape)
    opened = base.copy()
    for e, side in enumerate("RL"):
        opened += np.float32(max(rest[e], 0.0)) * rig.expression[f"eyeBlink_{side}"]
        opened += np.float32(max(-rest[e], 0.0)) * rig.expression[f"eyeWide_{side}"]
    np.testing.assert_allclose(lid_gap(rig, opened), lid_gap(rig, portrait.shape), atol=0.05)

    person = in_likeness(rig, random_person(rig, 3), portrait, np.random.default_rng(5))
    scene = plain_scene(0.0, 0.0)
    shut = replace(scene, blink=np.ones(2))
    assert pose(rig, person, scene).openness.min() > 0.8
    assert pose(rig, person, shut).openness.max() < 0.1


def test_a_mirrored_portrait_is_symmetric(rig: Rig, portrait: Portrait) -> None:
    twice = mirrored(rig, mirrored(rig, portrait))
    # Where the two sides' meshes touch, partners may be each other's neighbours.
    assert np.quantile(np.linalg.norm(twice.shape - portrait.shape, axis=1), 0.99) < 0.3
    np.testing.assert_allclose(twice.iris_rays, portrait.iris_rays)


def test_made_up_people_stay_who_they_are(rig: Rig, portrait: Portrait) -> None:
    pack = Portraits((portrait,), 0.5, "")
    drawn = [k for k in range(30) if pack.choose(k) is not None]
    assert 6 < len(drawn) < 24
    made_up = next(k for k in range(30) if k not in drawn)
    plain, same = random_person(rig, made_up), random_person(rig, made_up, pack)
    for name in ("shape", "paint", "eye_centres", "open_gap"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(same, name))
    assert same.photo is None
    assert random_person(rig, drawn[0], pack).photo is not None
    assert random_person(rig, drawn[0]).photo is None


def test_validation_sees_other_people_than_training(portrait: Portrait) -> None:
    names = [f"{kind}/{k:03d}" for kind in ("neutral", "smiling") for k in range(20)]
    pack = Portraits(tuple(replace(portrait, name=n) for n in names), 1.0, "")

    def drawn(first: int) -> set[str]:
        chosen = (pack.choose(first + k) for k in range(300))
        return {c[0].name.split("/")[1] for c in chosen if c is not None}

    assert not drawn(TRAIN.first_identity) & drawn(VALIDATION.first_identity)
    assert len(drawn(TRAIN.first_identity)) == 17


def test_the_photograph_shows_on_the_skin(rig: Rig, renderer: Renderer, portrait: Portrait) -> None:
    scene = plain_scene(0.0, 0.0)
    plain = random_person(rig, 3)
    person = in_likeness(rig, plain, portrait, np.random.default_rng(5))
    box = (220, 170, 420, 300)
    before = renderer.draw(pose(rig, plain, scene).drawing, scene.camera, box)
    drawn = renderer.draw(pose(rig, person, scene).drawing, scene.camera, box)
    again = renderer.draw(pose(rig, plain, scene).drawing, scene.camera, box)
    assert np.abs(drawn[..., :3].astype(int) - before[..., :3]).mean() > 3.0
    np.testing.assert_array_equal(before, again)


# --- packs and commands -------------------------------------------------------------------------


def test_a_pack_is_read_as_it_was_written(tmp_path: Path, portrait: Portrait) -> None:
    path = tmp_path / "pack.npz"
    save_portraits(path, [portrait])
    pack = load_portraits(path, 0.25)
    assert pack.share == 0.25
    assert pack.sha256 == hash_of(path)
    for name, value in portrait.__dict__.items():
        np.testing.assert_array_equal(getattr(pack.members[0], name), value)


def test_a_manifest_names_its_pack(tmp_path: Path) -> None:
    (tmp_path / "p.npz").write_bytes(b"pack")

    def job(portraits: Path | None) -> Job:
        return Job("train", 1, 2, tmp_path, None, "projected", "eyes", portraits, 0.25)

    told = job(tmp_path / "p.npz").description()
    assert told["portraits"] == hash_of(tmp_path / "p.npz")
    assert told["portrait_share"] == 0.25
    assert "portraits" not in job(None).description()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["portraits", "--data", "missing", "--out", "p.npz"], "no ICT-FaceKit head model in"),
        (["portraits", "--out", "p.npz"], "give its folder with --data DIR"),
        (["render", "--preset", "test", "--count", "1", "--out", "s", "--portraits", "p.npz"],
         "made-up people only"),
        (["render", "--preset", "train", "--count", "1", "--out", "s", "--portrait-share", "2"],
         "must lie above 0"),
    ],
)  # fmt: skip
def test_wrong_options(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("GAZECLIP_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert sentence in complaint(["synth", *arguments], capsys)
    assert not list(tmp_path.iterdir())


def test_wrong_paths(
    tmp_path: Path, data_folder: Path, photograph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", data_folder]
    head_only = ["--data", data_folder / "ict-facekit"]
    out = ["--out", tmp_path / "p.npz"]
    assert "no London faces in" in complaint(["synth", "portraits", *head_only, *out], capsys)
    nowhere = ["--out", tmp_path / "missing" / "p.npz"]
    assert "there is no folder for" in complaint(["synth", "portraits", *data, *nowhere], capsys)
    render = [
        "synth",
        "render",
        "--preset",
        "train",
        "--count",
        "1",
        *data,
        "--out",
        tmp_path / "s",
    ]
    assert "cannot be read" in complaint([*render, "--portraits", tmp_path / "no.npz"], capsys)
    (tmp_path / "bad.npz").write_bytes(b"no pack")
    assert "cannot be read" in complaint([*render, "--portraits", tmp_path / "bad.npz"], capsys)
    assert not (tmp_path / "s").exists()
