from pathlib import Path

import numpy as np
import pytest

from model.errors import UserError
from model.training.synthetic.head import (
    HeadArrays,
    _read_packed,
    find_head,
    load_head,
    read_obj_folder,
)

SQUARE = "usemtl skin\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
QUAD = "f 1/1/1 2/2/1 3/3/1 4/4/1\n"


def _write_head(folder: Path) -> None:
    (folder / "generic_neutral_mesh.obj").write_text(SQUARE + QUAD)
    for name, height in (("identity000", 0.5), ("identity001", 0.25), ("jawOpen", -1.0)):
        moved = SQUARE.replace("v 0 0 0", f"v 0 0 {height}")
        (folder / f"{name}.obj").write_text(moved + QUAD)


def test_pack_holds_what_the_obj_files_held(tmp_path: Path) -> None:
    _write_head(tmp_path)
    arrays = read_obj_folder(tmp_path)
    arrays.save(tmp_path / "packed.npz")
    packed = _read_packed(tmp_path / "packed.npz")

    assert packed.neutral.shape == (4, 3)
    assert packed.identity.shape == (2, 4, 3)
    assert packed.identity[0, 0, 2] == pytest.approx(0.5)
    assert packed.expression_names.tolist() == ["jawOpen"]
    assert packed.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert packed.triangle_uv.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert packed.materials.tolist() == ["skin"]
    for name in HeadArrays.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(packed, name), getattr(arrays, name))


def test_meshes_of_different_size_are_refused(tmp_path: Path) -> None:
    _write_head(tmp_path)
    (tmp_path / "identity000.obj").write_text("v 0 0 0\n")
    with pytest.raises(UserError, match="do not belong together"):
        read_obj_folder(tmp_path)


def test_another_mesh_is_refused(tmp_path: Path) -> None:
    _write_head(tmp_path)
    with pytest.raises(UserError, match="4 vertices"):
        load_head(tmp_path)


def test_a_folder_without_the_head_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ICT-FaceKit"):
        find_head(tmp_path)
    with pytest.raises(UserError, match="--data"):
        find_head(None)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "ict_facekit.npz"
    broken.write_text("nothing")
    with pytest.raises(UserError, match="synth pack"):
        load_head(tmp_path)
