"""Gives a made-up person the eyes of a photographed one: the shape of lids and brows, and the skin.

Hair, glasses, irises and everything that moves stay the made-up person's. The eyeballs are placed
so that they look at the photograph's camera where the photograph shows them looking at it.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from model.geometry import Array, normalize, pitch_yaw
from model.training.synthetic.drawing import Photo
from model.training.synthetic.eyes import (
    EYE_X,
    SIDES,
    WINDOW_SCALE,
    EyeTraits,
    curled_lashes,
    lid_expression,
    lid_gap,
    optical_axes,
    smoothstep,
)
from model.training.synthetic.lid_edges import lid_edges
from model.training.synthetic.person import Person
from model.training.synthetic.portrait import TEXTURE_WHITE, Portrait
from model.training.synthetic.rig import (
    LASH,
    SKIN,
    Floats,
    Indices,
    Rig,
    fit_sphere,
    rotation_centre,
)

CLOSED_GAP = 0.3
"""mm that remain between the margins of closed lids: their lashes' roots do not touch."""
SEAT_JITTER = 0.12
"""mm: neither do people look exactly into the camera, nor is an iris found exactly."""
IDENTITY_SPREAD = 0.45
"""Of the identity modes that vary a portrait's head, in their standard deviations."""
WHITES = 1.2
"""What the eyeball's shader takes off the whites: in its shade they come out as photographed."""
PALE_CORNER = 22.0
"""mm from the middle of a head, in the eyeball's shader, where the caruncle ends."""
LASH_LENGTH, LASH_DENSITY = 0.75, 0.7
"""Of what a made-up person has: the skin's own lashes are in the photograph."""


def in_likeness(rig: Rig, person: Person, portrait: Portrait, rng: np.random.Generator) -> Person:
    """The person with the eye region of a portrait, varied by a generator of its own."""
    if rng.random() < 0.5:
        portrait = mirrored(rig, portrait)
    shape = portrait.shape + _varied(rig, rng) + curled_lashes(rig, rng)
    hair = person.paint[:, 3] * (rig.neutral[:, 1] < -20.0)
    shape += rig.normals(shape) * (rng.uniform(0.0, 14.0) * hair)[:, None].astype(np.float32)

    eyes = replace(
        person.eyes,
        iris_radius=float(portrait.iris_radius * rng.normal(1.0, 0.015)),
        squint=0.0,
        drop=0.0,
        sclera=portrait.sclera * WHITES * rng.uniform(0.8, 1.2) * rng.uniform(0.97, 1.03, 3),
    )
    centres = seat_in_portrait(rig, shape, portrait, eyes)
    centres[:, :2] += rng.normal(0.0, SEAT_JITTER, (2, 2))
    for index in rig.eyeballs:
        middle, size = fit_sphere(shape[index])
        shape[index] = middle + normalize(shape[index] - middle) * (size * WINDOW_SCALE)
    middle = centres.mean(axis=0)
    shape, centres = (shape - middle).astype(np.float32), centres - middle

    camera = portrait.camera - middle
    shape -= lids_towards(rig, eyes, normalize(camera - centres))
    base, rest = lids_at_rest(rig, shape)
    closed = base + sum(rig.expression[f"eyeBlink_{side}"] for side in SIDES)
    eyes = replace(eyes, rest=rest + rng.normal(0.0, 0.04) + rng.normal(0.0, 0.02, 2))

    tone = portrait.tone * np.exp(rng.normal(-0.05, 0.2)) * rng.uniform(0.97, 1.03, 3)
    paint = person.paint.copy()
    near = (rig.material == SKIN) & (np.hypot(*rig.neutral[:, :2].T) < 75.0)
    bare = (rig.material == SKIN) & (rig.neutral[:, 1] < 100.0)
    paint[bare, :3] *= (tone / np.median(paint[near, :3], axis=0)).astype(np.float32)
    np.clip(paint[:, :3], 0.004, 0.95, out=paint[:, :3], where=bare[:, None])
    paint[rig.material == LASH, :2] = person.paint[rig.material == LASH, :2] * np.array(
        [LASH_LENGTH, LASH_DENSITY], dtype=np.float32
    )
    return replace(
        person,
        shape=base,
        eye_centres=centres,
        skin=tone,
        paint=paint,
        eyes=eyes,
        open_gap=lid_gap(rig, shape),
        closed_gap=lid_gap(rig, closed),
        uniforms={
            **person.uniforms,
            "iris_radius": np.array(eyes.iris_radius),
            "sclera": eyes.sclera,
            "liner_colour": np.minimum(person.uniforms["liner_colour"], 0.25 * tone),
            "corner_shift": _corner_shift(rig, shape),
        },
        photo=Photo(_toned(portrait.texture, tone, rng.uniform(0.85, 1.15)), portrait.skin),
    )


def _corner_shift(rig: Rig, shape: Floats) -> Array:
    """(2,) mm that put the eyeballs' pink inner corners where the photograph's own begin."""
    inner = [np.abs(shape[np.concatenate(pair), 0]).min() for pair in lid_edges(rig)]
    return PALE_CORNER - np.array(inner)


