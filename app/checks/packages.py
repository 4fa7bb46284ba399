"""Python and the packages: are they there, in their versions, and nobody in another's folder?"""

import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from app import INSTALL, PROJECT, __version__
from app.checks import Finding

REQUIREMENTS = PROJECT / "requirements.txt"

OPENCV = (
    "opencv-python", "opencv-contrib-python",
    "opencv-python-headless", "opencv-contrib-python-headless",
)  # fmt: skip
ONNX_RUNTIME = (
    "onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino",
    "onnxruntime-qnn", "onnxruntime-migraphx", "onnxruntime-rocm", "onnxruntime-silicon",
)  # fmt: skip
"""Packages that install into one and the same folder: the later one breaks the earlier one."""

EXACT = ("mediapipe", "numpy", "protobuf")
"""Packages of which no other version works."""


def check_python() -> Iterator[Finding]:
    """The program's and Python's version, and the system's."""
    yield Finding("GazeCLIP Desktop", f"{__version__} in {PROJECT}")
    version = platform.python_version()
    found = f"{version} ({sys.executable}) on {platform.platform(terse=True)}"
    if (3, 11) <= sys.version_info[:2] <= (3, 12):
        yield Finding("Python", found)
    else:
        fix = f"install Python 3.11 or 3.12, then run {INSTALL}"
        yield Finding("Python", found, "wrong", fix)


def check_packages(requirements: Path = REQUIREMENTS) -> Iterator[Finding]:
    """Every pinned package: there, and in its version."""
    found: list[str] = []
    missing: list[str] = []
    others: list[str] = []
    unusable: list[str] = []
    for name, pinned in pins(requirements).items():
        version = version_of(name)
        if version is None:
            missing.append(f"{name} {pinned}")
            continue
        found.append(f"{name} {version}")
        if version != pinned:
            (unusable if name in EXACT else others).append(f"{name} {version}, not {pinned}")
    yield Finding("packages", ", ".join(found) or "none")
    if missing:
        yield Finding("packages missing", ", ".join(missing), "wrong", f"run {INSTALL}")
    if unusable:
        yield Finding("packages unusable", "; ".join(unusable), "wrong", f"run {INSTALL}")
    if others:
        fix = f"if anything misbehaves, run {INSTALL}"
        yield Finding("packages differing", "; ".join(others), "note", fix)


def check_duplicates(requirements: Path = REQUIREMENTS) -> Iterator[Finding]:
    """No two packages that overwrite each other."""
    pinned = pins(requirements)
    for what, rivals in (("OpenCV", OPENCV), ("ONNX Runtime", ONNX_RUNTIME)):
        installed = [f"{name} {version}" for name in rivals if (version := version_of(name))]
        names = [text.split()[0] for text in installed]
        wanted = next((name for name in rivals if name in pinned), rivals[0])
        if len(installed) > 1:
            yield Finding(
                what, f"{' and '.join(installed)} overwrite each other", "wrong",
                f"run {sys.executable} -m pip uninstall -y {' '.join(names)}, then {sys.executable}"
                f" -m pip install {wanted}=={pinned.get(wanted, '')}",
            )  # fmt: skip
        elif installed:
            yield Finding(what, f"one package: {installed[0]}")


def check_libraries() -> Iterator[Finding]:
    """OpenCV and PyAV load; all checks after this one need them."""
    from app.libraries import tame_libraries

    tame_libraries()
    yield Finding("pictures and videos", "OpenCV and PyAV load")


def pins(requirements: Path) -> dict[str, str]:
    """Version by name of what a requirements file pins on this system.

    Of the environment markers those on sys_platform are heeded, which is all that ours use.
    """
    found = {}
    for line in requirements.read_text(encoding="utf-8").splitlines():
        match = re.match(r"([\w.-]+)(?:\[.*\])?==([\w.]+)\s*(?:;\s*(.*))?$", line.strip())
        if match is None:
            continue
        name, version, marker = match.groups()
        system = re.fullmatch(r"""sys_platform\s*(==|!=)\s*["'](\w+)["']""", marker or "")
        if system and (sys.platform == system[2]) != (system[1] == "=="):
            continue
        found[name] = version
    return found


def version_of(package: str) -> str | None:
    """The version of an installed package, None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
