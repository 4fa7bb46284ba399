"""Export: what torch says is what ONNX Runtime says, and the card tells the truth about it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(1)  # for nets this small, and beside other work, more threads are slower

import onnx  # noqa: E402

from model.card import load_card  # noqa: E402
from model.errors import UserError  # noqa: E402
from model.estimator import Estimator  # noqa: E402
from model.training import export as exporting  # noqa: E402
from model.training.checkpoint import load_checkpoint, trained_model  # noqa: E402
from model.training.cli import main  # noqa: E402
from model.training.datasets import synthgaze  # noqa: E402
from model.training.export import export  # noqa: E402
from model.training.predict import predict, predict_exported  # noqa: E402
from model.training.train import Budget, Options, train  # noqa: E402
from tests.model.training.material import tiny_config, write_shards  # noqa: E402

ZERO_POINT = [math.radians(2.0), math.radians(-1.0)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short training on drawn eyes."""
    folder = tmp_path_factory.mktemp("export")
    shards = write_shards(folder / "shards", samples=40)
    train(tiny_config(folder), [shards], None, Options(folder / "run", Budget(epochs=2.0)))
    return folder / "run"


@pytest.fixture(scope="module")
def model(run: Path) -> Path:
    """That training, exported with a zero point."""
    path, zero_point = run.parent / "tiny.onnx", run.parent / "zero.json"
    zero_point.write_text(json.dumps({"zero_point": ZERO_POINT}), encoding="utf-8")
    export(run, path, zero_point)
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


def test_measured_errors_go_into_the_card(run: Path, tmp_path: Path) -> None:
    measured = {"samples": 7, "mean_deg": 3.5, "groups": {"iris blue": {"samples": 2}}}
    (tmp_path / "validation.json").write_text(json.dumps(measured), encoding="utf-8")
    out = tmp_path / "tiny.onnx"
    arguments = ["--checkpoint", str(run), "--out", str(out)]
    errors = ["--errors", str(tmp_path / "validation.json")]
    assert main(["export", *arguments, *errors]) == 0
    assert load_card(out).errors == {"validation": measured}


def test_a_file_without_errors_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"zero_point": [0, 0]}', encoding="utf-8")
    with pytest.raises(UserError, match="holds no errors"):
        export(run, tmp_path / "m.onnx", errors=[tmp_path / "other.json"])
    assert not (tmp_path / "m.onnx").exists()


def test_a_model_that_differs_from_torch_is_not_exported(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "write_onnx", lambda _, path: path.touch())
    monkeypatch.setattr(exporting, "parity", lambda *_: 2e-4)
    with pytest.raises(UserError, match="torch and ONNX Runtime differ"):
        export(run, tmp_path / "tiny.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_ending_must_be_onnx(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"must end in \.onnx"):
        export(run, tmp_path / "tiny.pt")


@pytest.mark.parametrize("tower", ["tiny-resnet", "tiny-vit"])
def test_clips_own_towers_export_with_parity(tmp_path: Path, tower: str) -> None:
    config = tiny_config(tmp_path, tower)
    network = exporting.GazeCLIP(config).eval()
    exported = exporting.Exported(network, (0.0, 0.0)).eval()
    exporting.write_onnx(exported, tmp_path / "face.onnx")
    assert exporting.parity(exported, tmp_path / "face.onnx") < 1e-4


def test_a_card_names_no_folder_of_the_machine_that_trained():
    from model.training.export import _portable

    command = "python main.py train --shards /mnt/big/shards/one two --out /home/me/runs/x"
    assert _portable(command) == "python main.py train --shards one two --out x"
