"""CLIP's own RN50 and ViT-B/32, whole: built, loaded from a file, trained a step, exported, run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(2)

from model.estimator import Estimator  # noqa: E402
from model.patches import FACE_PATCH, Patches  # noqa: E402
from model.training.batches import MemoryBatches, Share  # noqa: E402
from model.training.checkpoint import save_checkpoint  # noqa: E402
from model.training.config import load_config  # noqa: E402
from model.training.datasets import synthgaze  # noqa: E402
from model.training.export import export  # noqa: E402
from model.training.towers import create_towers  # noqa: E402
from model.training.trainer import Budget, Options, Trainer  # noqa: E402
from tests.model.training.material import write_shards  # noqa: E402


@pytest.mark.parametrize("name", ["gazeclip-rn50", "gazeclip-vit-b-32"])
def test_clips_own_towers_train_export_and_run(name: str, tmp_path: Path) -> None:
    """With random weights in place of CLIP's, which are not part of the project, in a file like
    those that CLIP's are passed around in."""
    config = load_config(name)
    towers = create_towers(replace(config.clip, pretrained=None))
    local = tmp_path / "clip.pt"
    torch.save(towers.state_dict(), local)
    expected = towers.state_dict()["visual.conv1.weight"].clone()
    del towers
    config = replace(config, clip=replace(config.clip, pretrained=str(local)))
    shards = write_shards(tmp_path / "shards", samples=3, face=True)
    data = synthgaze.load([shards], config.patch, config.grey)
    batches = MemoryBatches(data, Share(2), [])
    trainer = Trainer(config, batches, Options(tmp_path / "run", Budget(epochs=1.0)))
    torch.testing.assert_close(trainer.model.clip.visual.conv1.weight.detach(), expected)
    local.unlink()
    before = trainer.model.head.out.weight.detach().clone()
    assert np.isfinite(float(trainer.train_step()["loss"]))
    assert not torch.equal(trainer.model.head.out.weight.detach(), before)
    (tmp_path / "run").mkdir()
    content = trainer.state()
    del trainer
    content["optimizer"] = {}
    content["model"] = {}
    save_checkpoint(tmp_path / "run", content)
    del content
    model = tmp_path / "model.onnx"
    export(tmp_path / "run", model)
    patches = Patches(
        np.full((1, 224, 224, 3), 90, np.uint8),
        np.eye(3)[None],
        np.array([False]),
        np.zeros((1, 4), np.float32),
    )
    estimator = Estimator(model, "cpu")
    assert estimator.spec == FACE_PATCH
    assert np.linalg.norm(estimator.estimate(patches).gaze) == pytest.approx(1.0)
