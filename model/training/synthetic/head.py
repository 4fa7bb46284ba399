"""ICT-FaceKit, the morphable head (USC ICT, MIT licence): read, pack, and turn into millimetres.

The published model is a folder of OBJ files (one neutral mesh, 100 identity modes, expressions).
Reading it takes a minute, so ``main.py synth pack`` writes all of it into one .npz.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.training.synthetic.files import write_whole

NEUTRAL_OBJ = "generic_neutral_mesh.obj"
PACKED_NAME = "ict_facekit.npz"
VERTEX_COUNT = 26719

NEEDED_EXPRESSIONS = frozenset(
    f"{name}_{side}"
    for name in (
        "browDown", "browInnerUp", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown",
        "eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeSquint", "eyeWide", "mouthFrown", "mouthPress",
        "mouthSmile", "mouthStretch", "noseSneer",
    )
    for side in "LR"
) | {"jawOpen", "mouthPucker", "mouthRollLower"}  # fmt: skip
"""Those that figures make use of, out of the model's 57."""

# First and last + 1 vertex of each part, as the model's own documentation lists them.
PARTS: dict[str, tuple[int, int]] = {
    "face": (0, 9409),
    "head_neck": (9409, 11248),
    "mouth_socket": (11248, 13294),
    "eye_socket_l": (13294, 13678),
    "eye_socket_r": (13678, 14062),
    "gums_tongue": (14062, 17039),
    "teeth": (17039, 21451),
    "sclera_l": (21451, 22221),
    "iris_l": (22221, 23021),
    "sclera_r": (23021, 23791),
    "iris_r": (23791, 24591),
    "lacrimal_l": (24591, 24795),
    "lacrimal_r": (24795, 24999),
    "eye_blend_l": (24999, 25023),
    "eye_blend_r": (25023, 25047),
    "eye_occlusion_l": (25047, 25199),
    "eye_occlusion_r": (25199, 25351),
    "eyelashes_l": (25351, 26035),
    "eyelashes_r": (26035, 26719),
}


@dataclass(frozen=True)
class HeadArrays:
    """The model as published: centimetres, x to the user's left, y up, z towards the viewer.

    Attributes:
        neutral: (V, 3) float32.
        identity: (I, V, 3) float16 offsets for one standard deviation of each mode.
        expression: (E, V, 3) float16 offsets of each expression at full strength.
        expression_names: (E,) str, sorted.
        triangles: (T, 3) int32 vertex indices, counter-clockwise from outside.
        triangle_uv: (T, 3) int32 indices into `uv`.
        triangle_material: (T,) int16 indices into `materials`.
        materials: (M,) str.
        uv: (U, 2) float32.
    """

    neutral: NDArray[np.float32]
    identity: NDArray[np.float16]
    expression: NDArray[np.float16]
    expression_names: NDArray[np.str_]
    triangles: NDArray[np.int32]
    triangle_uv: NDArray[np.int32]
    triangle_material: NDArray[np.int16]
    materials: NDArray[np.str_]
    uv: NDArray[np.float32]

    def save(self, path: Path) -> None:
        """Write the packed form; part names and ranges go in beside the arrays.

        Raises:
            UserError: where it cannot be written.
        """
        names = np.array(list(PARTS))
        ranges = np.array(list(PARTS.values()), dtype=np.int32)
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        packed = io.BytesIO()
        np.savez_compressed(packed, part_names=names, part_ranges=ranges, **arrays)
        write_whole(path, packed.getvalue())


def find_head(data: Path | None) -> Path:
    """The packed file, or the folder of OBJ files, in or below a folder the user gave.

    Raises:
        UserError: where there is neither.
    """
    if data is None:
        raise UserError(
            "the renderer needs the ICT-FaceKit head model: give its folder with --data DIR "
            "or set GAZECLIP_DATA"
        )
    if data.is_file() and data.suffix == ".npz":
        return data
    for folder in (data, data / "ict-facekit", data / "FaceXModel"):
        if (folder / PACKED_NAME).is_file():
            return folder / PACKED_NAME
        if (folder / NEUTRAL_OBJ).is_file():
            return folder
    raise UserError(
        f"no ICT-FaceKit head model in {data}: it should hold {PACKED_NAME} or {NEUTRAL_OBJ}, "
        "itself or in a folder ict-facekit"
    )


def load_head(data: Path | None) -> HeadArrays:
    """Read the head model from its packed file or its folder of OBJ files.

    Raises:
        UserError: where it is absent, broken, or another mesh.
    """
    path = find_head(data)
    arrays = read_obj_folder(path) if path.is_dir() else _read_packed(path)
    if len(arrays.neutral) != VERTEX_COUNT:
        raise UserError(
            f"{path} has {len(arrays.neutral)} vertices, ICT-FaceKit has {VERTEX_COUNT}: "
            "give the model as it was published"
        )
    fault = _fault(arrays)
    if fault:
        raise UserError(f"{path} is not ICT-FaceKit as it was published: {fault}")
    return arrays


