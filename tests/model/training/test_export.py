"""Export: what torch says is what ONNX Runtime says, and the card tells the truth about it."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(1)  # for nets this small, and beside other work, more threads are slower

import onnx  # noqa: E402

from model.card import card_path, file_hash, load_card  # noqa: E402
from model.errors import UserError  # noqa: E402
from model.estimator import Estimator  # noqa: E402
from model.patches import EYE_PATCH, Patches, PatchSpec  # noqa: E402
from model.training import export as exporting_module  # noqa: E402
from model.training.checkpoint import (  # noqa: E402
    load_checkpoint,
    save_checkpoint,
    trained_model,
)
from model.training.cli import main  # noqa: E402
from model.training.config import changed  # noqa: E402
from model.training.datasets import synthgaze  # noqa: E402
from model.training.export import export  # noqa: E402
from model.training.exporting import parity, quantising, texts  # noqa: E402
from model.training.exporting.carding import portable  # noqa: E402
from model.training.exporting.form import Form, Sources  # noqa: E402
from model.training.exporting.parity import Difference  # noqa: E402
from model.training.exporting.running import predict_file  # noqa: E402
from model.training.exporting.samples import read_halves  # noqa: E402
from model.training.gazeclip import GazeCLIP  # noqa: E402
from model.training.material import ShardMaterial  # noqa: E402
from model.training.metrics import measure  # noqa: E402
from model.training.predict import predict, predict_exported  # noqa: E402
from model.training.train import train  # noqa: E402
from model.training.trainer import Budget, Options  # noqa: E402
from tests.model.training.material import tiny_config, write_shards  # noqa: E402

ZERO_POINT = [math.radians(2.0), math.radians(-1.0)]
MEASURED = {"samples": 7, "mean_deg": 3.5, "groups": {"iris blue": {"samples": 2}}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short training on drawn eyes."""
    folder = tmp_path_factory.mktemp("export")
    shards = write_shards(folder / "shards", samples=40)
    options = Options(folder / "run", Budget(epochs=2.0))
    train(tiny_config(folder), ShardMaterial([shards]), options)
    return folder / "run"


@pytest.fixture(scope="module")
def model(run: Path) -> Path:
    """That training, exported with a zero point and measured errors."""
    path, zero_point = run.parent / "tiny.onnx", run.parent / "zero.json"
    zero_point.write_text(json.dumps({"zero_point": ZERO_POINT}), encoding="utf-8")
    errors = run.parent / "validation.json"
    errors.write_text(json.dumps(MEASURED), encoding="utf-8")
    arguments = ["--checkpoint", str(run), "--out", str(path), "--zero-point", str(zero_point)]
    assert main(["export", *arguments, "--errors", str(errors)]) == 0
    return path


@pytest.fixture(scope="module")
def dynamic(run: Path) -> Path:
    """The same for any number of faces, without a zero point."""
    path = run.parent / "dynamic.onnx"
    export(run, path, form=Form(faces=None))
    return path


def test_the_card_describes_the_file(model: Path) -> None:
    card = load_card(model)
    assert card.name == "tiny-eye"
    assert card.inputs["patches"]["shape"] == [2, 48, 72, 3]
    assert card.inputs["used"]["shape"] == [2]
    assert card.outputs["gaze"]["shape"] == [2, 2]
    assert card.outputs["description"]["shape"] == [2, 9]
    assert card.outputs["embedding"]["shape"] == [2, 16]
    assert card.data[0]["dataset"] == "SynthGaze"
    assert card.training["parity"] < 1e-4
    assert card.zero_point == pytest.approx(ZERO_POINT, abs=1e-6)


def test_everything_is_in_the_one_file_that_the_card_hashes(model: Path) -> None:
    assert not list(model.parent.glob("*.data"))
    graph = onnx.load(str(model), load_external_data=False).graph
    assert all(not tensor.external_data for tensor in graph.initializer)
    vocabulary = 49408
    assert all(vocabulary not in tensor.dims for tensor in graph.initializer)


