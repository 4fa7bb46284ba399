"""What a camera makes of a scene: background, focus, motion, noise, sharpening, compression.

Works on the part of the picture around the head only, in whole pixels of the full picture.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.training.synthetic.noise import noise_plane, smooth_field

Picture = NDArray[np.uint8]
AnyPicture = NDArray[Any]  # what OpenCV says it gives back
BACKGROUNDS = 96
_BACKGROUND_SIZE = (480, 640)


@cache
def background(k: int) -> Picture:
    """One of `BACKGROUNDS` rooms (480, 640, 3): walls, windows, shelves; the same everywhere."""
    rng = np.random.default_rng([22, k])
    height, width = _BACKGROUND_SIZE
    grey = rng.uniform(30, 225)
    wall = grey + rng.normal(0.0, 14.0, 3)
    slope = (
        rng.normal(0, 30) * np.linspace(-1, 1, width)[None, :]
        + rng.normal(0, 20) * np.linspace(-1, 1, height)[:, None]
    )
    room = wall + slope[..., None]
    room = room + 6.0 * rng.random() * smooth_field(rng, height, width, 9)[..., None]
    for _ in range(rng.integers(0, 9)):
        x, y = rng.uniform(-0.2, 0.9, 2) * [width, height]
        w, h = rng.uniform(0.05, 0.6, 2) * [width, height]
        corner = (int(x), int(y)), (int(x + w), int(y + h))
        kind = rng.random()
        if kind < 0.15:  # a window
            colour = rng.uniform(200, 255) + rng.normal(0.0, 10.0, 3)
        elif kind < 0.6:  # furniture
            colour = rng.uniform(15, 150) + rng.normal(0.0, 18.0, 3)
        else:
            colour = rng.uniform(0, 255, 3)
        cv2.rectangle(room, *corner, [float(c) for c in colour], -1)
        if kind > 0.8:  # a shelf of books
            for at in np.arange(x, x + w, rng.uniform(5, 18)):
                book = rng.uniform(20, 200) + rng.normal(0, 30, 3)
                top = int(y + rng.uniform(0.0, 0.3) * h)
                cv2.rectangle(room, (int(at), top), (int(at + 6), int(y + h)),
                              [float(c) for c in book], -1)  # fmt: skip
    if rng.random() < 0.12:
        field = np.stack([smooth_field(rng, height, width, 7) for _ in range(3)], axis=-1)
        room = 128 + 90 * field
    room = cv2.GaussianBlur(room, (0, 0), rng.uniform(0.6, 9.0))
    return np.clip(room, 0, 255).astype(np.uint8)


def put_before_background(
    rng: np.random.Generator, head: Picture, brightness: float
) -> NDArray[np.uint8]:
    """Lay a drawn head (H, W, 4) over a piece of a random room.

    Args:
        brightness: of the background, 1 leaves it.
    """
    height, width = head.shape[:2]
    room = background(int(rng.integers(BACKGROUNDS)))
    share = rng.uniform(0.5, 1.0)
    h = int(share * _BACKGROUND_SIZE[0])
    w = min(int(h * width / height), _BACKGROUND_SIZE[1])
    top = rng.integers(0, _BACKGROUND_SIZE[0] - h + 1)
    left = rng.integers(0, _BACKGROUND_SIZE[1] - w + 1)
    piece = room[top : top + h, left : left + w]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    enlarged = cv2.resize(piece, (width, height), interpolation=cv2.INTER_LINEAR)
    behind = cv2.convertScaleAbs(enlarged, alpha=float(np.clip(brightness, 0.25, 2.5)))
    return lay_over(head, behind)


def fit_background(room: Picture, width: int, height: int) -> Picture:
    """A whole room behind the head, filling a picture."""
    scale = max(width / room.shape[1], height / room.shape[0])
    size = (max(round(room.shape[1] * scale), width), max(round(room.shape[0] * scale), height))
    large = cv2.resize(room, size)
    return np.ascontiguousarray(large[:height, :width])


def lay_over(head: Picture, background: AnyPicture) -> Picture:
    """A premultiplied picture (H, W, 4) over a background (H, W, 3)."""
    seen = cv2.bitwise_not(cv2.extractChannel(head, 3))
    veiled = cv2.multiply(background, cv2.cvtColor(seen, cv2.COLOR_GRAY2RGB), scale=1 / 255.0)
    return np.asarray(cv2.add(cv2.cvtColor(head, cv2.COLOR_RGBA2RGB), veiled))


def photograph(
    rng: np.random.Generator, picture: AnyPicture, severity: float, detail: float
) -> Picture:
    """Add a webcam's faults to a clean picture (H, W, 3).

    Args:
        severity: 0 none .. 1 usual.
        detail: pixels per mm on the face: blur is in pixels, and large pictures can be softer.
    """
    if severity <= 0.0:
        return picture
    # Focus and motion.
    fineness = max(1.0, detail / 1.2)
    blur = abs(rng.normal(0.25, 0.42)) * severity * fineness ** rng.uniform(0.5, 1.1)
    if blur > 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if rng.random() < 0.08 * severity:
        picture = _move(rng, picture, fineness)
    # The sensor's noise, stronger in the dark, and what denoising leaves of it.
    level = abs(rng.normal(0.0, 3.0)) * severity
    if rng.random() < 0.2:
        level += rng.uniform(0.0, 7.0) * severity
    picture = add_noise(rng, picture, level)
    if rng.random() < 0.4 * severity:
        strength = rng.uniform(8.0, 40.0)
        if rng.random() < 0.5:
            picture = cv2.medianBlur(picture, 3)
        else:
            picture = cv2.bilateralFilter(picture, 5, strength, 2.0 * fineness)
    # Colour: white balance, saturation, haze, gamma, contrast.
    picture = _colours(rng, picture, severity)
    if rng.random() < 0.55 * severity:
        width = rng.uniform(0.7, 1.8) * fineness
        amount = rng.uniform(0.2, 1.6)
        soft = cv2.GaussianBlur(picture, (0, 0), width)
        picture = cv2.addWeighted(picture, 1.0 + amount, soft, -amount, 0.0)
    if rng.random() < 0.85:
        quality = int(rng.uniform(38, 97)) if rng.random() < 0.8 else int(rng.uniform(20, 45))
        picture = _compress(picture, quality)
    return np.asarray(picture, dtype=np.uint8)


def _move(rng: np.random.Generator, picture: AnyPicture, fineness: float) -> Picture:
    size = 2 * round(rng.uniform(1.0, 3.0) * fineness) + 1
    kernel = np.zeros((size, size), dtype=np.float32)
    angle, middle = rng.uniform(0.0, np.pi), size // 2
    step = np.array([np.cos(angle), np.sin(angle)]) * middle
    start, end = (np.round(middle + s * step).astype(int) for s in (-1, 1))
    cv2.line(kernel, start.tolist(), end.tolist(), (1.0,))
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()))


def _window(rng: np.random.Generator, height: int, width: int, channels: int) -> NDArray[np.int16]:
    plane = noise_plane(channels)
    top, left = rng.integers(0, plane.shape[0] // 4, 2)
    return plane[top : top + height, left : left + width]


def add_noise(rng: np.random.Generator, picture: AnyPicture, level: float) -> Picture:
    """Sensor noise of a standard deviation of `level`, in steps of 1/255."""
    if level < 0.3:
        return picture
    height, width = picture.shape[:2]
    grey, coloured = _window(rng, height, width, 1), _window(rng, height, width, 3)
    colour = rng.uniform(0.0, 0.7)
    noise = cv2.addWeighted(cv2.merge([grey] * 3), 1.0, coloured, colour, 0.0)
    if rng.random() < 0.5:  # what survives in-camera denoising is coarser
        noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 1.2))
    spread = float(noise[::4, ::4].std()) + 1e-6
    return np.asarray(
        cv2.addWeighted(picture, 1.0, noise, level / spread, 0.0, dtype=cv2.CV_8U), np.uint8
    )


def _colours(rng: np.random.Generator, picture: AnyPicture, severity: float) -> Picture:
    if rng.random() < 0.08:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    else:
        mix = np.exp(rng.normal(0.0, 0.25 * severity))
        to_grey = np.full((3, 3), 1.0 / 3.0) * (1.0 - mix) + np.eye(3) * mix
        picture = cv2.transform(picture, to_grey.astype(np.float32))
    ramp = np.arange(256)[:, None] / 255.0
    ramp = ramp * (1.0 + rng.normal(0.0, 0.05 * severity, 3))
    if rng.random() < 0.2 * severity:
        haze = rng.uniform(0.0, 0.4)
        ramp = ramp * (1.0 - haze) + haze * rng.uniform(0.2, 1.0)
    ramp = np.clip(ramp, 0.0, 1.0) ** np.exp(rng.normal(0.0, 0.22 * severity))
    contrast = rng.normal(0.15, 0.3) * severity  # an S-curve, as most cameras apply
    ramp = ramp + contrast * 0.5 * (3 * ramp**2 - 2 * ramp**3 - ramp)
    table = np.clip(ramp * 255.0, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]))


def _compress(picture: AnyPicture, quality: int) -> Picture:
    """JPEG and back; 4:2:0 chroma, as webcams send it."""
    ok, stream = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"a picture of shape {picture.shape} cannot be encoded as JPEG")
    return np.asarray(cv2.imdecode(stream, cv2.IMREAD_COLOR))
