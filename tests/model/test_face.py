import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from model.face import FaceTracker
from model.geometry import camera_matrix, focal_length, head_angles, head_rotation
from model.landmarks import EYE_CONTOURS, LIDS, face_from_landmarks, face_template
from tests.model.heads import CAMERA, face_at, landmarks_at

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("pitch", "yaw", "roll", "position"),
    [
        (0, 0, 0, (0, 0, 600)),
        (15, 0, 0, (50, -30, 450)),
        (0, 30, 0, (0, 0, 800)),
        (0, -30, 0, (-120, 40, 350)),
        (-20, 10, 12, (0, 0, 1400)),
    ],
)
def test_pose_of_a_known_head_is_recovered(
    pitch: float, yaw: float, roll: float, position: tuple[float, float, float]
) -> None:
    face = face_at(pitch, yaw, roll, position)
    assert np.degrees(head_angles(face.rotation)) == pytest.approx([pitch, yaw, roll], abs=0.2)
    # The iris stands a centimetre before the eyeball's centre, so its size says "a little nearer".
    assert face.translation == pytest.approx(np.array(position), rel=0.03, abs=2)
    assert face.confidence > 0.99


def test_iris_size_moves_a_large_head_back_towards_its_true_distance() -> None:
    # 8 % larger than average: by the landmarks alone it would seem 8 % nearer.
    face = face_at(position=(0, 0, 600), scale=1.08)
    assert face.scale > 1.02
    assert face.translation[2] == pytest.approx(600 / 1.08 * face.scale, rel=0.01)
    assert abs(face.translation[2] - 600) < abs(600 / 1.08 - 600)


def test_left_and_right_are_the_users_own() -> None:
    face = face_at()
    right, left = face.eye_centres
    assert right[0] < 0 < left[0]  # the user's right eye is on the image's left
    assert face.iris[0, 0] < face.iris[1, 0]


def test_openness_falls_as_the_lids_meet_and_does_not_depend_on_the_head() -> None:
    for pitch, yaw, roll in [(0, 0, 0), (-20, 0, 0), (0, 25, 0), (0, 0, 30)]:
        R = head_rotation(*np.radians([pitch, yaw, roll]))
        landmarks = landmarks_at(R, np.array([0.0, 0.0, 600.0]))
        opened = face_from_landmarks(landmarks, CAMERA).openness
        for upper, lower in LIDS.reshape(-1, 2):
            landmarks[upper] = landmarks[lower] + 0.05 * (landmarks[upper] - landmarks[lower])
        closed = face_from_landmarks(landmarks, CAMERA).openness
        assert (opened > 0.75).all(), (pitch, yaw, roll, opened)
        assert (closed < 0.05).all()


def test_template_is_symmetric_and_life_size() -> None:
    right, left = face_template().eye_centres
    assert np.linalg.norm(right - left) == pytest.approx(63, abs=4)
    assert right + left == pytest.approx(np.zeros(3), abs=0.01)
    outer = face_template().landmarks[[33, 263]]
    assert outer[0] * [-1, 1, 1] == pytest.approx(outer[1], abs=1.5)
    assert 80 < outer[1, 0] - outer[0, 0] < 100


def test_contours_name_their_own_eye() -> None:
    lm = face_template().landmarks
    assert (lm[EYE_CONTOURS[0], 0] < 0).all()
    assert (lm[EYE_CONTOURS[1], 0] > 0).all()


