"""The contact sheet: rendered eye patches beside those of real pictures, in the same layout.

Look at it after every change of the renderer, name the biggest visible difference, remove it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.errors import UserError
from model.face import FaceTracker
from model.geometry import Array, camera_matrix, pitch_yaw
from model.landmarks import Face, face_from_landmarks
from model.patches import EYE_PATCH, cut_patches
from model.training.photographs import Half, find_photographs, read_photograph
from model.training.synthetic import page
from model.training.synthetic.eye_shape import NAMES, eye_shape, patch_levels
from model.training.synthetic.page import Picture
from model.training.synthetic.portrait import Portraits
from model.training.synthetic.presets import CAMERA, TRAIN
from model.training.synthetic.scene import Scene
from model.training.synthetic.studio import Studio

Gaze = Literal["camera", "any"]

PAIRS_PER_ROW = 3
ENLARGED = 3
MEAN_ENLARGED = 5
GAIN = 3.0
"""Grey levels of the picture of the difference per grey level of difference."""

SPARE = 10
"""Rendered pictures tried per pair wanted, before FaceMesh is said to find nobody."""

_GAP, _EYE_GAP, _MARGIN, _LINE = 8, 3, 24, 26


@dataclass(frozen=True)
class EyePairs:
    """Both eyes of N people.

    Attributes:
        name: "real" or "rendered".
        images: (N, 2, 48, 72, 3) RGB uint8, the right eye mirrored, as the model sees them.
        figures: (N, 2, 8), see `eye_shape.NAMES`.
        faceless: pictures in which FaceMesh found nobody.
    """

    name: str
    images: NDArray[np.uint8]
    figures: Array
    faceless: int

    def __post_init__(self) -> None:
        n = len(self.images)
        patch = (EYE_PATCH.height, EYE_PATCH.width, 3)
        if n == 0 or self.images.shape != (n, 2, *patch):
            raise ValueError(f"pairs of eye patches are not of {self.images.shape}")
        if self.figures.shape != (n, 2, len(NAMES)):
            raise ValueError(f"figures {self.figures.shape} do not go with {n} pairs")


def look_at_camera(scene: Scene) -> Scene:
    """The same scene, with the gaze in the lens and the head turned towards it as far as it was
    turned to the straight ahead."""
    pitch, yaw = pitch_yaw(-scene.position)
    own_pitch, own_yaw, roll = scene.angles
    angles = (float(own_pitch + pitch), float(own_yaw + yaw), roll)
    return replace(scene, target=np.zeros(3), angles=angles)


def real_pairs(folder: Path, half: Half, fov: float, limit: int) -> EyePairs:
    """The eyes in pictures of a folder.

    Args:
        folder, half: see `photographs.find_photographs`.
        fov: horizontal field of view that the pictures are taken to have, degrees.
        limit: cut no more than so many, spread evenly over the folder.

    Raises:
        UserError: no folder, no pictures, or nobody in them.
    """
    paths = [path for group in find_photographs(folder, half).values() for path in group]
    if len(paths) > limit:
        paths = [paths[k] for k in np.linspace(0, len(paths) - 1, limit).round().astype(int)]
    cut: list[_Cut] = []
    with FaceTracker(static=True) as tracker:
        for path in tqdm(paths, unit="picture", desc="real"):
            image = read_photograph(path)
            face = tracker.find(image, camera_matrix(image.shape[1], image.shape[0], fov))
            if face is not None:
                cut.append(_cut(image, face))
    if not cut:
        raise UserError(f"no face was found in any picture in {folder}: give others for --faces")
    return _pairs("real", cut, len(paths) - len(cut))


def rendered_pairs(studio: Studio, seed: int, count: int, gaze: Gaze) -> EyePairs:
    """The eyes of so many rendered people, found by FaceMesh like those of real ones.

    Args:
        gaze: "camera" for people who look into the lens, as in photographs, their heads nearly
            frontal; "any" for training's own.

    Raises:
        UserError: where FaceMesh finds next to nobody.
    """
    preset, arrange = (CAMERA, look_at_camera) if gaze == "camera" else (TRAIN, None)
    cut: list[_Cut] = []
    tried = 0
    with tqdm(total=count, unit="picture", desc="rendered") as bar:
        while len(cut) < count and tried < count * SPARE:
            shot = studio.shoot(preset, seed, tried, "eyes", arrange)
            tried += 1
            landmarks = studio.find_landmarks(shot)
            if landmarks is None:
                continue
            offset = np.array([shot.box[0], shot.box[1], 0.0])
            cut.append(_cut(shot.picture, face_from_landmarks(landmarks - offset, shot.camera)))
            bar.update()
    if len(cut) < count:
        raise UserError(
            f"FaceMesh found {len(cut)} faces in {tried} rendered pictures: "
            "look at them with main.py synth preview"
        )
    return _pairs("rendered", cut, tried - count)


_Cut = tuple[NDArray[np.uint8], Array]


def _cut(image: Picture, face: Face) -> _Cut:
    images = cut_patches(image, face, EYE_PATCH).images
    return images, np.hstack([eye_shape(face.landmarks), patch_levels(images)])


def _pairs(name: str, cut: list[_Cut], faceless: int) -> EyePairs:
    images, figures = zip(*cut, strict=True)
    return EyePairs(name, np.stack(images), np.stack(figures), faceless)


def figures_table(halves: list[EyePairs]) -> list[list[str]]:
    """Mean and standard deviation over the patches of each half, with a row of headings."""
    rows = [["patches", *NAMES]]
    for half in halves:
        flat = half.figures.reshape(-1, len(NAMES))
        cells = [
            f"{mean:.0f} ({sd:.0f})" if name in NAMES[-2:] else f"{mean:+.3f} ({sd:.3f})"
            for name, mean, sd in zip(NAMES, flat.mean(axis=0), flat.std(axis=0), strict=True)
        ]
        rows.append([f"{len(flat)} {half.name}", *cells])
    return rows


def mean_patch(pairs: EyePairs) -> Array:
    """The mean (48, 72, 3) of all patches, grey levels; both eyes look like a left one."""
    return np.asarray(pairs.images.mean(axis=(0, 1)))


def draw_sheet(halves: list[EyePairs]) -> Picture:
    """One page (H, W, 3): the halves side by side, below them their means and figures."""
    rows = max(-(-len(half.images) // PAIRS_PER_ROW) for half in halves)
    high, wide = EYE_PATCH.height * ENLARGED, 2 * EYE_PATCH.width * ENLARGED + _EYE_GAP
    half_width = PAIRS_PER_ROW * (wide + _GAP) - _GAP
    means_high = EYE_PATCH.height * MEAN_ENLARGED
    width = len(halves) * (half_width + _MARGIN) + _MARGIN
    top = _MARGIN + _LINE
    grid_high = rows * (high + _GAP)
    height = top + grid_high + _LINE + means_high + (len(halves) + 3) * _LINE
    sheet = page.blank(height, width)
    for side, half in enumerate(halves):
        left = _MARGIN + side * (half_width + _MARGIN)
        page.write_text(sheet, _heading(half), left, _MARGIN + 4, 0.6)
        for k, (right_eye, left_eye) in enumerate(half.images):
            x = left + (k % PAIRS_PER_ROW) * (wide + _GAP)
            y = top + (k // PAIRS_PER_ROW) * (high + _GAP)
            page.put(sheet, page.enlarged(right_eye, ENLARGED), x, y)
            x += EYE_PATCH.width * ENLARGED + _EYE_GAP
            page.put(sheet, page.enlarged(left_eye, ENLARGED), x, y)
    y = top + grid_high + _LINE
    _draw_means(sheet, halves, y)
    _draw_table(sheet, figures_table(halves), y + means_high + _LINE)
    return sheet


def _heading(half: EyePairs) -> str:
    lost = f", {half.faceless} without a face found" if half.faceless else ""
    return f"{half.name}: {len(half.images)} pictures{lost}; right eye mirrored, left eye"


def _draw_means(sheet: Picture, halves: list[EyePairs], top: int) -> None:
    means = [mean_patch(half) for half in halves]
    shown = [(f"mean of {half.name}", mean) for half, mean in zip(halves, means, strict=True)]
    if len(means) == 2:
        difference = 128.0 + GAIN * (means[1] - means[0])
        title = f"{halves[1].name} - {halves[0].name}, x {GAIN:g}, grey = none"
        shown.append((title, difference))
    for k, (title, picture) in enumerate(shown):
        x = _MARGIN + k * (EYE_PATCH.width * MEAN_ENLARGED + _MARGIN)
        levels = np.clip(np.round(picture), 0, 255).astype(np.uint8)
        page.write_text(sheet, title, x, top - 6)
        page.put(sheet, page.enlarged(levels, MEAN_ENLARGED), x, top)


def _draw_table(sheet: Picture, table: list[list[str]], top: int) -> None:
    column = (min(sheet.shape[1], 1600) - 2 * _MARGIN) // len(table[0])
    for k, row in enumerate(table):
        colour = page.FAINT if k == 0 else page.INK
        for n, cell in enumerate(row):
            page.write_text(sheet, cell, _MARGIN + n * column, top + k * _LINE, 0.5, colour)


@dataclass(frozen=True)
class SheetOptions:
    """What `synth sheet` is asked for.

    Attributes:
        faces: folder of real pictures; None for the rendered half alone.
        half, fov: of the real pictures, see `real_pairs`.
        seed, gaze: of the rendered ones, see `rendered_pairs`.
        rows: at most so many.
    """

    faces: Path | None
    half: Half
    fov: float
    seed: int
    gaze: Gaze
    rows: int


def make_sheet(
    options: SheetOptions, data: Path | None, portraits: Portraits | None = None
) -> tuple[Picture, list[list[str]]]:
    """The sheet (H, W, 3) and its table of figures.

    Args:
        data: folder of the head model.
        portraits: where given, a share of the rendered people is drawn from them.

    Raises:
        UserError: head model, OpenGL, or the folder of pictures is missing.
    """
    from model.training.synthetic.shards import make_studio

    studio = make_studio(data, portraits)
    try:
        limit = options.rows * PAIRS_PER_ROW
        halves = []
        if options.faces is not None:
            halves.append(real_pairs(options.faces, options.half, options.fov, limit))
            limit = len(halves[0].images)
        halves.append(rendered_pairs(studio, options.seed, limit, options.gaze))
    finally:
        studio.close()
    return draw_sheet(halves), figures_table(halves)