def _varied(rig: Rig, rng: np.random.Generator) -> Floats:
    """Offsets (V, 3) mm that change a head but for its eyes."""
    modes = rng.normal(0.0, IDENTITY_SPREAD, len(rig.identity)).astype(np.float32)
    offset = (modes @ rig.identity).reshape(-1, 3)
    away = np.hypot(np.abs(rig.neutral[:, 0]) - EYE_X, rig.neutral[:, 1])
    share = np.maximum(smoothstep(24.0, 50.0, away), rig.neutral[:, 2] > 45.0)
    return np.asarray(offset * share[:, None], dtype=np.float32)


def seat_in_portrait(rig: Rig, shape: Floats, portrait: Portrait, eyes: EyeTraits) -> Array:
    """Rotation centres (2, 3) mm, head frame, from which irises appear where they were seen.

    Their depth is the rig's. A person's kappa turns the iris away from the camera that the visual
    axis points at, so each person's eyeballs lie a little elsewhere.
    """
    centres = np.stack(
        [rotation_centre(*fit_sphere(shape[index]), eyes.iris_depth) for index in rig.eyeballs]
    )
    rays = normalize(portrait.iris_rays)
    for _ in range(5):
        axes = optical_axes(eyes, normalize(portrait.camera - centres))
        reach = (centres[:, 2] + eyes.iris_depth * axes[:, 2] - portrait.camera[2]) / rays[:, 2]
        irises = portrait.camera + reach[:, None] * rays
        centres[:, :2] = irises[:, :2] - eyes.iris_depth * axes[:, :2]
    return centres


def lids_towards(rig: Rig, eyes: EyeTraits, visual: Array) -> Floats:
    """Offsets (V, 3) mm by which this person's lids follow the eyes to visual axes (2, 3), head
    frame. A head that was photographed raised looked down into the camera, its lids with it."""
    relaxed = replace(eyes, rest=np.zeros(2), squint=0.0)
    angles = pitch_yaw(optical_axes(eyes, visual))
    offset = np.zeros((rig.vertex_count, 3), dtype=np.float32)
    for name, weight in lid_expression(relaxed, angles, np.zeros(2), 0.0, 0.0).items():
        if weight:
            offset += np.float32(weight) * rig.expression[name]
    for index in rig.eyeballs:
        offset[index] = 0.0
    return offset


def lids_at_rest(rig: Rig, shape: Floats) -> tuple[Floats, Array]:
    """Take the lids' rest out of a photographed shape: blinks start from there.

    Returns:
        A shape (V, 3) whose lids close when they blink fully, and per eye (2,) the share of
        eyeBlink (> 0) or eyeWide (< 0) that makes it the photographed one again.
    """
    base, rest = shape.copy(), np.zeros(2)
    gap = lid_gap(rig, shape)
    for e, side in enumerate(SIDES):
        blink, wide = rig.expression[f"eyeBlink_{side}"], rig.expression[f"eyeWide_{side}"]
        travel = gap[e] - lid_gap(rig, shape + blink)[e]
        rest[e] = 1.0 - (gap[e] - CLOSED_GAP) / travel
        if rest[e] < 0.0:
            opened = lid_gap(rig, shape + wide)[e] - gap[e]
            rest[e] = -(gap[e] - CLOSED_GAP - travel) / opened
        base -= np.float32(max(rest[e], 0.0)) * blink + np.float32(max(-rest[e], 0.0)) * wide
    for index in rig.eyeballs:
        base[index] = shape[index]
    return base, rest


def mirrored(rig: Rig, portrait: Portrait) -> Portrait:
    """The portrait of the same person in a mirror."""
    partner = _partners(rig)
    flip = np.array([-1.0, 1.0, 1.0])
    return replace(
        portrait,
        shape=portrait.shape[partner] * flip.astype(np.float32),
        camera=portrait.camera * flip,
        iris_rays=portrait.iris_rays[::-1] * flip,
        skin=portrait.skin[partner],
    )


@lru_cache(maxsize=1)
def _partners(rig: Rig) -> Indices:
    """(V,) the vertex on the other side of the mean head; parts that touch are told apart."""
    part = np.zeros(rig.vertex_count)
    other = np.zeros(rig.vertex_count)
    names = list(rig.part)
    for k, name in enumerate(names):
        across = name[:-1] + {"l": "r", "r": "l"}[name[-1]] if name[-2] == "_" else name
        part[rig.part[name]] = 1e3 * k
        other[rig.part[name]] = 1e3 * names.index(across)
    here = np.column_stack([rig.neutral, part])
    there = np.column_stack([rig.neutral * [-1.0, 1.0, 1.0], other])
    return np.asarray(cKDTree(here).query(there)[1], dtype=np.int32)


def _toned(texture: NDArray[np.uint8], tone: Array, gamma: float) -> NDArray[np.uint8]:
    """A portrait's texture as sRGB albedo of a skin of another tone and contrast."""
    level = TEXTURE_WHITE * (np.arange(256) / 255.0) ** 2.2
    light = np.clip(level[:, None] ** gamma * tone, 0.0, 1.0)
    srgb = np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1.0 / 2.4) - 0.055)
    table = np.round(255.0 * srgb).astype(np.uint8)
    return np.stack([table[texture[..., k], k] for k in range(3)], axis=-1)