def test_the_estimator_says_what_torch_says_less_the_zero_point(run: Path, model: Path) -> None:
    estimator = Estimator(model, "cpu")
    coloured = synthgaze.load([run.parent / "shards"], estimator.spec)
    network = trained_model(load_checkpoint(run))
    exported, direct = predict_exported(estimator, coloured), predict(network, coloured)
    assert np.abs(exported.gaze + np.float32(ZERO_POINT) - direct.gaze).max() < 1e-4
    assert np.abs(exported.sigma - direct.sigma).max() < 1e-4
    assert np.abs(exported.probabilities - direct.probabilities).max() < 1e-4


@pytest.mark.parametrize(
    "content", ['{"zero_point": [0.1]}', '{"mean_deg": 3}', "nonsense", '{"zero_point": [2.0, 0]}']
)
def test_a_file_without_a_zero_point_is_refused(run: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "zero.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=r"zero\.json"):
        export(run, tmp_path / "moved.onnx", tmp_path / "zero.json")


def test_measured_errors_go_into_the_card(model: Path) -> None:
    assert load_card(model).errors == {"validation": MEASURED}


def test_a_file_without_errors_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"zero_point": [0, 0]}', encoding="utf-8")
    with pytest.raises(UserError, match="holds no errors"):
        export(run, tmp_path / "m.onnx", errors=[tmp_path / "other.json"])
    assert not (tmp_path / "m.onnx").exists()


