"""Runs an exported model on patches and hands out gaze in the camera frame."""

import contextlib
import ctypes
import io
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model.card import OUTPUTS, ModelCard, load_card
from model.errors import UserError
from model.geometry import DIRECTIONS, MIRRORED, Array, normalize
from model.patches import Patches, PatchSpec, to_camera

Provider = Literal["auto", "cuda", "cpu"]
Eyes = Literal["both", "left", "right"]

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
QUIET = 4
"""ONNX Runtime's log level at which it reports fatal errors only."""

SHIFT = 1
"""Pixels by which the second of two looks is shifted, right and down."""

USED_EYES = {"both": (True, True), "right": (True, False), "left": (False, True)}


@dataclass(frozen=True)
class Estimate:
    """Gaze of one face.

    Attributes:
        gaze: (3,) unit vector in the camera frame.
        eye_gaze: (2, 3) of the user's right and left eye; NaN where an eye was not used, and both
            for a model that sees the whole face.
        sigma: expected standard deviation of the gaze per axis, radians.
        probabilities: (9,) of each of `model.geometry.DIRECTIONS`; left and right the user's own.
        embedding: (N, E) the model's last hidden layer for each patch.
    """

    gaze: Array
    eye_gaze: Array
    sigma: float
    probabilities: Array
    embedding: NDArray[np.float32]

    @property
    def description(self) -> str:
        """The likeliest direction in words."""
        return DIRECTIONS[int(np.argmax(self.probabilities))]


class Inference(NamedTuple):
    """A model's outputs for N patches, in the order of `model.card.OUTPUTS`.

    Attributes:
        gaze: (N, 2) pitch and yaw, radians, in the patches' normalised frames, mirrored where the
            patch is.
        sigma: (N,) radians.
        description: (N, 9) probabilities, in the patches' frames.
        embedding: (N, E).
    """

    gaze: NDArray[np.float32]
    sigma: NDArray[np.float32]
    description: NDArray[np.float32]
    embedding: NDArray[np.float32]


class Estimator:
    """An exported model, ready to run.

    Attributes:
        card: the model's card.
        spec: the patches it wants.
        provider: what it really runs on, "CUDAExecutionProvider" or "CPUExecutionProvider".
        count: patches of one face.
        dynamic: whether the model takes any number of faces at once.
    """

    def __init__(self, model: Path, provider: Provider = "auto", threads: int = 1) -> None:
        """Load a model, check it against its card and run it once to warm up.

        Args:
            model: path of the .onnx file; its card lies beside it.
            provider: "auto" takes CUDA where it works, else the CPU.
            threads: CPU threads of one run; more than one hardly helps so small a model.

        Raises:
            UserError: if the model or its card cannot be used, or CUDA was demanded and is absent.
        """
        self.card: ModelCard = load_card(model)
        self.spec: PatchSpec = self.card.patch
        self._session = _open(model, provider, threads)
        self.provider: str = self._session.get_providers()[0]
        self.count = 2 if self.spec.kind == "eyes" else 1
        self.dynamic = self._takes_any_number(model)
        shape = (self.count, self.spec.height, self.spec.width, 3)
        self.infer(np.zeros(shape, np.uint8), np.zeros((self.count, 4), np.float32))

    def _takes_any_number(self, model: Path) -> bool:
        """Whether the model takes any number of faces at once, rather than one.

        Raises:
            UserError: if it takes something else than its card says, or several faces only.
        """
        given = {node.name: tuple(node.shape) for node in self._session.get_inputs()}
        wanted = {"patches": (self.spec.height, self.spec.width, 3), "head": (4,)}
        if self.count == 2:
            wanted["used"] = ()
        if {name: shape[1:] for name, shape in given.items()} == wanted:
            first = {shape[0] for shape in given.values()}
            if first == {self.count}:
                return False
            if not any(isinstance(size, int) for size in first):
                return True
            raise UserError(
                f"the model {model} takes {min(first, key=str)} patches at once, and one face has "
                f"{self.count}: export it with --batch 1 or --batch dynamic"
            )
        raise UserError(f"the model {model} does not take the patches that its card describes")

    def estimate(self, patches: Patches, eyes: Eyes = "both") -> Estimate:
        """Gaze from the patches of one face.

        Args:
            patches: cut by `model.patches.cut_patches` to this model's `spec`.
            eyes: which eyes count; without meaning for a model that sees the whole face.
        """
        if eyes not in USED_EYES:
            raise ValueError(f"eyes are 'both', 'left' or 'right', not {eyes!r}")
        used = np.array(USED_EYES[eyes]) if self.spec.kind == "eyes" else np.array([True])
        found = self.look_twice(patches, used)
        own = to_camera(found.gaze.astype(np.float64), patches.rotation, patches.mirrored)
        gaze, sigma = combine(own, found.sigma, used)
        eye_gaze = np.full((2, 3), np.nan)
        if self.spec.kind == "eyes":
            eye_gaze[used] = own[used]
        described = unmirror(found.description, patches.mirrored)
        described = unroll(described, patches.rotation)
        return Estimate(
            gaze=gaze,
            eye_gaze=eye_gaze,
            sigma=float(sigma),
            probabilities=(described * _weights(found.sigma, used)[:, None]).sum(axis=0),
            embedding=found.embedding,
        )

    def look_twice(self, patches: Patches, used: NDArray[np.bool_]) -> Inference:
        """The mean of what the model says of patches, and of the same shifted by a pixel.

        A camera's noise falls otherwise on the grid by which a network thins its picture out, so
        that a third of the trembling from frame to frame goes away (docs/benchmarks.md).

        `used` (N,) says which patches may help to read the other one.
        """
        looks = (patches.images, shifted(patches.images, SHIFT))
        if self.dynamic:  # both at once: the same numbers, sooner
            heads, both_used = np.tile(patches.head, (2, 1)), np.tile(used, 2)
            both = self.infer(np.concatenate(looks), heads, both_used)
            return Inference(*(np.mean(np.split(part, 2), axis=0) for part in both))
        found = [self.infer(images, patches.head, used) for images in looks]
        return Inference(*(np.mean(part, axis=0) for part in zip(*found, strict=True)))

    def infer(
        self,
        images: NDArray[np.uint8],
        head: NDArray[np.float32],
        used: NDArray[np.bool_] | None = None,
    ) -> Inference:
        """The model's own outputs.

        Args:
            images: (N, H, W, 3) patches of one face; of several where the model is `dynamic`.
            head: (N, 4) numbers about the head.
            used: (N,) which eyes may help to read the other one; None for both. What the model
                says of an eye that is not used means nothing.
        """
        inputs: dict[str, NDArray[Any]] = {"patches": images, "head": head}
        if self.count == 2:
            everything = np.ones(len(images), np.float32)
            inputs["used"] = everything if used is None else used.astype(np.float32)
        return Inference(*self._session.run(list(OUTPUTS), inputs))


