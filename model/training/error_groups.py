"""Errors by what makes pictures hard, and whom a model serves worse than others."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, pitch_yaw

FAR, NEAR = 800.0, 600.0
"""Distances in mm at which the report by distance is split."""

UNFAIR = 1.25
"""An iris colour or skin tone whose mean error is more than so many times that of everybody is
warned of."""

GLARE = 0.25
"""From so much of the picture's white on, what a lens mirrors counts as glare over the iris."""

SKIN_TONES = (
    ("very light", 55.0, 91.0),
    ("light", 41.0, 55.0),
    ("intermediate", 28.0, 41.0),
    ("tan", 10.0, 28.0),
    ("brown", -30.0, 10.0),
    ("dark", -91.0, -30.0),
)
"""Classes of the individual typology angle, degrees: Chardon et al. 1991, and Del Bino et al.,
"Relationship between skin response to ultraviolet exposure and skin color type", Pigment Cell
Research 19, 2006."""

YES_OR_NO = (
    ("hair before the face", "hair"),
    ("hand at the face", "hand"),
    ("mask", "mask"),
    ("head covered", "cover"),
    ("phone", "phone"),
)
"""Groups by what a sample may have, and the trait that tells of it."""

Members = Iterator[tuple[str, NDArray[np.bool_]]]


def error_groups(
    error: Array, gaze: Array, traits: Mapping[str, NDArray[np.generic]]
) -> dict[str, dict[str, float]]:
    """Mean error and number of samples of every group that has members.

    Args:
        error: (M,) degrees.
        gaze: (M, 3) true gaze, unit vectors in the camera frame.
        traits: arrays (M, ...) by name as `PatchSet.traits`; groups by what is not known of the
            samples are left out.
    """
    found: dict[str, dict[str, float]] = {}
    for name, member in _members(gaze, traits):
        if member.any():
            mean = round(float(error[member].mean()), 4)
            found[name] = {"samples": int(member.sum()), "mean_deg": mean}
    return found


def warnings(groups: Mapping[str, Mapping[str, float]], mean: float) -> list[str]:
    """A sentence for each iris colour or skin tone that the model serves worse than `UNFAIR`."""
    told = []
    for name, group in groups.items():
        if name.startswith(("iris ", "skin ")) and group["mean_deg"] > UNFAIR * mean:
            worse = 100.0 * (group["mean_deg"] / mean - 1.0)
            told.append(
                f"{name}: {group['mean_deg']:.2f} degrees, {worse:.0f} % worse than all "
                f"({int(group['samples'])} samples)"
            )
    return told


def _members(gaze: Array, traits: Mapping[str, NDArray[np.generic]]) -> Members:
    """Names of groups with which samples belong to them."""
    pitch, yaw = np.degrees(pitch_yaw(gaze)).T
    yield from _ranges("yaw", yaw, (-20.0, -10.0, 10.0, 20.0))
    yield from _ranges("pitch", pitch, (-20.0, -10.0, 0.0, 10.0))
    if "head_angles" in traits:
        head = np.degrees(np.asarray(traits["head_angles"], np.float64))
        yield from _ranges("head yaw", head[:, 1], (-20.0, -10.0, 10.0, 20.0))
        yield from _ranges("head pitch", head[:, 0], (-15.0, -5.0, 5.0, 15.0))
    yield from _glasses(traits)
    if "contact" in traits:
        yield from _words("contact lenses", traits["contact"])
    if "iris_colour" in traits:
        yield from _words("iris", traits["iris_colour"])
    if "skin_tone" in traits:
        tone = np.asarray(traits["skin_tone"], np.float64)
        for name, low, high in SKIN_TONES:
            yield f"skin {name}", (tone > low) & (tone <= high)
    if "image_size" in traits:
        height = np.asarray(traits["image_size"])[:, 1]
        for h in np.unique(height):
            yield f"{int(h)} rows", height == h
    if "head_position" in traits:
        distance = np.linalg.norm(np.asarray(traits["head_position"], np.float64), axis=1)
        yield f"under {NEAR / 10:.0f} cm", distance < NEAR
        yield f"{NEAR / 10:.0f} to {FAR / 10:.0f} cm", (distance >= NEAR) & (distance < FAR)
        yield f"over {FAR / 10:.0f} cm", distance >= FAR
    if "light" in traits:
        yield from _words("light", traits["light"])
    for name, trait in YES_OR_NO:
        if trait in traits:
            yield name, np.asarray(traits[trait], dtype=bool)


def _glasses(traits: Mapping[str, NDArray[np.generic]]) -> Members:
    if "glasses" not in traits:
        return
    glasses = np.asarray(traits["glasses"], dtype=bool)
    yield "glasses", glasses
    yield "no glasses", ~glasses
    if "glasses_kind" in traits:
        yield from _words("glasses", traits["glasses_kind"])
    if "dioptres" in traits and "glasses_kind" in traits:
        powers = np.asarray(traits["dioptres"], np.float64).mean(axis=1)
        bending = glasses & (np.asarray(traits["glasses_kind"]) != "plain")
        for name, member in _ranges("lenses, dioptres", powers, (-4.0, -1.0, 1.0)):
            yield name, member & bending
    if "glare" in traits:
        glare = np.asarray(traits["glare"], np.float64).max(axis=1) > GLARE
        yield "glare over an iris", glare & glasses


def _ranges(name: str, values: Array, borders: tuple[float, ...]) -> Members:
    yield f"{name} under {borders[0]:g}", values < borders[0]
    for low, high in pairwise(borders):
        yield f"{name} {low:g} to {high:g}", (values >= low) & (values < high)
    yield f"{name} over {borders[-1]:g}", values >= borders[-1]


def _words(name: str, words: NDArray[np.generic]) -> Members:
    """One group for each word; an empty one stands for no such thing."""
    for word in np.unique(words):
        if word:
            yield f"{name} {word}", words == word
