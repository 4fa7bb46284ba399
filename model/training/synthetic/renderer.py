"""Draws a head with OpenGL, on a GPU or on Mesa's software renderer, without a window.

What comes in is in the camera frame (millimetres, y down, z away); only the projection matrix here
knows of OpenGL's own axes. Shaders lie beside this file. Colours are linear; what is read back is
sRGB with the head's coverage as alpha.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import moderngl
import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.errors import UserError
from model.training.synthetic.noise import GRAIN_SIZE, grain_texture
from model.training.synthetic.rig import LASH, MOUTH, SKIN, Rig

SHADERS = Path(__file__).with_name("shaders")
NEAR, FAR = 50.0, 3000.0
MAX_SIDE = 1600
VERTEX_FLOATS = 17
LAYOUT = "3f 3f 3f 4f 4f"
ATTRIBUTES = ("position", "normal", "reference", "paint", "anatomy")
_BLEND_LASHES = (
    moderngl.SRC_ALPHA,
    moderngl.ONE_MINUS_SRC_ALPHA,
    moderngl.ONE,
    moderngl.ONE_MINUS_SRC_ALPHA,
)
"""Colour over what is there; alpha stays the head's coverage."""
_SRGB8_ALPHA8 = 0x8C43
_SRGB8 = 0x8C41
_FRAMEBUFFER_SRGB = 0x8DB9

Box = tuple[float, float, float, float]


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
class Drawing:
    """One picture to draw.

    Attributes:
        head: (V, 9) float32: position and normal in the camera frame, reference position.
        paint: (V, 4) float32: linear albedo and hair coverage.
        things: opaque meshes besides the head.
        lenses: glass, drawn last.
        uniforms: what the shaders need to know, by name.
        photo: the skin around the eyes, where it is photographed.
    """

    head: NDArray[np.float32]
    paint: NDArray[np.float32]
    things: Mesh | None
    lenses: Mesh | None
    uniforms: Mapping[str, ArrayLike]
    photo: Photo | None = None


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


def projection(camera: NDArray[np.float64], box: Box) -> NDArray[np.float32]:
    """Clip-space matrix (4, 4) of a pinhole camera (3, 3), for a part of its picture.

    Args:
        camera: its principal point names pixel centres.
        box: left, top, right, bottom edges in pixels (the first pixel spans 0..1).
    """
    left, top, right, bottom = box
    w, h = right - left, bottom - top
    depth, shift = (FAR + NEAR) / (FAR - NEAR), -2.0 * FAR * NEAR / (FAR - NEAR)
    return np.array(
        [
            [2 * camera[0, 0] / w, 0.0, 2 * (camera[0, 2] + 0.5 - left) / w - 1.0, 0.0],
            [0.0, 2 * camera[1, 1] / h, 2 * (camera[1, 2] + 0.5 - top) / h - 1.0, 0.0],
            [0.0, 0.0, depth, shift],
            [0.0, 0.0, 1.0, 0.0],
        ],
        dtype=np.float32,
    )


def _by_shader(rig: Rig) -> dict[str, NDArray[np.int32]]:
    """The head's triangles by the shader that draws them. A software renderer runs through all
    branches of a shader for every pixel, so what differs gets a shader of its own."""
    material = rig.material[rig.triangles].max(axis=1)
    place = rig.neutral[rig.triangles].mean(axis=1)
    near = (np.abs(place[:, 0]) < 66.0) & (place[:, 1] > -40.0) & (place[:, 1] < 30.0)
    near &= place[:, 2] < 40.0
    skin, mouth = material == SKIN, material == MOUTH
    return {
        "near": rig.triangles[skin & near],
        "photo": rig.triangles[skin & near],
        "skin": rig.triangles[skin & ~near],
        "eyeball": rig.triangles[~skin & ~mouth],
        "thing": rig.triangles[mouth],
        "lash": rig.lash_triangles,
    }


