"""The contact sheet: figures of known eyes, halves that differ by a known amount, a whole page."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.geometry import angle_between, pitch_yaw
from model.landmarks import EYE_CORNERS, IRIS_CENTRES, IRIS_RINGS, LIDS
from model.patches import EYE_PATCH
from model.training.cli import main
from model.training.synthetic import sheet as sheet_room
from model.training.synthetic.eye_shape import NAMES, eye_shape, patch_levels
from model.training.synthetic.page import write_page
from model.training.synthetic.presets import CAMERA, RESERVED_IDENTITIES
from model.training.synthetic.scene import random_scene
from model.training.synthetic.sheet import EyePairs, draw_sheet, figures_table, look_at_camera
from model.training.synthetic.studio import Studio


def drawn_eyes(roll: float = 0.0) -> NDArray[np.float64]:
    """Landmarks of two eyes 100 px wide: the irises 5 px towards the temples and 6 px up, 40 px
    across, the upper lids 20 px up, the lower 10 px down; then rolled about the origin."""
    points = np.zeros((478, 3))
    for e, temple in ((0, -1.0), (1, 1.0)):  # the user's right eye is on the image's left
        middle = np.array([300.0 * temple, 50.0])
        points[EYE_CORNERS[e], :2] = middle + np.array([[50.0 * temple, 0.0], [-50.0 * temple, 0]])
        points[LIDS[e, :, 0], :2] = middle - (0.0, 20.0)
        points[LIDS[e, :, 1], :2] = middle - (0.0, -10.0)
        iris = middle - (-5.0 * temple, 6.0)
        points[IRIS_CENTRES[e], :2] = iris
        points[IRIS_RINGS[e], :2] = iris + 20.0 * np.array([[1, 0], [0, -1], [-1, 0], [0, 1]])
    c, s = np.cos(roll), np.sin(roll)
    points[:, :2] = points[:, :2] @ np.array([[c, s], [-s, c]])
    return points


@pytest.mark.parametrize("roll", [0.0, 0.4, -1.0])
def test_figures_of_known_eyes(roll: float) -> None:
    found = eye_shape(drawn_eyes(roll))
    expected = [0.05, -0.06, -0.2, 0.1, 0.3, 0.4]
    np.testing.assert_allclose(found, [expected, expected], atol=1e-9)


def test_brightness_and_contrast() -> None:
    halves = np.zeros((1, 10, 10, 3), dtype=np.uint8)
    halves[0, :5] = 100
    np.testing.assert_allclose(patch_levels(halves), [[50.0, 50.0]])


def pairs(name: str, level: int, count: int = 4) -> EyePairs:
    images = np.full((count, 2, EYE_PATCH.height, EYE_PATCH.width, 3), level, dtype=np.uint8)
    figures = np.zeros((count, 2, len(NAMES)))
    figures[:, 0], figures[:, 1] = 0.25, 0.75
    return EyePairs(name, images, figures, 0)


def test_the_difference_is_signed_and_grey_where_there_is_none() -> None:
    def difference(real: int, rendered: int) -> NDArray[np.uint8]:
        page = draw_sheet([pairs("real", real), pairs("rendered", rendered)])
        wide = EYE_PATCH.width * sheet_room.MEAN_ENLARGED + sheet_room._MARGIN
        table = (len(figures_table([])) + 2 + 2) * sheet_room._LINE
        high = EYE_PATCH.height * sheet_room.MEAN_ENLARGED
        middle = page.shape[0] - table - high // 2
        return page[middle, sheet_room._MARGIN + 2 * wide + wide // 2]

    assert difference(90, 90).tolist() == [128, 128, 128]
    assert difference(90, 100).tolist() == [158, 158, 158]
    assert difference(90, 80).tolist() == [98, 98, 98]


def test_the_table_tells_mean_and_deviation_over_patches() -> None:
    heading, row = figures_table([pairs("real", 90)])
    assert heading[1:] == list(NAMES)
    assert row[0] == "8 real"
    assert row[1 + NAMES.index("iris_y")] == "+0.500 (0.250)"


def test_pairs_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="pairs"):
        EyePairs("real", np.zeros((0, 2, 48, 72, 3), np.uint8), np.zeros((0, 2, 8)), 0)
    with pytest.raises(ValueError, match="figures"):
        EyePairs("real", np.zeros((3, 2, 48, 72, 3), np.uint8), np.zeros((2, 2, 8)), 0)


def test_people_of_the_sheet_look_into_the_lens() -> None:
    assert CAMERA.first_identity + CAMERA.identities <= RESERVED_IDENTITIES
    rng = np.random.default_rng(3)
    for _ in range(50):
        scene = look_at_camera(random_scene(rng, CAMERA))
        to_lens = -scene.position / np.linalg.norm(scene.position)
        assert np.degrees(angle_between(scene.gaze(), to_lens)) < 1e-4
        turned = np.degrees(scene.angles[:2] - pitch_yaw(to_lens))
        assert np.abs(turned).max() < 6.1
        assert not scene.glasses
        assert scene.blink.max() < 0.2


def test_a_whole_sheet(
    tmp_path: Path, studio: Studio, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for k in range(2):  # "real" ones that may lie in a repository
        shot = studio.shoot(CAMERA, 9, k, arrange=look_at_camera)
        write_page(tmp_path / f"{k}.png", shot.picture)
    out = tmp_path / "sheet.jpg"
    arguments = ["--faces", tmp_path, "--data", data_folder, "--rows", 1, "--out", out]
    assert main(["synth", "sheet", *map(str, arguments)]) == 0
    page = cv2.imread(str(out))
    assert page.shape[1] > 2 * 3 * 2 * EYE_PATCH.width * sheet_room.ENLARGED
    told = capsys.readouterr().out
    assert "4 real" in told
    assert "4 rendered" in told  # as many as real ones
