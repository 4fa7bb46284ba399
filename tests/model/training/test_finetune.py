"""Fine-tuning: it finds what was planted, writes only what helps, and writes what it fitted."""

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
from model.estimator import Estimator, combine  # noqa: E402
from model.geometry import Array, angle_between, vector  # noqa: E402
from model.patches import Patches, to_camera  # noqa: E402
from model.training import finetune as finetuning  # noqa: E402
from model.training.checkpoint import save_checkpoint  # noqa: E402
from model.training.cli import main  # noqa: E402
from model.training.datasets.item import (  # noqa: E402
    BadSample,
    GazeDataset,
    Item,
    Labels,
    unknown_points,
)
from model.training.export import export  # noqa: E402
from model.training.exporting.form import Form  # noqa: E402
from model.training.finetuning.fit import Adaptation, choose, fit  # noqa: E402
from model.training.finetuning.looks import FRAMES_PER_TARGET, Looks, look  # noqa: E402
from model.training.finetuning.verdict import hold_out, judge  # noqa: E402
from model.training.gazeclip import GazeCLIP  # noqa: E402
from tests.model.training.material import draw_eye, tiny_config  # noqa: E402

TARGETS, FRAMES, EMBEDDING = 12, 6, 16


def random_looks(
    wrong: Array | None = None, targets: int = TARGETS, recordings: int = 1, seed: int = 0
) -> Looks:
    """Frames whose patches' frames are the camera's, of a model that is right but for `wrong`.

    Args:
        wrong: (E, 2), radians that the model is off for each unit of the embedding.
        targets: how many.
        recordings: how many they come from.
        seed: of the rest.
    """
    generator = np.random.default_rng(seed)
    count = targets * FRAMES
    target = np.repeat(np.arange(targets), FRAMES)
    angles = generator.uniform(-0.3, 0.3, (targets, 2))[target]
    truth = np.stack([angles, angles * (1.0, 1.0)], axis=1)
    embedding = generator.normal(0.0, 1.0, (count, 2, EMBEDDING))
    gaze = truth + generator.normal(0.0, 0.01, truth.shape)
    if wrong is not None:
        gaze -= embedding @ wrong
    return Looks(
        gaze=gaze,
        sigma=np.full((count, 2), 0.05),
        embedding=embedding,
        truth=truth,
        usable=np.ones((count, 2), dtype=bool),
        rotation=np.tile(np.eye(3), (count, 2, 1, 1)),
        mirrored=np.array([False, False]),
        direction=vector(angles),
        target=target,
        recording=np.arange(count) % recordings,
        recordings=tuple(f"r{i}" for i in range(recordings)),
    )


def test_the_fit_finds_slopes_and_each_eyes_own_offset() -> None:
    wrong = np.random.default_rng(5).normal(0.0, 0.03, (EMBEDDING, 2))
    looks = random_looks(wrong)
    looks = replace(looks, gaze=looks.gaze - np.array([[0.02, 0.05], [0.02, -0.05]]))
    found = fit(looks, np.ones(len(looks), dtype=bool), 1e-4)
    np.testing.assert_allclose(found.slopes, wrong, atol=5e-3)
    np.testing.assert_allclose(found.offset, [[0.02, 0.05], [0.02, -0.05]], atol=5e-3)


def test_a_target_counts_the_same_however_many_frames_it_has() -> None:
    """One target is off by 0.1 rad, two by nothing; the offset is their mean."""
    looks = random_looks(targets=3)
    gaze = looks.truth - np.where(looks.target == 0, 0.1, 0.0)[:, None, None]
    looks = replace(looks, gaze=gaze)
    few = np.ones(len(looks), dtype=bool)
    few[1:FRAMES] = False  # of the first target one frame is left
    found = fit(looks, few, math.inf)
    np.testing.assert_allclose(found.offset, np.full((2, 2), 0.1 / 3.0), atol=1e-12)
    assert not found.slopes.any()


