"""One recording with targets: its video's frames near each target, tracked as the app does."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.recording.reader import read_recording
from app.recording.targets_file import (
    LEAD_IN_MS,
    WINDOW_MS,
    TargetRow,
    nearest_row,
    read_targets,
)
from app.source.base import Frame
from app.source.video import VideoSource
from model.errors import UserError
from model.face import FaceTracker
from model.geometry import DEFAULT_FOV, camera_matrix, normalize
from model.screen import Screen, make_screen
from model.training.datasets.item import BadSample, View
from model.training.datasets.pack_job import Sample
from model.training.datasets.patchset import MIN_OPENNESS
from model.training.preparing.cutting import cut_item, label

VIDEOS = ("video.mp4", "video.mkv")
TARGETS, SCREEN = "targets.csv", "screen.json"
SCREEN_EXAMPLE = (
    '{"pixels": [1920, 1080], "millimetres": [531, 299], "camera_mm": [265.5, -10], '
    '"camera_tilt_deg": 0}'
)


@dataclass(frozen=True)
class TargetRecording:
    """A recording during which somebody looked at targets.

    Attributes:
        folder: where it lies.
        video: in it.
        rows: of targets.csv, in order of time.
        screen: on which the targets were.
        fov: horizontal degrees of the frames.
        mirrored: the video shows a mirror image.
        person: who it is.
    """

    folder: Path
    video: Path
    rows: tuple[TargetRow, ...]
    screen: Screen
    fov: float
    mirrored: bool
    person: str

    def origin(self, known: dict[str, Any]) -> dict[str, Any]:
        """What patches depend on, in plain JSON.

        Args:
            known: what this said before; a video of the same size and time is not read again.
        """
        status = self.video.stat()
        stamp = [self.video.name, status.st_size, status.st_mtime_ns]
        if known.get("stamp") == stamp:
            digest = known.get("video")
        else:
            with self.video.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest == known.get("video"):  # only copied, or touched
                stamp = known["stamp"]
        told = {
            "stamp": stamp,
            "video": digest,
            "targets": [[row.time_ms, row.x, row.y] for row in self.rows],
            "screen": self.screen.to_json(),
            "fov": self.fov,
            "mirrored": self.mirrored,
            "person": self.person,
        }
        return dict(json.loads(json.dumps(told)))


def open_recording(folder: Path) -> TargetRecording:
    """A recording's folder.

    Raises:
        UserError: if video, targets or screen are missing or make no sense.
    """
    about = read_recording(folder).about
    video, mirrored = _video(folder, about)
    if not (folder / TARGETS).is_file():
        raise UserError(
            f"{folder} holds no {TARGETS}: write one with the rows time_ms,x,y, as "
            "docs/calibration.md says"
        )
    rows = read_targets(folder / TARGETS, pictures=False)
    screen = _screen(folder, about)
    width, height = screen.pixels
    for row in rows:
        if not (0 <= row.x <= width and 0 <= row.y <= height):
            raise UserError(
                f"{folder / TARGETS}, line {row.line}: the target {row.x:g}, {row.y:g} lies off "
                f"the screen of {width} x {height} pixels: give physical pixels from its top left "
                "corner"
            )
    options = about.get("options")
    fov = options.get("fov_deg") if isinstance(options, dict) else None
    person = str(about.get("profile") or folder.name)
    return TargetRecording(
        folder, video, tuple(rows), screen, float(fov or DEFAULT_FOV), mirrored, person
    )


@dataclass
class RecordingFrames:
    """The samples of a recording by row of targets.csv, asked for in their order; picklable."""

    recording: TargetRecording
    view: View
    _found: Iterator[tuple[int, Sample | BadSample]] | None = field(default=None, repr=False)
    _ahead: tuple[int, Sample | BadSample] | None = field(default=None, repr=False)

    def samples(self, index: int) -> Iterator[Sample | BadSample]:
        """The frames of a row.

        Raises:
            UserError: if the video has none.
        """
        if self._found is None:
            self._found = self._frames(index)
        count = 0
        while True:
            if self._ahead is None:
                self._ahead = next(self._found, None)
            if self._ahead is None or self._ahead[0] != index:
                break
            yield self._ahead[1]
            self._ahead = None
            count += 1
        if not count:
            row = self.recording.rows[index]
            raise UserError(
                f"{self.recording.folder / TARGETS}, line {row.line}: {self.recording.video.name} "
                f"has no frame near {row.place}; correct the time, or take the line out"
            )

    def close(self) -> None:
        """Let go of video and face tracker."""
        if self._found is not None:
            self._found.close()  # type: ignore[attr-defined]
        self._found = self._ahead = None

    def _frames(self, first: int) -> Iterator[tuple[int, Sample | BadSample]]:
        """Frames that belong to rows from one on, with the row's number."""
        recording = self.recording
        times = [row.time_ms or 0.0 for row in recording.rows]
        with (
            VideoSource(recording.video, recording.mirrored) as video,
            FaceTracker() as tracker,
        ):
            camera = camera_matrix(*video.size, recording.fov)
            start_ns: int | None = None
            for frame in video:
                start_ns = frame.time_ns if start_ns is None else start_ns
                now = (frame.time_ns - start_ns) / 1e6
                if now > times[-1] + WINDOW_MS:
                    break
                coming = next((t for t in times[first:] if t + WINDOW_MS >= now), times[-1])
                if coming - now > WINDOW_MS + LEAD_IN_MS:
                    continue
                face = tracker.find(frame.image, camera)
                row = nearest_row(times, now)
                if row is not None and row >= first:
                    yield row, self._sample(frame, now, face, row)

    def _sample(self, frame: Frame, now: float, face: Any, row: int) -> Sample | BadSample:
        recording, target = self.recording, self.recording.rows[row]
        place = f"{recording.folder.name}/{recording.video.name}, {now:.0f} ms"
        if face is None:
            return BadSample(f"{place}: no face")
        if face.openness.mean() < MIN_OPENNESS:
            return BadSample(f"{place}: closed eyes")
        at = recording.screen.in_camera([target.x, target.y])
        gaze = normalize(at - face.translation)
        eye_gaze = normalize(at - face.eye_centres)
        item = cut_item(frame.image, face, self.view, gaze, eye_gaze, open_only=True)
        height, width = frame.image.shape[:2]
        labels = label(
            face, gaze, recording.person, place, (width, height),
            recording=recording.folder.name,
            time_ms=now,
            target_px=np.array([target.x, target.y]),
            screen_px=np.array(recording.screen.pixels),
        )  # fmt: skip
        return item, labels


