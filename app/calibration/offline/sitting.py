"""A sitting that was recorded: frames and TARGETS.csv, tracked once into a Session."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.calibration.look import CameraUsed, Look, Session
from app.calibration.offline.chosen_frames import NamedPictures, Spans
from app.calibration.profiles.storing import SessionPatches, choose_patches
from app.calibration.reading import Reading, reading_of
from app.pipeline import Pipeline, Tracked
from app.recording.targets_file import TargetRow, nearest_row, read_targets
from app.source import Source
from app.source.opening import source_path
from app.source.pictures import is_picture
from app.source.video import VideoSource
from app.tracker import Tracker
from model.errors import UserError
from model.estimator import Estimator, Eyes
from model.face import FaceTracker
from model.geometry import DEFAULT_FOV
from model.patches import Patches
from model.screen import Screen

NAMED = 8
"""So many frames are named in one sentence."""

LONGEST = 100
"""So many characters of a frame's name, at most."""

Progress = Callable[[Iterable[Tracked], int | None], Iterable[Tracked]]
"""Shows how far one is while handing through; the number is how many are to come, None: unknown."""


@dataclass(frozen=True)
class Sitting:
    """Frames of a person who looked at targets on a screen.

    Attributes:
        frames: a folder of pictures, or a video.
        targets: TARGETS.csv, see `app.recording.targets_file`.
        screen: None where a calibration says which.
        fov: horizontal degrees of the frames, None for the calibration's, or the usual ones.
        mirrored: the frames are mirror images.
    """

    frames: Path
    targets: Path
    screen: Screen | None = None
    fov: float | None = None
    mirrored: bool = False


@dataclass(frozen=True)
class Seen:
    """What was seen at one row of TARGETS.csv.

    Attributes:
        row: the row.
        readings: of its frames with a face and open eyes.
        no_face, closed: how many of its frames had none, or closed eyes.
        broken: its picture cannot be read.
    """

    row: TargetRow
    readings: tuple[Reading, ...] = ()
    no_face: int = 0
    closed: int = 0
    broken: bool = False

    @property
    def missed(self) -> int:
        """Frames that gave no reading."""
        return self.no_face + self.closed + self.broken

    @property
    def frames(self) -> int:
        """How many frames belong to the row."""
        return len(self.readings) + self.missed


@dataclass(frozen=True)
class Collected:
    """A sitting as tracked.

    Attributes:
        session: its looks; those at which no open eyes were seen have no readings.
        seen: row by row.
        rows_of: for each look the indices of its rows in `seen`.
        patches: of the eyes, those worth keeping.
        notes: sentences about frames that gave nothing.
    """

    session: Session
    seen: tuple[Seen, ...]
    rows_of: tuple[tuple[int, ...], ...]
    patches: SessionPatches
    notes: tuple[str, ...]

    @property
    def fit_for_use(self) -> Session:
        """The session without the looks that were not seen."""
        looks = tuple(look for look in self.session.looks if look.readings)
        return replace(self.session, looks=looks)

    @property
    def patches_for_use(self) -> SessionPatches:
        """The patches that go with it."""
        both = zip(self.session.looks, self.patches.looks, strict=True)
        return SessionPatches(self.patches.spec, tuple(of for look, of in both if look.readings))


def collect(
    sitting: Sitting,
    estimator: Estimator,
    eyes: Eyes = "both",
    progress: Progress = lambda frames, total: frames,
) -> Collected:
    """Track the frames that a sitting's targets need.

    What can be wrong with rows and pictures is found before the first frame is tracked; how long a
    video really is, only at its end.

    Raises:
        UserError: frames or targets cannot be read, a target is off the screen or has no frame, or
            no open eyes were seen at any.
    """
    assert sitting.screen is not None
    frames = source_path(str(sitting.frames))
    if frames is None:
        raise UserError(f"there is no folder or video {sitting.frames}: check the path")
    if is_picture(frames):
        raise UserError(f"{frames} is a single picture: give the folder that it lies in")
    pictures = frames.is_dir()
    rows = read_targets(sitting.targets, pictures)
    _check_on_screen(rows, sitting.screen, sitting.targets)
    notes: list[str] = []
    if pictures:
        rows = _existing(rows, frames, sitting.targets, notes)
    source: Source
    if pictures:
        source = NamedPictures(frames, [row.file or "" for row in rows], sitting.mirrored)
    else:
        source = Spans(VideoSource(frames, sitting.mirrored), rows)
    with source:
        seen, patches = _track(source, rows, estimator, eyes, sitting.fov, progress)
    notes += [] if pictures else source.faults
    _check_seen(seen, source, sitting, notes)
    rows_of = _looks(rows, pictures)
    looks = tuple(_look([seen[i] for i in indices]) for indices in rows_of)
    camera = CameraUsed(source.name, source.size, sitting.fov or DEFAULT_FOV, sitting.mirrored)
    session = Session(sitting.screen, looks, camera)
    kept = choose_patches(session, patches, estimator.spec)
    return Collected(session, tuple(seen), rows_of, kept, tuple(notes))


def _check_on_screen(rows: Sequence[TargetRow], screen: Screen, path: Path) -> None:
    width, height = screen.pixels
    for row in rows:
        if not (0 <= row.x <= width and 0 <= row.y <= height):
            raise UserError(
                f"{path}, line {row.line}: the target {row.x:g}, {row.y:g} lies off the screen of "
                f"{width} x {height} pixels: give physical pixels from its top left corner"
            )


