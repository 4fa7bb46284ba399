"""Draws a head with OpenGL, on a GPU or on Mesa's software renderer, without a window.

What comes in is in the camera frame (millimetres, y down, z away); only the projection matrix here
knows of OpenGL's own axes. Colours are linear; what is read back is sRGB, with the head's coverage
as alpha.
"""

import os
from dataclasses import dataclass
from typing import Any

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.training.synthetic.drawing import HEAD_FLOATS, Drawing, Mesh
from model.training.synthetic.programs import (
    TEXTURES,
    Content,
    compile_program,
    packed,
    set_uniforms,
    used_attributes,
)
from model.training.synthetic.rig import LASH, MOUTH, SKIN, Rig
from model.training.synthetic.surfaces import Surfaces

NEAR, FAR = 50.0, 3000.0
MAX_SIDE = 1600
HOLE_BORDER = 3
"""Pixels, of the picture or drawn, whichever are larger, that are drawn within a hole's edge."""
LAYOUT = "3f 3f 3f 4f 4f"
ATTRIBUTES = ("position", "normal", "reference", "paint", "anatomy")
_BLEND_LASHES = (
    moderngl.SRC_ALPHA,
    moderngl.ONE_MINUS_SRC_ALPHA,
    moderngl.ONE,
    moderngl.ONE_MINUS_SRC_ALPHA,
)
"""Colour over what is there; alpha stays the head's coverage."""
_FRAMEBUFFER_SRGB = 0x8DB9

Box = tuple[float, float, float, float]
Window = tuple[int, int, int, int]
"""Left, bottom, width and height in pixels of a viewport."""


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
    """The head's triangles by the shader that draws them; and again, with 0 or 1 behind their
    names, those of them that the lens of the right or the left eye may show."""
    material = rig.material[rig.triangles].max(axis=1)
    place = rig.neutral[rig.triangles].mean(axis=1)
    near = (np.abs(place[:, 0]) < 66.0) & (place[:, 1] > -40.0) & (place[:, 1] < 30.0)
    near &= place[:, 2] < 40.0
    skin, mouth = material == SKIN, material == MOUTH
    parts = {
        "near": rig.triangles[skin & near],
        "photo": rig.triangles[skin & near],
        "skin": rig.triangles[skin & ~near],
        "eyeball": rig.triangles[~skin & ~mouth],
        "thing": rig.triangles[mouth],
        "lash": rig.lash_triangles,
    }
    shown = {}
    for name, triangles in parts.items():
        x, y, z = rig.neutral[triangles].mean(axis=1).T
        for e, side in enumerate((-1.0, 1.0)):
            before = (side * x > -10.0) & (np.abs(y) < 60.0) & (z < 90.0)
            shown[f"{name}{e}"] = triangles[before]
    return parts | shown


