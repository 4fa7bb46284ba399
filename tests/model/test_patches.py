import cv2
import numpy as np
import pytest

from model.geometry import FORWARD, angle_between, pitch_yaw, project, vector
from model.landmarks import EYE_CORNERS
from model.patches import (
    EYE_PATCH,
    EYE_PATCH_WIDE,
    FACE_PATCH,
    PatchSpec,
    cut_patches,
    to_camera,
    to_normalised,
)
from tests.model.heads import CAMERA, face_at


def smooth_noise(seed: int = 0, size: tuple[int, int] = (480, 640)) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (*size, 3)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 6)
    return cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


@pytest.mark.parametrize(
    ("pitch", "yaw", "roll", "position"),
    [
        (0, 0, 0, (0, 0, 600)),
        (10, 20, 0, (40, 0, 500)),
        (0, 0, 25, (0, 30, 700)),
        (-10, -25, -15, (-60, -20, 420)),
    ],
)
def test_the_patch_is_centred_on_the_eye_level_and_at_its_distance(
    pitch: float, yaw: float, roll: float, position: tuple[float, float, float]
) -> None:
    face = face_at(pitch, yaw, roll, position)
    frame = np.zeros((480, 640, 3), np.uint8)
    corners = face.landmarks[EYE_CORNERS, :2]
    for channel in range(2):  # outer corners red, inner corners green
        for x, y in corners[:, channel]:
            cv2.circle(frame, (round(x * 16), round(y * 16)), 32, (0, 0, 0), -1, shift=4)
            layer = np.zeros((480, 640), np.uint8)
            cv2.circle(layer, (round(x * 16), round(y * 16)), 32, 255, -1, cv2.LINE_AA, 4)
            frame[..., channel] = np.maximum(frame[..., channel], layer)
    for patch in cut_patches(frame, face, EYE_PATCH_WIDE).images:
        rows, columns = np.mgrid[0:64, 0:96]
        where = [
            np.array([(w * columns).sum(), (w * rows).sum()]) / w.sum()
            for w in (patch[..., 0].astype(float), patch[..., 1].astype(float))
        ]
        outer, inner = where
        assert (outer + inner) / 2 == pytest.approx([47.5, 31.5], abs=1.0)
        assert inner[0] < outer[0], "flipping makes every patch a left eye: nose on the left"
        width = np.linalg.norm(outer - inner)
        expected = 960 / 600 * 30  # about 30 mm between the corners, less where the head is turned
        assert 0.7 * expected < width < 1.2 * expected


def test_gaze_into_the_camera_is_straight_ahead_for_each_eye() -> None:
    face = face_at(5, 15, 10, (80, -40, 550))
    patches = cut_patches(smooth_noise(), face, EYE_PATCH)
    to_lens = -face.eye_centres / np.linalg.norm(face.eye_centres, axis=1, keepdims=True)
    angles = to_normalised(to_lens, patches.rotation, patches.mirrored)
    assert np.degrees(angles) == pytest.approx(np.zeros((2, 2)), abs=3.0)


def test_camera_and_patch_frames_are_inverse_also_mirrored() -> None:
    patches = cut_patches(smooth_noise(), face_at(-8, 22, 12), EYE_PATCH)
    gaze = vector(np.radians([[10.0, -20.0], [-15.0, 30.0]]))
    angles = to_normalised(gaze, patches.rotation, patches.mirrored)
    back = to_camera(angles, patches.rotation, patches.mirrored)
    assert angle_between(back, gaze) == pytest.approx(np.zeros(2), abs=1e-9)


def test_the_users_right_eye_is_flipped_in_picture_label_and_head() -> None:
    face = face_at()
    patches = cut_patches(smooth_noise(), face, EYE_PATCH)
    assert patches.mirrored.tolist() == [True, False]
    outward = vector(np.radians([[0.0, 20.0], [0.0, -20.0]]))  # each eye away from the nose
    angles = to_normalised(outward, patches.rotation, patches.mirrored)
    assert (angles[:, 1] < 0).all()
    right, left = patches.head
    assert right == pytest.approx(left, abs=2e-2), "a frontal head looks alike to both eyes"


def test_rolling_the_camera_changes_neither_patch_nor_label() -> None:
    gaze = vector(np.radians([5.0, 12.0]))
    upright = face_at(4, -10, 0)
    frame = smooth_noise()
    # The same scene, camera rolled by 20 degrees about its axis.
    roll = np.radians(20)
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    from model.landmarks import face_from_landmarks

    rolled_marks = upright.landmarks.copy()
    centre = CAMERA[:2, 2]
    rolled_marks[:, :2] = (upright.landmarks[:, :2] - centre) @ turn[:2, :2].T + centre
    rolled = face_from_landmarks(rolled_marks, CAMERA)
    M = np.column_stack([turn[:2, :2], centre - turn[:2, :2] @ centre])
    turned_frame = cv2.warpAffine(frame, M, (640, 480), borderMode=cv2.BORDER_REFLECT)
    a = cut_patches(frame, upright, EYE_PATCH)
    b = cut_patches(turned_frame, rolled, EYE_PATCH)
    assert np.abs(a.images.astype(int) - b.images).mean() < 2.0
    assert to_normalised(np.tile(turn @ gaze, (2, 1)), b.rotation) == pytest.approx(
        to_normalised(np.tile(gaze, (2, 1)), a.rotation), abs=2e-3
    )


def test_the_wide_patch_holds_the_narrow_one() -> None:
    face, frame = face_at(3, 9, 5), smooth_noise()
    narrow = cut_patches(frame, face, EYE_PATCH).images
    wide = cut_patches(frame, face, EYE_PATCH_WIDE).images
    assert np.abs(wide[:, 8:-8, 12:-12].astype(int) - narrow).max() <= 1


def test_the_face_patch_shows_the_face_upright() -> None:
    face = face_at(0, 0, 20, (30, 10, 500))
    patches = cut_patches(smooth_noise(), face, FACE_PATCH)
    assert patches.images.shape == (1, 224, 224, 3)
    eyes = project(face.eye_centres / face.scale @ patches.rotation[0].T, FACE_PATCH.matrix())
    assert eyes[0, 1] == pytest.approx(eyes[1, 1], abs=1.0)
    assert np.degrees(patches.head[0, :2]) == pytest.approx(
        np.degrees(pitch_yaw(patches.rotation[0] @ face.rotation @ FORWARD)), abs=1e-3
    )


def test_detail_tells_how_many_camera_pixels_lie_under_a_patch_pixel() -> None:
    near = cut_patches(smooth_noise(), face_at(position=(0, 0, 400)), EYE_PATCH)
    far = cut_patches(smooth_noise(), face_at(position=(0, 0, 800)), EYE_PATCH)
    assert np.exp(near.head[:, 3]) == pytest.approx(2 * np.exp(far.head[:, 3]), rel=0.05)


def test_nonsense_specs_are_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        PatchSpec("nose", 10, 10, 960.0, 600.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="positive"):
        PatchSpec("eyes", 0, 10, 960.0, 600.0)
