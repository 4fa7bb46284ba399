"""The estimator: eyes combined in the camera frame, mirroring undone, providers told truthfully."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from app import PROJECT
from model.card import card_path, file_hash, load_card
from model.errors import UserError
from model.estimator import Estimator, combine, unmirror
from model.geometry import DIRECTIONS, angle_between, rotation_y, vector
from model.patches import EYE_PATCH, EYE_PATCH_WIDE, Patches

RIGHT_YAW, LEFT_YAW = 0.1, 0.05
"""How far each eye's virtual camera is turned."""


def patches(right: tuple[float, float], left: tuple[float, float]) -> Patches:
    """Patches for which the tiny model answers with these normalised (pitch, yaw)."""
    return Patches(
        images=np.zeros((2, EYE_PATCH.height, EYE_PATCH.width, 3), dtype=np.uint8),
        rotation=np.stack([rotation_y(RIGHT_YAW), rotation_y(LEFT_YAW)]),
        mirrored=np.array([True, False]),
        head=np.array([[*right, 0.0, 0.0], [*left, 0.0, 0.0]], dtype=np.float32),
    )


@pytest.fixture(scope="module")
def estimator(tiny_model: Path) -> Estimator:
    """The tiny model, which takes the head's direction for the gaze; sigma 0.08 rad."""
    return Estimator(tiny_model, "cpu")


def test_two_eyes_that_agree_give_their_common_gaze(estimator: Estimator) -> None:
    """Both look along yaw 0.2 in the camera frame: in its own mirrored frame, the right eye's yaw
    is negated."""
    gaze = vector([-0.15, 0.2])
    right = rotation_y(RIGHT_YAW) @ gaze
    left = rotation_y(LEFT_YAW) @ gaze
    angles = [(float(np.arcsin(-v[1])), float(np.arctan2(-v[0], -v[2]))) for v in (right, left)]
    found = estimator.estimate(patches((angles[0][0], -angles[0][1]), angles[1]))
    assert angle_between(found.gaze, gaze) < 1e-6
    assert np.all(angle_between(found.eye_gaze, gaze) < 1e-6)
    assert found.sigma == pytest.approx(0.08)
    assert found.description == "straight ahead"
    assert found.embedding.shape[0] == 2


@pytest.mark.parametrize(("eyes", "used"), [("right", 0), ("left", 1)])
def test_one_usable_eye(estimator: Estimator, eyes: str, used: int) -> None:
    found = estimator.estimate(patches((0.3, 0.1), (-0.2, 0.1)), eyes)  # type: ignore[arg-type]
    assert angle_between(found.gaze, found.eye_gaze[used]) < 1e-6
    assert np.isnan(found.eye_gaze[1 - used]).all()
    heard = found.embedding[:, 0]  # the tiny model hands out which eyes it may listen to
    assert heard[used] == 1.0
    assert heard[1 - used] == 0.0


def test_the_surer_eye_counts_for_more() -> None:
    eyes = np.stack([vector([0.0, 0.1]), vector([0.0, -0.1])])
    gaze, sigma = combine(eyes, np.array([0.1, 0.2]), np.array([True, True]))
    yaw = np.arctan2(-gaze[0], -gaze[2])
    assert yaw == pytest.approx(0.1 * (4 - 1) / 5, abs=1e-3)
    assert 0.1 < float(sigma) < 0.2


def test_left_and_right_are_the_users_own_in_descriptions() -> None:
    left = np.eye(9)[DIRECTIONS.index("up left")]
    found = unmirror(np.stack([left, left]), np.array([True, False]))
    assert DIRECTIONS[int(found[0].argmax())] == "up right"
    assert DIRECTIONS[int(found[1].argmax())] == "up left"


