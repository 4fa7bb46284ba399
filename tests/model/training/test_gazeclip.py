"""The network, its losses and its augmentation: shapes, gradients and signs."""

import math
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(1)  # for nets this small, and beside other work, more threads are slower

from model.errors import UserError  # noqa: E402
from model.geometry import DIRECTIONS, direction_index  # noqa: E402
from model.training.augment import Augmenter, _rolled  # noqa: E402
from model.training.config import (  # noqa: E402
    ClipConfig,
    TrainingConfig,
    changed,
    load_config,
)
from model.training.directions import graded_directions  # noqa: E402
from model.training.gazeclip import GazeCLIP, GazeOutput, sigma_of  # noqa: E402
from model.training.keypoints import Keypoints  # noqa: E402
from model.training.losses import (  # noqa: E402
    angular_error,
    contrastive_loss,
    gaze_loss,
    points_loss,
)
from model.training.towers import create_towers  # noqa: E402
from tests.model.training.material import tiny_config, write_tower  # noqa: E402


def labels(samples: int, per_sample: int) -> tuple[torch.Tensor, ...]:
    """Head, gaze and points of nothing in particular."""
    shape = (samples, per_sample)
    return torch.zeros(*shape, 4), torch.zeros(*shape, 2), torch.zeros(*shape, 2, 2)


@pytest.mark.parametrize("tower", ["tiny-eye", "tiny-resnet", "tiny-vit"])
def test_every_kind_of_tower_gives_gaze_and_gets_gradients(tmp_path: Path, tower: str) -> None:
    config = tiny_config(tmp_path, tower)
    model = GazeCLIP(config)
    colours = 1 if config.grey else 3
    pixels = torch.rand(4, colours, config.patch.height, config.patch.width)
    output = model(model.normalise(pixels), torch.zeros(4, 4), model.text_features())
    assert output.gaze.shape == (4, 2)
    assert output.logits.shape == (4, 9)
    assert output.embedding.shape == (4, config.fusion.embedding)
    points = torch.zeros(4, 2, 2)
    loss, parts = gaze_loss(output, torch.zeros(4, 2), config, points, model.reach)
    loss.backward()
    assert math.isfinite(parts["error_deg"])
    without = [
        name
        for name, p in model.named_parameters()
        if p.requires_grad and (p.grad is None or not torch.isfinite(p.grad).all())
    ]
    assert without == []


def test_the_text_reaches_the_gaze(tmp_path: Path) -> None:
    """Fusion is no ornament: other sentences, other gaze."""
    model = GazeCLIP(tiny_config(tmp_path)).eval()
    pixels = model.normalise(torch.rand(2, 1, 48, 72))
    with torch.no_grad():
        text = model.text_features()
        one = model(pixels, torch.zeros(2, 4), text).gaze
        other = model(pixels, torch.zeros(2, 4), -text).gaze
    assert float((one - other).abs().max()) > 1e-6


def test_each_eye_hears_the_other_unless_that_one_is_not_used(tmp_path: Path) -> None:
    model = GazeCLIP(tiny_config(tmp_path)).eval()
    assert model.head.exchange is not None
    torch.nn.init.normal_(model.head.exchange.mlp[2].weight)  # type: ignore[arg-type]
    pixels = model.normalise(torch.rand(4, 1, 48, 72))
    changed = pixels.clone()
    changed[1] = model.normalise(torch.rand(1, 1, 48, 72))[0]  # the left eye of the first face
    text, head = model.text_features(), torch.zeros(4, 4)

    def gaze(seen: torch.Tensor, used: list[float]) -> torch.Tensor:
        with torch.no_grad():
            return model(seen, head, text, torch.tensor(used)).gaze

    both = gaze(changed, [1.0] * 4) - gaze(pixels, [1.0] * 4)
    assert float(both[0].abs().max()) > 1e-4
    assert torch.equal(both[2:], torch.zeros(2, 2))
    alone = gaze(changed, [1.0, 0.0, 1.0, 1.0]) - gaze(pixels, [1.0, 0.0, 1.0, 1.0])
    assert torch.equal(alone[0], torch.zeros(2))
    assert float(alone[1].abs().max()) > 1e-4


