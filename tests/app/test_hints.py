from dataclasses import replace

import numpy as np
import pytest

from app.hints import HINTS, Hint, Hints
from app.sample import Sample
from app.source import Frame
from app.source.base import Image
from model.landmarks import Face
from model.patches import EYE_PATCH, Patches, cut_patches
from tests.material import estimate
from tests.model.heads import face_at

WALL, SKIN = 150, 120


def room(face: Face | None, wall: int = WALL, skin: int = SKIN) -> Image:
    """A wall of a grey level with some pattern, and before it a face of another."""
    image = np.full((480, 640, 3), wall, dtype=np.uint8)
    image[::4] = max(wall - 20, 0)
    if face is not None:
        left, top, right, bottom = np.clip(face.box, 0, (639, 479, 639, 479)).astype(int)
        image[top : bottom + 1, left : right + 1] = skin
    return image


def sample_of(face: Face | None, image: Image, time_ns: int) -> Sample:
    if face is None:
        return Sample(0, time_ns, 0)
    return Sample(0, time_ns, 0, None, face, cut_patches(image, face, EYE_PATCH), estimate(), False)


class Watch:
    """Hints over a time, at 30 frames per second."""

    def __init__(self) -> None:
        self.hints, self.frames = Hints(), 0

    def see(
        self,
        face: Face | None,
        image: Image,
        seconds: float = 1.2,
        fps: tuple[float, float] | None = None,
    ) -> Hint | None:
        """The hint at the end of so many seconds with this face in this picture."""
        hint = None
        for _ in range(round(seconds * 30)):
            time_ns = round(self.frames * 1e9 / 30)
            frame = Frame(image, self.frames, time_ns, 0)
            hint = self.hints.update(frame, sample_of(face, image, time_ns), *(fps or ()))
            self.frames += 1
        return hint


def code(hint: Hint | None) -> str | None:
    return hint.code if hint else None


FACE = face_at()
NEAR, FAR = face_at(position=(0, 0, 260)), face_at(position=(0, 0, 1150))
CASES = [
    (None, FACE, room(FACE)),
    ("no_face", None, room(None)),
    ("covered", None, np.full((480, 640, 3), 3, dtype=np.uint8)),
    ("too_dark", None, room(None, wall=35)),
    ("too_dark", FACE, room(FACE, wall=30, skin=25)),
    ("back_light", FACE, room(FACE, wall=240, skin=35)),
    (None, FACE, room(FACE, wall=235, skin=65)),  # dark skin before a white wall is well lit
    ("too_bright", FACE, room(FACE, skin=240)),
    ("too_near", NEAR, room(NEAR)),
    ("too_far", FAR, room(FAR)),
    ("cut_off", face_at(position=(350, 0, 600)), room(face_at(position=(350, 0, 600)))),
    ("cut_off", face_at(position=(0, -230, 600)), room(face_at(position=(0, -230, 600)))),
    ("head_turned", face_at(yaw=42), room(face_at(yaw=42))),
    ("head_turned", face_at(pitch=-38), room(face_at(pitch=-38))),
    (None, face_at(yaw=22, pitch=8), room(face_at(yaw=22, pitch=8))),
    (None, face_at(roll=35), room(face_at(roll=35))),
]


@pytest.mark.parametrize(
    ("expected", "face", "image"), CASES, ids=[f"{n} {c[0]}" for n, c in enumerate(CASES)]
)
def test_each_cause_has_its_hint(expected: str | None, face: Face | None, image: Image):
    assert code(Watch().see(face, image)) == expected


def test_a_head_at_the_side_that_looks_into_the_camera_is_not_turned():
    face = face_at(yaw=24, position=(200, 0, 450))
    assert code(Watch().see(face, room(face))) is None
    away = face_at(yaw=-24, position=(200, 0, 450))
    assert code(Watch().see(away, room(away))) == "head_turned"