class Renderer:
    """An OpenGL context with the head's mesh in it.

    Raises:
        UserError: on construction, where no OpenGL 3.3 can be had through EGL.
    """

    def __init__(self, rig: Rig) -> None:
        os.environ.setdefault("EGL_LOG_LEVEL", "fatal")  # the sentence below says it all
        try:
            # moderngl's types know no plain settings.
            settings: dict[str, Any] = {"standalone": True, "require": 330, "backend": "egl"}
            self._context = moderngl.create_context(**settings)
        except Exception as error:  # glcontext raises bare Exceptions
            raise UserError(
                f"rendering needs OpenGL 3.3 through EGL, which is missing here ({error}): install "
                "a graphics driver or Mesa (on Debian: libegl1, libgl1 and libgl1-mesa-dri)"
            ) from error
        context = self._context
        self._programs = {
            "near": self._program("skin.frag", "#define NEAR_EYES\n"),
            "photo": self._program("skin.frag", "#define PORTRAIT\n"),
            "skin": self._program("skin.frag"),
            "eyeball": self._program("eyeball.frag"),
            "thing": self._program("thing.frag"),
            "lash": self._program("lash.frag"),
            "lens": self._program("lens.frag"),
        }

        self._head = context.buffer(reserve=rig.vertex_count * 36, dynamic=True)
        self._paint = context.buffer(reserve=rig.vertex_count * 16, dynamic=True)
        self._photo = context.buffer(reserve=rig.vertex_count * 12, dynamic=True)
        anatomy = np.stack(
            [
                rig.material,
                rig.root_distance,
                np.where(rig.material == LASH, 2.0 * rig.upper_root, rig.rim),
                rig.cavity,
            ],
            axis=1,
        ).astype(np.float32)
        content = [
            (self._head, "3f 3f 3f", ("position", "normal", "reference")),
            (self._paint, "4f", ("paint",)),
            (self._photo, "3f", ("photo",)),
            (context.buffer(anatomy.tobytes()), "4f", ("anatomy",)),
        ]
        self._arrays = {
            name: context.vertex_array(
                self._programs[name],
                self._used(content, self._programs[name]),
                context.buffer(np.ascontiguousarray(triangles, dtype=np.int32).tobytes()),
            )
            for name, triangles in _by_shader(rig).items()
        }
        grain = grain_texture()
        self._grain = context.texture((GRAIN_SIZE, GRAIN_SIZE), 4, grain.tobytes())
        self._grain.build_mipmaps()
        self._grain.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
        self._texture: tuple[NDArray[np.uint8], moderngl.Texture] | None = None
        self._targets: dict[tuple[int, int], moderngl.Framebuffer] = {}
        context.front_face = "cw"
        context.enable_direct(_FRAMEBUFFER_SRGB)

    @property
    def device(self) -> str:
        """What draws, in the driver's words."""
        return str(self._context.info["GL_RENDERER"])

    def draw(
        self,
        drawing: Drawing,
        camera: NDArray[np.float64],
        box: tuple[int, int, int, int],
        scale: float = 1.0,
    ) -> NDArray[np.uint8]:
        """Draw the part of the camera's picture inside a box.

        Args:
            box: left, top, right, bottom in pixels, whole numbers; may reach beyond the picture.
            scale: pixels drawn per pixel of the picture; the result is resampled to one.

        Returns:
            (bottom - top, right - left, 4) sRGB, premultiplied with alpha, the head's coverage.
        """
        width, height = box[2] - box[0], box[3] - box[1]
        scale = min(scale, MAX_SIDE / max(width, height))
        w, h = max(round(width * scale), 1), max(round(height * scale), 1)
        context, target = self._context, self._target(w, h)
        target.use()
        context.viewport = (0, 0, w, h)
        context.scissor = (0, 0, w, h)
        context.clear(0.0, 0.0, 0.0, 0.0)
        self._head.write(np.ascontiguousarray(drawing.head, dtype=np.float32).tobytes())
        self._paint.write(np.ascontiguousarray(drawing.paint, dtype=np.float32).tobytes())
        matrix = projection(camera, box)
        uniforms = {**drawing.uniforms, "projection": matrix.T}
        for program in self._programs.values():
            self._set(program, uniforms)
        self._grain.use(0)
        if drawing.photo is not None:
            self._photo.write(np.ascontiguousarray(drawing.photo.skin, np.float32).tobytes())
            self._use_texture(drawing.photo.texture)

        context.disable(moderngl.BLEND)
        context.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        for name in ("photo" if drawing.photo else "near", "skin", "eyeball"):
            self._arrays[name].render()
        context.disable(moderngl.CULL_FACE)
        self._arrays["thing"].render()
        if drawing.things is not None:
            self._render(self._programs["thing"], drawing.things)
        context.enable(moderngl.BLEND)
        target.depth_mask = False
        context.blend_func = _BLEND_LASHES  # type: ignore[assignment]  # four are allowed
        self._arrays["lash"].render()
        if drawing.lenses is not None:
            context.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
            self._render(self._programs["lens"], drawing.lenses)
        target.depth_mask = True

        raw = target.read(viewport=(0, 0, w, h), components=4)
        picture = np.frombuffer(raw, dtype=np.uint8).reshape(h, w, 4)
        if (w, h) == (width, height):
            return picture.copy()
        enlarge = w < width
        method = cv2.INTER_CUBIC if enlarge else cv2.INTER_AREA
        return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)

    def _program(self, fragment: str, prefix: str = "") -> moderngl.Program:
        """Compile a fragment shader behind the lights it shares with the others."""
        vertex, light, own = (
            (SHADERS / name).read_text(encoding="utf-8")
            for name in ("surface.vert", "light.glsl", fragment)
        )
        portrait = "PORTRAIT" in prefix
        if portrait:
            vertex = vertex.replace("#version 330\n", "#version 330\n" + prefix)
        program = self._context.program(vertex_shader=vertex, fragment_shader=light + prefix + own)
        if portrait:
            program["portrait"] = 1  # the texture unit; the grain's is 0
        return program

    @staticmethod
    def _used(
        content: list[tuple[moderngl.Buffer, str, tuple[str, ...]]], program: moderngl.Program
    ) -> list[tuple[moderngl.Buffer | str, ...]]:
        """Buffers with their layouts, attributes that a compiler dropped skipped over."""
        result: list[tuple[moderngl.Buffer | str, ...]] = []
        for buffer, layout, names in content:
            used = [name for name in names if name in program]
            sizes = [
                size if name in used else f"{int(size[0]) * 4}x"
                for size, name in zip(layout.split(), names, strict=True)
            ]
            if used:
                result.append((buffer, " ".join(sizes), *used))
        return result

    def _use_texture(self, pixels: NDArray[np.uint8]) -> None:
        """Make a photograph's skin the shaders' texture; the latest one is kept."""
        if self._texture is None or self._texture[0] is not pixels:
            if self._texture is not None:
                self._texture[1].release()
            height, width = pixels.shape[:2]
            texture = self._context.texture(
                (width, height), 3, pixels.tobytes(), alignment=1, internal_format=_SRGB8
            )
            texture.build_mipmaps()
            texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
            texture.repeat_x = texture.repeat_y = False
            self._texture = pixels, texture
        self._texture[1].use(1)

    def _target(self, width: int, height: int) -> moderngl.Framebuffer:
        """A framebuffer at least that large, in steps, so that few are ever made."""
        size = (-(-width // 256) * 256, -(-height // 256) * 256)
        if size not in self._targets:
            texture = self._context.texture(size, 4, internal_format=_SRGB8_ALPHA8)
            self._targets[size] = self._context.framebuffer(
                [texture], self._context.depth_renderbuffer(size)
            )
        return self._targets[size]

    def _render(self, program: moderngl.Program, mesh: Mesh) -> None:
        vertices = self._context.buffer(np.ascontiguousarray(mesh.vertices, np.float32).tobytes())
        indices = self._context.buffer(np.ascontiguousarray(mesh.triangles, np.int32).tobytes())
        content = self._used([(vertices, LAYOUT, ATTRIBUTES)], program)
        array = self._context.vertex_array(program, content, indices)
        array.render()
        for thing in (array, vertices, indices):
            thing.release()

    @staticmethod
    def _set(program: moderngl.Program, uniforms: Mapping[str, ArrayLike]) -> None:
        for name, value in uniforms.items():
            uniform = program.get(name, None)  # a compiler may have dropped it
            if isinstance(uniform, moderngl.Uniform):
                uniform.write(np.ascontiguousarray(value, dtype=np.float32).tobytes())