def test_auto_tells_what_it_really_got(tiny_model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = Estimator(tiny_model, "auto")
    assert found.provider in onnxruntime.get_available_providers()
    assert found.provider == found._session.get_providers()[0]
    assert capfd.readouterr() == ("", "")


def test_cuda_is_demanded_where_there_is_none(
    tiny_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if Estimator(tiny_model, "auto").provider == "CUDAExecutionProvider":
        pytest.skip("this machine has CUDA")
    with pytest.raises(UserError, match="CUDA was demanded"):
        Estimator(tiny_model, "cuda")
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_no_model(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"nothing")
    replace(load_card(tiny_model), sha256=file_hash(path)).write(card_path(path))
    with pytest.raises(UserError, match="cannot read the model"):
        Estimator(path)


def test_a_card_of_other_patches(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(tiny_model.read_bytes())
    replace(load_card(tiny_model), patch=EYE_PATCH_WIDE).write(card_path(path))
    with pytest.raises(UserError, match="does not take the patches"):
        Estimator(path)


def write_any(path: Path, tiny_model: Path, first: int | str) -> Path:
    """A model like the tiny one that takes `first` patches ("N": any number), and hands out their
    brightness as its embedding."""
    loaded = onnx.load(str(tiny_model))
    graph = loaded.graph
    del graph.node[1:]  # what remains takes the gaze from the head's direction
    nodes = [
        helper.make_node("Cast", ["patches"], ["bright"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["bright"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Reshape", ["mean", "columns"], ["embedding"]),
        helper.make_node("Mul", ["used", "nothing"], ["nothings"]),
        helper.make_node("Add", ["nothings", "wide"], ["sigma"]),
        helper.make_node("MatMul", ["embedding", "nowhere"], ["nowheres"]),
        helper.make_node("Add", ["nowheres", "straight"], ["description"]),
    ]
    graph.node.extend(nodes)
    for name, values in (
        ("columns", np.array([-1, 1])),
        ("nothing", np.float32([0.0])),
        ("wide", np.float32([0.08])),
        ("nowhere", np.zeros((1, 9), dtype=np.float32)),
    ):
        graph.initializer.append(numpy_helper.from_array(values, name))
    straight = next(c for c in graph.initializer if c.name == "straight")
    straight.CopyFrom(numpy_helper.from_array(np.eye(9, dtype=np.float32)[:1], "straight"))
    for value in [*graph.input, *graph.output]:
        size = value.type.tensor_type.shape.dim[0]
        if isinstance(first, str):
            size.dim_param = first
        else:
            size.dim_value = first
    onnx.save(loaded, str(path))
    replace(load_card(tiny_model), sha256=file_hash(path)).write(card_path(path))
    return path


def test_a_model_for_any_number_of_faces(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks twice in one run, at both eyes each time, and says what one for a face says."""
    many = Estimator(write_any(tmp_path / "any.onnx", tiny_model, "N"), "cpu")
    one = Estimator(write_any(tmp_path / "one.onnx", tiny_model, 2), "cpu")
    assert many.dynamic
    assert not one.dynamic
    given = patches((0.3, 0.1), (-0.2, 0.1))
    given.images[0, :24] = 80
    given.images[1, :, :9] = 200
    runs = []
    infer = many.infer

    def look(images, head, used=None):
        runs.append(len(images))
        return infer(images, head, used)

    monkeypatch.setattr(many, "infer", look)
    found, expected = many.estimate(given, "left"), one.estimate(given, "left")
    assert runs == [4]
    np.testing.assert_allclose(found.gaze, expected.gaze)
    np.testing.assert_allclose(found.eye_gaze, expected.eye_gaze)
    np.testing.assert_allclose(found.embedding, expected.embedding)
    np.testing.assert_allclose(found.probabilities, expected.probabilities)
    three = np.concatenate([given.images] * 3)
    assert infer(three, np.tile(given.head, (3, 1))).gaze.shape == (6, 2)


def test_a_model_for_several_faces_at_once(tiny_model: Path, tmp_path: Path) -> None:
    path = write_any(tmp_path / "six.onnx", tiny_model, 6)
    with pytest.raises(UserError, match=r"takes 6 patches at once.*--batch dynamic"):
        Estimator(path, "cpu")


def test_running_a_model_imports_no_torch() -> None:
    code = "import sys, model.estimator; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("roll", "patch_says", "camera_says"),
    [
        (0.0, "left", "left"),
        (45.0, "left", "down left"),
        (-45.0, "left", "up left"),
        (90.0, "up", "left"),
        (180.0, "up right", "down left"),
        (30.0, "straight ahead", "straight ahead"),
    ],
)
def test_descriptions_are_those_of_the_camera_frame(roll, patch_says, camera_says):
    from model.estimator import unroll
    from model.geometry import rotation_z

    says = np.zeros((1, 9))
    says[0, DIRECTIONS.index(patch_says)] = 1.0
    # The patch's x axis points `roll` degrees below the camera's, in the picture clockwise.
    found = unroll(says, rotation_z(-np.radians(roll))[None])
    assert DIRECTIONS[int(found[0].argmax())] == camera_says
    assert found.sum() == pytest.approx(1.0)


def test_the_model_looks_twice_the_second_time_a_pixel_aside(
    estimator: Estimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says of both is averaged: here a tenth of a radian for either look's own corner."""
    seen = []
    infer = estimator.infer

    def look(images, head, used=None):
        seen.append(images.copy())
        found = infer(images, head, used)
        return found._replace(gaze=found.gaze + np.float32(0.1 * images[0, 1, 1, 0] / 255.0))

    monkeypatch.setattr(estimator, "infer", look)
    both = patches((0.0, 0.0), (0.0, 0.0))
    both.images[:, 0, 0] = 255  # the corner, which the second look has at (1, 1) too
    both.images[:, 5, 9] = 80
    found = estimator.estimate(both)
    assert len(seen) == 2
    np.testing.assert_array_equal(seen[0], both.images)
    np.testing.assert_array_equal(seen[1][:, 1:, 1:], both.images[:, :-1, :-1])
    np.testing.assert_array_equal(seen[1][:, 0, 1:], both.images[:, 0, :-1])
    left = rotation_y(LEFT_YAW) @ found.eye_gaze[1]
    assert np.arcsin(-left[1]) == pytest.approx(0.05, abs=1e-6)
