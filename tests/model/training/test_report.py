"""Evaluation on data sets and its report: whom a model is judged on, and what is written of it."""

import contextlib
import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(1)

from model.card import card_path, load_card  # noqa: E402
from model.errors import UserError  # noqa: E402
from model.estimator import Inference  # noqa: E402
from model.training.cli import main  # noqa: E402
from model.training.datasets.item import View, collate  # noqa: E402
from model.training.evaluating import judging  # noqa: E402
from model.training.evaluating.judging import Options, Source, Verdict, judge_datasets  # noqa: E402
from model.training.evaluating.reading import Answers  # noqa: E402
from model.training.gazeclip import GazeCLIP  # noqa: E402
from model.training.metrics import Prediction, Truth  # noqa: E402
from model.training.predict import predict_exported  # noqa: E402
from model.training.report import figures  # noqa: E402
from model.training.report.cost import cost_of, flops  # noqa: E402
from model.training.report.figures import promised_quantile  # noqa: E402
from model.training.report.published import not_comparable, published  # noqa: E402
from model.training.report.samples import Samples  # noqa: E402
from tests.model.training.material import tiny_config  # noqa: E402
from tests.model.training.persons import (  # noqa: E402
    EYES,
    DrawnPersons,
    angle_by_cosine,
    fold_content,
    write_model,
    write_training,
)

FOUR = {"p00": (2.0, 0.0), "p01": (-3.0, 0.0), "p02": (0.0, 0.0), "p03": (4.0, 0.0)}
"""Persons whose gaze is off by so much pitch: so much is then the error, whatever the yaw."""


def drawn_sets() -> dict[str, DrawnPersons]:
    return {
        "mpiifacegaze": DrawnPersons("mpiifacegaze", View(EYES), FOUR, shut=(3,)),
        "eyediap": DrawnPersons("eyediap", View(EYES), {"p1": (1.0, 0.0), "p2": (3.0, 0.0)}),
    }


def hand_out(sets: dict[str, DrawnPersons], patch: pytest.MonkeyPatch) -> None:
    """Let `--dataset` find these instead of those on a disk."""

    def open_drawn(name: str, root: Path, view: View) -> DrawnPersons:
        sets[name].view = view
        return sets[name]

    patch.setattr(judging, "open_dataset", open_drawn)


@pytest.fixture
def sets(monkeypatch: pytest.MonkeyPatch) -> dict[str, DrawnPersons]:
    """Data sets that `--dataset` finds, by name; a test may exchange them."""
    found = drawn_sets()
    hand_out(found, monkeypatch)
    return found


def judged(model: Path, *names: str, **options: object) -> list[Verdict]:
    sources = [Source(name, Path()) for name in names or ("mpiifacegaze",)]
    return judge_datasets(model, sources, Options(**{"provider": "cpu", **options}))  # type: ignore[arg-type]


def own_model(folder: Path, fold: str = "p03") -> Path:
    return write_model(folder / "own.onnx", fold_content("mpiifacegaze", fold, list(FOUR)))


@pytest.mark.usefixtures("sets")
def test_a_model_is_judged_on_the_fold_it_was_trained_for(tmp_path: Path) -> None:
    (verdict,) = judged(own_model(tmp_path))
    (one,) = verdict.judged
    assert one.fold == "p03"
    assert one.numbers["mean_deg"] == pytest.approx(4.0, abs=1e-3)
    assert one.numbers["persons"] == {"p03": {"samples": 12, "mean_deg": 4.0}}
    assert not verdict.across
    assert verdict.missing == ["p00", "p01", "p02"]


@pytest.mark.usefixtures("sets")
@pytest.mark.parametrize(
    ("fold", "named"), [("p01", "p01"), ("p00", "p00")], ids=["learnt from", "chose the epoch"]
)
def test_nobody_is_judged_on_persons_that_were_seen(fold: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"saw {named} of mpiifacegaze in its training"):
        judged(own_model(tmp_path), fold=fold)


