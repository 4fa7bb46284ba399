"""A researcher's whole way, for every layout: check, train, evaluate all folds, export, track."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

torch = pytest.importorskip("torch", reason="requirements-train.txt is not installed")
torch.set_num_threads(2)

import main  # noqa: E402
from app.source.video import VideoSource  # noqa: E402
from app.video_writer import VideoWriter  # noqa: E402
from model.training.checkpoint import load_checkpoint  # noqa: E402
from model.training.report.published import COLUMNS  # noqa: E402
from tests.end_to_end.command import run  # noqa: E402
from tests.model.training.datasets.test_recordings import ABOUT, recording  # noqa: E402
from tests.model.training.material import tiny_config  # noqa: E402
from tests.model.training.minisets import writers  # noqa: E402
from tests.model.training.minisets.rendering import Sample, open_studio, rendered_samples  # noqa: E402
from tests.model.training.raw_mpiifacegaze import render_raw, write_raw  # noqa: E402

Make = Callable[[Path, tuple[Sample, ...]], Path]


def written(write: Callable[..., list[Sample]]) -> Make:
    """A layout that the mini-sets' writers know."""

    def make(folder: Path, rendered: tuple[Sample, ...]) -> Path:
        samples = write(folder, rendered)
        assert len({sample.person for sample in samples}) >= 3
        return folder

    return make


def prepared(folder: Path, rendered: tuple[Sample, ...]) -> Path:
    """Raw MPIIFaceGaze, cut by `data prepare`."""
    studio = open_studio()
    raw = write_raw(folder / "raw", render_raw(studio))
    studio.close()
    do("data", "prepare", "--dataset", "mpiifacegaze", "--raw", raw, "--out", folder / "pack",
       "--patch", "face", "--workers", 1)  # fmt: skip
    return folder / "pack"


def packed(folder: Path, rendered: tuple[Sample, ...]) -> Path:
    """EyeDiap's layout, packed."""
    (folder / "data").mkdir()
    written(writers.write_eyediap)(folder / "data", rendered)
    do("data", "pack", "--dataset", "eyediap", "--root", folder / "data", "--out", folder / "pack",
       "--patch", "face", "--workers", 1)  # fmt: skip
    return folder / "pack"


def recorded(folder: Path, rendered: tuple[Sample, ...]) -> Path:
    """Recordings of the demo clip, as of three persons."""
    for person in ("anna", "berta", "carla"):
        recording(folder / f"20260101T000000Z_{person}", {**ABOUT, "profile": person})
    return folder


def synthetic(folder: Path, rendered: tuple[Sample, ...]) -> Path:
    """Shards as `synth render` writes them."""
    do("synth", "render", "--preset", "train", "--seed", 3, "--count", 60, "--patches", "face",
       "--landmarks", "projected", "--workers", 1, "--out", folder / "shards")  # fmt: skip
    return folder / "shards"


LAYOUTS: dict[str, tuple[str, Make, int]] = {
    "MPIIFaceGaze": ("mpiifacegaze", written(writers.write_mpiifacegaze), 4),
    "EyeDiap": ("eyediap", written(writers.write_eyediap), 2),
    "RT-Gene": ("rt-gene", written(writers.write_rtgene), 3),
    "Gaze360": ("gaze360", written(writers.write_gaze360), 1),
    "ETH-XGaze": ("eth-xgaze", written(writers.write_ethxgaze), 1),
    "raw MPIIFaceGaze": ("packed", prepared, 3),
    "a packed set": ("packed", packed, 2),
    "recordings": ("recordings", recorded, 3),
    "SynthGaze": ("synthgaze", synthetic, 1),
}
"""The reader of each, how it is made, and how many folds its protocol has."""


@pytest.fixture(scope="module")
def rendered() -> tuple[Sample, ...]:
    """Rendered people to fill the layouts with."""
    return rendered_samples()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, demo_clip: Path) -> Path:
    """The demo clip's first second."""
    path = tmp_path_factory.mktemp("clip") / "short.mp4"
    with VideoSource(demo_clip) as source, VideoWriter(path, source.size, 30.0) as writer:
        for frame, _ in zip(source, range(30), strict=False):
            writer.add(frame.image, frame.time_ns)
    return path


def do(*arguments: object) -> None:
    """Run a command of main.py in this process, which has torch loaded already."""
    assert main.main([str(argument) for argument in arguments]) == 0, arguments


@pytest.mark.parametrize("layout", LAYOUTS)
def test_from_check_to_track(
    layout: str,
    rendered: tuple[Sample, ...],
    clip: Path,
    tmp_path: Path,
) -> None:
    name, make, folds = LAYOUTS[layout]
    (tmp_path / "data").mkdir()
    root = make(tmp_path / "data", rendered)
    where = ("--dataset", name, "--root", root)
    do("data", "check", *where, "--sheet", tmp_path / "sheet.png", "--workers", 1)
    assert (tmp_path / "sheet.png").is_file()

    config = tmp_path / "tiny.json"
    config.write_text(json.dumps(tiny_config(tmp_path, "tiny-resnet").to_json()))
    runs = tmp_path / "runs"
    do("train", "--config", config, *where, "--epochs", 2, "--out", runs, "--workers", 1)
    trained = sorted(path.parent for path in runs.glob("*/checkpoint.pt"))
    assert len(trained) == folds
    for folder in trained:
        content = load_checkpoint(folder)
        persons = {part: set(names) for part, names in content["fold"]["persons"].items()}
        assert content["done"]
        assert not persons["train"] & persons["test"]
        assert not persons["validation"] & persons["test"]

    report = tmp_path / "report"
    do("evaluate", "--model", runs, *where, "--workers", 1, "--report", report)
    table = pandas.read_csv(report / "results.csv")
    assert len(table) >= folds
    text = (report / "report.md").read_text(encoding="utf-8")
    assert ("not comparable" in text) == (load_checkpoint(trained[0])["fold"]["dataset"] in COLUMNS)

    model = tmp_path / "model.onnx"
    do("export", "--checkpoint", trained[0], "--out", model)
    recordings = tmp_path / "recordings"
    done = run("track", clip, "--model", model, "--out", recordings)
    assert done.returncode == 0, done.stderr
    found = pandas.read_csv(next(recordings.glob("*/samples.csv")))
    assert found.gaze_yaw.notna().mean() > 0.9
