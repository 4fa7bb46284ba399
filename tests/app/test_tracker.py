from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.sample import OnScreen, Sample
from app.tracker import Tracker
from model.estimator import Estimator
from model.geometry import head_angles
from model.landmarks import LEFT, RIGHT, Face
from tests.material import estimate, frame
from tests.model.heads import face_at


class Faces:
    """Hands out known faces."""

    def __init__(self, *faces: Face | None) -> None:
        self.faces = list(faces)
        self.resets = 0

    def find(self, image: object, camera: object) -> Face | None:
        return self.faces.pop(0)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None: ...


def samples(tiny_model: Path, *faces: Face | None, **options: object) -> list[Sample]:
    tracker = Tracker(Faces(*faces), Estimator(tiny_model, "cpu"), **options)  # type: ignore[arg-type]
    frames = [frame(n) for n in range(len(faces))]
    return [tracker.sample(f, tracker.find(f)) for f in frames]


def test_gaze_comes_out_in_the_camera_frame(tiny_model: Path):
    (sample,) = samples(tiny_model, face_at(pitch=10, yaw=20, roll=15))
    assert sample.estimate is not None
    assert sample.face is not None
    pitch, yaw, _ = head_angles(sample.face.rotation)
    # The tiny model says that the eyes look where the head points.
    expected = [-np.cos(pitch) * np.sin(yaw), -np.sin(pitch), -np.cos(pitch) * np.cos(yaw)]
    np.testing.assert_allclose(sample.estimate.gaze, expected, atol=1e-3)


def test_a_frame_without_a_face_is_a_sample_too(tiny_model: Path):
    found, lost = samples(tiny_model, face_at(), None)
    assert found.valid
    assert not lost.valid
    assert (lost.frame, lost.blink, lost.confidence, lost.distance) == (1, None, None, None)


def test_closed_eyes_are_not_valid(tiny_model: Path):
    shut = face_at()
    shut.openness[:] = 0.0
    first, second = samples(tiny_model, _open(face_at()), shut)
    assert (first.blink, first.valid) == (False, True)
    assert (second.blink, second.valid) == (True, False)


@pytest.mark.parametrize(
    ("eyes", "used", "unused"), [("left", LEFT, RIGHT), ("right", RIGHT, LEFT)]
)
def test_one_eye_alone(tiny_model: Path, eyes: str, used: int, unused: int):
    face = _open(face_at())
    face.openness[unused] = 0.0  # the eye that cannot be used hangs
    (sample,) = samples(tiny_model, face, eyes=eyes)
    assert sample.valid
    assert sample.estimate is not None
    assert np.isnan(sample.estimate.eye_gaze[unused]).all()
    np.testing.assert_allclose(sample.estimate.eye_gaze[used], sample.estimate.gaze, atol=1e-9)


def test_distance_is_to_the_camera_before_a_calibration_and_to_the_screen_after():
    face = face_at(position=(300.0, 0.0, 400.0))
    parts = {"face": face, "patches": object(), "estimate": estimate(), "blink": False}
    before = Sample(0, 0, 0, None, **parts)  # type: ignore[arg-type]
    assert before.distance == pytest.approx(500.0 * face.scale, rel=0.02)
    screen = OnScreen(np.zeros(2), np.zeros(2), np.zeros(2), 555.0, "c1", inside=False)
    after = Sample(0, 0, 0, None, **parts, screen=screen)  # type: ignore[arg-type]
    assert after.distance == 555.0
    assert before.valid
    assert not after.valid


def test_confidence_is_exp_of_minus_sigma_over_five_degrees():
    parts = {"face": face_at(), "patches": object(), "blink": False}
    sample = Sample(0, 0, 0, None, estimate=estimate(sigma=np.radians(5)), **parts)  # type: ignore[arg-type]
    assert sample.confidence == pytest.approx(np.exp(-1))


def test_half_a_sample_is_refused():
    with pytest.raises(ValueError, match="a face, its patches"):
        Sample(0, 0, 0, face=face_at())


def _open(face: Face) -> Face:
    face.openness[:] = 0.9
    return face


def test_a_fresh_frame_is_taken_like_a_first_one(tiny_model: Path):
    shut, half = _open(face_at()), face_at()
    shut.openness[:] = 0.0
    half.openness[:] = 0.5  # closed right after a blink, open for whoever was never seen
    faces = Faces(shut, half, shut, half)
    tracker = Tracker(faces, Estimator(tiny_model, "cpu"))  # type: ignore[arg-type]
    frames = [frame(0), frame(1), frame(2), replace(frame(3), fresh=True)]
    assert [tracker.sample(f, tracker.find(f)).blink for f in frames] == [True, True, True, False]
    assert faces.resets == 1


def test_reset_forgets_face_and_blink(tiny_model: Path):
    shut, half = face_at(), face_at()
    shut.openness[:] = 0.0
    half.openness[:] = 0.5
    faces = Faces(shut, half)
    tracker = Tracker(faces, Estimator(tiny_model, "cpu"))  # type: ignore[arg-type]
    tracker.sample(frame(0), tracker.find(frame(0)))
    tracker.reset()
    assert tracker.sample(frame(1), tracker.find(frame(1))).blink is False
    assert faces.resets == 1


def test_eyes_can_be_changed_between_two_frames(tiny_model: Path):
    tracker = Tracker(Faces(face_at(), _winking()), Estimator(tiny_model, "cpu"))  # type: ignore[arg-type]
    both = tracker.sample(frame(0), tracker.find(frame(0)))
    tracker.eyes = "left"
    left = tracker.sample(frame(1), tracker.find(frame(1)))
    assert both.estimate is not None
    assert left.estimate is not None
    assert np.isfinite(both.estimate.eye_gaze).all()
    assert np.isnan(left.estimate.eye_gaze[RIGHT]).all()
    assert (tracker.eyes, left.blink) == ("left", False)


def _winking() -> Face:
    face = _open(face_at())
    face.openness[RIGHT] = 0.0
    return face