def test_a_frozen_text_tower_stays_frozen(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    model = GazeCLIP(replace(config, clip=replace(config.clip, train_text=False)))
    learning = {name for name, p in model.named_parameters() if p.requires_grad}
    assert not any(name.startswith("clip.transformer") for name in learning)
    assert any(name.startswith("clip.visual") for name in learning)
    assert "clip.logit_scale" in learning


def test_grey_and_colour_patches_normalise_alike(tmp_path: Path) -> None:
    model = GazeCLIP(tiny_config(tmp_path))
    grey = torch.rand(3, 1, 48, 72)
    coloured = grey.expand(-1, 3, -1, -1)
    assert torch.allclose(model.normalise(grey), model.normalise(coloured), atol=1e-5)


def test_sigma_is_the_deviation_of_the_laplace_density() -> None:
    """Draw errors with density exp(-|e| / b) / (2 pi b^2): |e| is Gamma(2, b) distributed."""
    generator = np.random.default_rng(0)
    b = 0.07
    radius = generator.gamma(2.0, b, 400_000)
    angle = generator.uniform(0.0, 2.0 * np.pi, len(radius))
    deviation = float((radius * np.cos(angle)).std())
    assert float(sigma_of(torch.tensor(math.log(b)))) == pytest.approx(deviation, rel=0.01)


def test_likelihood_is_best_at_the_true_width() -> None:
    """|e| / b + 2 log b is least at b = |e| / 2."""
    error = 0.1
    config = replace(load_config("gazeclip-s"), training=TrainingConfig(contrastive=0.0))
    true = torch.zeros(1, 2)

    def loss(b: float) -> float:
        output = GazeOutput(
            torch.tensor([[0.0, error]]), torch.tensor([math.log(b)]), torch.zeros(1, 9),
            torch.zeros(1, 9), torch.zeros(1, 4),
        )  # fmt: skip
        return float(gaze_loss(output, true, config)[1]["likelihood"])

    assert loss(error / 2) < min(loss(error / 2.5), loss(error / 1.6))


def test_graded_targets_agree_with_the_coarse_directions() -> None:
    generator = np.random.default_rng(1)
    angles = generator.uniform(-0.6, 0.6, (2000, 2))
    target = graded_directions(torch.from_numpy(angles).float()).numpy()
    assert np.allclose(target.sum(axis=1), 1.0, atol=1e-5)
    assert (target.argmax(axis=1) == direction_index(angles)).mean() > 0.97


@pytest.mark.parametrize(
    ("angles", "name"),
    [
        ((0.3, 0.0), "up"),
        ((0.0, 0.3), "right"),
        ((-0.3, -0.3), "down left"),
        ((0.0, 0.0), "straight ahead"),
    ],
)
def test_directions_have_the_right_signs(angles: tuple[float, float], name: str) -> None:
    target = graded_directions(torch.tensor([angles]))
    assert DIRECTIONS[int(target.argmax())] == name


def test_contrastive_loss_is_least_for_the_right_sentences() -> None:
    target = graded_directions(torch.rand(64, 2) - 0.5)
    right = target.clamp(min=1e-6).log()
    wrong = right.roll(1, dims=1)
    assert contrastive_loss(right, target) < contrastive_loss(torch.zeros(64, 9), target)
    assert contrastive_loss(torch.zeros(64, 9), target) < contrastive_loss(wrong, target)


def test_without_strength_augmentation_only_cuts_the_middle() -> None:
    images = torch.randint(0, 256, (3, 2, 64, 96, 1), dtype=torch.uint8)
    augment = Augmenter((48, 72), 0.0, torch.Generator())
    pixels, *_ = augment(images, *labels(3, 2))
    expected = images.flatten(0, 1)[:, 8:56, 12:84, 0]
    assert torch.equal((pixels[:, 0] * 255).round().byte(), expected)


def test_rolling_a_patch_rolls_its_gaze_with_it() -> None:
    """A dot painted where the gaze points is still where the new gaze points."""
    augment = Augmenter((48, 72), 1.0, torch.Generator().manual_seed(3))
    images = torch.zeros(40, 64, 96, 1, dtype=torch.uint8)
    images[:, 30:34, 66:70] = 255  # to the image's right of the middle by 19.5 px
    gaze = torch.tensor([[0.0, -0.5]]).expand(40, 2)  # towards the image's right
    moved, roll, _ = augment._move(images.permute(0, 3, 1, 2).float(), torch.zeros(40, 1, 2), 1)

    turned = _rolled(gaze, roll)
    weight = moved[:, 0] / moved[:, 0].sum(dim=(1, 2), keepdim=True)
    rows = (weight.sum(dim=2) * torch.arange(48)).sum(dim=1)
    # Shifts move the dot too, by chance: over 40 draws they cannot hide the slope.
    slope = np.polyfit((-turned[:, 0]).numpy(), rows.numpy() - 23.5, 1)[0]
    assert 20.0 < slope < 60.0


def test_points_move_with_what_they_mark() -> None:
    augment = Augmenter((48, 72), 1.0, torch.Generator().manual_seed(4))
    images = torch.zeros(60, 64, 96, 1)
    images[:, 24:28, 60:64] = 255.0  # its middle is 14 px right of and 6 px above the middle
    points = torch.tensor([[[14.0, -6.0]]]).expand(60, 1, 2) / 36.0
    moved, _, placed = augment._move(images.permute(0, 3, 1, 2), points, 1)
    weight = moved[:, 0] / moved[:, 0].sum(dim=(1, 2), keepdim=True)
    rows = (weight.sum(dim=2) * (torch.arange(48) - 23.5)).sum(dim=1)
    columns = (weight.sum(dim=1) * (torch.arange(72) - 35.5)).sum(dim=1)
    found = torch.stack([columns, rows], dim=1) / 36.0
    assert float((found - placed[:, 0]).abs().max()) < 0.3 / 36.0


def test_unknown_points_cost_nothing() -> None:
    found = torch.zeros(4, 2, 2, requires_grad=True)
    true = torch.full((4, 2, 2), math.nan)
    loss = points_loss(found, true, 0.5)
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert torch.equal(found.grad, torch.zeros(4, 2, 2))  # type: ignore[arg-type]
    true[1, 0] = torch.tensor([0.3, 0.4])
    assert float(points_loss(found.detach(), true, 0.5)) == pytest.approx(1.0, rel=1e-3)


def test_gaze_is_where_the_iris_lies_before_the_eyeball(tmp_path: Path) -> None:
    """What is left is the perceptron's share: with its last layer silent there is none."""
    model = GazeCLIP(tiny_config(tmp_path)).eval()
    torch.nn.init.zeros_(model.head.out.weight)
    pixels = model.normalise(torch.rand(2, 1, 48, 72))
    with torch.no_grad():
        output = model(pixels, torch.zeros(2, 4), model.text_features())
    assert output.points is not None
    x, y = (output.points[:, 0] - output.points[:, 1]).T
    millimetres = 36.0 / 1.6  # per half width: the patch has 1.6 px per mm
    assert torch.allclose(output.gaze[:, 0], -y * millimetres / 10.8, atol=1e-5)
    assert torch.allclose(output.gaze[:, 1], -x * millimetres / 10.8, atol=1e-5)


def test_a_key_point_is_the_middle_of_its_heat() -> None:
    finder = Keypoints(1, 1, 1)
    for module in (finder.fine, finder.coarse, finder.heat):
        torch.nn.init.zeros_(module.weight)
        torch.nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    finder.fine.weight.data[0] = 1.0
    finder.heat.weight.data[0, 0, 1, 1] = 50.0
    fine = torch.zeros(1, 1, 12, 18)
    fine[0, 0, 3, 11] = 1.0
    with torch.no_grad():
        x, y = finder(fine, torch.zeros(1, 1, 6, 9))[0, 0]
    assert float(x) == pytest.approx((11.5 / 18) * 2 - 1, abs=1e-4)
    assert float(y) == pytest.approx((3.5 * 2 - 12) / 18, abs=1e-4)


def test_two_eyes_of_a_face_roll_together() -> None:
    """A wrong head roll turns both eyes the same way in the picture: the flipped one the other way
    in its own."""
    augment = Augmenter((48, 72), 1.0, torch.Generator().manual_seed(3))
    _, roll, _ = augment._move(torch.zeros(400, 1, 64, 96), torch.zeros(400, 1, 2), 2)
    right, left = roll.view(-1, 2).T.numpy()
    assert -0.9 < np.corrcoef(right, left)[0, 1] < -0.7
    assert np.degrees(roll.numpy()).std() == pytest.approx(3.0, abs=0.4)


def test_the_same_seed_augments_alike() -> None:
    images = torch.randint(0, 256, (8, 1, 64, 96, 3), dtype=torch.uint8)
    made = [
        Augmenter((48, 72), 1.0, torch.Generator().manual_seed(5))(images, *labels(8, 1))
        for _ in range(2)
    ]
    assert all(torch.equal(a, b) for a, b in zip(*made, strict=True))
    assert 0.0 <= float(made[0][0].min()) <= float(made[0][0].max()) <= 1.0


def test_errors_are_angles() -> None:
    error = angular_error(torch.tensor([[0.2, 0.1]]), torch.tensor([[0.2, 0.1 + 0.05]]))
    assert float(error) == pytest.approx(0.05 * math.cos(0.2), rel=1e-3)


def test_an_unknown_architecture_is_refused() -> None:
    with pytest.raises(UserError, match="no CLIP architecture"):
        create_towers(ClipConfig("RN51"))


def test_an_unknown_tag_is_told_the_known_ones() -> None:
    with pytest.raises(UserError, match="openai"):
        create_towers(ClipConfig("RN50", pretrained="closedai"))


def test_weights_that_cannot_be_fetched_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("model.training.towers._hub_answers", lambda: False)
    monkeypatch.setattr("model.training.towers._cached", lambda tag: False)
    with pytest.raises(UserError, match="cannot be reached") as refusal:
        create_towers(load_config("gazeclip-vit-b-32").clip)
    assert "download https://huggingface.co/timm/vit_base_patch32_clip_224.openai" in str(
        refusal.value
    )
    assert "--pretrained FILE" in str(refusal.value)


def test_weights_go_with_the_activation_that_they_were_trained_with() -> None:
    """Also in the model that is rebuilt from a checkpoint, where no tag is left to tell."""
    with pytest.raises(UserError, match="ViT-B-32-quickgelu"):
        create_towers(ClipConfig("ViT-B-32", pretrained="openai"))
    for name in ("gazeclip-rn50", "gazeclip-vit-b-32"):
        clip = load_config(name).clip
        assert clip.pretrained == "openai"
        assert clip.architecture.endswith("-quickgelu")


def test_weights_come_from_a_file_in_torchscript(tmp_path: Path) -> None:
    """As OpenAI's own RN50.pt and ViT-B-32.pt are."""
    architecture = write_tower(tmp_path, "tiny-resnet")
    first = create_towers(ClipConfig(architecture)).eval()
    mask = first._buffers.pop("attn_mask")  # which OpenAI's files do not hold
    first.attn_mask = mask
    pixels, tokens = torch.rand(1, 3, 64, 64), torch.ones(1, 24, dtype=torch.long)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(first, (pixels, tokens), check_trace=False)
        torch.jit.save(traced, tmp_path / "CLIP.pt")
    second = create_towers(ClipConfig(architecture, str(tmp_path / "CLIP.pt")))
    for key, value in first.state_dict().items():
        torch.testing.assert_close(value, second.state_dict()[key])


def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "CLIP.pt").write_text("<html>not found</html>")
    with pytest.raises(UserError, match="do not load into"):
        create_towers(ClipConfig("RN50-quickgelu", str(tmp_path / "CLIP.pt")))


