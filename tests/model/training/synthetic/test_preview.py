"""The preview: whole frames with what is true of them, and true landmarks where they belong."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from model.geometry import pitch_yaw
from model.training.cli import main
from model.training.synthetic import page, preview
from model.training.synthetic.presets import TEST
from model.training.synthetic.preview import draw_preview, label
from model.training.synthetic.studio import Studio


def test_a_frame_is_the_same_scene_as_its_sample(studio: Studio) -> None:
    frame, head = (studio.shoot(TEST, 2, 1, detail) for detail in ("frame", "face"))
    assert frame.picture.shape == (frame.scene.height, frame.scene.width, 3)
    np.testing.assert_array_equal(frame.landmarks, head.landmarks)
    np.testing.assert_array_equal(frame.camera, frame.scene.camera)


def test_the_label_tells_the_truth(studio: Studio) -> None:
    for index in range(6):
        shot = studio.shoot(TEST, 2, index, "eyes only")
        first, second = label(shot, index)
        pitch, yaw = np.degrees(pitch_yaw(shot.scene.gaze()))
        assert first.startswith(f"{index}: gaze {yaw:+z.0f} / {pitch:+z.0f}, head ")
        assert ("glasses" in second) == shot.scene.glasses
        assert f"{shot.scene.width}x{shot.scene.height}" in second


def test_landmarks_are_drawn_on_the_eyes(studio: Studio) -> None:
    shot = studio.shoot(TEST, 2, 0)
    drawn = preview._with_landmarks(shot)
    share = drawn.shape[1] / shot.picture.shape[1]
    plain = cv2.resize(shot.picture, drawn.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    changed = (drawn != plain).any(axis=2)
    rows, columns = np.nonzero((drawn == preview._EYE).all(axis=2))
    eyes = (shot.landmarks[[33, 133, 263, 362, 468, 473], :2] - shot.box[:2]) * share
    low, high = eyes.min(axis=0) - 25.0, eyes.max(axis=0) + 25.0
    assert len(rows) > 5
    assert (low <= np.stack([columns, rows], 1)).all()
    assert (np.stack([columns, rows], 1) <= high).all()
    assert 0.002 < changed.mean() < 0.2


def test_heads_are_larger_than_in_frames(studio: Studio) -> None:
    frames, heads = (draw_preview(studio, TEST, 2, 2, heads=large) for large in (False, True))
    assert heads.shape[0] - frames.shape[0] == preview.HEAD_HEIGHT - preview.FRAME_HEIGHT


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (5, 2, 4)])
def test_a_page_has_a_tile_for_each_sample(
    studio: Studio, count: int, rows: int, columns: int
) -> None:
    sheet = draw_preview(studio, TEST, 2, count)
    assert sheet.shape[0] // preview.FRAME_HEIGHT == rows
    assert sheet.shape[1] >= columns * preview.TILE_WIDTH


def test_pictures_are_fitted_whole_into_tiles() -> None:
    tall = np.zeros((200, 50, 3), dtype=np.uint8)
    tile = page.fitted(tall, 80, 100)
    assert tile.shape == (100, 80, 3)
    dark = (tile == 0).all(axis=2)
    assert dark.sum() == 100 * 25
    assert dark[:, 27:52].all()


def test_the_command_writes_a_page(tmp_path: Path, studio: Studio, data_folder: Path) -> None:
    out = tmp_path / "page.png"
    arguments = ["--preset", "validation", "--count", 1, "--data", data_folder, "--out", out]
    assert main(["synth", "preview", "--landmarks", *map(str, arguments)]) == 0
    assert cv2.imread(str(out)).shape[0] > preview.HEAD_HEIGHT
    assert list(tmp_path.iterdir()) == [out]
