from dataclasses import replace

import numpy as np
import pytest

from app.overlay import Layers, draw_layers, draw_overlay, scaled, text_lines
from app.sample import Sample
from tests.app.recording.samples import full_sample
from tests.material import estimate
from tests.model.heads import face_at


def looking(pitch: float, yaw: float, blink: bool = False) -> Sample:
    face = face_at()
    patches = object()
    return Sample(0, 0, 0, None, face, patches, estimate(pitch, yaw), blink)  # type: ignore[arg-type]


def changed(sample: Sample) -> np.ndarray:
    """(N, 2) x and y of the pixels that the drawing changed, text left aside."""
    blank = np.zeros((480, 640, 3), dtype=np.uint8)
    drawn = draw_overlay(blank, sample)
    assert not blank.any()
    y, x = np.nonzero(drawn[120:].any(axis=2))
    return np.column_stack([x, y + 120])


def test_eyes_and_axes_are_drawn_where_the_face_is():
    points = changed(looking(0.0, 0.0))
    face = face_at()
    for x, y, _ in face.iris:
        assert np.linalg.norm(points - (x, y), axis=1).min() < 8
    assert len(points) > 200


@pytest.mark.parametrize(
    ("pitch", "yaw", "axis", "sign"),
    [(0.0, 0.6, 0, -1), (0.0, -0.6, 0, 1), (0.5, 0.0, 1, -1), (-0.5, 0.0, 1, 1)],
    ids=["the user's right is the image's left", "left", "up", "down"],
)
def test_arrows_point_where_the_user_looks(pitch: float, yaw: float, axis: int, sign: int):
    moved = changed(looking(pitch, yaw)).mean(axis=0) - changed(looking(0.0, 0.0)).mean(axis=0)
    assert sign * moved[axis] > 2


def test_words():
    assert text_lines(full_sample(), 29.6) == [
        "looking straight ahead",
        "confidence 61%",
        "30 frames/s",
    ]
    assert text_lines(looking(0, 0, blink=True), None) == ["eyes closed"]
    assert text_lines(Sample(0, 0, 0), None) == ["no face"]


@pytest.mark.parametrize("size", [(480, 640), (1080, 1920)])
def test_text_grows_with_the_picture(size: tuple[int, int]):
    drawn = draw_overlay(np.zeros((*size, 3), dtype=np.uint8), Sample(0, 0, 0))
    rows = np.nonzero(drawn.any(axis=(1, 2)))[0]
    assert np.ptp(rows) / size[0] == pytest.approx(0.035, abs=0.015)


@pytest.mark.parametrize("layer", ["eyes", "irises", "head", "gaze"])
def test_each_layer_can_be_left_out(layer: str):
    def drawn(layers: Layers) -> np.ndarray:
        image = np.zeros((480, 640, 3), dtype=np.uint8)
        draw_layers(image, looking(0.2, 0.2), layers)
        return image.any(axis=2)

    everything, none = Layers(), Layers(False, False, False, False)
    without = replace(everything, **{layer: False})
    alone = replace(none, **{layer: True})
    assert not drawn(none).any()
    assert drawn(alone).any()
    assert drawn(without).sum() < drawn(everything).sum()


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_a_scaled_sample_is_drawn_at_the_same_place_of_a_scaled_picture(scale: float):
    sample = looking(0.1, -0.3)
    plain = np.zeros((480, 640, 3), dtype=np.uint8)
    large = np.zeros((round(480 * scale), round(640 * scale), 3), dtype=np.uint8)
    draw_layers(plain, sample)
    draw_layers(large, scaled(sample, scale))
    for axis in (0, 1):
        where = np.nonzero(plain.any(axis=2))[axis] + 0.5
        there = np.nonzero(large.any(axis=2))[axis] + 0.5
        assert there.min() / scale == pytest.approx(where.min(), abs=5)
        assert there.max() / scale == pytest.approx(where.max(), abs=5)
    assert scaled(Sample(0, 0, 0), scale) == Sample(0, 0, 0)
