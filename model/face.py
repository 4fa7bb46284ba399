"""FaceTracker: MediaPipe's face and eye cropper, and what geometry makes of its landmarks.

The only file that imports mediapipe (0.10.21: the last release with this interface and with the
models inside the wheel). It does so when a tracker is made, so that code which brings its own
landmarks, such as the renderer on a machine without MediaPipe, can use the rest.
"""

import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.geometry import Array, project

RIGHT, LEFT = 0, 1
"""Index of the user's own right and left eye in every array of two eyes."""

EYE_CORNERS = np.array([[33, 133], [263, 362]])
"""(2, 2) FaceMesh indices: per eye the outer and the inner corner."""

EYE_CONTOURS = np.array(
    [
        [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
        [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
    ]
)
"""(2, 16) indices around each eye: outer corner, upper lid, inner corner, lower lid."""

LIDS = np.array(
    [
        [[160, 144], [159, 145], [158, 153]],
        [[387, 373], [386, 374], [385, 380]],
    ]
)
"""(2, 3, 2) per eye three pairs of an upper and a lower lid landmark, facing each other."""

IRIS_CENTRES = np.array([468, 473])
IRIS_RINGS = np.array([[469, 470, 471, 472], [474, 475, 476, 477]])
BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
POSE_ANCHORS = (1, 6, 10, 33, 133, 152, 168, 234, 263, 362, 454)

POSE_ITERATIONS = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 10, 1e-6)
"""Ten steps take any start to within 0.01 degrees of where a hundred would."""

IRIS_DIAMETER = 11.7
"""mm across in nearly all adults (+- 0.5), see https://doi.org/10.1016/j.optom.2016.05.002."""

IRIS_TRUST = 0.5
"""How far one face's iris may move its scale away from the average head's: both vary by about 4 %
between people (and the iris is measured on ten pixels), so the truth lies midway."""

OPENNESS_CLOSED, OPENNESS_OPEN = 0.02, 0.34
"""Lid gap over eye width that count as closed (0) and wide open (1); most people show 0.3."""

TEMPLATE_PATH = Path(__file__).with_name("face_template.json")


@dataclass(frozen=True)
class Face:
    """What was found in one frame. Eyes come in the order (user's right, user's left).

    Attributes:
        landmarks: (478, 3) float, x and y in pixels of the frame, z on the same scale.
        rotation: (3, 3) head frame to camera frame.
        translation: (3,) mm, the point midway between the eyeball centres, camera frame.
        eye_centres: (2, 3) mm, eyeball centres, camera frame.
        openness: (2,) 0 closed .. 1 open.
        iris: (2, 3) px: centre x, y and radius.
        box: (4,) px: left, top, right, bottom of the landmarks.
        confidence: 0..1, how well the landmarks fit a rigid head.
        scale: this head's size over the average head's, as its irises tell.
        camera: (3, 3) the camera matrix that all of it rests on.
    """

    landmarks: Array
    rotation: Array
    translation: Array
    eye_centres: Array
    openness: Array
    iris: Array
    box: Array
    confidence: float
    scale: float
    camera: Array

    def __post_init__(self) -> None:
        expected = {
            "landmarks": (478, 3), "rotation": (3, 3), "translation": (3,), "eye_centres": (2, 3),
            "openness": (2,), "iris": (2, 3), "box": (4,), "camera": (3, 3),
        }  # fmt: skip
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"Face.{name} is {getattr(self, name).shape}, not {shape}")


@dataclass(frozen=True)
class FaceTemplate:
    """The average head: landmarks (468, 3) and eyeball centres (2, 3) in mm, head frame.

    `rigid` are the landmarks that keep their place when a face moves: no lips, chin, lids, brows.
    """

    landmarks: Array
    eye_centres: Array
    rigid: NDArray[np.int64]


@cache
def face_template() -> FaceTemplate:
    """The template that lies beside this file (made by ``main.py synth template``)."""
    stored = json.loads(TEMPLATE_PATH.read_text(encoding="utf-8"))
    landmarks = np.array(stored["landmarks"], dtype=np.float64)
    lower_face = landmarks[:, 1] > landmarks[2, 1]  # below the nose's base
    mobile = set(EYE_CONTOURS.ravel()) - set(EYE_CORNERS.ravel()) | set(BROWS)
    rigid = [i for i in range(468) if not lower_face[i] and i not in mobile]
    # Neighbours err together: half of them place the head as well in half the time.
    return FaceTemplate(landmarks, np.array(stored["eye_centres"]), np.array(rigid[::2]))


