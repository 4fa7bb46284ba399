from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from model.geometry import pitch_yaw, project
from model.landmarks import face_template
from model.training.synthetic.figure import Figure, pose
from model.training.synthetic.landmarks import slipped, true_landmarks
from model.training.synthetic.photo import add_noise, lay_over
from model.training.synthetic.presets import TEST, TRAIN
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import Scene
from model.training.synthetic.studio import Studio
from model.training.synthetic.template import mean_person, plain_scene


def _dark_disc(picture: NDArray[np.uint8], centre: NDArray, radius: float) -> NDArray:
    """Centroid (x, y) of the darkest tenth of pixels around a point."""
    x0, y0 = np.floor(centre - radius).astype(int)
    size = int(2 * radius) + 2
    window = picture[y0 : y0 + size, x0 : x0 + size, :3].astype(float).sum(axis=2)
    rows, columns = np.nonzero(window <= np.quantile(window, 0.1))
    return np.array([columns.mean() + x0, rows.mean() + y0])


def _draw(rig: Rig, renderer: Renderer, scene: Scene) -> tuple[NDArray[np.uint8], Figure]:
    person = mean_person(rig, 8)
    figure = pose(rig, person, scene)
    box = (0, 0, scene.width, scene.height)
    return renderer.draw(figure.drawing, scene.camera, box, 2.0), figure


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_nothing_but_a_hole_is_missing(rig: Rig, renderer: Renderer, scale: float) -> None:
    scene = plain_scene(0.0, 0.0, distance=300.0)
    drawing = pose(rig, mean_person(rig, 8), scene).drawing
    width, height = scene.width, scene.height
    box, hole = (0, 0, width, height), (width // 3, height // 3, width // 2, height // 2)
    whole = renderer.draw(drawing, scene.camera, box, scale)
    pierced = renderer.draw(drawing, scene.camera, box, scale, hole)
    inside = (slice(hole[1], hole[3]), slice(hole[0], hole[2]))
    assert whole[inside].any()
    assert not pierced[inside][12:-12, 12:-12].any()
    pierced[inside] = whole[inside]
    np.testing.assert_array_equal(pierced, whole)
    # The next picture has none.
    np.testing.assert_array_equal(renderer.draw(drawing, scene.camera, box, scale), whole)


def test_pictures_do_not_depend_on_those_before(rig: Rig, renderer: Renderer) -> None:
    scene = plain_scene(0.0, 0.0, distance=300.0)
    box, half = (0, 0, scene.width, scene.height), (0, 0, scene.width // 2, scene.height)
    one, other = (pose(rig, mean_person(rig, k), scene).drawing for k in (8, 9))
    other = replace(other, uniforms={**other.uniforms, "exposure": 0.4}, paint=0.5 * other.paint)
    first = renderer.draw(one, scene.camera, box)
    assert (renderer.draw(other, scene.camera, box) != first).any()
    np.testing.assert_array_equal(renderer.draw(one, scene.camera, box), first)
    # The same drawing from elsewhere: nothing of it is handed over again but the view.
    left = renderer.draw(one, scene.camera, half).astype(int)
    np.testing.assert_allclose(left, first[:, : scene.width // 2], atol=1)


@pytest.mark.parametrize("index", range(3))
def test_a_shot_is_cut_with_a_margin_around_the_head(studio: Studio, rig: Rig, index: int) -> None:
    shot = studio.shoot(TRAIN, 4, index)
    head = project(shot.figure.vertices[rig.neutral[:, 1] < 150.0], shot.scene.camera)
    eyes = np.reshape(Studio._eye_box(shot.scene, shot.landmarks), (2, 2))
    low, high = np.minimum(head.min(axis=0), eyes[0]), np.maximum(head.max(axis=0), eyes[1])
    frame = [shot.scene.width, shot.scene.height]
    expected = [*np.floor(low - 0.12 * (high - low)), *np.ceil(high + 0.12 * (high - low))]
    np.testing.assert_array_equal(shot.box, np.clip(expected, 0, [*frame, *frame]))


def test_what_is_laid_over_covers_as_its_alpha_says() -> None:
    head = np.array([[[10, 20, 30, 255], [0, 0, 0, 0], [10, 20, 30, 51]]], dtype=np.uint8)
    room = np.full((1, 3, 3), (100, 150, 200), dtype=np.uint8)
    expected = [[[10, 20, 30], [100, 150, 200], [90, 140, 190]]]
    np.testing.assert_array_equal(lay_over(head, room), expected)


def test_noise_is_as_strong_as_it_should_be_and_partly_grey() -> None:
    grey = np.full((120, 160, 3), 128, dtype=np.uint8)
    noise = add_noise(np.random.default_rng(1), grey, 8.0).astype(float) - 128.0
    assert noise.std() == pytest.approx(8.0, rel=0.1)
    assert 0.5 < np.corrcoef(noise[..., 0].ravel(), noise[..., 2].ravel())[0, 1] <= 1.0


@pytest.mark.parametrize("yaw", [-0.2, 0.0, 0.2])
def test_the_drawn_iris_is_where_the_geometry_says(
    rig: Rig, renderer: Renderer, yaw: float
) -> None:
    scene = plain_scene(0.0, yaw, distance=300.0)
    scene = replace(scene, look={**scene.look, "glint": 0.0})
    picture, figure = _draw(rig, renderer, scene)
    expected = project(figure.iris_centres, scene.camera)
    for e in range(2):
        seen = _dark_disc(picture, expected[e], 9.0)
        assert np.linalg.norm(seen - expected[e]) < 0.8


def test_somebody_looking_to_their_own_left(rig: Rig, renderer: Renderer) -> None:
    ahead = plain_scene(0.0, 0.0, distance=300.0)
    left = replace(ahead, target=np.array([120.0, 0.0, 0.0]))
    assert pitch_yaw(left.gaze())[1] < 0.0
    picture, figure = _draw(rig, renderer, ahead)
    middle = project(figure.iris_centres, ahead.camera)
    before = np.array([_dark_disc(picture, middle[e], 14.0)[0] for e in range(2)])
    picture, _ = _draw(rig, renderer, left)
    after = np.array([_dark_disc(picture, middle[e], 14.0)[0] for e in range(2)])
    assert (after - before > 2.0).all()  # the image's right is the user's left


def test_left_in_the_arrays_is_the_users_left(rig: Rig) -> None:
    scene = plain_scene(0.0, 0.0)
    figure = pose(rig, mean_person(rig, 8), scene)
    right, left = project(figure.iris_centres, scene.camera)
    assert right[0] < scene.width / 2 < left[0]


def test_projected_landmarks_lie_where_the_template_says(rig: Rig) -> None:
    scene = plain_scene(0.1, -0.2)
    person = mean_person(rig, 8)
    figure = pose(rig, person, scene)
    landmarks = true_landmarks(rig, person, scene, figure)
    template = face_template().landmarks @ scene.rotation.T + scene.position
    error = np.linalg.norm(landmarks[:468, :2] - project(template, scene.camera), axis=1)
    # Lids move with the gaze; everything else stays where the template has it.
    assert np.median(error) < 0.3
    assert np.abs(slipped(np.random.default_rng(0), landmarks) - landmarks).max() > 0.1


def test_a_sample_depends_on_nothing_but_preset_seed_and_index(studio: Studio) -> None:
    first = studio.sample(TEST, 5, 3, "projected", "eyes")
    studio.sample(TRAIN, 1, 0, "projected", "eyes")
    again = studio.sample(TEST, 5, 3, "projected", "eyes")
    other = studio.sample(TEST, 6, 3, "projected", "eyes")
    assert first is not None
    assert again is not None
    assert other is not None
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
    assert np.abs(first["gaze"] - other["gaze"]).max() > 0.0


def test_the_shapes_of_a_sample(studio: Studio) -> None:
    sample = studio.sample(TRAIN, 1, 7, "projected", "both")
    assert sample is not None
    shapes = {name: value.shape for name, value in sample.items()}
    assert shapes["eyes"] == (2, 64, 96, 3)
    assert shapes["eyes_rotation"] == (2, 3, 3)
    assert shapes["eyes_head"] == (2, 4)
    assert shapes["face"] == (224, 224, 3)
    assert shapes["face_rotation"] == (3, 3)
    assert shapes["face_head"] == (4,)
    assert shapes["gaze"] == shapes["head_angles"] == shapes["head_position"] == (3,)
    assert shapes["eye_gaze"] == (2, 3)
    assert shapes["landmarks"] == (478, 3)
    assert np.linalg.norm(sample["gaze"]) == pytest.approx(1.0, abs=1e-5)
    assert sample["eyes"].std() > 2.0
