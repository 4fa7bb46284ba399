"""FaceTracker: MediaPipe's face and eye cropper, in one frame after the other.

The only file that imports mediapipe (0.10.21: the last release with this interface and with the
models inside the wheel), and only when a tracker is made.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.geometry import Array
from model.landmarks import Face, face_from_landmarks


class FaceTracker:
    """Finds the user's face in frame after frame: the largest, kept until lost.

    MediaPipe's own face detector is short-range (guide: nobody beyond 1.1 m) and FaceMesh takes
    whichever face scores best. So whenever no face is being followed, the full-range detector
    looks too; if FaceMesh found nobody, or not the largest face, FaceMesh runs on a window around
    the largest, and goes on in that window, which follows the face, until it is lost.

    Args:
        static: for unrelated pictures; nothing is carried over from one to the next.

    Raises:
        UserError: MediaPipe is not installed, or not the release that works.
    """

    WINDOW = 3.0  # side of the window in face box sides
    FAR = 0.12  # of the frame's width: FaceMesh fits smaller faces badly where it finds them at all
    SCALE_FRAMES = 90  # the head's scale is the running mean over so many frames

    def __init__(self, static: bool = False) -> None:
        self._static = static
        solutions = _mediapipe()
        self._solutions = solutions
        self._mesh = self._make_mesh(static)
        self._window_mesh: Any = None  # made when first needed: most users never do
        self._detector: Any = None
        self._window: NDArray[np.int64] | None = None
        self._small = False
        self._last: Face | None = None
        self._log_scale = 0.0
        self._frames = 0
        self._quiet = False

    def __enter__(self) -> "FaceTracker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release MediaPipe's graphs."""
        for graph in (self._mesh, self._window_mesh, self._detector):
            if graph is not None:
                graph.close()
        self._mesh = self._window_mesh = self._detector = None

    def reset(self) -> None:
        """Forget the face being followed, so that the next frame is taken like a first one."""
        self._forget()
        if not self._static:
            # A frame with nobody in it makes MediaPipe forget too: a thirtieth of a second sooner
            # than a new graph would, and like a new graph down to the last bit.
            self._run(self._mesh, np.zeros((64, 64, 3), dtype=np.uint8))

    def find(self, image: NDArray[np.uint8], camera: Array) -> Face | None:
        """The user's face in a frame (H, W, 3) RGB taken with a camera (3, 3), or None."""
        landmarks = self.find_landmarks(image)
        if landmarks is None:
            return None
        if self._static:
            return face_from_landmarks(landmarks, camera)
        measured = face_from_landmarks(landmarks, camera, guess=self._last)
        self._frames = min(self._frames + 1, self.SCALE_FRAMES)
        self._log_scale += (np.log(measured.scale) - self._log_scale) / self._frames
        scale = float(np.exp(self._log_scale))
        self._last = _rescaled(measured, scale)
        return self._last

    def find_landmarks(self, image: NDArray[np.uint8]) -> Array | None:
        """FaceMesh's landmarks (478, 3) in pixels of a frame (H, W, 3) RGB, or None."""
        if self._static:
            self._forget()
        landmarks = None
        if self._window is not None:
            landmarks = self._follow_window(image)
        else:
            tracked = self._last is not None
            landmarks = self._run(self._mesh, image)
            if not tracked or landmarks is None:
                landmarks = self._acquire(image, landmarks)
        if landmarks is None:
            self._forget()
        return landmarks

    def _forget(self) -> None:
        self._window = None
        self._last = None
        self._log_scale, self._frames = 0.0, 0

    def _acquire(self, image: NDArray[np.uint8], landmarks: Array | None) -> Array | None:
        """Choose the largest face of a frame in which none was being followed."""
        boxes = self._detect(image)
        if not boxes:
            return landmarks
        largest = max(boxes, key=lambda box: box[2] - box[0])
        far = largest[2] - largest[0] < self.FAR * image.shape[1]
        if landmarks is not None and not far:
            centre = landmarks[:468, :2].mean(axis=0)
            inside = (largest[:2] <= centre).all() and (centre <= largest[2:]).all()
            if inside or len(boxes) == 1:
                return landmarks
        self._small = len(boxes) == 1
        self._window = self._window_around(largest, image)
        return self._follow_window(image)

    def _follow_window(self, image: NDArray[np.uint8]) -> Array | None:
        assert self._window is not None
        if self._window_mesh is None:
            self._window_mesh = self._make_mesh(static=True)
        x0, y0, x1, y1 = self._window
        landmarks = self._run(self._window_mesh, np.ascontiguousarray(image[y0:y1, x0:x1]))
        if landmarks is None:
            self._window = None
            return None
        landmarks[:, :2] += (x0, y0)
        box = np.concatenate([landmarks[:468, :2].min(axis=0), landmarks[:468, :2].max(axis=0)])
        near = box[3] - box[1] > image.shape[0] / 4
        # A lone face that has come close no longer needs the window.
        self._window = None if self._small and near else self._window_around(box, image)
        return landmarks

    def _window_around(self, box: Array, image: NDArray[np.uint8]) -> NDArray[np.int64]:
        height, width = image.shape[:2]
        half = self.WINDOW / 2.0 * max(box[2] - box[0], box[3] - box[1])
        centre = (box[:2] + box[2:]) / 2.0
        low = np.clip(np.floor(centre - half), 0, (width - 2, height - 2))
        high = np.clip(np.ceil(centre + half), low + 2, (width, height))
        return np.concatenate([low, high]).astype(np.int64)

    def _make_mesh(self, static: bool) -> Any:
        with _silence():
            mesh = self._solutions.face_mesh.FaceMesh(
                static_image_mode=static, max_num_faces=1, refine_landmarks=True
            )
            # Graphs start on threads of their own: only a frame that has come back says that all
            # of them have started, and have said what they say.
            mesh.process(np.zeros((64, 64, 3), dtype=np.uint8))
        self._quiet = False
        return mesh

    def _run(self, mesh: Any, image: NDArray[np.uint8]) -> Array | None:
        with contextlib.nullcontext() if self._quiet else _silence():
            found = mesh.process(image).multi_face_landmarks
        self._quiet = True
        if not found:
            return None
        height, width = image.shape[:2]
        # MediaPipe's z is on the scale of x; its pixel coordinates name corners, ours centres.
        points = np.array([(p.x, p.y, p.z) for p in found[0].landmark])
        return points * (width, height, width) - (0.5, 0.5, 0.0)

    def _detect(self, image: NDArray[np.uint8]) -> list[Array]:
        """Boxes (4,) px of all faces up to about 5 m away."""
        quiet = self._detector is not None
        with contextlib.nullcontext() if quiet else _silence():
            if self._detector is None:
                self._detector = self._solutions.face_detection.FaceDetection(
                    model_selection=1, min_detection_confidence=0.5
                )
            found = self._detector.process(image).detections or []
        height, width = image.shape[:2]
        boxes = []
        for detection in found:
            box = detection.location_data.relative_bounding_box
            corners = (box.xmin, box.ymin, box.xmin + box.width, box.ymin + box.height)
            boxes.append(np.array(corners, np.float64) * (width, height, width, height))
        return boxes


