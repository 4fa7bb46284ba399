"""What goes wrong around the renderer: one clear sentence each, exit code 2, nothing left over."""

import errno
import io
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.errors import UserError
from model.training.cli import main
from model.training.synthetic import head as head_room
from model.training.synthetic.demo import _encode
from model.training.synthetic.files import write_whole
from model.training.synthetic.head import VERTEX_COUNT, HeadArrays, load_head
from model.training.synthetic.page import check_page, write_page
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from tests.end_to_end.command import run


def complaint(arguments: list[object], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence that a command ends with."""
    assert main([str(word) for word in arguments]) == 2
    told = capsys.readouterr()
    last = told.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert "Traceback" not in told.err
    return last


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["preview", "--data", "missing", "--out", "p.png"], "no ICT-FaceKit head model in"),
        (["preview", "--out", "p.png"], "give its folder with --data DIR"),
        (["preview", "--data", ".", "--out", "p.pdf"], "not named like a picture"),
        (["preview", "--data", ".", "--out", "missing/p.png"], "there is no folder for"),
        (["preview", "--data", ".", "--out", "p.png", "--preset", "x"], "invalid choice"),
        (["preview", "--data", ".", "--out", "p.png", "--count", "0"], "not a whole number"),
        (["preview", "--data", ".", "--out", "p.png", "--count", "9999"], "more than fits"),
        (["preview", "--data", ".", "--out", "p.png", "--seed", "-1"], "at least 0"),
        (["sheet", "--data", ".", "--out", "p.png"], "--faces DIR"),
        (["sheet", "--faces", ".", "--rendered-only", "--out", "p.png"], "--faces DIR"),
        (["sheet", "--rendered-only", "--data", ".", "--out", "x/p.png"], "there is no folder"),
        (["render", "--preset", "test", "--count", "1", "--data", ".", "--out", "s"], "no ICT"),
        (["template", "--data", ".", "--out", "t.json"], "no ICT-FaceKit head model"),
        (["demo", "--seed", "1", "--data", ".", "--out", "d"], "no ICT-FaceKit head model"),
        (["pack", "missing", "--out", "h.npz"], "no generic_neutral_mesh.obj in missing"),
    ],
)
def test_wrong_paths_and_options(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("GAZECLIP_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert sentence in complaint(["synth", *arguments], capsys)
    assert not list(tmp_path.rglob("*.*"))


def test_a_folder_of_pictures_that_is_not_there(
    tmp_path: Path, renderer: Renderer, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["synth", "sheet", "--faces", tmp_path / "missing", "--out", tmp_path / "s.png"]
    assert "there is no folder" in complaint([*arguments, "--data", data_folder], capsys)


# --- a missing driver ---------------------------------------------------------------------------


def test_no_driver(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise Exception("libEGL.so not loaded")  # as bare as glcontext's own

    monkeypatch.setattr("moderngl.create_context", refuse)
    with pytest.raises(UserError, match=r"libEGL.so not loaded.*libgl1-mesa-dri"):
        Renderer(rig)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"GLCONTEXT_LINUX_LIBEGL": "libmissing.so"}, id="no libEGL"),
        pytest.param({"GLCONTEXT_LINUX_LIBGL": "libmissing.so"}, id="no libGL"),
        pytest.param(
            {"__EGL_VENDOR_LIBRARY_DIRS": "/missing", "LIBGL_DRIVERS_PATH": "/missing"},
            id="no Mesa",
        ),
    ],
)
def test_no_driver_from_the_command_line(
    environment: dict[str, str], tmp_path: Path, data_folder: Path
) -> None:
    arguments = ["--count", 1, "--data", data_folder, "--out", tmp_path / "p.png"]
    ended = run("synth", "preview", *arguments, **environment)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: rendering needs OpenGL 3.3 through EGL")
    assert "on Debian: libegl1, libgl1 and libgl1-mesa-dri" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# --- a head model of another shape --------------------------------------------------------------


@pytest.fixture(scope="module")
def plain() -> HeadArrays:
    """What ICT-FaceKit's shapes are, with next to nothing in them."""
    names = np.array(sorted(head_room.NEEDED_EXPRESSIONS))
    return HeadArrays(
        neutral=np.zeros((VERTEX_COUNT, 3), np.float32),
        identity=np.zeros((1, VERTEX_COUNT, 3), np.float16),
        expression=np.zeros((len(names), VERTEX_COUNT, 3), np.float16),
        expression_names=names,
        triangles=np.array([[0, 1, 2]], np.int32),
        triangle_uv=np.array([[0, 1, 2]], np.int32),
        triangle_material=np.zeros(1, np.int16),
        materials=np.array(["skin"]),
        uv=np.zeros((3, 2), np.float32),
    )


def test_a_head_of_the_right_shape_is_taken(plain: HeadArrays) -> None:
    assert head_room._fault(plain) is None


@pytest.mark.parametrize(
    ("name", "array", "sentence"),
    [
        ("neutral", np.zeros((5, 3)), "has 5 vertices, ICT-FaceKit has 26719"),
        ("neutral", np.zeros((VERTEX_COUNT, 2)), r"its neutral are \(26719, 2\)"),
        ("identity", np.zeros((100, 5, 3)), r"its identity are \(100, 5, 3\)"),
        ("expression", np.zeros((2, VERTEX_COUNT, 3)), r"its expression_names are \(35,\)"),
        ("triangles", np.array([[0, 1, 30000]]), "its triangles point outside"),
        ("triangle_uv", np.array([[0, 1, 3]]), "its triangle_uv point outside"),
        ("expression_names", np.array(["nod"] * 35), "the expression browDown_L is missing"),
    ],
)
def test_a_head_of_other_shapes_is_refused(
    plain: HeadArrays, name: str, array: np.ndarray, sentence: str, tmp_path: Path
) -> None:
    other = replace(plain, **{name: array})
    # Not through `save`, which takes its time.
    arrays = {field: getattr(other, field) for field in HeadArrays.__dataclass_fields__}
    np.savez(tmp_path / "ict_facekit.npz", **arrays)
    with pytest.raises(UserError, match=sentence):
        load_head(tmp_path)


def one_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"diary", one_array()])
def test_a_head_that_is_no_archive(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ict_facekit.npz").write_bytes(content)
    arguments = ["synth", "preview", "--data", tmp_path, "--out", tmp_path / "p.png"]
    assert "cannot be read as a packed head model" in complaint(arguments, capsys)


def test_an_obj_file_of_nonsense(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "generic_neutral_mesh.obj").write_text("v 0 0 zero\nf 1 2 3\n")
    arguments = ["synth", "pack", tmp_path, "--out", tmp_path / "h.npz"]
    assert "cannot be read as an OBJ file" in complaint(arguments, capsys)


# --- a full disk --------------------------------------------------------------------------------


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file may grow larger than so many bytes; commands that are run inherit it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_no_part_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.write_bytes

    def fill(path: Path, content: bytes) -> int:
        whole(path, content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "page.png").write_text("what was there before")
    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(UserError, match=r"page\.png cannot be written \(No space left"):
        write_whole(tmp_path / "page.png", bytes(100))
    assert [p.name for p in tmp_path.iterdir()] == ["page.png"]
    assert (tmp_path / "page.png").read_text() == "what was there before"


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_a_page_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(20_000), pytest.raises(UserError, match="cannot be written"):
        write_page(tmp_path / "page.png", noise(100, 100))
    assert list(tmp_path.iterdir()) == []


def test_a_packed_head_on_a_full_disk(tmp_path: Path, plain: HeadArrays) -> None:
    small = replace(plain, neutral=noise(100, 100), expression=plain.expression[:1])
    with small_disk(5_000), pytest.raises(UserError, match="cannot be written"):
        small.save(tmp_path / "head.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_clip_on_a_full_disk(tmp_path: Path) -> None:
    frames = [noise(480, 640) for _ in range(4)]
    with small_disk(20_000), pytest.raises(UserError, match=r"demo\.mp4 cannot be written"):
        _encode(tmp_path / "demo.mp4", frames, 20)
    assert list(tmp_path.iterdir()) == []


def test_shards_on_a_full_disk(tmp_path: Path, renderer: Renderer, data_folder: Path) -> None:
    arguments = ["--preset", "test", "--count", 2, "--workers", 1, "--landmarks", "projected"]
    with small_disk(20_000):
        ended = run(
            "synth", "render", *arguments, "--data", data_folder, "--out", tmp_path / "shards"
        )
    assert ended.returncode == 2
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert "shard_00000.npz cannot be written (File too large)" in last
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    assert [p.name for p in (tmp_path / "shards").iterdir()] == ["manifest.json"]


def test_a_folder_that_may_not_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    with pytest.raises(UserError, match="cannot be written to"):
        check_page(tmp_path / "page.png")
