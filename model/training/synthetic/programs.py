"""Compiles the shaders that lie beside this file, and hands them their numbers."""

from collections.abc import Mapping
from pathlib import Path

import moderngl
import numpy as np
from numpy.typing import ArrayLike

SHADERS = Path(__file__).with_name("shaders")
VERSION = "#version 330\n"
TEXTURES = {"portrait": 1, "behind": 2, "sights": 3}
"""Texture units of the samplers; the grain's is 0."""

REFRACTED = "#define REFRACTED\n"
"""Before a shader: what it draws lies behind a lens, and is seen where the lens shows it."""

RECIPES = {
    "near": ("skin.frag", "#define NEAR_EYES\n"),
    "photo": ("skin.frag", "#define PORTRAIT\n"),
    "skin": ("skin.frag", ""),
    "eyeball": ("eyeball.frag", ""),
    "thing": ("thing.frag", ""),
    "clear": ("thing.frag", "#define CLEAR\n"),
    "lash": ("lash.frag", ""),
    "strand": ("strand.frag", ""),
    "lens": ("lens.frag", ""),
    "glass": ("glass.frag", "#define SIGHTS\n"),
}
"""Fragment shader and definitions of each program. A software renderer runs through all branches of
a shader for every pixel, so what differs gets a shader of its own."""

Content = list[tuple[moderngl.Buffer, str, tuple[str, ...]]]
"""Buffers, each with the layout and the names of the attributes that lie in it."""


def compile_program(context: moderngl.Context, name: str, refracted: bool) -> moderngl.Program:
    """Compile one of RECIPES, its fragment shader behind the lights that all share."""
    file, prefix = RECIPES[name]
    prefix += REFRACTED if refracted else ""
    vertex, light, own = (
        (SHADERS / source).read_text(encoding="utf-8").removeprefix(VERSION)
        for source in ("surface.vert", "light.glsl", file)
    )
    program = context.program(
        vertex_shader=VERSION + prefix + vertex, fragment_shader=VERSION + prefix + light + own
    )
    for sampler, unit in TEXTURES.items():
        if sampler in program:
            program[sampler] = unit
    return program


def used_attributes(
    content: Content, program: moderngl.Program
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


def packed(uniforms: Mapping[str, ArrayLike]) -> dict[str, bytes]:
    """Uniforms by name, as `set_uniforms` writes them: packed once for all programs."""
    return {name: np.asarray(value, np.float32).tobytes() for name, value in uniforms.items()}


def set_uniforms(program: moderngl.Program, uniforms: Mapping[str, bytes]) -> None:
    """Set those uniforms that a program has, see `packed`."""
    for name, value in uniforms.items():
        uniform = program.get(name, None)  # a compiler may have dropped it
        if isinstance(uniform, moderngl.Uniform):
            uniform.write(value)