def _fault(arrays: HeadArrays) -> str | None:
    """What about a head model's arrays does not fit together, or does not fit the renderer."""
    identities, expressions = len(arrays.identity), len(arrays.expression)
    triangles = len(arrays.triangles)
    shapes = {
        "neutral": (VERTEX_COUNT, 3),
        "identity": (identities, VERTEX_COUNT, 3),
        "expression": (expressions, VERTEX_COUNT, 3),
        "expression_names": (expressions,),
        "triangles": (triangles, 3),
        "triangle_uv": (triangles, 3),
        "triangle_material": (triangles,),
        "uv": (len(arrays.uv), 2),
    }
    for name, shape in shapes.items():
        found = getattr(arrays, name).shape
        if found != shape:
            return f"its {name} are {found}, not {shape}"
    for name, end in (("triangles", VERTEX_COUNT), ("triangle_uv", len(arrays.uv))):
        indices = getattr(arrays, name)
        if triangles == 0 or indices.min() < 0 or indices.max() >= end:
            return f"its {name} point outside their vertices"
    absent = NEEDED_EXPRESSIONS - set(arrays.expression_names.tolist())
    return f"the expression {min(absent)} is missing" if absent else None


_BROKEN = (
    OSError, EOFError, TypeError, ValueError, KeyError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy raises for files that are no archive of arrays, or a damaged one."""


def _read_packed(path: Path) -> HeadArrays:
    try:
        # NumPy leaves a file open that turns out to be no archive: so it is opened here.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return HeadArrays(**{field.name: stored[field.name] for field in fields(HeadArrays)})
    except _BROKEN as error:
        raise UserError(
            f"{path} cannot be read as a packed head model ({error}): make it anew with "
            "`main.py synth pack`"
        ) from error


def read_obj_folder(folder: Path) -> HeadArrays:
    """Read the published folder: a neutral mesh, ``identity*.obj``, and the rest expressions.

    Raises:
        UserError: where the neutral mesh is missing or the meshes differ in size.
    """
    neutral_path = folder / NEUTRAL_OBJ
    if not neutral_path.is_file():
        raise UserError(f"no {NEUTRAL_OBJ} in {folder}: give ICT-FaceKit's FaceXModel folder")
    try:
        neutral, uv, triangles, triangle_uv, material, materials = _read_mesh(neutral_path)
    except (ValueError, IndexError) as error:
        raise UserError(f"{neutral_path} cannot be read as an OBJ file ({error})") from error
    others = sorted(p for p in folder.glob("*.obj") if p.name != NEUTRAL_OBJ)
    identity = [p for p in others if p.stem.startswith("identity")]
    expression = [p for p in others if not p.stem.startswith("identity")]
    return HeadArrays(
        neutral=neutral.astype(np.float32),
        identity=_offsets(identity, neutral),
        expression=_offsets(expression, neutral),
        expression_names=np.array([p.stem for p in expression], dtype=np.str_),
        triangles=triangles,
        triangle_uv=triangle_uv,
        triangle_material=material,
        materials=np.array(materials, dtype=np.str_),
        uv=uv.astype(np.float32),
    )


def _offsets(paths: list[Path], neutral: NDArray[np.float64]) -> NDArray[np.float16]:
    offsets = np.zeros((len(paths), *neutral.shape), dtype=np.float16)
    for i, path in enumerate(paths):
        vertices = _read_vertices(path)
        if vertices.shape != neutral.shape:
            raise UserError(
                f"{path} has {len(vertices)} vertices, {NEUTRAL_OBJ} has {len(neutral)}: "
                "the files do not belong together"
            )
        offsets[i] = vertices - neutral
    return offsets


def _read_vertices(path: Path) -> NDArray[np.float64]:
    with path.open(encoding="utf-8", errors="replace") as file:
        rows = [line.split()[1:4] for line in file if line.startswith("v ")]
    try:
        return np.array(rows, dtype=np.float64).reshape(-1, 3)
    except ValueError as error:
        raise UserError(f"{path} cannot be read as an OBJ file ({error})") from error


def _read_mesh(
    path: Path,
) -> tuple[
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int16],
    list[str],
]:
    """Vertices, texture coordinates, and faces split into triangles, with their materials."""
    uv: list[list[str]] = []
    corners: list[list[int]] = []
    texture_corners: list[list[int]] = []
    material: list[int] = []
    materials: list[str] = []
    current = 0
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("vt "):
                uv.append(line.split()[1:3])
            elif line.startswith("usemtl"):
                name = line.split(maxsplit=1)[1].strip()
                if name not in materials:
                    materials.append(name)
                current = materials.index(name)
            elif line.startswith("f "):
                polygon = [part.split("/") for part in line.split()[1:]]
                for i in range(1, len(polygon) - 1):
                    fan = (polygon[0], polygon[i], polygon[i + 1])
                    corners.append([int(c[0]) - 1 for c in fan])
                    has_uv = all(len(c) > 1 and c[1] for c in fan)
                    texture_corners.append([int(c[1]) - 1 for c in fan] if has_uv else [0, 0, 0])
                    material.append(current)
    return (
        _read_vertices(path),
        np.array(uv or [["0", "0"]], dtype=np.float64),
        np.array(corners, dtype=np.int32).reshape(-1, 3),
        np.array(texture_corners, dtype=np.int32).reshape(-1, 3),
        np.array(material, dtype=np.int16),
        materials or ["default"],
    )