def test_weights_come_from_a_local_checkpoint(tmp_path: Path) -> None:
    architecture = write_tower(tmp_path, "tiny-vit")
    first = create_towers(ClipConfig(architecture))
    torch.save(first.state_dict(), tmp_path / "weights.pt")
    second = create_towers(ClipConfig(architecture, str(tmp_path / "weights.pt")))
    assert torch.equal(first.visual.conv1.weight, second.visual.conv1.weight)


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path) -> None:
    other = create_towers(ClipConfig(write_tower(tmp_path, "tiny-resnet")))
    torch.save(other.state_dict(), tmp_path / "weights.pt")
    vit = write_tower(tmp_path, "tiny-vit")
    with pytest.raises(UserError, match="do not load"):
        create_towers(ClipConfig(vit, str(tmp_path / "weights.pt")))


def test_configurations_with_clips_own_towers_build() -> None:
    """ViT-B/32 without its weights (which no test can fetch), as deep and wide as it is."""
    config = load_config("gazeclip-vit-b-32")
    model = GazeCLIP(replace(config, clip=replace(config.clip, pretrained=None)))
    assert model.head.position.shape == (1, 49, config.fusion.width)


@pytest.mark.parametrize("kind", ["cross-attention", "concatenation", "none"])
@pytest.mark.parametrize("use", ["zero-shot", "learned", "none"])
@pytest.mark.parametrize("tower", ["tiny-eye", "tiny-vit"])
def test_every_ablation_learns_what_it_has(tmp_path: Path, tower: str, use: str, kind: str) -> None:
    """All that takes part gets gradients; the text reaches the gaze where the configuration says
    so, and nowhere else."""
    config = changed(
        tiny_config(tmp_path, tower),
        [f"text.use={use}", f"fusion.kind={kind}", "fusion.dropout=0", 'text.prompts="bare words"'],
    )
    torch.manual_seed(3)
    model = GazeCLIP(config)
    count = 2 if config.patch.kind == "eyes" else 1
    pixels = torch.rand(2 * count, 3, config.patch.height, config.patch.width)
    pixels, head = model.normalise(pixels), torch.zeros(2 * count, 4)
    text = model.text_features(torch.Generator())
    output = model(pixels, head, text)
    loss, parts = gaze_loss(output, torch.full((2 * count, 2), 0.1), config)
    loss.backward()
    learnt = {name for name, p in model.named_parameters() if p.grad is not None}
    assert ("contrastive" in parts) == (use != "none")
    assert any(name.startswith("clip.transformer") for name in learnt) == (use != "none")
    assert ("choice.weight" in learnt) == (use == "learned" and kind != "none")
    assert any(name.startswith("head.fusion") for name in learnt) == (kind == "cross-attention")
    model.eval()
    other = torch.nn.functional.normalize(torch.rand_like(text), dim=-1)
    with torch.no_grad():
        changes = (
            model(pixels, head, text).gaze - model(pixels, head, other).gaze
        ).abs().max() > 1e-7
    assert bool(changes) == (use != "none" and kind != "none")


def test_a_visual_tower_that_does_not_learn_stays_as_it_is(tmp_path: Path) -> None:
    config = changed(tiny_config(tmp_path), ["clip.train_visual=false"])
    model = GazeCLIP(config)
    assert model.training
    assert not model.clip.visual.training
    assert not any(p.requires_grad for p in model.clip.visual.parameters())
    assert any(p.requires_grad for p in model.head.parameters())


def test_settings_that_name_nothing_are_refused(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    for setting in (
        "fusion.knd=none",
        "fusion",
        "x=1",
        "fusion.kind=glue",
        "training.batch=0",
        "training.hard=0",
    ):
        with pytest.raises(UserError, match="--set"):
            changed(config, [setting])
    assert changed(config, ["training.rate=0.5", "name=other"]).training.rate == 0.5
