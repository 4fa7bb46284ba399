import itertools
import time
from types import SimpleNamespace
from typing import Any

import cv2
import pytest

from app.source import camera as camera_module
from app.source.camera import FAILURES, Camera, CameraSource, find_camera, list_cameras
from model.errors import UserError
from tests.app.source.devices import FakeDevice
from tests.material import number_of


@pytest.fixture
def open_fake(monkeypatch: pytest.MonkeyPatch):
    opened: list[CameraSource] = []

    def open_it(device: FakeDevice, **options: Any) -> CameraSource:
        monkeypatch.setattr(Camera, "open", lambda self: device)
        opened.append(CameraSource(Camera("Fake HD", 0, 0, ""), **options))
        return opened[-1]

    yield open_it
    for source in opened:
        source.close()


def test_frames_are_rgb_numbered_and_stamped_at_capture(open_fake):
    source = open_fake(FakeDevice())
    before = time.perf_counter_ns()
    frames = [source.read() for _ in range(5)]
    assert source.live
    assert source.size == (160, 120)
    assert source.fps == 25.0
    assert [number_of(f.image) for f in frames] == [f.number for f in frames]
    assert all(a.time_ns < b.time_ns for a, b in itertools.pairwise(frames))
    assert all(f.captured_ns == f.time_ns for f in frames)
    assert frames[-1].time_ns > before
    assert frames[0].image[0, 0].tolist() == [200, 60, 30]


def test_a_slow_reader_gets_the_latest_frame_and_sees_the_gap(open_fake):
    device = FakeDevice()
    source = open_fake(device)
    source.read()
    time.sleep(0.2)
    frame = source.read()
    assert frame.number >= 10
    assert device.number - frame.number <= 5


def test_a_mirrored_camera_is_unmirrored(open_fake):
    frame = open_fake(FakeDevice(), mirrored=True).read()
    assert frame.image[0, -1].tolist() == [200, 60, 30]


@pytest.mark.parametrize(
    ("system", "backend", "opened_by"),
    [
        ("linux", cv2.CAP_V4L2, "/dev/video2"),  # its numbers need not be OpenCV's
        ("win32", cv2.CAP_DSHOW, 1),
        ("darwin", cv2.CAP_AVFOUNDATION, 1),
    ],
)
def test_each_system_has_its_back_end(
    monkeypatch: pytest.MonkeyPatch, system: str, backend: int, opened_by: str | int
):
    found = SimpleNamespace(name="HD Webcam", index=1, path="/dev/video2")
    asked: list[Any] = []
    monkeypatch.setattr(camera_module, "sys", SimpleNamespace(platform=system))
    monkeypatch.setattr(
        "cv2_enumerate_cameras.enumerate_cameras", lambda which: asked.append(which) or [found]
    )
    monkeypatch.setattr(cv2, "VideoCapture", lambda *arguments: asked.append(arguments))
    (camera,) = list_cameras()
    assert camera == Camera("HD Webcam", 1, backend, "/dev/video2")
    camera.open()
    assert asked == [backend, (opened_by, backend)]


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_mjpg_size_and_rate_are_asked_for_in_the_order_that_works(
    open_fake, monkeypatch: pytest.MonkeyPatch, system: str
):
    monkeypatch.setattr(camera_module, "sys", SimpleNamespace(platform=system))
    device = FakeDevice()
    open_fake(device, size=(1920, 1080), fps=60.0)
    asked = dict(device.asked)
    assert asked[cv2.CAP_PROP_FRAME_WIDTH] == 1920
    assert asked[cv2.CAP_PROP_FRAME_HEIGHT] == 1080
    assert asked[cv2.CAP_PROP_FPS] == 60
    place = [name for name, _ in device.asked].index(cv2.CAP_PROP_FOURCC)
    assert place == (0 if system == "linux" else 3)


def test_a_camera_that_fails_again_and_again_is_lost(open_fake):
    device = FakeDevice()
    source = open_fake(device)
    source.read()
    device.failing = True
    while source.read() is not None:
        pass
    assert source.faults == ["the camera Fake HD stopped giving pictures"]


def test_a_few_failures_are_forgiven(open_fake, monkeypatch: pytest.MonkeyPatch):
    device = FakeDevice()
    source = open_fake(device)
    read, left = device.read, FAILURES - 1

    def read_with_failures() -> tuple[bool, Any]:
        nonlocal left
        if left:
            left -= 1
            return False, None
        return read()

    monkeypatch.setattr(device, "read", read_with_failures)
    time.sleep(0.3)
    assert source.read() is not None
    assert source.faults == []


def test_a_camera_that_hangs_is_lost(open_fake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(camera_module, "SILENCE_S", 0.2)
    device = FakeDevice()
    source = open_fake(device)
    device.hang.set()
    while source.read() is not None:
        pass
    assert len(source.faults) == 1
    device.hang.clear()


@pytest.mark.parametrize(
    "device", [FakeDevice(opens=False), FakeDevice(frames=0)], ids=["does not open", "no picture"]
)
def test_a_camera_without_pictures_is_refused(open_fake, device: FakeDevice):
    with pytest.raises(UserError, match="Fake HD"):
        open_fake(device)
    assert device.released


def test_closing_releases_the_device(open_fake):
    device = FakeDevice()
    source = open_fake(device)
    source.close()
    assert device.released
    assert source.faults == []


CAMERAS = [
    Camera("Integrated Camera", 0, 200, "/dev/video0"),
    Camera("HD Pro Webcam C920", 2, 200, "/dev/video2"),
    Camera("HD Webcam", 4, 200, "/dev/video4"),
]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("2", 2),
        ("1", None),
        ("HD Webcam", 4),
        ("hd webcam", 4),
        ("C920", 2),
        ("/dev/video2", 2),
        ("webcam", None),
        ("nothing", None),
    ],
)
def test_cameras_are_found_by_number_name_and_part_of_a_name(text: str, number: int | None):
    found = find_camera(text, CAMERAS)
    assert (found.number if found else None) == number