def _video(folder: Path, about: dict[str, Any]) -> tuple[Path, bool]:
    """The video, and whether it is a mirror image."""
    named = about.get("video")
    for name in [named, *VIDEOS] if isinstance(named, str) else VIDEOS:
        path = folder / Path(name).name
        if path.is_file():
            # What the app writes is never mirrored; what was put here by hand is as its source.
            source = about.get("source")
            mirrored = not named and isinstance(source, dict) and bool(source.get("mirrored"))
            return path, mirrored
    raise UserError(
        f"{folder} holds no {VIDEOS[0]}: record with the video switched on, or put the video that "
        "was tracked there under this name"
    )


def _screen(folder: Path, about: dict[str, Any]) -> Screen:
    """From recording.json, else from screen.json."""
    path, content = folder / "recording.json", about.get("screen")
    if content is None:
        path = folder / SCREEN
        if not path.is_file():
            raise UserError(
                f"{folder} tells of no screen: its recording.json names none, since it was made "
                f"without a calibration; write a {SCREEN} beside it, such as {SCREEN_EXAMPLE}"
            )
    try:
        if content is None:
            content = json.loads(path.read_text(encoding="utf-8"))
        width, height = (int(v) for v in content["pixels"])
        wide, high = (float(v) for v in content["millimetres"])
        place = content.get("camera_mm")
        camera = None if place is None else (float(place[0]), float(place[1]))
        tilt = np.radians(float(content.get("camera_tilt_deg", 0.0)))
        return make_screen((width, height), (wide, high), camera, float(tilt))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UserError(
            f"the screen in {path} makes no sense: it must look like {SCREEN_EXAMPLE}"
        ) from error