def test_a_data_set_that_grew_is_noticed(sets: dict[str, DrawnPersons], tmp_path: Path) -> None:
    """The own fold now shows a person who was learnt from, as where files were mixed up."""
    fold = fold_content("mpiifacegaze", "p03", list(FOUR))
    fold["persons"]["train"].append("p03")
    with pytest.raises(UserError, match="saw p03"):
        judged(write_model(tmp_path / "m.onnx", fold))


@pytest.mark.usefixtures("sets")
def test_another_data_set_is_judged_on_as_a_whole(tmp_path: Path) -> None:
    own, other = judged(own_model(tmp_path), "mpiifacegaze", "eyediap")
    (one,) = other.judged
    assert other.across
    assert not own.across
    assert one.fold == "whole"
    assert one.numbers["samples"] == 24
    assert one.numbers["mean_deg"] == pytest.approx(2.0, abs=1e-3)
    assert {name: p["mean_deg"] for name, p in one.numbers["persons"].items()} == {
        "p1": 1.0, "p2": 3.0,
    }  # fmt: skip


@pytest.mark.usefixtures("sets")
def test_a_model_that_tells_no_fold_is_judged_on_everything(tmp_path: Path) -> None:
    (verdict,) = judged(write_model(tmp_path / "m.onnx"))
    (one,) = verdict.judged
    assert one.numbers["samples"] == 47  # of 48 one has shut eyes
    assert one.numbers["left_out"] == 1
    assert verdict.across
    (verdict,) = judged(write_model(tmp_path / "m.onnx"), fold="p01")
    assert verdict.judged[0].numbers["mean_deg"] == pytest.approx(3.0, abs=1e-3)


def test_bad_samples_are_counted_up_to_a_share(
    sets: dict[str, DrawnPersons], tmp_path: Path
) -> None:
    sets["mpiifacegaze"] = DrawnPersons("mpiifacegaze", View(EYES), FOUR, bad=(36, 40))
    model = own_model(tmp_path)
    (verdict,) = judged(model, allow_bad=0.17)
    (one,) = verdict.judged
    assert one.numbers["bad"] == 2
    assert one.numbers["samples"] == 10
    assert one.answers.bad[0] == "mpiifacegaze.label:38: its picture is missing"
    with pytest.raises(UserError, match=r"2 of the 12 samples .* more than the 16 %.*label:38"):
        judged(model, allow_bad=0.16)