@dataclass(frozen=True)
class _View:
    """What is drawn on a viewport.

    Attributes:
        matrix: (4, 4) to clip space.
        size: width and height in pixels.
        hole: where nothing need be drawn.
    """

    matrix: NDArray[np.float32]
    size: tuple[int, int]
    hole: Window | None

    def window(self, points: NDArray[np.float32]) -> Window | None:
        """What points (N, 3) cover of the viewport; None where they lie outside or in the hole."""
        clip = points @ self.matrix[:, :3].T + self.matrix[:, 3]
        flat = (clip[:, :2] / clip[:, 3:] + 1.0) / 2.0 * self.size
        low = np.clip(np.floor(flat.min(axis=0)), 0, self.size).astype(int)
        high = np.clip(np.ceil(flat.max(axis=0)), 0, self.size).astype(int)
        if (high <= low).any():
            return None
        if self.hole is not None:
            corner = np.array(self.hole[:2])
            if (low >= corner).all() and (high <= corner + self.hole[2:]).all():
                return None
        return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _hole_drawn(
    box: tuple[int, int, int, int], hole: tuple[int, int, int, int], size: tuple[int, int]
) -> Window | None:
    """A hole in a box that is drawn in a size, less a border that resampling and filtering look at;
    None where nothing is left of it."""
    scale = np.array(size) / [box[2] - box[0], box[3] - box[1]]
    border = HOLE_BORDER * np.maximum(scale, 1.0)
    low = np.ceil((np.array(hole[:2]) - box[:2]) * scale + border).astype(int)
    high = np.floor((np.array(hole[2:]) - box[:2]) * scale - border).astype(int)
    if (high <= low).any():
        return None
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


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
        self._head = context.buffer(reserve=rig.vertex_count * HEAD_FLOATS * 4, dynamic=True)
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
        self._content: Content = [
            (self._head, "3f 3f 3f 1f", ("position", "normal", "reference", "light_share")),
            (self._paint, "4f", ("paint",)),
            (self._photo, "3f", ("photo",)),
            (context.buffer(anatomy.tobytes()), "4f", ("anatomy",)),
        ]
        parts = _by_shader(rig)
        self._triangles = {
            name: context.buffer(np.ascontiguousarray(triangles, dtype=np.int32).tobytes())
            for name, triangles in parts.items()
        }
        self._vertices = {name: np.unique(parts[name]) for name in ("eyeball", "lash")}
        self._programs: dict[tuple[str, bool], moderngl.Program] = {}
        self._arrays: dict[str, moderngl.VertexArray] = {}
        self._uniforms: dict[str, bytes] = {}
        self._latest: Drawing | None = None
        self._latest_uniforms: dict[str, bytes] = {}
        self._told: set[tuple[str, bool]] = set()
        self._surfaces = Surfaces(context)
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
        hole: tuple[int, int, int, int] | None = None,
    ) -> NDArray[np.uint8]:
        """Draw the part of the camera's picture inside a box.

        Args:
            box: left, top, right, bottom in pixels, whole numbers; may reach beyond the picture.
            scale: pixels drawn per pixel of the picture; the result is resampled to one.
            hole: a part of the box, likewise, that nobody will look at: what is there is undefined.

        Returns:
            (bottom - top, right - left, 4) sRGB, premultiplied with alpha, the head's coverage.
        """
        width, height = box[2] - box[0], box[3] - box[1]
        scale = min(scale, MAX_SIDE / max(width, height))
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        with self._context:  # another renderer's may be the thread's current one
            left_out = None if hole is None else _hole_drawn(box, hole, size)
            raw = self._drawn(drawing, _View(projection(camera, box), size, left_out))
        picture = np.frombuffer(raw, dtype=np.uint8).reshape(size[1], size[0], 4)
        if size == (width, height):
            return picture.copy()
        enlarge = size[0] < width
        method = cv2.INTER_CUBIC if enlarge else cv2.INTER_AREA
        return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)

    def _drawn(self, drawing: Drawing, view: _View) -> bytes:
        """The pixels of a drawing, rows of RGBA."""
        context, target = self._context, self._surfaces.target(*view.size, "picture")
        if drawing is not self._latest:
            self._upload(drawing)
        self._uniforms = {**self._latest_uniforms, **packed({"projection": view.matrix.T})}
        self._told.clear()
        self._surfaces.use_grain()
        if drawing.photo is not None:
            self._surfaces.use_skin(drawing.photo.texture)

        everything = (0, 0, *view.size)
        self._onto(target, view, everything)
        for e in range(len(drawing.glasses)):
            self._draw_glass(drawing, e, target, view)
        self._draw_head(drawing, view)
        if drawing.lenses is not None:
            context.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
            self._render("lens", drawing.lenses)
        context.blend_func = _BLEND_LASHES  # type: ignore[assignment]  # four are allowed
        if drawing.clear is not None:
            self._render("clear", drawing.clear)
        if drawing.strands is not None:
            self._render("strand", drawing.strands)
        target.depth_mask = True
        return target.read(viewport=everything, components=4)

    def _upload(self, drawing: Drawing) -> None:
        """Hand over the head of a drawing, which several pictures may be of."""
        self._head.write(np.ascontiguousarray(drawing.head, dtype=np.float32))
        self._paint.write(np.ascontiguousarray(drawing.paint, dtype=np.float32))
        if drawing.photo is not None:
            self._photo.write(np.ascontiguousarray(drawing.photo.skin, dtype=np.float32))
        self._latest, self._latest_uniforms = drawing, packed(drawing.uniforms)

    def _draw_head(self, drawing: Drawing, view: _View, behind: int | None = None) -> None:
        """Draw the head and the opaque things; what is blended over it may follow.

        Args:
            behind: the lens through which they are seen, 0 the right eye's.
        """
        context = self._context

        def seen(part: str) -> bool:
            points = drawing.head[self._vertices[part], :3]
            return behind is not None or view.window(points) is not None

        context.disable(moderngl.BLEND)
        context.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        for name in ("photo" if drawing.photo else "near", "skin", "eyeball"):
            if name != "eyeball" or seen("eyeball"):
                self._array(name, behind).render()
        context.disable(moderngl.CULL_FACE)
        if behind is None:
            self._array("thing").render()
        if drawing.things is not None:
            self._render("thing", drawing.things, behind is not None)
        context.enable(moderngl.BLEND)
        context.fbo.depth_mask = False
        context.blend_func = _BLEND_LASHES  # type: ignore[assignment]
        if seen("lash"):
            self._array("lash", behind).render()

    def _draw_glass(
        self,
        drawing: Drawing,
        e: int,
        target: moderngl.Framebuffer,
        view: _View,
    ) -> None:
        """Draw one lens: first, elsewhere, the head as it is seen through it, then the lens, which
        shows that, and what it mirrors. The head behind it is drawn later, and so not at all."""
        glass = drawing.glasses[e]
        window = view.window(glass.mesh.vertices[:, :3])
        if window is None:
            return
        context = self._context
        behind = self._surfaces.target(*view.size, "behind")
        self._uniforms = {
            **self._uniforms,
            **packed({**glass.uniforms, "behind_size": behind.size}),
        }
        self._told -= {key for key in self._told if key[1] or key[0] == "glass"}
        self._onto(behind, view, window)
        self._draw_head(drawing, view, behind=e)
        behind.depth_mask = True
        target.use()
        context.disable(moderngl.BLEND | moderngl.CULL_FACE)
        behind.color_attachments[0].use(TEXTURES["behind"])  # type: ignore[union-attr]
        self._surfaces.use_sights()
        self._render("glass", glass.mesh)

    def _onto(self, target: moderngl.Framebuffer, view: _View, window: Window) -> None:
        """Draw from now on within a window of a target, which is cleared there."""
        target.use()
        target.viewport = (0, 0, *view.size)
        target.scissor = window
        target.clear(0.0, 0.0, 0.0, 0.0)
        if view.hole is not None:
            # At the near plane already: whatever is drawn fails the depth test, and is not shaded.
            target.clear(depth=0.0, viewport=view.hole)

    def _program(self, name: str, refracted: bool) -> moderngl.Program:
        """A program, compiled when first needed, that knows this drawing's numbers."""
        key = (name, refracted)
        if key not in self._programs:
            self._programs[key] = compile_program(self._context, name, refracted)
        if key not in self._told:
            set_uniforms(self._programs[key], self._uniforms)
            self._told.add(key)
        return self._programs[key]

    def _array(self, part: str, behind: int | None = None) -> moderngl.VertexArray:
        """A part of the head, or what a lens may show of it, ready to be drawn."""
        program = self._program(part, behind is not None)
        name = part if behind is None else f"{part}{behind}"
        if name not in self._arrays:
            self._arrays[name] = self._context.vertex_array(
                program, used_attributes(self._content, program), self._triangles[name]
            )
        return self._arrays[name]

    def _render(self, name: str, mesh: Mesh, refracted: bool = False) -> None:
        program = self._program(name, refracted)
        vertices = self._context.buffer(np.ascontiguousarray(mesh.vertices, np.float32))
        indices = self._context.buffer(np.ascontiguousarray(mesh.triangles, np.int32))
        content = used_attributes([(vertices, LAYOUT, ATTRIBUTES)], program)
        array = self._context.vertex_array(program, content, indices)
        array.render()
        for thing in (array, vertices, indices):
            thing.release()
