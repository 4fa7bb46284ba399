"""What the renderer is given: meshes, photographed skin, lenses, numbers for the shaders."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

VERTEX_FLOATS = 17
HEAD_FLOATS = 10


@dataclass(frozen=True)
class Mesh:
    """Clothes, frames or lenses: vertices (N, 17) float32 as the shaders' attributes in order
    (position, normal, reference, paint, anatomy), and triangles (T, 3) int32."""

    vertices: NDArray[np.float32]
    triangles: NDArray[np.int32]


@dataclass(frozen=True)
class Photo:
    """Photographed skin over the procedural one.

    Attributes:
        texture: (h, w, 3) sRGB albedo.
        skin: (V, 3) float32: texture coordinates 0..1 and how far the texture covers, 0..1.
    """

    texture: NDArray[np.uint8]
    skin: NDArray[np.float32]


@dataclass(frozen=True)
class Glass:
    """One lens of glasses, with what is seen through it displaced.

    Attributes:
        mesh: its front.
        uniforms: of this lens alone: where it lies and how strongly it bends.
    """

    mesh: Mesh
    uniforms: Mapping[str, ArrayLike]


@dataclass(frozen=True)
class Drawing:
    """One picture to draw.

    Attributes:
        head: (V, 10) float32: position and normal in the camera frame, reference position, and
            the share of light that reaches a point, 1 where nothing shades it.
        paint: (V, 4) float32: linear albedo and hair coverage.
        things: opaque meshes besides the head.
        lenses: plain glass, drawn last.
        uniforms: what the shaders need to know, by name.
        photo: the skin around the eyes, where it is photographed.
        glasses: lenses that refract.
        clear: frames that one sees through, drawn after the lenses.
        strands: cards of hair before the face, drawn last of all.
    """

    head: NDArray[np.float32]
    paint: NDArray[np.float32]
    things: Mesh | None
    lenses: Mesh | None
    uniforms: Mapping[str, ArrayLike]
    photo: Photo | None = None
    glasses: tuple[Glass, ...] = ()
    clear: Mesh | None = None
    strands: Mesh | None = None


def join(meshes: list[Mesh]) -> Mesh | None:
    """Several meshes as one."""
    if not meshes:
        return None
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.triangles + o for m, o in zip(meshes, offsets, strict=True)]).astype(
            np.int32
        ),
    )


def solid(
    points: NDArray[np.floating], normals: NDArray[np.floating], paint: ArrayLike, material: float,
    look: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> NDArray[np.float32]:  # fmt: skip
    """Vertices (N, 17) of a mesh whose reference positions are where it is built.

    Args:
        points, normals: (N, 3).
        paint: (4,) or (N, 4), see `Mesh`.
        material: as `rig` numbers them.
        look: the last three of the anatomy, which mean what the material's shader says.
    """
    packed = np.zeros((len(points), VERTEX_FLOATS), dtype=np.float32)
    packed[:, :3], packed[:, 3:6], packed[:, 6:9] = points, normals, points
    packed[:, 9:13] = paint
    packed[:, 13] = material
    packed[:, 14:] = look
    return packed


def placed(mesh: Mesh, rotation: NDArray[np.float64], position: NDArray[np.float64]) -> Mesh:
    """A mesh of the head frame, in the camera frame; its reference stays where it was built."""
    vertices = mesh.vertices.copy()
    vertices[:, :3] = mesh.vertices[:, :3] @ rotation.T + position
    vertices[:, 3:6] = mesh.vertices[:, 3:6] @ rotation.T
    return Mesh(vertices, mesh.triangles)