@pytest.mark.usefixtures("sets")
def test_workers_read_the_same(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.onnx")
    alone, together = (judged(model, workers=n)[0].judged[0] for n in (0, 2))
    assert alone.numbers == together.numbers
    assert list(alone.answers.place) == list(together.answers.place)


@pytest.mark.usefixtures("sets")
def test_nothing_that_can_be_judged(sets: dict[str, DrawnPersons], tmp_path: Path) -> None:
    sets["mpiifacegaze"] = DrawnPersons("mpiifacegaze", View(EYES), FOUR, shut=tuple(range(36, 48)))
    with pytest.raises(UserError, match="no sample of mpiifacegaze can be judged"):
        judged(own_model(tmp_path))


@pytest.fixture(scope="module")
def trained_folds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untaught networks for all four folds."""
    folder = tmp_path_factory.mktemp("folds")
    for name in FOUR:
        torch.manual_seed(list(FOUR).index(name))
        fold = fold_content("mpiifacegaze", name, list(FOUR))
        write_training(folder / name, fold, tmp_path_factory.getbasetemp())
    return folder


@pytest.fixture(scope="module")
def report(
    trained_folds: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, dict[str, Any]]:
    """The report on all folds, and across data sets; what was printed; the JSON."""
    root = tmp_path_factory.mktemp("evaluated")
    arguments = ["evaluate", "--model", str(trained_folds), "--workers", "0", "--provider", "cpu"]
    for name in ("mpiifacegaze", "eyediap"):
        arguments += ["--dataset", name, "--root", str(root)]
    arguments += ["--report", str(root / "report"), "--predictions", "--calibrate", "1", "5"]
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        hand_out(drawn_sets(), patch)
        patch.setattr("sys.argv", ["main.py", *arguments])
        assert main([*arguments, "--json", str(root / "numbers.json")]) == 0
    numbers = json.loads((root / "numbers.json").read_text(encoding="utf-8"))
    return root / "report", printed.getvalue(), numbers


Report = tuple[Path, str, dict[str, Any]]


def test_every_folds_own_model_is_judged_on_its_own_part(report: Report) -> None:
    folder, printed, _ = report
    results = pd.read_csv(folder / "results.csv")
    own = results[results.dataset == "mpiifacegaze"]
    folds = own[own.row == "fold"]
    assert list(folds.part) == list(folds.trained_for_fold) == list(FOUR)
    assert folds.samples.tolist() == [11, 12, 12, 12]

    predictions = pd.read_csv(folder / "predictions.csv")
    assert len(predictions) == 47 + 4 * 24
    true = predictions[["true_pitch_deg", "true_yaw_deg"]].to_numpy()
    said = predictions[["pitch_deg", "yaw_deg"]].to_numpy()
    np.testing.assert_allclose(angle_by_cosine(true, said), predictions.error_deg, atol=0.01)
    means = predictions[predictions.dataset == "mpiifacegaze"].groupby("person").error_deg.mean()
    np.testing.assert_allclose(folds.mean_deg, means, atol=1e-3)

    mean = own[own.row == "mean"].iloc[0]
    assert mean.mean_deg == pytest.approx(means.mean(), abs=1e-3)
    assert own[own.row == "sd"].iloc[0].mean_deg == pytest.approx(means.std(ddof=1), abs=1e-3)
    assert f"{means.mean():.2f}" in printed
    persons = own[own.row == "person"]
    assert persons.person.tolist() == list(FOUR)
    np.testing.assert_allclose(persons.mean_deg, means, atol=1e-3)

    across = results[(results.dataset == "eyediap") & (results.row == "fold")]
    assert across.part.tolist() == ["whole"] * 4
    assert across.trained_on.tolist() == ["mpiifacegaze"] * 4


def test_the_truth_in_predictions_is_the_labels(report: Report) -> None:
    predictions = pd.read_csv(report[0] / "predictions.csv")
    labels = drawn_sets()["mpiifacegaze"].labels
    row = predictions[predictions.place == labels.place[20]].iloc[0]
    assert (row.person, row.part) == ("p01", "p01")
    assert [row.true_pitch_deg, row.true_yaw_deg] == pytest.approx(
        np.degrees(labels.gaze[20]).tolist(), abs=1e-3
    )


def test_the_report_says_what_it_is(report: Report) -> None:
    folder, printed, numbers = report
    text = (folder / "report.md").read_text(encoding="utf-8")
    for line in (
        "# tiny-eye on MPIIFaceGaze, EyeDiap",
        "Protocol: leave one person out: each person in turn is tested on; the next one by name",
        "this is a mini-set, or a part of the data set: 4 folds instead of at least 15, 4 persons",
        "24 samples of 2 persons were judged; 0 left out",
        "| GazeTR-Hybrid | 4.00 |",
        "| GazeTR-Hybrid | 5.17 |",
        "| **tiny-eye**, not comparable |",
        "for orientation only",
        "Across data sets: trained on mpiifacegaze, judged on EyeDiap.",
        "47 samples of 4 persons were judged; 1 left out",
        "Person-specific calibration",
        "one CPU thread",
    ):
        assert line in text, line
    assert str(folder.parent) not in text
    assert "`python main.py evaluate --model folds0 --workers 0" in text
    names = ("error_by_angle", "persons", "directions", "uncertainty")
    pictures = {f"{d}_{n}.png" for d in ("mpiifacegaze", "eyediap") for n in names}
    assert {path.name for path in folder.iterdir()} == {
        *pictures, "report.md", "results.csv", "predictions.csv",
    }  # fmt: skip
    for name in pictures:
        assert f"({name})" in text
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    assert "k samples" in printed
    assert set(numbers["datasets"]) == {"mpiifacegaze", "eyediap"}
    own = numbers["datasets"]["mpiifacegaze"]
    assert [row["k"] for row in own["calibration"]["rows"]] == [0, 1, 5]
    assert own["samples"] == 47


@pytest.mark.usefixtures("sets")
def test_one_of_the_folds(trained_folds: Path) -> None:
    (verdict,) = judged(trained_folds, fold="p02")
    assert [one.fold for one in verdict.judged] == ["p02"]
    with pytest.raises(UserError, match="holds no model of fold p07"):
        judged(trained_folds, fold="p07")


@pytest.mark.usefixtures("sets")
def test_numbers_go_into_the_card(tmp_path: Path) -> None:
    model = own_model(tmp_path)
    arguments = ["--dataset", "mpiifacegaze", "--root", str(tmp_path), "--workers", "0"]
    arguments += ["--provider", "cpu", "--record", "own fold"]
    assert main(["evaluate", "--model", str(model), *arguments]) == 0
    errors = load_card(model).errors["own fold"]
    assert errors["mean_deg"] == pytest.approx(4.0, abs=1e-3)
    assert errors["folds"]["p03"]["samples"] == 12
    assert "confusion" not in errors["folds"]["p03"]


@pytest.mark.usefixtures("sets")
def test_calibration_mends_an_offset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Person p03 is off by 4 degrees everywhere: with k samples 9 / (4 k + 9) is left."""
    arguments = ["--dataset", "mpiifacegaze", "--root", str(tmp_path), "--workers", "0"]
    arguments += ["--provider", "cpu", "--calibrate", "1", "3", "--json", str(tmp_path / "n.json")]
    assert main(["evaluate", "--model", str(own_model(tmp_path)), *arguments]) == 0
    rows = json.loads((tmp_path / "n.json").read_text())["calibration"]["rows"]
    assert [row["mean_deg"] for row in rows] == pytest.approx(
        [4.0, 36.0 / 13.0, 36.0 / 21.0], abs=1e-3
    )
    assert "less by" in capsys.readouterr().out


@pytest.mark.usefixtures("sets")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--dataset", "eyediap"], "give each --dataset its folder", id="no root"),
        pytest.param(["--dataset", "eyediap", "--root", ".", "--allow-bad", "2"], "share", id="%"),
        pytest.param(["--dataset", "eyediap", "--root", ".", "--predictions"], "--report", id="p"),
        pytest.param(
            ["--dataset", "eyediap", "--root", ".", "--calibrate", "-1"], "0 or more", id="k"
        ),
        pytest.param(["--shards", "s", "--report", "r"], "goes with --dataset", id="shards"),
        pytest.param(
            ["--dataset", "eyediap", "--root", ".", "--dataset", "mpiifacegaze", "--root", ".",
             "--fold", "p1"], "one data set", id="whose fold",
        ),
        pytest.param(["--dataset", "eyediap", "--root", "."], "neither a training", id="nothing"),
    ],
)  # fmt: skip
def test_bad_input(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "--model", "runs", *arguments]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert printed.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_published_rows() -> None:
    """Typed from the literature, cell by cell, not read from the module's own table."""
    assert published("mpiifacegaze")["FullFace"] == 4.93
    assert published("eyediap")["GazeTR-Hybrid"] == 5.17
    assert published("gaze360")["L2CS-Net"] == 10.41
    assert published("rt-gene")["Dilated-Net"] == 8.38
    assert published("mpiifacegaze")["DCGaze"] == 3.71
    assert "L2CS-Net" not in published("eyediap")
    assert "DCGaze" not in published("rt-gene")
    assert published("synthgaze") == {}


