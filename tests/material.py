"""Material for tests: small videos, pictures and models, made when needed."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.source import Frame
from model.card import OUTPUTS, ModelCard, card_path, file_hash
from model.estimator import Estimate
from model.geometry import vector
from model.patches import EYE_PATCH


def picture(number: int = 0, size: tuple[int, int] = (160, 120)) -> NDArray[np.uint8]:
    """A picture (H, W, 3) without a face whose brightness tells its number (up to 40)."""
    width, height = size
    image = np.full((height, width, 3), 20 + 5 * (number % 40), dtype=np.uint8)
    image[:, : width // 4] = (200, 60, 30)  # red on the image's left: shows mirroring and BGR
    return image


def number_of(image: NDArray[np.uint8]) -> int:
    """The number in a `picture`, also after a lossy codec."""
    return round((float(image[:, image.shape[1] // 2 :].mean()) - 20) / 5)


def write_video(
    path: Path,
    frames: int,
    size: tuple[int, int] = (160, 120),
    fps: int = 30,
    times: Iterable[int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A video of `picture`s; `times` are presentation times in frame periods."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream("libx264", fps, {"preset": "ultrafast", "crf": "10"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number, time in zip(range(frames), times or range(frames), strict=False):
            frame = av.VideoFrame.from_ndarray(picture(number, size), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def truncate(path: Path, share: float) -> Path:
    """Cut a file off after a share of its bytes."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def frame(number: int = 0, time_ns: int | None = None, file: str | None = None) -> Frame:
    """A frame at 30 per second."""
    time = round(number * 1e9 / 30) if time_ns is None else time_ns
    return Frame(picture(number), number, time, 0, file)


def estimate(pitch: float = 0.0, yaw: float = 0.0, sigma: float = 0.05) -> Estimate:
    """An estimate whose two eyes agree; angles in radians."""
    gaze = vector([pitch, yaw])
    return Estimate(
        gaze, np.stack([gaze, gaze]), sigma, np.eye(9)[0], np.zeros((2, 1), dtype=np.float32)
    )


def write_tiny_model(path: Path) -> Path:
    """Write a model with its card that takes the head's direction for the gaze, and hands out which
    eyes may be heard as its embedding."""

    def constant(name: str, values: object) -> onnx.TensorProto:
        return numpy_helper.from_array(np.asarray(values), name)

    def tensor(name: str, kind: int, *shape: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, [2, *shape])

    graph = helper.make_graph(
        [
            helper.make_node("Slice", ["head", "start", "end", "axis"], ["gaze"]),
            helper.make_node("Identity", ["sigma_of_all"], ["sigma"]),
            helper.make_node("Identity", ["straight"], ["description"]),
            helper.make_node("Reshape", ["used", "column"], ["embedding"]),
        ],
        "tiny",
        [
            tensor("patches", TensorProto.UINT8, EYE_PATCH.height, EYE_PATCH.width, 3),
            tensor("head", TensorProto.FLOAT, 4),
            tensor("used", TensorProto.FLOAT),
        ],
        [
            tensor("gaze", TensorProto.FLOAT, 2),
            tensor("sigma", TensorProto.FLOAT),
            tensor("description", TensorProto.FLOAT, 9),
            tensor("embedding", TensorProto.FLOAT, 1),
        ],
        [
            constant("start", np.array([0])),
            constant("end", np.array([2])),
            constant("column", np.array([2, 1])),
            constant("axis", np.array([1])),
            constant("sigma_of_all", np.full(2, 0.08, dtype=np.float32)),
            constant("straight", np.tile(np.eye(9, dtype=np.float32)[:1], (2, 1))),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)
    outputs = {name: {} for name in OUTPUTS}
    card = ModelCard("tiny", EYE_PATCH, {}, outputs, "none", (0.0, 0.0), file_hash(path))
    card.write(card_path(path))
    return path