def test_only_face_imports_mediapipe() -> None:
    importers = [
        path.relative_to(ROOT).as_posix()
        for folder in ("app", "model", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(from|import)\s+mediapipe", path.read_text(encoding="utf-8"), re.M)
    ]
    assert importers == ["model/face.py"]


@pytest.fixture(scope="module")
def still_tracker():
    with FaceTracker(static=True) as tracker:
        yield tracker


def london(data_dir: Path, number: int) -> np.ndarray:
    path = sorted((data_dir / "london-faces" / "neutral").glob("*.jpg"))[number]
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def on_canvas(picture: np.ndarray, eye_distance: float, at: tuple[int, int]) -> np.ndarray:
    """A 1280 x 720 frame with a London face drawn so that its eyes are so many pixels apart."""
    s = eye_distance / 149.0  # about what their 1000 px pictures show
    small = cv2.resize(picture, None, fx=s, fy=s, interpolation=cv2.INTER_AREA)
    canvas = np.full((720, 1280, 3), 120, np.uint8)
    x0, y0 = at[0] - small.shape[1] // 2, at[1] - small.shape[0] // 2
    top, left = max(0, -y0), max(0, -x0)
    part = small[top : 720 - y0, left : 1280 - x0]
    canvas[y0 + top : y0 + top + part.shape[0], x0 + left : x0 + left + part.shape[1]] = part
    return canvas


@pytest.mark.parametrize("distance", [350, 600, 900, 1100, 1400])
def test_real_faces_are_found_from_35_to_140_cm(
    data_dir: Path, still_tracker: FaceTracker, distance: int
) -> None:
    camera = camera_matrix(1280, 720, 70)
    for number in (1, 9, 17, 33):
        frame = on_canvas(
            london(data_dir, number), focal_length(1280, 70) * 63 / distance, (640, 360)
        )
        face = still_tracker.find(frame, camera)
        assert face is not None
        assert face.translation[2] == pytest.approx(distance, rel=0.15)


def test_pictures_leave_no_trace_in_each_other(data_dir: Path, still_tracker: FaceTracker) -> None:
    camera = camera_matrix(1000, 1000, 40)
    first = still_tracker.find(london(data_dir, 3), camera)
    still_tracker.find(london(data_dir, 5), camera)
    again = still_tracker.find(london(data_dir, 3), camera)
    assert first is not None
    assert again is not None
    assert np.array_equal(first.landmarks, again.landmarks)
    assert first.scale == again.scale


def test_the_largest_face_is_taken_and_kept(data_dir: Path) -> None:
    camera = camera_matrix(1280, 720, 70)
    small = on_canvas(london(data_dir, 5), 60, (300, 360))
    both = small.copy()
    both[:, 640:] = on_canvas(london(data_dir, 7), 110, (950, 360))[:, 640:]
    with FaceTracker() as tracker:
        for _ in range(3):
            face = tracker.find(both, camera)
            assert face is not None
            assert face.translation[0] > 0, "the larger face is on the image's right"
    with FaceTracker() as tracker:
        for frame in (small, small, both, both, both):
            face = tracker.find(frame, camera)
            assert face is not None
            assert face.translation[0] < 0, "the face followed first is kept"
        assert tracker.find(np.full_like(both, 120), camera) is None
        face = tracker.find(both, camera)
        assert face is not None
        assert face.translation[0] > 0, "once lost, the largest is chosen anew"


def test_mediapipe_stays_silent(capfd: pytest.CaptureFixture[str], data_dir: Path) -> None:
    with FaceTracker() as tracker:
        tracker.find(london(data_dir, 0), camera_matrix(1000, 1000, 40))
    assert capfd.readouterr() == ("", "")


def test_a_tracker_that_was_reset_is_like_a_new_one(demo_clip: Path) -> None:
    from app.source.video import VideoSource

    with VideoSource(demo_clip) as source:
        images = [frame.image for frame, _ in zip(source, range(12), strict=False)]
    with FaceTracker() as tracker:
        new = [tracker.find(image, CAMERA) for image in images]
        tracker.reset()
        again = [tracker.find(image, CAMERA) for image in images]
    for first, second in zip(new, again, strict=True):
        assert first is not None
        assert second is not None
        np.testing.assert_array_equal(first.landmarks, second.landmarks)
        np.testing.assert_array_equal(first.translation, second.translation)