def _existing(
    rows: Sequence[TargetRow], folder: Path, path: Path, notes: list[str]
) -> list[TargetRow]:
    """The rows whose picture there is; every target must have one."""
    there = [row for row in rows if _is_file(folder / (row.file or ""))]
    absent = [row.place for row in rows if row not in there]
    if not there:
        raise UserError(
            f"none of the {len(rows)} pictures that {path} names lies in {folder}: "
            f"{_named(absent)}; give the folder that they lie in"
        )
    targets = {(row.x, row.y) for row in there}
    bare = [row for row in rows if (row.x, row.y) not in targets]
    if bare:
        places = list(dict.fromkeys(f"{row.x:g}, {row.y:g}" for row in bare))
        raise UserError(
            f"{len(places)} target(s) have no frame ({_named(places, '; ')}): {folder} lacks "
            f"{_named([row.place for row in bare])}; add the pictures, or take the rows out"
        )
    if absent:
        notes.append(
            f"{len(absent)} of the {len(rows)} pictures that {path} names do not lie in {folder} "
            f"and are left out: {_named(absent)}"
        )
    return there


def _track(
    source: Source,
    rows: Sequence[TargetRow],
    estimator: Estimator,
    eyes: Eyes,
    fov: float | None,
    progress: Progress,
) -> tuple[list[Seen], dict[int, Patches]]:
    """What was seen at each row, and the patches of each reading by its time."""
    seen = [Seen(row) for row in rows]
    patches: dict[int, Patches] = {}
    index = _row_finder(source, rows)
    tracker = Tracker(
        FaceTracker(static=source.unrelated), estimator, eyes, fov or DEFAULT_FOV, source.unrelated
    )
    try:
        with Pipeline(source, tracker) as pipeline:
            for tracked in progress(_until_end(pipeline), source.length):
                sample = tracked.sample
                which = index(tracked)
                if which is None:
                    continue
                one = seen[which]
                reading = reading_of(sample)
                if sample.face is None:
                    seen[which] = replace(one, no_face=one.no_face + 1)
                elif reading is None:
                    seen[which] = replace(one, closed=one.closed + 1)
                else:
                    seen[which] = replace(one, readings=(*one.readings, reading))
                    assert sample.patches is not None
                    patches[reading.time_ns] = sample.patches
    finally:
        tracker.close()
    skipped = set(source.skipped)
    return [replace(one, broken=one.row.file in skipped) for one in seen], patches


def _until_end(pipeline: Pipeline) -> Iterator[Tracked]:
    yield from pipeline


def _row_finder(source: Source, rows: Sequence[TargetRow]) -> Callable[[Tracked], int | None]:
    """Which row a frame belongs to, None for one that leads up to another."""
    if isinstance(source, Spans):
        spans, times = source, [row.time_ms or 0.0 for row in rows]
        return lambda tracked: nearest_row(times, spans.since_start_ms(tracked.frame.time_ns))
    of_file = {row.file: index for index, row in enumerate(rows)}
    return lambda tracked: of_file.get(tracked.frame.file)


def _check_seen(seen: Sequence[Seen], source: Source, sitting: Sitting, notes: list[str]) -> None:
    """Refuse rows without a frame; say which frames gave nothing."""
    bare = [one.row for one in seen if one.frames == 0]
    if bare:
        end = ""
        if isinstance(source, Spans) and source.ended:
            end = f" ({source.name} ends at {source.last_ms:.0f} ms)"
        places = [f"{row.x:g}, {row.y:g} at {row.place}" for row in bare]
        raise UserError(
            f"{len(bare)} target(s) have no frame{end}: {_named(places, '; ')}; correct "
            f"{sitting.targets}, or take these rows out"
        )
    total = sum(one.frames for one in seen)
    for count, what in (
        (lambda one: one.broken, "cannot be read"),
        (lambda one: one.no_face, "show no face"),
        (lambda one: one.closed, "show closed eyes"),
    ):
        having = [(one.row.place, int(count(one))) for one in seen if count(one)]
        if having:
            names = [place if n == 1 else f"{place} ({n})" for place, n in having]
            notes.append(
                f"{sum(n for _, n in having)} of {total} frames of {source.name} {what} and do "
                f"not count: {_named(names)}"
            )
    if not any(one.readings for one in seen):
        raise UserError(
            f"no open eyes were seen in any frame of {sitting.frames} that has a target "
            f"({'; '.join(notes)}): give frames that show the face"
        )


def _looks(rows: Sequence[TargetRow], pictures: bool) -> tuple[tuple[int, ...], ...]:
    """Which rows make one look: those of one target; in a video only those of one visit to it."""
    looks: dict[tuple[float, ...], list[int]] = {}
    visit = 0
    for index, row in enumerate(rows):
        before = rows[index - 1]
        if not pictures and index and (row.x, row.y) != (before.x, before.y):
            visit += 1
        looks.setdefault((row.x, row.y, visit), []).append(index)
    return tuple(tuple(indices) for indices in looks.values())


def _look(seen: Sequence[Seen]) -> Look:
    row = seen[0].row
    readings = tuple(reading for one in seen for reading in one.readings)
    return Look(np.array([row.x, row.y]), readings, sum(one.missed for one in seen))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # such as a name that is too long for any file
        return False


def _named(names: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return between.join(_short(name) for name in names[:NAMED]) + more


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