def _rescaled(face: Face, scale: float) -> Face:
    ratio = scale / face.scale
    return Face(
        **{
            **face.__dict__,
            "translation": face.translation * ratio,
            "eye_centres": face.eye_centres * ratio,
            "scale": scale,
        }
    )


def _mediapipe() -> Any:
    with _silence(), _without_matplotlib():
        try:
            from mediapipe.python.solutions import face_detection, face_mesh
        except ImportError as error:
            raise UserError(
                f"MediaPipe 0.10.21 cannot be loaded ({error}): run pip install -r requirements.txt"
            ) from error
    return SimpleNamespace(face_mesh=face_mesh, face_detection=face_detection)


@contextlib.contextmanager
def _without_matplotlib() -> Iterator[None]:
    """Let MediaPipe's import find an empty matplotlib.

    Its drawing helpers, which nobody here calls, import pyplot: three quarters of the two seconds
    that importing MediaPipe takes, and on a fresh account a font cache on top.
    """
    names = ("matplotlib", "matplotlib.pyplot")
    missing = [name for name in names if name not in sys.modules]
    for name in missing:
        sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


_silence_lock = threading.Lock()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep MediaPipe's C++ chatter off the user's terminal.

    It writes to file descriptor 2 past sys.stderr, and GLOG_minloglevel does not stop it; it does
    so only while graphs start and at their first frame.
    """
    with _silence_lock:
        sys.stderr.flush()
        try:
            saved = os.dup(2)
        except OSError:  # no stderr at all, as under pythonw
            yield
            return
        try:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
