"""`track`: a source into a recording, without a window."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.calibration.look import CameraUsed
from app.calibration.profiles.refitting import suited
from app.calibration.profiles.store import ProfileStore
from app.calibration.profiles.suiting import other_camera
from app.channel import Finished
from app.interrupt import Interrupt
from app.overlay import draw_overlay
from app.pipeline import Pipeline, Tracked
from app.recording.about import describe, describe_end
from app.recording.columns import Event
from app.recording.writer import RecordingWriter, check_profile
from app.settings import Settings
from app.source import Source, open_source
from app.source.opening import source_path
from app.tracker import Tracker, load_tracker
from app.video_writer import VideoWriter, check_video_path
from model.errors import UserError
from model.estimator import Eyes, Provider
from model.geometry import DEFAULT_FOV

PATIENCE_S = 0.1
"""How soon a wish to stop is heard while no frame comes."""


@dataclass(frozen=True)
class TrackOptions:
    """What a person may choose; see `main.py track --help`.

    A calibration is used only where a profile, or the folder of profiles, is named: what somebody
    once stored must not change what comes out of a command that does not speak of it.
    """

    source: str
    out: Path
    model: Path
    overlay: Path | None = None
    profile: str | None = None
    provider: Provider = "auto"
    eyes: Eyes = "both"
    fov: float | None = None
    fps: float | None = None
    size: tuple[int, int] | None = None
    mirrored: bool = False
    max_frames: int | None = None
    profiles: Path | None = None


def track(options: TrackOptions, say: Callable[[str], None] = print) -> Path | None:
    """Track a source to its end, to `max_frames` or to Ctrl-C.

    Everything that can be wrong with the options is found before a recording is begun.

    Args:
        options: what to do.
        say: where the closing summary goes.

    Returns:
        The recording's folder; None where Ctrl-C came before the first frame.

    Raises:
        UserError: something is wrong with the source, the model or a place to write to.
    """
    check_profile(options.profile or Settings.profile)
    if options.overlay is not None:
        _check_overlay(options.overlay, options.source)
    with ExitStack() as stack:
        interrupt = stack.enter_context(Interrupt())
        source = stack.enter_context(
            open_source(options.source, options.fps, options.size, options.mirrored)
        )
        tracker = load_tracker(
            options.model,
            options.provider,
            options.eyes,
            options.fov or DEFAULT_FOV,
            source.unrelated,
        )
        stack.callback(tracker.close)
        validation = _calibrate(tracker, source, options)
        pipeline = stack.enter_context(Pipeline(source, tracker))
        first = _next(pipeline, interrupt)
        if first is None:
            say("Stopped before the first frame: nothing was recorded.")
            return None
        writer = RecordingWriter(
            options.out,
            options.profile or Settings.profile,
            0 if source.unrelated else first.frame.time_ns,  # pictures: n / 30 s, also if 0 is bad
            describe(source, tracker, validation),
            pictures=source.unrelated,
            fps=source.fps,
        )
        stack.enter_context(writer)
        overlay = None
        if options.overlay is not None:
            try:
                overlay = VideoWriter(options.overlay, source.size, source.fps or 30.0)
            except UserError:
                writer.discard()
                raise
            stack.enter_context(overlay)
        speed = _Speed()
        for tracked in tqdm(
            _frames(first, pipeline, interrupt, options.max_frames),
            total=_expected(source.length, options.max_frames),
            unit="frame",
            disable=None,  # none where stderr is no terminal
            leave=False,
        ):
            writer.add(tracked.sample)
            if overlay is not None:
                drawn = draw_overlay(tracked.frame.image, tracked.sample, speed.now)
                overlay.add(drawn, tracked.frame.time_ns)
            speed.tick()
        seconds = time.perf_counter() - speed.started
        pipeline.close()
        if source.live and source.faults:
            onset = writer.since_start_ms(time.perf_counter_ns())
            writer.add_event(Event(onset, "camera_lost", message=source.faults[0]))
        writer.close(complete=not source.faults, about=describe_end(source))
    for fault in source.faults:
        print(f"warning: {fault}", file=sys.stderr)
    counted = writer.statistics
    say(
        f"{counted.rows} frames in {seconds:.1f} s ({counted.rows / seconds:.0f} per second, "
        f"{tracker.estimator.provider.removesuffix('ExecutionProvider')}), "
        f"{counted.valid_share:.1%} valid: {writer.folder}"
    )
    return writer.folder


def _calibrate(tracker: Tracker, source: Source, options: TrackOptions) -> Mapping[str, Any] | None:
    """Have the tracker use the newest calibration of the profile that was named, if it has one.

    Returns:
        Its validation, None where there is none.
    """
    if options.profile is None and options.profiles is None:
        return None
    store, name = ProfileStore(options.profiles), options.profile or Settings.profile
    if name not in store or not store.load(name).entries:
        _note(
            f"the profile {name} has no calibration in {store.folder}: there will be no points of "
            "gaze"
        )
        return None
    calibration, made_anew = suited(store, name, tracker.estimator)
    tracker.fov = options.fov or calibration.camera.fov
    tracker.use(calibration, Settings.smoothing)
    camera = source.name if source.live else calibration.camera.name
    here = CameraUsed(camera, source.size, tracker.fov, source.mirrored)
    for told in (made_anew, other_camera(calibration, here)):
        if told:
            _note(told)
    return store.load(name).entry(calibration.id).report


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


def _check_overlay(overlay: Path, source: str) -> None:
    check_video_path(overlay)
    path = source_path(source)
    if path is not None and overlay.exists() and overlay.samefile(path):
        raise UserError("the overlay would overwrite its own source: give another file")


def _frames(
    first: Tracked, pipeline: Pipeline, interrupt: Interrupt, limit: int | None
) -> Iterator[Tracked]:
    """The first tracked frame and those after it, up to a number of them or a wish to stop."""
    tracked: Tracked | None = first
    number = 0
    while tracked is not None:
        yield tracked
        number += 1
        tracked = None if number == limit else _next(pipeline, interrupt)


def _expected(length: int | None, limit: int | None) -> int | None:
    """How many frames are to come, for the progress bar: files do not always say, nor exactly."""
    known = [count for count in (length, limit) if count is not None]
    return min(known) if known else None


def _next(pipeline: Pipeline, interrupt: Interrupt) -> Tracked | None:
    """The next tracked frame; None at the end or when the user wants to stop."""
    while not interrupt.wanted:
        try:
            return pipeline.get(PATIENCE_S)
        except TimeoutError:
            continue
        except Finished:
            return None
    return None


class _Speed:
    """Frames per second, averaged over about the last twenty frames; `now` is None at first."""

    def __init__(self) -> None:
        self.started = self._last = time.perf_counter()
        self._period: float | None = None

    @property
    def now(self) -> float | None:
        return 1.0 / self._period if self._period else None

    def tick(self) -> None:
        """Call at each frame."""
        now = time.perf_counter()
        elapsed, self._last = now - self._last, now
        before = elapsed if self._period is None else self._period
        self._period = before + 0.05 * (elapsed - before)
