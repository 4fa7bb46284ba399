"""What shaders read from and draw onto: textures and framebuffers, made when first needed."""

import moderngl
import numpy as np
from numpy.typing import NDArray

from model.training.synthetic.noise import GRAIN_SIZE, grain_texture
from model.training.synthetic.programs import TEXTURES
from model.training.synthetic.sights import sight_atlas

_SRGB8_ALPHA8 = 0x8C43
_SRGB8 = 0x8C41


class Surfaces:
    """The textures and framebuffers of an OpenGL context."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        grain = grain_texture()
        self._grain = context.texture((GRAIN_SIZE, GRAIN_SIZE), 4, grain.tobytes())
        self._grain.build_mipmaps()
        self._grain.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
        self._sights: moderngl.Texture | None = None
        self._skin: tuple[NDArray[np.uint8], moderngl.Texture] | None = None
        self._targets: dict[tuple[int, int, str], moderngl.Framebuffer] = {}

    def use_grain(self) -> None:
        """Let shaders read the noise."""
        self._grain.use(0)

    def use_skin(self, pixels: NDArray[np.uint8]) -> None:
        """Let shaders read a photograph's skin (h, w, 3); the latest one is kept."""
        if self._skin is None or self._skin[0] is not pixels:
            if self._skin is not None:
                self._skin[1].release()
            self._skin = pixels, self._colours(pixels)
        self._skin[1].use(TEXTURES["portrait"])

    def use_sights(self) -> None:
        """Let shaders read what lenses may mirror."""
        if self._sights is None:
            self._sights = self._colours(sight_atlas().pixels)
        self._sights.use(TEXTURES["sights"])

    def target(self, width: int, height: int, use: str) -> moderngl.Framebuffer:
        """A framebuffer at least that large, in steps, so that few are ever made; another for
        each use."""
        size = (-(-width // 256) * 256, -(-height // 256) * 256)
        if (*size, use) not in self._targets:
            texture = self._context.texture(size, 4, internal_format=_SRGB8_ALPHA8)
            self._targets[*size, use] = self._context.framebuffer(
                [texture], self._context.depth_renderbuffer(size)
            )
        return self._targets[*size, use]

    def _colours(self, pixels: NDArray[np.uint8]) -> moderngl.Texture:
        """A texture of sRGB pixels (h, w, 3)."""
        height, width = pixels.shape[:2]
        texture = self._context.texture(
            (width, height), 3, pixels.tobytes(), alignment=1, internal_format=_SRGB8
        )
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        texture.repeat_x = texture.repeat_y = False
        return texture