def join_nothing() -> tuple[Prediction, Truth]:
    none = np.zeros((0, 1, 2), dtype=np.float32)
    prediction = Prediction(none, none[..., 0], np.zeros((0, 1, 9), dtype=np.float32))
    flags, rotation = np.zeros((0, 1), dtype=bool), np.zeros((0, 1, 3, 3), dtype=np.float32)
    return prediction, Truth(none, flags, rotation, flags[0:0, 0], np.zeros((0, 3)), {})


def complete(persons: int, each: int) -> Verdict:
    """All of a MPIIFaceGaze with so many persons, judged by a model of its own for each fold."""
    names = [f"p{i:02d}" for i in range(persons)]
    nothing = Answers(*join_nothing(), np.zeros(0, dtype=np.str_))
    verdict = Verdict("mpiifacegaze", "leave one person out", names)
    for name in names:
        numbers = {"samples": each, "persons": {name: {"samples": each, "mean_deg": 4.0}}}
        trained = judging.TrainedOn("mpiifacegaze", name, frozenset())
        verdict.judged.append(judging.Judged("m", trained, name, nothing, numbers))
    return verdict


def test_only_the_whole_data_set_stands_beside_published_rows() -> None:
    whole = complete(15, 3000)
    assert not_comparable(whole) == []
    assert not_comparable(complete(14, 3300))
    assert not_comparable(complete(15, 300))
    del whole.judged[3]
    assert "14 of 15 folds" in not_comparable(whole)[0]
    rendered = Verdict("synthgaze", "held-out persons", ["held-out"], whole.judged)
    assert "rendered" in not_comparable(rendered)[0]