def test_an_eye_that_was_never_open_gets_the_others_offset() -> None:
    looks = random_looks()
    looks = replace(
        looks,
        gaze=looks.truth - 0.04,
        usable=np.tile([True, False], (len(looks), 1)),
    )
    found = fit(looks, np.ones(len(looks), dtype=bool), math.inf)
    np.testing.assert_allclose(found.offset, np.full((2, 2), 0.04), atol=1e-12)


@pytest.mark.parametrize("recordings", [1, 3])
def test_the_strength_is_weak_where_there_is_much_to_learn_and_strong_where_not(
    recordings: int,
) -> None:
    everything = np.ones(TARGETS * FRAMES, dtype=bool)
    wrong = np.random.default_rng(5).normal(0.0, 0.03, (EMBEDDING, 2))
    much, scores = choose(random_looks(wrong, recordings=recordings), everything)
    assert much < 1.0
    assert scores[much] < 0.5 * scores[math.inf]
    nothing, _ = choose(random_looks(recordings=recordings), everything)
    assert nothing >= 10.0


@pytest.mark.parametrize(("targets", "held"), [(8, 4), (12, 4), (15, 5), (30, 10)])
def test_a_third_of_the_targets_and_at_least_four_judge(targets: int, held: int) -> None:
    looks = random_looks(targets=targets)
    chosen = hold_out(looks)
    assert len(set(chosen.tolist())) == held
    np.testing.assert_array_equal(chosen, hold_out(looks))


def test_too_few_targets() -> None:
    with pytest.raises(UserError, match="have 7 targets"):
        hold_out(random_looks(targets=7))


def verdict_of(looks: Looks) -> finetuning.Verdict:
    held_out = hold_out(looks)
    training = ~np.isin(looks.target, held_out)
    return judge(looks, fit(looks, training, choose(looks, training)[0]), held_out)


def test_the_held_out_targets_take_no_part_in_the_fit() -> None:
    """Whatever they are said to be, the adaptation is the same."""
    looks = random_looks(np.full((EMBEDDING, 2), 0.02))
    training = ~np.isin(looks.target, hold_out(looks))
    truth = np.where(training[:, None, None], looks.truth, 9.0)
    spoilt = replace(looks, truth=truth, direction=-looks.direction)
    spoilt.direction[training] = looks.direction[training]
    assert choose(looks, training) == choose(spoilt, training)
    np.testing.assert_array_equal(
        fit(looks, training, 0.1).slopes, fit(spoilt, training, 0.1).slopes
    )


def test_what_was_planted_helps_and_is_more_than_an_offset() -> None:
    found = verdict_of(random_looks(np.random.default_rng(5).normal(0.0, 0.03, (EMBEDDING, 2))))
    assert found.helps
    assert found.after < 0.5 * found.before
    assert found.after < 0.5 * found.offset
    assert found.chance < 0.05


def test_noise_does_not_help_whatever_the_draw() -> None:
    """Each target is said to lie a bit beside where it does: nothing to learn. A test at 5 % may
    err in one of 20; here ten draws, of which at most two may pass."""
    passed = 0
    for seed in range(10):
        looks = random_looks(seed=seed)
        beside = np.random.default_rng(100 + seed).normal(0.0, 0.07, (TARGETS, 2))[looks.target]
        angles = looks.truth[:, 0] + beside
        looks = replace(looks, truth=np.stack([angles] * 2, axis=1), direction=vector(angles))
        passed += verdict_of(looks).helps
    assert passed <= 2


def test_shrinking_to_one_direction_is_no_help() -> None:
    """The eyes wander, and have nothing to do with the targets, which lie near each other."""
    looks = random_looks()
    generator = np.random.default_rng(8)
    embedding = generator.normal(0.0, 1.0, looks.embedding.shape)
    embedding[:, 1] = embedding[:, 0]
    slopes = generator.normal(0.0, 0.08, (EMBEDDING, 2))
    angles = 0.1 + 0.05 * looks.truth[:, 0]
    looks = replace(
        looks,
        embedding=embedding,
        gaze=embedding @ slopes,
        truth=np.stack([angles] * 2, axis=1),
        direction=vector(angles),
    )
    found = verdict_of(looks)
    assert found.after < 0.5 * found.before  # it falls, and yet
    assert not found.helps
    assert "same direction" in found.reason


