"""Evaluation: a perfect predictor gets perfect numbers, and known faults show as what they are."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(1)  # for nets this small, and beside other work, more threads are slower

from model.card import load_card  # noqa: E402
from model.errors import UserError  # noqa: E402
from model.geometry import DIRECTIONS, direction_index  # noqa: E402
from model.patches import EYE_PATCH  # noqa: E402
from model.training.cli import main  # noqa: E402
from model.training.datasets import synthgaze  # noqa: E402
from model.training.datasets.patchset import PatchSet  # noqa: E402
from model.training.evaluate import evaluate_faces, evaluate_shards, table  # noqa: E402
from model.training.metrics import (  # noqa: E402
    Prediction,
    Truth,
    join_predictions,
    join_truths,
    measure,
)
from tests.model.training.material import write_shards  # noqa: E402

SIGMA = np.radians(3.0)


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> PatchSet:
    """200 samples, the last with shut eyes."""
    folder = write_shards(tmp_path_factory.mktemp("shards"), samples=200)
    return synthgaze.load([folder], EYE_PATCH, grey=True)


def prediction(patches: PatchSet, gaze: NDArray[np.float32]) -> Prediction:
    """Predicted gaze with the right sentence for the true one."""
    m, p = patches.images.shape[:2]
    probabilities = np.eye(9, dtype=np.float32)[direction_index(patches.target)]
    return Prediction(gaze, np.full((m, p), SIGMA, dtype=np.float32), probabilities)


def test_a_perfect_predictor(patches: PatchSet) -> None:
    found = measure(prediction(patches, patches.target), patches)
    assert found["mean_deg"] == pytest.approx(0.0, abs=1e-3)
    assert found["eye_mean_deg"] == pytest.approx(0.0, abs=1e-3)
    assert (found["samples"], found["left_out"]) == (199, 1)
    for axis in ("pitch", "yaw"):
        assert found[f"{axis}_slope"] == pytest.approx(1.0, abs=1e-3)
        assert found[f"{axis}_correlation"] == pytest.approx(1.0, abs=1e-3)
        assert found[f"{axis}_bias_deg"] == pytest.approx(0.0, abs=1e-3)
    assert found["zero_shot_accuracy"] == 1.0
    assert found["zero_shot_clear"] == 1.0
    assert found["groups"]["glasses"]["samples"] + found["groups"]["no glasses"]["samples"] == 199


def shrink(target: NDArray[np.float32]) -> NDArray[np.float32]:
    return (0.5 * target).astype(np.float32)


def lift(target: NDArray[np.float32]) -> NDArray[np.float32]:
    return (target + np.radians([3.0, 0.0])).astype(np.float32)


@pytest.mark.parametrize(
    ("fault", "number", "value"),
    [
        pytest.param(shrink, "yaw_slope", 0.5, id="shrinking to the middle"),
        pytest.param(lift, "pitch_bias_deg", 3.0, id="a bias"),
    ],
)
def test_faults_show(
    patches: PatchSet,
    fault: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    number: str,
    value: float,
) -> None:
    found = measure(prediction(patches, fault(patches.target)), patches)
    assert found[number] == pytest.approx(value, abs=0.05)


def test_sigma_is_judged_by_the_errors_it_foretells(patches: PatchSet) -> None:
    generator = np.random.default_rng(0)
    m = len(patches)
    error = np.repeat(generator.normal(0.0, SIGMA, (m, 1, 2)), 2, axis=1)
    error[:, 0, 1] *= -1.0  # the same error in both eyes, one of which is mirrored
    found = measure(prediction(patches, (patches.target + error).astype(np.float32)), patches)
    assert found["sigma_ratio"] == pytest.approx(1.0, abs=0.15)
    assert found["mean_deg"] == pytest.approx(3.0 * np.sqrt(np.pi / 2.0), rel=0.15)


@pytest.fixture(scope="module")
def told_patches(tmp_path_factory: pytest.TempPathFactory) -> PatchSet:
    """200 samples with all that renderer 6 tells of them, the last with shut eyes."""
    folder = write_shards(tmp_path_factory.mktemp("told"), samples=200, traits=True)
    return synthgaze.load([folder], EYE_PATCH, grey=True)


def test_errors_are_grouped_by_everything_that_is_known(told_patches: PatchSet) -> None:
    groups = measure(prediction(told_patches, told_patches.target), told_patches)["groups"]
    for first in ("yaw", "pitch", "head yaw", "head pitch", "iris", "skin", "light"):
        parts = [g["samples"] for name, g in groups.items() if name.startswith(f"{first} ")]
        assert sum(parts) == 199, first
    assert sum(groups[name]["samples"] for name in ("under 60 cm", "60 to 80 cm") if name in groups)
    assert groups["glasses framed"]["samples"] == groups["glasses"]["samples"] == 100
    lenses = [g["samples"] for name, g in groups.items() if name.startswith("lenses, dioptres")]
    assert sum(lenses) == 100
    assert groups["glare over an iris"]["samples"] == 25
    assert groups["contact lenses clear"]["samples"] == 20
    assert groups["mask"]["samples"] == 10
    assert all(set(group) == {"samples", "mean_deg"} for group in groups.values())


def test_groups_hold_their_own_errors(told_patches: PatchSet) -> None:
    yaw = np.degrees(told_patches.traits["gaze_angles"][:, 1])
    astray = np.where(yaw[:, None] > 20.0, np.radians(8.0), 0.0) * np.array([1.0])
    wrong = told_patches.target + np.stack([np.tile(astray, 2), np.zeros((200, 2))], axis=-1)
    groups = measure(prediction(told_patches, wrong.astype(np.float32)), told_patches)["groups"]
    assert groups["yaw over 20"]["mean_deg"] == pytest.approx(8.0, abs=0.3)
    assert groups["yaw -10 to 10"]["mean_deg"] == pytest.approx(0.0, abs=1e-3)


def test_people_who_are_served_worse_are_warned_of(told_patches: PatchSet) -> None:
    blue = np.asarray(told_patches.traits["iris_colour"]) == "blue"
    lifted = told_patches.target + np.radians([1.0, 0.0]) * np.where(blue, 6.0, 2.0)[:, None, None]
    found = measure(prediction(told_patches, lifted.astype(np.float32)), told_patches)
    assert len(found["warnings"]) == 1
    assert found["warnings"][0].startswith("iris blue: 6.0")
    assert "(50 samples)" in found["warnings"][0]
    assert "warning: iris blue" in table(found)
    even = measure(prediction(told_patches, lift(told_patches.target)), told_patches)
    assert even["warnings"] == []
    assert "warning" not in table(even)


def test_pictures_are_not_needed_for_measuring(patches: PatchSet) -> None:
    """In parts and without pictures, the numbers are those of the whole set."""
    whole = prediction(patches, lift(patches.target))
    halves = [np.arange(0, 90), np.arange(90, 200)]
    predictions = [
        Prediction(whole.gaze[half], whole.sigma[half], whole.probabilities[half])
        for half in halves
    ]
    truths = [
        Truth(
            patches.target[half], patches.usable[half], patches.rotation[half], patches.mirrored,
            patches.gaze[half], {key: value[half] for key, value in patches.traits.items()},
        ) for half in halves
    ]  # fmt: skip
    joined = measure(join_predictions(predictions), join_truths(truths))
    assert joined == measure(whole, patches) == measure(whole, Truth.of(patches))


def test_every_picked_direction_is_counted_for_the_true_one(patches: PatchSet) -> None:
    right = measure(prediction(patches, patches.target), patches)
    confusion = np.array(right["confusion"])
    assert confusion.sum() == np.trace(confusion) == 2 * 199
    # Only "left" is ever said, in the user's own words: of the mirrored patch, "right".
    said = prediction(patches, patches.target)
    said.probabilities[:] = 0.0
    said.probabilities[:, 0, DIRECTIONS.index("right")] = 1.0
    said.probabilities[:, 1, DIRECTIONS.index("left")] = 1.0
    found = measure(said, patches)
    wrong = np.array(found["confusion"])
    left = DIRECTIONS.index("left")
    np.testing.assert_array_equal(wrong[:, left], confusion.sum(axis=1))
    assert wrong.sum() == wrong[:, left].sum()
    share = confusion[left, left] / confusion.sum()
    assert found["zero_shot_accuracy"] == pytest.approx(share, abs=1e-4)


def test_errors_of_each_person(patches: PatchSet) -> None:
    person = np.array(["anna", "ben"])[np.arange(200) % 2]
    told = replace(patches, traits={**patches.traits, "person": person})
    off = np.radians([1.0, 0.0]) * np.where(person == "anna", 2.0, 5.0)[:, None, None]
    found = measure(prediction(told, (told.target + off).astype(np.float32)), told)["persons"]
    assert found["anna"] == {"samples": 100, "mean_deg": pytest.approx(2.0, abs=1e-2)}
    assert found["ben"] == {"samples": 99, "mean_deg": pytest.approx(5.0, abs=1e-2)}
    assert "persons" not in measure(prediction(patches, patches.target), patches)


def test_an_exported_model_on_shards(tiny_model: Path, tmp_path: Path) -> None:
    folder = write_shards(tmp_path / "shards", samples=10)
    found = evaluate_shards(tiny_model, [folder], "cpu")
    assert found["samples"] == 9
    assert "yaw_slope" in table(found)


def test_the_numbers_go_into_files_and_the_card(tiny_model: Path, tmp_path: Path) -> None:
    model = tmp_path / "copy.onnx"
    model.write_bytes(tiny_model.read_bytes())
    model.with_suffix(".json").write_bytes(tiny_model.with_suffix(".json").read_bytes())
    folder = write_shards(tmp_path / "shards", samples=4)
    arguments = ["--model", str(model), "--shards", str(folder), "--provider", "cpu"]
    arguments += ["--json", str(tmp_path / "numbers.json"), "--record", "drawn eyes"]
    assert main(["evaluate", *arguments]) == 0
    assert load_card(model).errors["drawn eyes"]["samples"] == 3
    assert (tmp_path / "numbers.json").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["evaluate", "--model", "m.onnx"], id="nothing to evaluate on"),
        pytest.param(["evaluate", "--model", "m.onnx", "--shards", "s"], id="no model"),
        pytest.param(["evaluate", "--model", "m", "--shards", "s"], id="no training"),
        pytest.param(["evaluate", "--model", "m.onnx", "--faces", "f"], id="no faces"),
        pytest.param(
            ["evaluate", "--model", "m.onnx", "--faces", "f", "--write-zero-point", "z"],
            id="zero point from the report's half",
        ),
        pytest.param(["train", "--shards", "s", "--out", "o"], id="no budget"),
        pytest.param(["train", "--shards", "s", "--out", "o", "--minutes", "x"], id="odd minutes"),
        pytest.param(
            ["train", "--config", "x", "--shards", "s", "--out", "o", "--epochs", "1"],
            id="odd configuration",
        ),
        pytest.param(["export", "--checkpoint", "c", "--out", "m.onnx"], id="no checkpoint"),
        pytest.param(["conquer"], id="no command"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


def test_people_looking_into_the_camera(tiny_model: Path, data_dir: Path) -> None:
    """The tiny model says that gaze is where the head points."""
    found = evaluate_faces(tiny_model, data_dir / "london-faces", "report", 65.0, "cpu")
    assert set(found["groups"]) == {"neutral", "smiling"}
    assert found["samples"] + len(found["without_face"]) == 68
    assert found["median_deg"] < 20.0


def test_faces_are_for_exported_models(tmp_path: Path) -> None:
    """Photographs go through the app's own estimator, which no checkpoint fits."""
    with pytest.raises(UserError, match="export it first"):
        evaluate_faces(tmp_path, tmp_path, "all", 65.0)


def test_an_empty_folder_of_faces(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no pictures"):
        evaluate_faces(tiny_model, tmp_path, "all", 65.0)
