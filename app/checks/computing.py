"""The model, what it runs on, and the face finder: each of them tried out for real."""

import ctypes
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from app import INSTALL
from app.checks import Finding
from app.settings import DEFAULT_MODEL, peek
from model.errors import UserError

DRIVER_FOR_CUDA = {12: 525, 13: 580}
"""The oldest NVIDIA driver that runs each CUDA."""

CUDA_FIX = f"run {sys.executable} -m pip install -r requirements-cuda.txt"


@dataclass(frozen=True)
class Driver:
    """What NVIDIA's driver says.

    Attributes:
        cards: how many graphics cards it knows.
        cuda: (major, minor) of the newest CUDA that it runs, None where it does not say.
        told: name of the card and version of the driver, as nvidia-smi tells them, "" where it is
            not there.
    """

    cards: int
    cuda: tuple[int, int] | None
    told: str


def check_model() -> Iterator[Finding]:
    """The model is the one that its card describes, and runs; where it runs."""
    from model.card import load_card

    model = peek()[0].model_path
    try:
        card = load_card(model)
    except UserError as error:
        fix = "get the folder weights/ back from the repository"
        if model != DEFAULT_MODEL:
            fix = "choose another model in the settings, or clear that field"
        yield Finding("model", str(error), "wrong", fix)
        return
    yield Finding("model", f"{card.name} ({model}), matches its card: sha256 {card.sha256[:16]}")

    from model.estimator import Estimator

    try:
        provider = Estimator(model).provider.removesuffix("ExecutionProvider")
    except UserError as error:
        yield Finding("execution provider", str(error), "wrong", f"run {INSTALL}")
        return
    yield from driver_findings(provider, nvidia_driver(), cuda_wanted())


def driver_findings(provider: str, driver: Driver | None, wanted: int | None) -> Iterator[Finding]:
    """What the model runs on, and what CUDA would need.

    Args:
        provider: what a real session got, "CPU" or "CUDA".
        driver: None where there is none.
        wanted: major version of the CUDA that ONNX Runtime was built for, None where for none.
    """
    yield Finding("execution provider", f"{provider} (what a real session got)")
    if sys.platform == "darwin":
        return  # there is no CUDA to be had
    oldest = DRIVER_FOR_CUDA.get(wanted or 0)
    needs = f"driver {oldest} or newer" if oldest else "a driver"
    if driver is None:
        yield Finding(
            "NVIDIA driver", "none: the model runs on the processor, which is fast enough",
            "note", f"only to use an NVIDIA graphics card: install {needs}",
        )  # fmt: skip
        return
    cuda = f"runs CUDA up to {driver.cuda[0]}.{driver.cuda[1]}" if driver.cuda else "runs no CUDA"
    cards = f"{driver.cards} graphics card{'' if driver.cards == 1 else 's'}"
    found = ", ".join(filter(None, (driver.told, cards, cuda)))
    if provider == "CUDA":
        yield Finding("NVIDIA driver", found)
        return
    if wanted is None:
        problem, fix = "ONNX Runtime here has no CUDA", f"run {INSTALL}"
    elif not driver.cards:
        problem, fix = "it knows no graphics card", "plug one in, or leave it as it is"
    elif driver.cuda is None or driver.cuda[0] < wanted:
        problem, fix = f"CUDA {wanted} is needed", f"install {needs}"
    else:
        problem, fix = f"but CUDA {wanted} or cuDNN is missing", CUDA_FIX
    fix += "; until then the model runs on the processor, which is fast enough"
    yield Finding("NVIDIA driver", f"{found}; {problem}", "note", fix)


def nvidia_driver() -> Driver | None:
    """What NVIDIA's driver says of itself, None where there is none."""
    told = _nvidia_smi()
    count, version = ctypes.c_int(0), ctypes.c_int(0)
    try:
        library = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        if library.cuInit(0) == 0:
            library.cuDeviceGetCount(ctypes.byref(count))
        library.cuDriverGetVersion(ctypes.byref(version))
    except (OSError, AttributeError):
        return Driver(0, None, told) if told else None
    cuda = (version.value // 1000, version.value % 1000 // 10) if version.value else None
    return Driver(count.value, cuda, told)


def _nvidia_smi() -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    question = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    first = answer.stdout.strip().partition("\n")[0]
    return re.sub(r",\s*", ", driver ", first, count=1) if answer.returncode == 0 else ""


def cuda_wanted() -> int | None:
    """Major version of the CUDA that ONNX Runtime was built for, None where for none."""
    import onnxruntime

    version = str(getattr(onnxruntime, "cuda_version", None) or "")
    major = version.partition(".")[0]
    return int(major) if major.isdecimal() else None


def check_face_finder() -> Iterator[Finding]:
    """MediaPipe starts and looks at a picture."""
    import numpy as np

    from model.face import FaceTracker
    from model.geometry import camera_matrix

    try:
        with FaceTracker() as tracker:
            tracker.find(np.zeros((48, 64, 3), np.uint8), camera_matrix(64, 48, 65.0))
    except UserError as error:
        yield Finding("face finder", str(error), "wrong", f"run {INSTALL}")
    else:
        yield Finding("face finder", "MediaPipe starts")
