"""Glasses as they are drawn: what shows behind their lenses, where, and what does not change."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from model.geometry import Array, pitch_yaw, project
from model.landmarks import EYE_CORNERS
from model.training.synthetic.extras import Extras, Glare
from model.training.synthetic.eyewear import eyewear
from model.training.synthetic.figure import Figure, pose
from model.training.synthetic.glasses import GlassesStyle
from model.training.synthetic.landmarks import true_landmarks
from model.training.synthetic.presets import TRAIN, ExtraShares
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import Scene
from model.training.synthetic.studio import Studio
from model.training.synthetic.template import mean_person, plain_scene

SCALE = 2.0
"""Pixels drawn per pixel of the picture."""


def clear(power: float) -> GlassesStyle:
    """Large glasses of a power, that mirror nothing and throw no shadow."""
    return replace(
        eyewear(3),
        powers=(power, power),
        half_width=28.0,
        half_height=22.0,
        centring=((0.0, 0.0), (0.0, 0.0)),
        strength=0.0,
        tint=np.zeros(4),
        smudge=(0.0, 0.0, 0.0),
        shadow=0.0,
    )


def scene_with(style: GlassesStyle | None, glare: Glare | None = None) -> Scene:
    plain = plain_scene(0.0, 0.0, distance=300.0)
    look = {**plain.look, "glint": 0.0}
    extras = Extras(glasses=style, glare=glare)
    return replace(plain, look=look, glasses=style is not None, extras=extras)


def drawn(rig: Rig, renderer: Renderer, scene: Scene) -> tuple[NDArray[np.float64], Figure]:
    """The picture, brightness (H, W), SCALE times as large, and the figure in it."""
    figure = pose(rig, mean_person(rig, 8), scene)
    large = scene.camera * np.array([[SCALE], [SCALE], [1.0]])
    large[:2, 2] += 0.5 * (SCALE - 1.0)
    box = (0, 0, int(SCALE * scene.width), int(SCALE * scene.height))
    picture = renderer.draw(figure.drawing, large, box)
    return picture[..., :3].astype(float).sum(axis=2), figure


def dark_width(picture: NDArray[np.float64], at: Array) -> int:
    """Pixels of the dark run through an iris's centre (x, y) in the picture, along its row."""
    x, y = np.round(SCALE * at).astype(int)
    row = picture[y, x - 45 : x + 46] < 300.0
    left = 45 - int(np.argmax(~row[45::-1]))
    right = 45 + int(np.argmax(~row[45:]))
    return right - left - 1


@pytest.mark.parametrize("power", [-8.0, 4.0])
def test_an_iris_shrinks_and_grows_as_its_lens_says(
    rig: Rig, renderer: Renderer, power: float
) -> None:
    widths, magnification = [], np.nan
    for dioptres in (0.0, power):
        picture, figure = drawn(rig, renderer, scene_with(clear(dioptres)))
        assert figure.worn is not None
        lens = figure.worn.lenses[0]
        depth = -float((figure.iris_centres[0] - lens.vertex) @ lens.forward)
        magnification = 1.0 / (1.0 - 1e-3 * depth * dioptres)
        at = project(figure.seen_eye(0, figure.iris_centres[:1]), scene_with(None).camera)[0]
        widths.append(dark_width(picture, at))
    assert abs(magnification - 1.0) > 0.05
    assert widths[1] / widths[0] == pytest.approx(magnification, abs=0.03)


@pytest.mark.parametrize("power", [-8.0, 0.0, 4.0])
def test_the_iris_is_drawn_where_the_key_points_say(
    rig: Rig, renderer: Renderer, power: float
) -> None:
    scene = replace(scene_with(clear(power)), target=np.array([150.0, 60.0, 0.0]))
    picture, figure = drawn(rig, renderer, scene)
    for e in range(2):
        centre = figure.iris_centres[e : e + 1]
        expected = project(figure.seen_eye(e, centre), scene.camera)[0]
        x, y = np.round(SCALE * expected).astype(int)
        window = picture[y - 16 : y + 17, x - 16 : x + 17]
        rows, columns = np.nonzero(window <= np.quantile(window, 0.15))  # the pupil and about
        assert np.hypot(columns.mean() - 16.0, rows.mean() - 16.0) < 2.5


