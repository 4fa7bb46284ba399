from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.settings import DEFAULT_MODEL
from app.tracker import Tracker, load_tracker
from model.geometry import project
from model.screen import make_screen
from model.training.synthetic.demo import DEMO_IDENTITIES
from model.training.synthetic.presets import PRESETS
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.virtual_motion import Act
from model.training.synthetic.virtual_person import (
    VIRTUAL_IDENTITIES,
    Sitting,
    VirtualUser,
    Webcam,
    random_webcam,
    virtual_user,
)
from model.training.synthetic.virtual_user import Target, UserStudio, VirtualUserSource

SCREEN = make_screen((1920, 1080), (531.0, 299.0))
CAMERA = Webcam((640, 480), 60.0, 1.0)


@pytest.fixture(scope="module")
def user(rig: Rig, renderer: Renderer) -> VirtualUser:
    """Needs the renderer only so that the test is skipped where there is none."""
    return virtual_user(rig, 3)


@pytest.fixture(scope="module")
def tracker() -> Iterator[Tracker]:
    tracker = load_tracker(DEFAULT_MODEL, "cpu", fov=CAMERA.fov)
    yield tracker
    tracker.close()


def source(
    user: VirtualUser, target: Target = lambda: (0.5, 0.5), sitting: Sitting | None = None
) -> VirtualUserSource:
    return VirtualUserSource(user, SCREEN, target, 15.0, sitting, CAMERA, length=4)


def test_nobody_in_training_or_in_a_test_set_is_a_virtual_user() -> None:
    for preset in PRESETS.values():
        assert preset.first_identity + preset.identities <= VIRTUAL_IDENTITIES
    assert VIRTUAL_IDENTITIES > DEMO_IDENTITIES


def test_cameras_differ_from_user_to_user_and_are_noisier_in_the_dark() -> None:
    cameras = [random_webcam(seed) for seed in range(40)]
    assert {camera.size for camera in cameras} == {(640, 480), (1280, 720)}
    assert np.ptp([camera.fov for camera in cameras]) > 10.0
    assert all(random_webcam(seed, dim=True).noise > cameras[seed].noise for seed in range(40))


def test_a_source_gives_frames_at_its_own_pace_until_its_end(user: VirtualUser) -> None:
    opened = source(user)
    frames = list(opened)
    assert [frame.number for frame in frames] == [0, 1, 2, 3]
    assert [frame.time_ns for frame in frames] == [0, 66_666_667, 133_333_333, 200_000_000]
    assert opened.size == (640, 480)
    assert all(frame.image.shape == (480, 640, 3) for frame in frames)
    assert opened.kind == "video"
    assert not opened.live
    assert not opened.unrelated


def test_a_closed_source_gives_nothing(user: VirtualUser) -> None:
    opened = source(user)
    assert opened.read() is not None
    opened.close()
    assert opened.read() is None


def test_the_same_user_looks_alike_on_any_thread_but_for_the_noise(user: VirtualUser) -> None:
    with ThreadPoolExecutor(1) as elsewhere:
        there = elsewhere.submit(lambda: list(source(user))[:2]).result()
    here = list(source(user))[:2]
    for a, b in zip(here, there, strict=True):
        assert (a.image == b.image).all()
    moved = here[0].image.astype(float) - here[1].image
    assert 0.2 < np.abs(moved).mean() < 12.0  # the noise is anew in each frame


def test_the_dot_is_asked_for_once_a_frame_and_looked_at(user: VirtualUser) -> None:
    asked = []

    def target() -> tuple[float, float]:
        asked.append(len(asked))
        return (0.2, 0.7)

    opened = source(user, target)
    while opened.read() is not None:
        pass
    assert asked == [0, 1, 2, 3]
    assert opened.moment is not None
    off = np.array([0.2, 0.7]) - opened.moment.pixel / SCREEN.pixels
    assert (np.abs(off) < 0.02).all()


def test_eyes_look_where_the_dot_is(user: VirtualUser, tracker: Tracker) -> None:
    found = {}
    for place in ((0.1, 0.5), (0.9, 0.5), (0.5, 0.02), (0.5, 0.98)):
        tracker.reset()
        samples = [tracker.sample(f, tracker.find(f)) for f in source(user, lambda p=place: p)]
        gazes = [s.estimate.gaze for s in samples if s.estimate is not None]
        assert len(gazes) == 4
        origin = samples[-1].face.translation
        found[place] = SCREEN.meet(origin, np.mean(gazes, axis=0)) / SCREEN.pixels
    left, right, top, bottom = found.values()
    assert right[0] - left[0] == pytest.approx(0.8, abs=0.3)
    assert bottom[1] - top[1] == pytest.approx(0.96, abs=0.5)


def test_who_is_gone_leaves_the_room_behind(user: VirtualUser, tracker: Tracker) -> None:
    tracker.reset()
    gone = Sitting(acts=[Act(0.0, 0.1, "gone")])
    found = [tracker.find(frame) is not None for frame in source(user, sitting=gone)]
    assert found == [False, False, True, True]


def test_closed_eyes_are_closed(user: VirtualUser, tracker: Tracker) -> None:
    tracker.reset()
    shut = Sitting(acts=[Act(0.0, 0.1, "blink")])
    faces = [tracker.find(frame) for frame in source(user, sitting=shut)]
    openness = [face.openness.mean() for face in faces if face is not None]
    assert len(openness) == 4
    assert max(openness[:2]) < 0.5 * min(openness[2:])


def test_glasses_change_the_picture_about_the_eyes_only(user: VirtualUser) -> None:
    pictures = {}
    for glasses in (False, True):
        studio = UserStudio(user, SCREEN, Sitting(glasses=glasses), CAMERA)
        moment = studio.at(0.0, (0.5, 0.5))
        pictures[glasses] = studio.picture(moment, 0).astype(float)
    changed = np.abs(pictures[True] - pictures[False]).max(axis=2) > 30.0
    eyes = project(moment.position, studio._matrix)
    rows, columns = np.nonzero(changed)
    assert changed.sum() > 200
    assert np.abs(np.median(columns) - eyes[0]) < 25.0
    assert np.abs(np.median(rows) - eyes[1]) < 25.0


def test_in_a_dim_room_the_face_stands_out_from_the_dark(user: VirtualUser) -> None:
    pictures = {}
    for dim in (False, True):
        studio = UserStudio(user, SCREEN, Sitting(dim=dim), CAMERA)
        moment = studio.at(0.0, (0.5, 0.5))
        pictures[dim] = studio.picture(moment, 0).astype(float)
    x, y = project(moment.position, studio._matrix).astype(int)
    assert pictures[True][:60, :60].mean() < 0.5 * pictures[False][:60, :60].mean()
    assert pictures[True][y + 20 : y + 40, x - 20 : x + 20].mean() > 40.0