def face_from_landmarks(
    landmarks: Array, camera: Array, scale: float | None = None, guess: "Face | None" = None
) -> Face:
    """Head pose, eyes and openness from landmarks; no MediaPipe, no state.

    The pose is that of the average head (solvePnP on the rigid landmarks), which gives the distance
    up to the head's true size; the size of the irises then refines that (`IRIS_TRUST`).

    Args:
        landmarks: (478, 3) px.
        camera: (3, 3).
        scale: the head's scale where it is known from earlier frames; else from this one.
        guess: the same head a moment ago, a start for the pose.
    """
    template = face_template()
    model = np.ascontiguousarray(template.landmarks[template.rigid])
    pixels = np.ascontiguousarray(landmarks[template.rigid, :2], dtype=np.float64)
    undistorted = np.zeros(5)  # webcams correct their lenses well enough for a face's pose
    if guess is None:
        anchors = np.array(POSE_ANCHORS)
        _, rvec, tvec = cv2.solvePnP(
            template.landmarks[anchors],
            np.ascontiguousarray(landmarks[anchors, :2], dtype=np.float64),
            camera,
            undistorted,
            flags=cv2.SOLVEPNP_SQPNP,
        )
    else:
        rvec = cv2.Rodrigues(guess.rotation)[0]
        tvec = (guess.translation / guess.scale).reshape(3, 1).copy()
    rvec, tvec = cv2.solvePnPRefineLM(
        model, pixels, camera, undistorted, rvec, tvec, POSE_ITERATIONS
    )
    R = np.asarray(cv2.Rodrigues(rvec)[0], dtype=np.float64)
    t = np.asarray(tvec, dtype=np.float64).ravel()
    eyes = template.eye_centres @ R.T + t

    rings = landmarks[IRIS_RINGS, :2]
    diameters = np.linalg.norm(rings[:, [0, 1]] - rings[:, [2, 3]], axis=-1).mean(axis=-1)
    iris = np.column_stack([landmarks[IRIS_CENTRES, :2], diameters / 2.0])
    if scale is None:
        scale = iris_scale(diameters, eyes[:, 2], camera[0, 0])

    residual = np.linalg.norm(project(model @ R.T + t, camera) - pixels, axis=-1).mean()
    eye_distance = camera[0, 0] * np.ptp(template.eye_centres[:, 0]) / t[2]
    return Face(
        landmarks=np.asarray(landmarks, dtype=np.float64),
        rotation=R,
        translation=t * scale,
        eye_centres=eyes * scale,
        openness=_openness(landmarks, R, eyes, camera[0, 0]),
        iris=iris,
        box=np.concatenate([landmarks[:468, :2].min(axis=0), landmarks[:468, :2].max(axis=0)]),
        # A face fits the average head to about 4 % of its eye distance; a wrong one far worse.
        confidence=float(np.exp(-((residual / eye_distance / 0.15) ** 2))),
        scale=scale,
        camera=camera,
    )


def iris_scale(diameters: Array, depths: Array, focal: float) -> float:
    """Scale of a head over the average one, from iris diameters (2,) in px at depths (2,) in mm."""
    seen = float(np.mean(diameters * depths)) / focal  # mm, were the head of average size
    return float(np.clip((IRIS_DIAMETER / seen) ** IRIS_TRUST, 0.85, 1.15))


def _openness(landmarks: Array, R: Array, eyes: Array, focal: float) -> Array:
    """Lid gap over eye width, foreshortening undone, mapped to 0..1.

    Both lengths are taken along the head's own axes as they appear in the picture: dividing by the
    axes' projected lengths undoes what turning or nodding the head shortens.
    """
    width = np.linalg.norm(np.diff(landmarks[EYE_CORNERS, :2], axis=1)[:, 0], axis=-1)
    gaps = landmarks[LIDS[:, :, 1], :2] - landmarks[LIDS[:, :, 0], :2]  # (2, 3, 2) upper to lower
    down, right = R[:2, 1], R[:2, 0]
    height = (gaps @ (down / np.linalg.norm(down))).mean(axis=1) / np.linalg.norm(down)
    width = width / max(float(np.linalg.norm(right)), 0.5)
    # The template's eye width steadies the measured one, which collapses for the far eye.
    expected = focal / eyes[:, 2] * _template_eye_width()
    ratio = height / (0.5 * width + 0.5 * expected)
    return np.asarray(
        np.clip((ratio - OPENNESS_CLOSED) / (OPENNESS_OPEN - OPENNESS_CLOSED), 0.0, 1.0)
    )


@cache
def _template_eye_width() -> float:
    corners = face_template().landmarks[EYE_CORNERS]
    return float(np.linalg.norm(corners[:, 0] - corners[:, 1], axis=-1).mean())


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
    with _silence():
        try:
            from mediapipe.python.solutions import face_detection, face_mesh
        except ImportError as error:
            raise UserError(
                f"MediaPipe 0.10.21 cannot be loaded ({error}): run pip install -r requirements.txt"
            ) from error
    from types import SimpleNamespace

    return SimpleNamespace(face_mesh=face_mesh, face_detection=face_detection)


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