def shifted(images: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    """Images (N, H, W, 3) moved right and down by so many pixels, their first ones repeated."""
    rows, columns = (np.maximum(np.arange(side) - by, 0) for side in images.shape[1:3])
    return np.ascontiguousarray(images[:, rows][:, :, columns])


def combine(
    eye_gaze: Array, sigma: NDArray[Any], used: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.float64]]:
    """One gaze of each sample's patches: their mean in the camera frame weighted by 1 / sigma^2.

    The errors of two eyes in one picture go together (light, landmarks, the person), so sigma of
    the mean is taken as the weighted mean of the variances, not as that of independent errors.

    Args:
        eye_gaze: (..., P, 3) unit vectors in the camera frame.
        sigma: (..., P) radians.
        used: (..., P), which patches count.

    Returns:
        Gaze (..., 3), unit vectors, and sigma (...). NaN where no patch counts.
    """
    weights = _weights(sigma, used)
    gaze = normalize((eye_gaze * weights[..., None]).sum(axis=-2))
    return gaze, np.sqrt((weights * np.square(sigma)).sum(axis=-1))


def unmirror(probabilities: NDArray[Any], mirrored: NDArray[np.bool_]) -> Array:
    """Probabilities (..., P, 9) in the patches' frames as those of the user's own left and right.

    Args:
        probabilities: (..., P, 9) as the model gives them.
        mirrored: (P,), which patches are flipped.
    """
    flipped = probabilities[..., list(MIRRORED)]
    return np.where(mirrored[:, None], flipped, probabilities).astype(np.float64)


def unroll(probabilities: Array, rotation: Array) -> Array:
    """Probabilities of directions in frames rolled with the head as those in the camera frame.

    The eight sectors are shared out between their neighbours, by the part of 45 degrees that the
    roll takes.

    Args:
        probabilities: (P, 9).
        rotation: (P, 3, 3), camera frame to each patch's own.
    """
    found = probabilities.copy()
    for row, R in zip(found, rotation, strict=True):
        turned = math.atan2(R[0, 1], R[0, 0]) / (math.pi / 4.0)
        whole = math.floor(turned)
        nearer, farther = np.roll(row[1:], -whole), np.roll(row[1:], -whole - 1)
        row[1:] = nearer + (turned - whole) * (farther - nearer)
    return found


def _weights(sigma: NDArray[Any], used: NDArray[np.bool_]) -> Array:
    precision = np.where(used, np.asarray(sigma, dtype=np.float64) ** -2.0, 0.0)
    with np.errstate(invalid="ignore"):
        return np.asarray(precision / precision.sum(axis=-1, keepdims=True))


def _open(model: Path, provider: Provider, threads: int) -> Any:
    onnxruntime.set_default_logger_severity(QUIET)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle threads that spin would steal the cores of the face tracker between two runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = None if provider == "cpu" else _open_cuda(model, options)
    if session is not None:
        return session
    if provider == "cuda":
        raise UserError(
            "CUDA was demanded but cannot be used on this machine: install a driver and "
            "requirements-cuda.txt, or choose --provider cpu"
        )
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=[CPU])
    except Exception as error:  # its errors have no common base
        raise UserError(f"ONNX Runtime cannot read the model {model}: export it again") from error


def _open_cuda(model: Path, options: Any) -> Any:
    """A session that really runs on CUDA, or None. Whatever ONNX Runtime prints is swallowed."""
    if CUDA not in onnxruntime.get_available_providers() or not _has_gpu():
        return None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            onnxruntime.preload_dlls()
            session = onnxruntime.InferenceSession(str(model), options, providers=[CUDA, CPU])
        except Exception:  # noqa: BLE001 - its errors have no common base, and the CPU is next
            return None
    return session if session.get_providers()[0] == CUDA else None


def _has_gpu() -> bool:
    """Whether a CUDA driver is there and knows a device: cheap to ask, unlike loading CUDA."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    count = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL(name)
        found = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    except (OSError, AttributeError):
        return False
    return found and count.value > 0