def test_landmarks_move_with_what_is_seen(rig: Rig) -> None:
    person = mean_person(rig, 8)
    wide = []
    for power in (-8.0, 0.0):
        scene = scene_with(clear(power))
        landmarks = true_landmarks(rig, person, scene, pose(rig, person, scene))
        wide.append(np.linalg.norm(np.diff(landmarks[EYE_CORNERS, :2], axis=1), axis=2).mean())
    assert 0.85 < wide[0] / wide[1] < 0.93


def test_the_label_is_where_the_target_is(studio: Studio) -> None:
    """Lenses change what is seen of the eyes, never what is true."""
    shares = {"glasses_share": 1.0, "samples_per_person": 1, "layout_share": 0.0}
    bare = replace(TRAIN, **shares, extras=ExtraShares())
    worn = replace(bare, extras=ExtraShares(eyewear=1.0, glare=1.0))
    one, two = (studio.sample(preset, 5, 3, "projected", "eyes") for preset in (bare, worn))
    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(one["gaze"], two["gaze"])
    np.testing.assert_array_equal(one["eye_gaze"], two["eye_gaze"])
    assert (one["glasses_kind"], one["dioptres"].tolist()) == ("plain", [0.0, 0.0])
    assert two["glasses_kind"] in ("framed", "rimless", "dark")
    assert np.abs(two["dioptres"]).max() > 0.0
    assert np.abs(one["eyes_points"] - two["eyes_points"]).max() > 0.05


def test_glare_may_hide_an_iris_wholly(rig: Rig, renderer: Renderer) -> None:
    style = replace(clear(-2.0), strength=0.2, coating=np.ones(3))
    glare = Glare(0, np.zeros(2), np.array([14.0, 10.0]), np.full(3, 60.0), "lamp")
    contrasts = []
    for hidden in (None, glare):
        picture, figure = drawn(rig, renderer, scene_with(style, hidden))
        points = figure.seen_eye(0, figure.iris_centres[:1])
        x, y = np.round(SCALE * project(points, scene_with(None).camera)[0]).astype(int)
        contrasts.append(float(np.ptp(picture[y - 3 : y + 4, x - 30 : x + 31])))
        assert (figure.glare[0] > 0.25) == (hidden is not None)
        assert figure.glare[1] < 0.25
    assert contrasts[0] > 150.0
    assert contrasts[1] < 20.0


def test_a_frame_throws_a_shadow_on_skin_alone(rig: Rig) -> None:
    person = mean_person(rig, 8)
    style = replace(clear(-1.0), shadow=0.6)
    light = pose(rig, person, scene_with(style)).drawing.head[:, 9]
    bare = pose(rig, person, scene_with(clear(-1.0))).drawing.head[:, 9]
    assert (bare == 1.0).all()
    assert light.min() < 0.75
    shaded = light < 0.98
    assert 0.01 < shaded.mean() < 0.4
    assert (rig.material[shaded] == 0.0).all()
    assert np.abs(rig.neutral[shaded, 0]).max() < 76.0


def test_eyes_turn_as_their_lenses_make_them(rig: Rig) -> None:
    """Behind minus lenses less than to where the target is, by the lens's power over its distance
    from the eye's centre of rotation."""
    person = mean_person(rig, 8)
    target = np.array([150.0, 0.0, 0.0])
    turns = []
    for power in (0.0, -8.0):
        figure = pose(rig, person, replace(scene_with(clear(power)), target=target))
        turns.append(np.abs(pitch_yaw(figure.optical)[0, 1]))
    bare = pose(rig, person, replace(scene_with(None), target=target))
    assert turns[0] == pytest.approx(np.abs(pitch_yaw(bare.optical)[0, 1]), abs=1e-9)
    assert 0.78 < turns[1] / turns[0] < 0.9


def test_two_renderers_in_one_thread(rig: Rig) -> None:
    bare, glasses = scene_with(None), scene_with(clear(-3.0))
    one = Renderer(rig)
    before, _ = drawn(rig, one, bare)
    other, _ = drawn(rig, Renderer(rig), glasses)
    same, _ = drawn(rig, one, glasses)
    after, _ = drawn(rig, one, bare)
    np.testing.assert_array_equal(same, other)
    np.testing.assert_array_equal(before, after)
