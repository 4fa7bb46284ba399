"""Whole rendered frames on one page, with what is true of them."""

import cv2
import numpy as np
from tqdm import tqdm

from model.geometry import pitch_yaw, project
from model.landmarks import EYE_CONTOURS, IRIS_CENTRES, IRIS_RINGS
from model.training.synthetic import page
from model.training.synthetic.page import Picture
from model.training.synthetic.presets import Preset
from model.training.synthetic.scene import Scene
from model.training.synthetic.studio import Shot, Studio

COLUMNS = 4
TILE_WIDTH = 400
FRAME_HEIGHT, HEAD_HEIGHT = 225, 300
"""Of a tile with a whole frame, most of which are wide, and of one with a head."""

ARROW = 120.0
"""mm of gaze that are drawn."""

LEGEND = "degrees: gaze yaw / pitch, head yaw / pitch / roll; yaw > 0 own right, pitch > 0 up"

_GAP, _LINE, _SMALL = 10, 18, 0.42
_POINT, _EYE, _GAZE = (60, 220, 255), (80, 255, 80), (255, 60, 60)
_BITS = 4
"""Fractional bits of the coordinates that OpenCV draws at: whole pixels are too coarse here."""


def draw_preview(
    studio: Studio,
    preset: Preset,
    seed: int,
    count: int,
    landmarks: bool = False,
    heads: bool = False,
) -> Picture:
    """A page (H, W, 3) of the first samples of a preset and seed: the people and scenes that
    `synth render` cuts its patches from.

    Args:
        landmarks: show the head larger, and draw the true landmarks and the gaze over it.
        heads: show the head larger.
    """
    large = heads or landmarks
    tiles = []
    for index in tqdm(range(count), unit="picture", desc=preset.name):
        shot = studio.shoot(preset, seed, index, "face" if large else "frame")
        picture = _with_landmarks(shot) if landmarks else shot.picture
        tiles.append(_tile(picture, shot, index, HEAD_HEIGHT if large else FRAME_HEIGHT))
    high, wide = tiles[0].shape[0] + _GAP, TILE_WIDTH + _GAP
    columns, rows = min(COLUMNS, count), -(-count // COLUMNS)
    title = f"preset {preset.name}, seed {seed}; {LEGEND}"
    width = max(columns * wide, page.text_width(title, _SMALL) + _GAP)
    sheet = page.blank(rows * high + _GAP + _LINE, width + _GAP)
    page.write_text(sheet, title, _GAP, _LINE, _SMALL, page.FAINT)
    for k, tile in enumerate(tiles):
        put_at = (_GAP + (k % COLUMNS) * wide, _GAP + _LINE + (k // COLUMNS) * high)
        page.put(sheet, tile, *put_at)
    return sheet


def _tile(picture: Picture, shot: Shot, index: int, high: int) -> Picture:
    tile = page.blank(high + 2 * _LINE, TILE_WIDTH)
    page.put(tile, page.fitted(picture, TILE_WIDTH, high), 0, 0)
    for k, line in enumerate(label(shot, index)):
        page.write_text(tile, line, 2, high + (k + 1) * _LINE - 4, _SMALL)
    return tile


def label(shot: Shot, index: int) -> tuple[str, str]:
    """Two lines that say what is true of a sample, see `LEGEND`."""
    scene = shot.scene
    pitch, yaw = np.degrees(pitch_yaw(scene.gaze()))
    head_pitch, head_yaw, head_roll = np.degrees(scene.angles)
    first = (
        f"{index}: gaze {yaw:+z.0f} / {pitch:+z.0f}, "
        f"head {head_yaw:+z.0f} / {head_pitch:+z.0f} / {head_roll:+z.0f}"
    )
    has = [word for word, there in _worn(scene) if there]
    second = (
        f"{np.linalg.norm(scene.position) / 10.0:.0f} cm, {scene.width}x{scene.height}, "
        f"{', '.join([f'fov {scene.fov:.0f}', *has])}"
    )
    return first, second


def _worn(scene: Scene) -> list[tuple[str, bool]]:
    """Words for what a scene may have, and whether it has it."""
    extras = scene.extras
    return [
        ("glasses", scene.glasses),
        ("contact lenses", extras.contact is not None),
        ("hair", extras.strands is not None),
        ("hand", extras.hand is not None),
        ("mask", extras.mask),
        ("head covered", extras.cover),
        ("phone", extras.phone),
        ("blink", float(scene.blink.max()) > 0.25),
    ]


def _with_landmarks(shot: Shot) -> Picture:
    """The part of the frame around the head, twice as large as in its tile, drawn over."""
    share = min(2.0 * TILE_WIDTH / shot.picture.shape[1], 2.0 * HEAD_HEIGHT / shot.picture.shape[0])
    size = (round(shot.picture.shape[1] * share), round(shot.picture.shape[0] * share))
    drawn = np.ascontiguousarray(cv2.resize(shot.picture, size, interpolation=cv2.INTER_CUBIC))

    def at(points: np.ndarray) -> np.ndarray:
        """Pixels of the frame as OpenCV wants them: of the enlarged part, fixed point."""
        # Pixel centres are whole numbers before and after.
        inside = (points[:, :2] - shot.box[:2] + 0.5) * share - 0.5
        return np.asarray(np.round(inside * 2**_BITS), np.int32)

    for point in at(shot.landmarks[:468]):
        cv2.circle(drawn, point, 2 << (_BITS - 1), _POINT, -1, cv2.LINE_AA, _BITS)
    for ring in (*EYE_CONTOURS, *IRIS_RINGS):
        cv2.polylines(drawn, [at(shot.landmarks[ring])], True, _EYE, 1, cv2.LINE_AA, _BITS)
    for point in at(shot.landmarks[IRIS_CENTRES]):
        cv2.circle(drawn, point, 2 << _BITS, _EYE, -1, cv2.LINE_AA, _BITS)
    scene = shot.scene
    ends = np.stack([scene.position, scene.position + ARROW * scene.gaze()])
    start, end = at(project(ends, scene.camera))
    cv2.line(drawn, start, end, _GAZE, 2, cv2.LINE_AA, _BITS)
    return np.asarray(drawn, np.uint8)