def samples(error: NDArray[np.float64], yaw: NDArray[np.float64], person: list[str]) -> Samples:
    true = np.radians(np.stack([np.zeros(len(yaw)), yaw], axis=1))
    place = np.array([str(i) for i in range(len(yaw))])
    return Samples(place, np.array(person), true, true, error, np.ones(len(yaw)))


def test_figures_draw_what_they_say() -> None:
    error = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 9.0, 7.0, 7.0, 7.0, 7.0, 7.0])
    yaw = np.array([-9.0, -8.0, -8.0, -7.0, -6.0, -2.0, -3.0, 3.0, 3.0, 3.0, 3.0, 3.0])
    found = samples(error, yaw, ["a"] * 5 + ["b"] * 7)
    left, right = figures.error_by_angle(found).axes
    x, y = left.lines[0].get_data()
    np.testing.assert_array_equal(x, [-7.5, -2.5, 2.5])
    np.testing.assert_array_equal(y, [3.0, np.nan, 7.0])  # two samples tell nothing
    assert "yaw" in left.get_xlabel()
    assert "pitch" in right.get_xlabel()
    bars = [bar.get_height() for bar in figures.persons(found).axes[0].patches]
    assert bars == pytest.approx([3.0, 53.0 / 7.0])

    confusion = np.zeros((9, 9), dtype=np.int64)
    confusion[1, 1], confusion[1, 5] = 3, 1
    (axes,) = figures.directions(confusion).axes
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert texts == {(1, 1): "75", (5, 1): "25"}
    assert axes.get_yticklabels()[1].get_text() == "left  (4)"

    left, right = figures.uncertainty(error, np.full(12, 5.0)).axes
    (x,), (y,) = right.lines[1].get_data()
    assert (x, y) == pytest.approx((np.sqrt(50.0), np.sqrt(np.mean(error**2))))