def test_a_model_that_differs_from_torch_is_not_exported(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = Difference(largest=2e-4, gaze=0.0, sigma=0.0, probability=0.0)
    monkeypatch.setattr(exporting_module, "compare", lambda *_: apart)
    with pytest.raises(UserError, match="torch and ONNX Runtime differ"):
        export(run, tmp_path / "tiny.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_ending_must_be_onnx(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"must end in \.onnx"):
        export(run, tmp_path / "tiny.pt")


@pytest.fixture(scope="module", params=["tiny-eye", "tiny-resnet", "tiny-vit"])
def untrained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of each kind of towers, with random weights."""
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    config = tiny_config(folder, request.param)
    content = {
        "config": config.to_json(),
        "average": GazeCLIP(config).state_dict(),
        "training": {"command": "none"},
    }
    save_checkpoint(folder, content)
    return folder


def drawn(spec: PatchSpec, faces: int) -> Patches:
    """Patches of noise, of so many faces."""
    generator = np.random.default_rng(3)
    each = 2 if spec.kind == "eyes" else 1
    count = each * faces
    return Patches(
        images=generator.integers(0, 256, (count, spec.height, spec.width, 3)).astype(np.uint8),
        rotation=np.tile(np.eye(3), (count, 1, 1)),
        mirrored=np.tile([True, False] if each == 2 else [False], faces),
        head=generator.normal(0.0, 0.2, (count, 4)).astype(np.float32),
    )


@pytest.fixture(scope="module")
def whole(untrained: Path) -> Path:
    """That checkpoint as the app wants it."""
    export(untrained, untrained / "whole.onnx")
    return untrained / "whole.onnx"


@pytest.fixture(scope="module")
def half(untrained: Path) -> Path:
    """That checkpoint in half precision, for any number of faces."""
    export(untrained, untrained / "half.onnx", form=Form("fp16", faces=None))
    return untrained / "half.onnx"


def test_every_tower_says_what_torch_says(untrained: Path, whole: Path, half: Path) -> None:
    """One face at a time in full precision, several in half."""
    one, many = Estimator(whole, "cpu"), Estimator(half, "cpu")
    patches = drawn(one.spec, 4)
    network = trained_model(load_checkpoint(untrained))
    with torch.inference_mode():
        pixels = torch.from_numpy(patches.images).permute(0, 3, 1, 2).float() / 255.0
        head = torch.from_numpy(patches.head)
        output = network(network.normalise(pixels), head, network.text_features())
    expected = output.gaze.numpy()
    together = many.infer(patches.images, patches.head)
    assert np.abs(together.gaze - expected).max() < math.radians(parity.HALF_DEGREES)
    for start in range(0, len(patches.images), one.count):
        part = slice(start, start + one.count)
        alone = one.infer(patches.images[part], patches.head[part])
        assert np.abs(alone.gaze - expected[part]).max() < 1e-4


def test_half_precision_halves_the_weights_and_says_what_it_costs(whole: Path, half: Path) -> None:
    card = load_card(half)
    assert (card.form["precision"], card.form["batch"]) == ("fp16", "dynamic")
    assert card.inputs["patches"]["shape"][0] == "N"
    sizes = {}
    for path in (whole, half):
        constants = onnx.load(str(path)).graph.initializer
        sizes[path] = sum(len(onnx.numpy_helper.to_array(c).tobytes()) for c in constants)
    assert sizes[half] < 0.65 * sizes[whole]
    found = card.form["difference"]
    assert 0.0 < found["gaze_deg"] < found["allowed"]["deg"] == 0.1


def test_a_file_for_any_number_looks_twice_at_once(run: Path, model: Path, dynamic: Path) -> None:
    """And says what the file for one face says after two runs."""
    one, many = Estimator(model, "cpu"), Estimator(dynamic, "cpu")
    assert not one.dynamic
    assert many.dynamic
    patches, used = drawn(one.spec, 1), np.array([True, True])
    runs = one.look_twice(patches, used)
    single = many.look_twice(patches, used)
    np.testing.assert_allclose(single.gaze, runs.gaze + np.float32(ZERO_POINT), atol=1e-5)
    np.testing.assert_allclose(single.sigma, runs.sigma, atol=1e-5)
    np.testing.assert_allclose(single.description, runs.description, atol=1e-5)
    np.testing.assert_allclose(single.embedding, runs.embedding, atol=1e-4)


def test_half_precision_that_costs_too_much_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "HALF_DEGREES", 1e-6)
    with pytest.raises(UserError, match="in half precision the model differs"):
        export(run, tmp_path / "half.onnx", form=Form("fp16"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_for_several_faces_is_of_no_use_for_one(
    run: Path, dynamic: Path, tmp_path: Path
) -> None:
    out = tmp_path / "three.onnx"
    card = export(run, out, form=Form(faces=3))
    assert card.form["batch"] == 3
    assert card.inputs["patches"]["shape"] == [6, 48, 72, 3]
    with pytest.raises(UserError, match="takes 6 patches at once"):
        Estimator(out, "cpu")
    samples = synthgaze.load([run.parent / "shards"], card.patch)  # 40 do not go into threes
    several = predict_file(out, samples, card.patch, 3)
    alone = predict_file(dynamic, samples, card.patch, None)
    assert several.gaze.shape == alone.gaze.shape == (40, 2, 2)
    np.testing.assert_allclose(several.gaze, alone.gaze, atol=1e-5)


def test_int8_tells_what_it_costs_on_people_whom_it_was_not_fitted_to(
    run: Path, dynamic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, shards = tmp_path / "small.onnx", run.parent / "shards"
    arguments = ["export", "--checkpoint", str(run), "--out", str(out), "--precision", "int8"]
    assert main([*arguments, "--batch", "dynamic", "--calibration-data", str(shards)]) == 0
    card = load_card(out)
    found = card.form["quantisation"]
    assert found["source"] == ["shards"]
    held = found["held_out"]
    assert held["samples"] + found["calibration"]["samples"] == 39  # of 40, one with shut eyes
    assert held["people"] + found["calibration"]["people"] == 39
    assert found["bytes"]["int8"] < found["bytes"]["fp32"]
    # The numbers are the files' own.
    halves = read_halves(Sources([shards]), card.patch)
    for path, name in ((dynamic, "fp32_mean_deg"), (out, "int8_mean_deg")):
        said = predict_exported(Estimator(path, "cpu"), halves.held_out)
        mean = measure(said, halves.held_out)["mean_deg"]
        assert held[name] == pytest.approx(mean, abs=2e-3)
    printed = capsys.readouterr().out
    assert f"{held['fp32_mean_deg']:.2f} degrees in fp32" in printed
    constants = onnx.load(str(out)).graph.initializer
    assert any(c.data_type == onnx.TensorProto.INT8 for c in constants)


@pytest.mark.parametrize(("loss", "warned"), [(0.1, False), (0.14, True), (-0.3, False)])
def test_a_loss_of_more_than_a_tenth_of_a_degree_is_warned_of(loss: float, warned: bool) -> None:
    sentence = quantising.warning({"held_out": {"loss_deg": loss}})
    assert (sentence is not None) == warned
    assert sentence is None or "0.14 degrees" in sentence


def test_calibration_and_held_out_samples_are_of_different_people(run: Path) -> None:
    halves = read_halves(Sources([run.parent / "shards"]), EYE_PATCH)
    first = set(np.asarray(halves.calibration.traits["identity"]).tolist())
    second = set(np.asarray(halves.held_out.traits["identity"]).tolist())
    assert first
    assert second
    assert not first & second


def test_too_few_samples_for_int8(tmp_path: Path, run: Path) -> None:
    shards = write_shards(tmp_path / "few", samples=6)
    with pytest.raises(UserError, match="5 usable samples"):
        export(run, tmp_path / "small.onnx", form=Form("int8", sources=Sources([shards])))
    assert not (tmp_path / "small.onnx").exists()


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--precision", "int8"], "fitted to real samples"),
        (["--calibration-data", "x"], "for --precision int8 only"),
        (["--precision", "int8", "--root", "x"], "folder of --dataset NAME"),
        (["--batch", "0"], "not a whole number"),
        (["--batch", "many"], "not a whole number"),
        (["--batch", "5000"], "1 to 4096"),
        (["--check", "x.onnx"], "not allowed with"),
    ],
)
def test_flags_that_make_no_sense(
    run: Path, tmp_path: Path, flags: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--checkpoint", str(run), "--out", str(tmp_path / "m.onnx")]
    assert main(["export", *out, *flags]) == 2
    assert complaint in capsys.readouterr().err


def test_the_text_features_are_those_of_the_prompts(
    run: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = load_card(model).training["text"]
    assert told["sentences"] == trained_model(load_checkpoint(run)).prompts
    assert "text" in told["constants"]
    assert main(["export", "--check", str(model), "--checkpoint", str(run)]) == 0
    assert "text features as the prompts say" in capsys.readouterr().out


def test_text_features_that_were_changed_are_found_out(
    run: Path, model: Path, tmp_path: Path
) -> None:
    """In each of the constants that are made of them."""
    card, out = load_card(model), tmp_path / "m.onnx"
    constants = card.training["text"]["constants"]
    assert len(constants) > 1
    for name in constants:
        loaded = onnx.load(str(model))
        constant = next(c for c in loaded.graph.initializer if c.name == name)
        values = onnx.numpy_helper.to_array(constant).copy()
        values[0, 0] += 0.01
        constant.CopyFrom(onnx.numpy_helper.from_array(values, name))
        onnx.save(loaded, str(out))
        replace(card, sha256=file_hash(out)).write(card_path(out))
        with pytest.raises(UserError, match=r"differ by up to 1\.0e-02"):
            texts.check_text(out, run)


def test_text_features_of_another_training_are_found_out(run: Path, whole: Path) -> None:
    with pytest.raises(UserError, match=r"differ by up to|names other sentences"):
        texts.check_text(whole, run)


def test_those_of_a_file_in_half_precision_are_whole(untrained: Path, half: Path) -> None:
    assert texts.check_text(half, untrained) < 1e-6


@pytest.mark.parametrize("setting", ["text.use=none", "text.use=learned", "fusion.kind=none"])
def test_ablations_export_in_half_precision(tmp_path: Path, setting: str) -> None:
    config = changed(tiny_config(tmp_path), [setting])
    torch.manual_seed(0)
    content = {"config": config.to_json(), "average": GazeCLIP(config).state_dict()}
    save_checkpoint(tmp_path, {**content, "training": {"command": "none"}})
    out = tmp_path / "m.onnx"
    card = export(tmp_path, out, form=Form("fp16"))
    found = Estimator(out, "cpu").estimate(drawn(card.patch, 1))
    assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-3)
    if setting == "text.use=none":
        with pytest.raises(UserError, match="was trained without text"):
            texts.check_text(out, tmp_path)
    else:
        assert texts.check_text(out, tmp_path) < 1e-4


def test_a_card_names_no_folder_of_the_machine_that_trained() -> None:
    command = "python main.py train --shards /mnt/big/shards/one two --out /home/me/runs/x"
    assert portable(command) == "python main.py train --shards one two --out x"
