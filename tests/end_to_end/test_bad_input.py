"""Each bad input: one clear sentence on stderr, exit code 2, no recording left behind."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from model.card import card_path
from tests.end_to_end.command import run
from tests.material import picture, write_tiny_model, write_video


def video(folder: Path) -> str:
    return str(write_video(folder / "good.mp4", 5))


def no_such_file(folder: Path) -> list[str]:
    return [str(folder / "missing.mp4")]


def text_named_mp4(folder: Path) -> list[str]:
    (folder / "text.mp4").write_text("Dear diary, today I am a video.\n" * 20)
    return [str(folder / "text.mp4")]


def empty_folder(folder: Path) -> list[str]:
    (folder / "empty").mkdir()
    return [str(folder / "empty")]


def one_pixel(folder: Path) -> list[str]:
    (folder / "pictures").mkdir()
    Image.fromarray(picture(size=(4, 1))[:, :1]).save(folder / "pictures" / "a.png")
    return [str(folder / "pictures")]


def camera_number(folder: Path) -> list[str]:
    return ["97"]


def camera_name(folder: Path) -> list[str]:
    return ["Nobody's Camera"]


def out_below_a_file(folder: Path) -> list[str]:
    return [video(folder), "--out", str(folder / "good.mp4" / "out")]


def overlay_nowhere(folder: Path) -> list[str]:
    return [video(folder), "--overlay", str(folder / "missing" / "o.mp4")]


def overlay_over_its_source(folder: Path) -> list[str]:
    return [video(folder), "--overlay", str(folder / "good.mp4")]


def model_missing(folder: Path) -> list[str]:
    return [video(folder), "--model", str(folder / "missing.onnx")]


def model_not_its_card_s(folder: Path) -> list[str]:
    model = write_tiny_model(folder / "m.onnx")
    model.write_bytes(model.read_bytes() + b"\0")
    return [video(folder), "--model", str(model)]


def card_missing(folder: Path) -> list[str]:
    model = write_tiny_model(folder / "m.onnx")
    card_path(model).unlink()
    return [video(folder), "--model", str(model)]


def card_of_a_newer_schema(folder: Path) -> list[str]:
    model = write_tiny_model(folder / "m.onnx")
    card = json.loads(card_path(model).read_text())
    card_path(model).write_text(json.dumps({**card, "schema": 99}))
    return [video(folder), "--model", str(model)]


def cuda_demanded(folder: Path) -> list[str]:
    return [video(folder), "--provider", "cuda"]


def tiny_video(folder: Path) -> list[str]:
    return [str(write_video(folder / "tiny.mp4", 5, size=(16, 16)))]


def name_too_long(folder: Path) -> list[str]:
    return [video(folder), "--model", str(folder / ("m" * 300 + ".onnx"))]


def card_with_nonsense(folder: Path) -> list[str]:
    model = write_tiny_model(folder / "m.onnx")
    card = json.loads(card_path(model).read_text())
    card["patch"]["height"] = 48.5
    card_path(model).write_text(json.dumps(card))
    return [video(folder), "--model", str(model)]


def nonsense_option(folder: Path) -> list[str]:
    return [video(folder), "--fov", "wide"]


@pytest.mark.parametrize(
    "arrange",
    [
        no_such_file,
        text_named_mp4,
        empty_folder,
        one_pixel,
        camera_number,
        camera_name,
        out_below_a_file,
        overlay_nowhere,
        overlay_over_its_source,
        model_missing,
        model_not_its_card_s,
        card_missing,
        card_of_a_newer_schema,
        cuda_demanded,
        tiny_video,
        name_too_long,
        card_with_nonsense,
        nonsense_option,
    ],
    ids=lambda arrange: arrange.__name__,
)
def test_bad_input(arrange: Callable[[Path], list[str]], tmp_path: Path, tiny_model: Path):
    out = tmp_path / "recordings"
    defaults = ["--out", str(out), "--model", str(tiny_model)]
    # Where there is a GPU it is hidden: CUDA is absent for this command.
    done = run("track", *defaults, *arrange(tmp_path), CUDA_VISIBLE_DEVICES="-1")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 500
    assert done.stdout == ""
    assert not out.exists()


def test_training_without_its_requirements_says_what_to_install(tmp_path: Path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')")
    arguments = ("train", "--shards", tmp_path, "--out", tmp_path)
    done = run(*arguments, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "requirements-train.txt" in done.stderr
    assert done.stderr.count("\n") == 1