# With a model


@pytest.fixture(scope="module", params=["tiny-resnet", "half"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights: of the face, and of eyes in half precision for any number of
    faces."""
    folder = tmp_path_factory.mktemp(request.param)
    half = request.param == "half"
    config = tiny_config(folder, "tiny-eye" if half else request.param)
    torch.manual_seed(0)
    content = {"config": config.to_json(), "average": GazeCLIP(config).state_dict()}
    save_checkpoint(folder, {**content, "training": {"command": "none"}})
    export(folder, folder / "model.onnx", form=Form("fp16", None) if half else Form())
    return folder / "model.onnx"


class Drawn:
    """A recording in memory: frames of targets, and what the labels say of them.

    Args:
        estimator: whose gaze the labels start from.
        slopes: (E, 2), that labels differ from it by, for each unit of the embedding.
        noise: deviation in radians of what they differ by from target to target.
        bad: number of a frame that cannot be read.
    """

    name = "recordings"

    def __init__(
        self, estimator: Estimator, slopes: Array | float, noise: float, bad: int = -1
    ) -> None:
        spec = estimator.spec
        eyes = spec.kind == "eyes"
        self.mirrored = np.array([True, False] if eyes else [False])
        self.bad = bad
        generator = np.random.default_rng(4)
        self.items: list[Item] = []
        for _ in range(TARGETS):
            pitch, yaw = generator.uniform(-0.35, 0.35, 2)
            beside = generator.normal(0.0, noise, 2)
            for _ in range(FRAMES):
                if eyes:
                    drawn = [draw_eye(pitch, sign * yaw, generator) for sign in (-1.0, 1.0)]
                    images = np.stack(drawn)[:, 8:56, 12:84]
                else:
                    row = generator.normal(100.0 + 200.0 * pitch, 20.0, (64, 64, 3))
                    ramp = 300.0 * yaw * np.linspace(-1.0, 1.0, 64)[None, :, None]
                    images = np.clip(row + ramp, 0, 255).astype(np.uint8)[None]
                self.items.append(self._item(estimator, images, slopes, beside))
        which = np.repeat(np.arange(TARGETS), FRAMES)
        count = len(self.items)
        person = np.full(count, "me")
        traits = {"target": which}
        self.labels = Labels(np.zeros((count, 2)), person, person, person, traits)

    def _item(
        self, estimator: Estimator, images: np.ndarray, slopes: Array | float, beside: Array
    ) -> Item:
        count = len(images)
        rotation = np.tile(np.eye(3), (count, 1, 1))
        head, used = np.zeros((count, 4), np.float32), np.ones(count, dtype=bool)
        patches = Patches(np.ascontiguousarray(images), rotation, self.mirrored, head)
        found = estimator.look_twice(patches, used)
        turned = np.where(self.mirrored[:, None], [1.0, -1.0], [1.0, 1.0])
        target = found.gaze + beside * turned
        if not np.isscalar(slopes):
            target = target + (found.embedding - 0.5) @ slopes
        gaze, _ = combine(to_camera(target, rotation, self.mirrored), found.sigma, used)
        return Item(
            images=images,
            head=head,
            target=target.astype(np.float32),
            usable=used,
            rotation=rotation.astype(np.float32),
            gaze=gaze,
            points=unknown_points(count),
        )

    def read(self, index: int) -> Item:
        """The sample of a number."""
        if index == self.bad:
            raise BadSample("frame 5 of my-recording is torn")
        return self.items[index]


def planted(estimator: Estimator) -> Array:
    """Slopes that turn the model's gaze by some degrees, the same for every test."""
    size = int(estimator.card.outputs["embedding"]["shape"][-1])
    return np.random.default_rng(2).normal(0.0, 0.5, (size, 2))


def run(
    model: Path, dataset: GazeDataset, monkeypatch: pytest.MonkeyPatch, *flags: str
) -> tuple[int, Path]:
    """The command on a data set in memory; its exit code, and where the model would lie."""
    monkeypatch.setattr(finetuning, "open_dataset", lambda *_: dataset)
    out = model.parent / "mine.onnx"
    recording = ["--recording", str(model.parent / "my-recording")]
    code = main(["finetune", *recording, "--model", str(model), "--out", str(out), *flags])
    return code, out


def remove(out: Path) -> None:
    """Leave nothing for the next test."""
    for path in (out, card_path(out)):
        path.unlink(missing_ok=True)


def test_a_model_that_helps_is_written_and_says_what_was_fitted(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    estimator = Estimator(model, "cpu")
    dataset = Drawn(estimator, planted(estimator), 0.0)
    numbers = model.parent / "numbers.json"
    code, out = run(model, dataset, monkeypatch, "--json", str(numbers))
    assert code == 0
    assert "was written with its card" in capsys.readouterr().out
    card = load_card(out)  # which checks the hash, too
    assert card.name.endswith("fine-tuned")
    assert card.errors == {}
    told = card.training["finetuned"]
    assert told["of"]["sha256"] == file_hash(model)
    assert told["recordings"] == ["my-recording"]
    assert told["targets"] == {"fitted": 8, "held_out": 4}
    assert told["samples"] == {"fitted": 8 * FRAMES, "held_out": 4 * FRAMES}
    held = told["held_out"]
    assert held["after_deg"] < 0.6 * held["before_deg"]
    assert json.loads(numbers.read_text(encoding="utf-8"))["held_out"] == held
    # The written file says what the fit says, and its error is what the card tells.
    looks = look(estimator, [("mine", dataset)])
    chosen = hold_out(looks)
    training = ~np.isin(looks.target, chosen)
    adaptation = fit(looks, training, told["strength"])
    again = Estimator(out, "cpu")
    errors = []
    for number in np.flatnonzero(~training):
        item = dataset.items[number]
        patches = Patches(
            item.images, item.rotation.astype(np.float64), dataset.mirrored, item.head
        )
        said = again.look_twice(patches, item.usable)
        assert np.abs(said.gaze - adaptation.apply(looks)[number]).max() < 1e-4
        errors.append(math.degrees(float(angle_between(again.estimate(patches).gaze, item.gaze))))
    assert np.mean(errors) == pytest.approx(held["after_deg"], abs=1e-3)
    remove(out)


def test_nothing_is_written_where_there_is_nothing_to_learn(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = Drawn(Estimator(model, "cpu"), 0.0, 0.07)
    before = sorted(model.parent.iterdir())
    code, out = run(model, dataset, monkeypatch)
    assert code == 1
    assert "it does not help" in capsys.readouterr().out
    assert not out.exists()
    assert sorted(model.parent.iterdir()) == before


def test_what_is_fine_tuned_can_be_fine_tuned_again(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second adaptation adds to the first."""
    estimator = Estimator(model, "cpu")
    _, first = run(model, Drawn(estimator, planted(estimator), 0.0), monkeypatch)
    kept = first.rename(model.parent / "first.onnx")
    card_path(first).rename(card_path(kept))
    code, out = run(kept, Drawn(Estimator(kept, "cpu"), 0.5 * planted(estimator), 0.0), monkeypatch)
    assert code == 0
    card = load_card(out)
    assert card.name == load_card(kept).name
    assert card.training["finetuned"]["before_that"]["of"]["sha256"] == file_hash(model)
    remove(out)
    remove(kept)


def test_one_bad_frame_is_left_out_and_many_are_refused(model: Path) -> None:
    estimator = Estimator(model, "cpu")
    dataset = Drawn(estimator, 0.0, 0.0, bad=7)
    looks = look(estimator, [("mine", dataset)])
    assert (len(looks), looks.left_out) == (TARGETS * FRAMES - 1, 1)

    def torn(_: int) -> Item:
        raise BadSample("frame 5 of my-recording is torn")

    dataset.read = torn  # type: ignore[method-assign]
    with pytest.raises(UserError, match="such as frame 5 of my-recording is torn"):
        look(estimator, [("mine", dataset)])


def test_of_a_long_look_at_a_target_some_frames_are_enough(model: Path) -> None:
    estimator = Estimator(model, "cpu")
    dataset = Drawn(estimator, 0.0, 0.0)
    one = np.zeros(len(dataset.items), dtype=np.int64)
    dataset.labels = replace(dataset.labels, traits={"target": one})
    assert len(look(estimator, [("mine", dataset)])) == FRAMES_PER_TARGET


def test_the_same_dot_in_two_recordings_is_one_target(model: Path) -> None:
    estimator = Estimator(model, "cpu")
    first, second = Drawn(estimator, 0.0, 0.0), Drawn(estimator, 0.0, 0.0)
    count = len(first.items)
    screen = np.tile([1920, 1080], (count, 1))
    for number, dataset in enumerate((first, second)):
        which = np.asarray(dataset.labels.traits["target"])
        traits = {
            "target": which[::-1] if number else which,  # each numbers them in its own way
            "target_px": np.column_stack([100.0 * which, 50.0 * which]),
            "screen_px": screen,
            "recording": np.full(count, f"r{number}"),
        }
        dataset.labels = replace(dataset.labels, traits=traits)
    looks = look(estimator, [("a", first), ("b", second)])
    assert len(looks.targets) == TARGETS
    assert looks.recordings == ("r0", "r1")
    assert all(len(set(looks.recording[looks.target == t].tolist())) == 2 for t in looks.targets)


def test_a_recording_without_targets(model: Path) -> None:
    estimator = Estimator(model, "cpu")
    dataset = Drawn(estimator, 0.0, 0.0)
    dataset.labels = replace(dataset.labels, traits={})
    with pytest.raises(UserError, match=r"mine tells of no targets.*targets\.csv"):
        look(estimator, [("mine", dataset)])


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--out", "{model}"], "is the model itself"),
        (["--out", "{folder}/mine.pt"], "must end in .onnx"),
        (["--out", "{folder}/nowhere/mine.onnx"], "there is no folder for"),
        (["--out", "{folder}/taken.onnx"], "is there already"),
        (["--out", "{folder}/mine.onnx", "--json", "{folder}/no/n.json"], "there is no folder for"),
        (
            ["--out", "{folder}/mine.onnx", "--model", "{folder}/none.onnx"],
            "there is no model file",
        ),
    ],
)
def test_flags_that_make_no_sense(
    tmp_path: Path, tiny_model: Path, flags: list[str], complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "taken.onnx").write_bytes(b"kept")
    given = [flag.format(model=tiny_model, folder=tmp_path) for flag in flags]
    arguments = ["--recording", str(tmp_path / "recording"), "--model", str(tiny_model)]
    assert main(["finetune", *arguments, *given]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
    assert (tmp_path / "taken.onnx").read_bytes() == b"kept"


def test_a_model_without_our_last_layer_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    with pytest.raises(UserError, match=r"no last layer head.out.weight"):
        finetuning.finetune([tmp_path], tiny_model, tmp_path / "mine.onnx")


def test_a_quantised_model_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    loaded = onnx.load(str(tiny_model))
    node = onnx.helper.make_node("QuantizeLinear", ["gaze", "s", "z"], ["q"])
    loaded.graph.node.append(node)
    small = tmp_path / "small.onnx"
    onnx.save(loaded, str(small))
    replace(load_card(tiny_model), sha256=file_hash(small)).write(card_path(small))
    with pytest.raises(UserError, match="quantised to int8"):
        finetuning.finetune([tmp_path], tmp_path / "small.onnx", tmp_path / "mine.onnx")


def test_an_adaptation_adds_to_the_gaze() -> None:
    looks = random_looks()
    slopes, offset = np.zeros((EMBEDDING, 2)), np.array([[0.1, 0.2], [0.3, 0.4]])
    slopes[0] = (1.0, -1.0)
    moved = Adaptation(slopes, offset, 1.0).apply(looks) - looks.gaze
    first = looks.embedding[..., :1]
    np.testing.assert_allclose(moved, first * (1.0, -1.0) + offset)