def small(face: Face) -> tuple[Face, Image]:
    """The face as a camera with a third of the pixels sees it."""
    scaled = replace(face, landmarks=face.landmarks / 3, box=face.box / 3, iris=face.iris / 3)
    return scaled, np.ascontiguousarray(room(face)[::3, ::3])


def test_small_eyes_of_somebody_near_ask_for_a_larger_picture():
    face, image = small(face_at(position=(0, 0, 500)))
    assert code(Watch().see(face, image)) == "eyes_small"


def test_small_eyes_of_somebody_farther_away_ask_to_come_nearer():
    face, image = small(face_at(position=(0, 0, 900)))
    assert code(Watch().see(face, image)) == "too_far"


def test_a_reflection_on_the_eyes_is_glare_a_glint_is_not():
    image = room(FACE)
    x, y = FACE.iris[0, :2].astype(int)
    image[y, x] = 255
    assert code(Watch().see(FACE, image)) is None
    image[y - 3 : y + 4, x - 6 : x + 7] = 255
    assert code(Watch().see(FACE, image)) == "glare"


def test_a_slow_camera_in_dim_light_asks_for_light():
    dim, bright = room(FACE, wall=90, skin=70), room(FACE)
    assert code(Watch().see(FACE, dim, fps=(30.0, 15.0))) == "slow_exposure"
    assert code(Watch().see(FACE, dim, fps=(30.0, 28.0))) is None
    assert code(Watch().see(FACE, bright, fps=(30.0, 15.0))) is None  # slow for another reason


def test_what_hurts_most_comes_first():
    both = room(face_at(yaw=42), wall=30, skin=25)
    assert code(Watch().see(face_at(yaw=42), both)) == "too_dark"


def test_a_hint_waits_a_second_and_stays_a_second():
    watch = Watch()
    assert watch.see(None, room(None), 0.9) is None
    assert code(watch.see(None, room(None), 0.3)) == "no_face"
    assert code(watch.see(FACE, room(FACE), 0.9)) == "no_face"
    assert watch.see(FACE, room(FACE), 0.3) is None


def test_a_cause_that_comes_and_goes_with_every_frame_shows_nothing_new():
    watch, shown = Watch(), set()
    for _ in range(60):
        shown.add(code(watch.see(FACE, room(FACE), 1 / 30)))
        shown.add(code(watch.see(None, room(None), 1 / 30)))
    assert shown == {None}
    watch.see(None, room(None), 1.2)
    for _ in range(60):
        shown.add(code(watch.see(FACE, room(FACE), 1 / 30)))
        assert code(watch.see(None, room(None), 1 / 30)) == "no_face"


def test_time_that_jumps_or_goes_back_is_no_reason():
    hints = Hints()
    for time_s in (0.0, 100.0, 0.5, 200.0):
        frame = Frame(room(None), 0, round(time_s * 1e9), 0)
        assert hints.update(frame, Sample(0, frame.time_ns, 0)) is None


def test_reset_forgets():
    watch = Watch()
    watch.see(None, room(None), 2.0)
    watch.hints.reset()
    assert watch.see(None, room(None), 0.5) is None


def test_a_model_of_the_whole_face_and_any_picture_size_will_do():
    patches = Patches(
        np.zeros((1, 224, 224, 3), np.uint8), np.eye(3)[None], np.array([False]),
        np.zeros((1, 4), np.float32),
    )  # fmt: skip
    for height, width in ((480, 640), (32, 32), (40, 3000), (2160, 3840)):
        image = np.full((height, width, 3), 120, dtype=np.uint8)
        sample = Sample(0, 0, 0, None, FACE, patches, estimate(), False)
        Hints().update(Frame(image, 0, 0, 0), sample)
        outside = replace(FACE, box=FACE.box + 1e5)
        Hints().update(Frame(image, 0, 0, 0), replace(sample, face=outside))


def test_sentences_are_sentences():
    for hint in HINTS.values():
        assert hint.sentence.endswith(".")
        assert hint.sentence[0].isupper()
        assert ":" in hint.sentence  # what is wrong: what to do