def test_the_promised_quantile_is_the_laplaces(generator: np.random.Generator) -> None:
    """Errors drawn from the density itself, by its two independent factors, spread evenly."""
    sigma = generator.uniform(1.0, 6.0, 20000)
    radius = generator.exponential(1.0, 20000) + generator.exponential(1.0, 20000)
    found = promised_quantile(radius * sigma / np.sqrt(3.0), sigma)
    quantiles: NDArray[np.float64] = np.quantile(found, [0.1, 0.5, 0.9])
    assert quantiles == pytest.approx([0.1, 0.5, 0.9], abs=0.02)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(5)


def test_what_a_network_costs(trained_folds: Path) -> None:
    found = cost_of(trained_folds / "p00", runs=3)
    assert found.parameters is not None
    assert found.flops is not None
    assert 0 < found.deployed < found.parameters - 49408 * 32  # the word embeddings stay behind
    assert found.latency_ms > 0.0
    assert (found.runs, bool(found.machine)) == (3, True)


class ManyFaces:
    """Stands for an `Estimator` that takes any number of faces: says the head's angles, and of
    each picture its brightness."""

    spec, dynamic, largest = EYES, True, 0

    def infer(
        self, images: NDArray[np.uint8], head: NDArray[np.float32], used: NDArray[np.bool_]
    ) -> Inference:
        assert used.shape == (len(images),)
        assert used.all()
        self.largest = max(self.largest, len(images))
        bright = images.reshape(len(images), -1).mean(axis=1)
        words = np.tile(np.arange(9.0), (len(images), 1)) * bright[:, None]
        return Inference(head[:, :2], bright, words, head)


def test_many_faces_at_once_get_their_own_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.training.predict.CHUNK", 8)
    dataset = drawn_sets()["mpiifacegaze"]
    items = [dataset.read(i) for i in range(11)]
    patches = collate(items, dataset.labels.of(np.arange(11)), dataset.mirrored)
    estimator = ManyFaces()
    said = predict_exported(estimator, patches)  # type: ignore[arg-type]
    assert estimator.largest == 8
    np.testing.assert_array_equal(said.gaze, patches.head[..., :2])
    np.testing.assert_allclose(said.sigma, patches.images.mean(axis=(2, 3, 4)))
    np.testing.assert_allclose(said.probabilities[..., 3], 3.0 * said.sigma)


def test_an_exported_model_tells_by_its_card_what_it_was(tmp_path: Path) -> None:
    """Parameters and operations come from the configuration in the card, weights from the file."""
    model, config = write_model(tmp_path / "m.onnx"), tiny_config(tmp_path)
    content = json.loads(card_path(model).read_text(encoding="utf-8"))
    content["training"]["config"] = asdict(config)
    card_path(model).write_text(json.dumps(content), encoding="utf-8")
    network = GazeCLIP(config)
    found = cost_of(model, runs=3)
    assert found.parameters == sum(p.numel() for p in network.parameters())
    assert found.flops == flops(network)
    assert found.deployed == 20


def test_what_an_exported_model_costs(tmp_path: Path) -> None:
    found = cost_of(write_model(tmp_path / "m.onnx"), runs=3)
    assert (found.parameters, found.flops) == (None, None)
    assert found.deployed == 2 + 18  # its sigmas, and its directions
    assert found.latency_ms > 0.0


def test_operations_are_counted_through_attention(tmp_path: Path) -> None:
    """A layer more of cross-attention costs what its products cost, attention itself included."""
    config = tiny_config(tmp_path)
    one, two = (
        flops(GazeCLIP(replace(config, fusion=replace(config.fusion, layers=n)))) for n in (1, 2)
    )
    width, queries, tokens = 32, 3, 15  # the tiny eye tower leaves 3 x 5 tokens
    products = queries * width * width * 2  # query and out
    products += (tokens + queries) * width * 2 * width  # keys and values
    products += 2 * queries * (tokens + queries) * width  # likeness, and the weighted sum
    products += 2 * queries * width * 2 * width  # the perceptron
    assert two - one == 2 * 2 * products  # a multiply-add counts two, and there are two eyes
