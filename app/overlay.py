"""Drawing what is known about a frame into its picture; no window, no files."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from app.sample import Sample
from app.source.base import Image
from model.geometry import Array, project
from model.landmarks import EYE_CONTOURS, Face

Colour = tuple[int, int, int]

LID, IRIS, ARROW, CLOSED = (120, 230, 160), (90, 200, 255), (255, 190, 40), (150, 150, 150)
AXES: tuple[Colour, Colour, Colour] = ((235, 80, 80), (80, 200, 80), (90, 120, 255))
TEXT, SHADOW = (255, 255, 255), (0, 0, 0)

AXIS_MM = 60.0
ARROW_MM = 130.0
SHIFT = 4  # cv2 draws at sixteenths of a pixel with this many fractional bits


@dataclass(frozen=True)
class Layers:
    """What of a face is drawn."""

    eyes: bool = True
    irises: bool = True
    head: bool = True
    gaze: bool = True


ALL_LAYERS = Layers()


def draw_overlay(image: Image, sample: Sample, fps: float | None = None) -> Image:
    """The picture with everything on it: face layers, description, confidence, speed.

    Args:
        image: (H, W, 3) RGB; left as it is.
        sample: what is known about it.
        fps: frames per second to show, None for none.
    """
    drawn = image.copy()
    draw_layers(drawn, sample)
    draw_text(drawn, text_lines(sample, fps))
    return drawn


def draw_layers(image: Image, sample: Sample, layers: Layers = ALL_LAYERS) -> None:
    """The face's layers into a picture (H, W, 3) RGB of the frame; no text."""
    if sample.face is None:
        return
    if layers.head:
        draw_head_axes(image, sample.face)
    if layers.eyes:
        draw_eyes(image, sample.face)
    if layers.irises:
        draw_irises(image, sample.face)
    if layers.gaze:
        draw_gaze(image, sample)


def scaled(sample: Sample, scale: float) -> Sample:
    """A sample as it lies in its frame's picture scaled so many times."""
    if sample.face is None:
        return sample
    face, camera = sample.face, sample.face.camera.copy()
    camera[:2] *= scale
    camera[:2, 2] += 0.5 * (scale - 1.0)  # coordinates name the pixels' centres
    landmarks, iris = face.landmarks * scale, face.iris * scale
    landmarks[:, :2] += 0.5 * (scale - 1.0)
    iris[:, :2] += 0.5 * (scale - 1.0)
    box = face.box * scale + 0.5 * (scale - 1.0)
    return replace(
        sample, face=replace(face, landmarks=landmarks, iris=iris, box=box, camera=camera)
    )


def draw_eyes(image: Image, face: Face) -> None:
    """Eye contours."""
    width = _line_width(image)
    for contour in EYE_CONTOURS:
        points = _fixed_point(face.landmarks[contour, :2])
        cv2.polylines(image, [points], True, LID, width, cv2.LINE_AA, SHIFT)


def draw_irises(image: Image, face: Face) -> None:
    """Iris circles."""
    width = _line_width(image)
    for x, y, radius in face.iris:
        centre = _point(np.array([x, y]))
        cv2.circle(image, centre, round(radius * 2**SHIFT), IRIS, width, cv2.LINE_AA, SHIFT)


def draw_head_axes(image: Image, face: Face) -> None:
    """The head's own axes from the point midway between the eyes: to the user's left, down, and
    (blue) out of the face."""
    ends = face.translation + AXIS_MM * (face.rotation * (1.0, 1.0, -1.0)).T
    start = _point(project(face.translation, face.camera))
    for end, colour in zip(project(ends, face.camera), AXES, strict=True):
        cv2.line(image, start, _point(end), colour, _line_width(image), cv2.LINE_AA, SHIFT)


def draw_gaze(image: Image, sample: Sample) -> None:
    """An arrow from each eye used, along its gaze; grey while the eyes are closed."""
    if sample.face is None or sample.estimate is None:
        return
    face, colour = sample.face, CLOSED if sample.blink else ARROW
    eye_gaze = sample.estimate.eye_gaze
    if not np.isfinite(eye_gaze).any():  # a model of the whole face gives one gaze for both
        eye_gaze = np.tile(sample.estimate.gaze, (2, 1))
    width = 2 * _line_width(image)
    for gaze, centre, iris in zip(eye_gaze, face.eye_centres, face.iris, strict=True):
        if not np.isfinite(gaze).all():
            continue
        reach = min(ARROW_MM, 0.4 * float(centre[2]))
        tail, tip = project(np.stack([centre, centre + reach * gaze]), face.camera)
        _arrow(image, iris[:2], iris[:2] + tip - tail, colour, width)


def text_lines(sample: Sample, fps: float | None) -> list[str]:
    """What is said beside the picture."""
    speed = [] if fps is None else [f"{fps:.0f} frames/s"]
    if sample.face is None or sample.estimate is None:
        return ["no face", *speed]
    if sample.blink:
        return ["eyes closed", *speed]
    assert sample.confidence is not None
    description = sample.estimate.description
    return [f"looking {description}", f"confidence {sample.confidence:.0%}", *speed]


def draw_text(image: Image, lines: list[str]) -> None:
    """Lines of text at the top left, as large for the eye in a small picture as in a large one."""
    scale = image.shape[0] / 480.0
    width = max(round(1.4 * scale), 1)
    for number, text in enumerate(lines):
        at = (round(12 * scale), round((28 + 26 * number) * scale))
        for colour, extra in ((SHADOW, width + 1), (TEXT, 0)):
            cv2.putText(
                image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.7 * scale, colour, width + extra,
                cv2.LINE_AA,
            )  # fmt: skip


def _arrow(image: Image, tail: Array, tip: Array, colour: Colour, width: int) -> None:
    length = float(np.linalg.norm(tip - tail))
    cv2.circle(image, _point(tail), 2 * width * 2**SHIFT // 2, colour, -1, cv2.LINE_AA, SHIFT)
    if length > 2 * width:
        cv2.arrowedLine(
            image, _point(tail), _point(tip), colour, width, cv2.LINE_AA, SHIFT,
            tipLength=min(0.25, 6 * width / length),
        )  # fmt: skip


def _line_width(image: Image) -> int:
    return max(round(image.shape[0] / 480.0), 1)


def _fixed_point(points: Array) -> NDArray[np.int32]:
    limit = 1 << 24  # far outside any picture, yet safe to shift
    scaled = np.clip(np.nan_to_num(points) * 2**SHIFT, -limit, limit)
    return np.round(scaled).astype(np.int32).reshape(-1, 1, 2)


def _point(point: Array) -> tuple[int, int]:
    x, y = _fixed_point(point).ravel()
    return int(x), int(y)
