"""Renders virtual users in their sittings, and runs the app's own tracker on their frames."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from app.calibration.look import Look
from app.calibration.reading import Reading, reading_of
from app.source import Frame
from app.tracker import Tracker, load_tracker
from benchmarks.virtual_readings import Job, Part, Truth, is_there, save_readings
from benchmarks.virtual_sittings import parts_of, setting, sitting_of
from model.geometry import Array
from model.training.synthetic.head import find_head, load_head
from model.training.synthetic.rig import Rig
from model.training.synthetic.virtual_person import (
    VirtualUser,
    Webcam,
    random_webcam,
    virtual_user,
)
from model.training.synthetic.virtual_user import UserStudio

SETTLE_S = 0.7
"""Seconds after a dot has appeared before frames count."""
STEPS_PER_SECOND, EVERY = 30, 2
"""Of the user's movements, and how many of these steps lie between two frames."""
REST_S = 2.0
"""Seconds with nothing to look at before each part."""
WARM_UP = 10
"""Frames before the first target, as the check of the face's place before a calibration."""
OPEN = 0.02
"""Closure above which a frame belongs to a blink and is not rendered."""


class Sitter:
    """One user in a sitting before the tracker.

    Args:
        tracker: one that knows nobody yet.
    """

    def __init__(
        self, user: VirtualUser, sitting: str, camera: Webcam, tracker: Tracker, frames: int
    ) -> None:
        self.screen, self.believed = setting(user.seed)
        self.studio = UserStudio(user, self.screen, sitting_of(user.seed, sitting), camera)
        self._tracker, self._frames, self._step = tracker, frames, 0
        self._show(None, WARM_UP)

    def look(self, place: Array) -> tuple[Look, Truth]:
        """Look at a target (2,), given as a share of the screen."""
        target = (float(place[0]), float(place[1]))
        self._pass(SETTLE_S, target)
        readings, truths, missed = [], [], 0
        for reading, *truth in self._show(target, self._frames):
            if reading is None:
                missed += 1
            else:
                readings.append(reading)
                truths.append(truth)
        columns = [np.array([t[k] for t in truths]).reshape(-1, n) for k, n in enumerate((2, 3, 3))]
        pixel = place * np.array(self.screen.pixels)
        return Look(pixel, tuple(readings), missed), Truth(*columns)

    def rest(self, seconds: float) -> None:
        """Nothing to look at for a while."""
        self._pass(seconds, None)

    def _pass(self, seconds: float, target: tuple[float, float] | None) -> None:
        for _ in range(round(seconds * STEPS_PER_SECOND)):
            self.studio.at(self._step / STEPS_PER_SECOND, target)
            self._step += 1

    def _show(
        self, target: tuple[float, float] | None, frames: int
    ) -> list[tuple[Reading | None, Array, Array, Array]]:
        shown: list[tuple[Reading | None, Array, Array, Array]] = []
        while len(shown) < frames:
            moment = self.studio.at(self._step / STEPS_PER_SECOND, target)
            if moment.blink <= OPEN and self._step % EVERY == 0:
                image = self.studio.picture(moment, self._step)
                time_ns = round(self._step * 1e9 / STEPS_PER_SECOND)
                frame = Frame(image, self._step, time_ns, 0)
                reading = reading_of(self._tracker.sample(frame, self._tracker.find(frame)))
                truth = moment.pixel, moment.position, np.array(moment.angles)
                shown.append((reading, *truth))
            self._step += 1
        return shown


def render(job: Job, rig: Rig, tracker: Tracker) -> None:
    """Render a sitting and keep its readings.

    Args:
        tracker: one that knows nobody; it is left so.
    """
    user = virtual_user(rig, job.user)
    camera = random_webcam(job.user, job.sitting == "dim")
    tracker.fov = camera.fov if job.fov is None else job.fov
    sitter = Sitter(user, job.sitting, camera, tracker, job.frames)
    parts = {}
    for name, places in parts_of(job.user, job.sitting):
        sitter.rest(REST_S)
        looked = [sitter.look(place) for place in places]
        parts[name] = Part(tuple(look for look, _ in looked), tuple(true for _, true in looked))
    tracker.reset()
    about = job.about() | {
        "screen": sitter.screen.to_json(),
        "believed": sitter.believed.to_json(),
        "camera": {"size": camera.size, "fov": camera.fov, "noise": camera.noise},
        "believed_fov": tracker.fov,
        "identity": user.person.identity,
    }
    save_readings(job.path, about, parts)


def collect(jobs: Sequence[Job], workers: int) -> None:
    """Render what is not there yet, with a progress bar.

    Raises:
        UserError: the head model, OpenGL or the model is missing.
        KeyboardInterrupt: after Ctrl-C, when the sittings under way have been kept.
    """
    missing = [job for job in jobs if not is_there(job)]
    if not missing:
        return
    find_head(missing[0].data)  # say so before any worker starts
    for name in ("LP_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    context = multiprocessing.get_context("spawn")
    workers = min(workers, len(missing))
    # Workers inherit that Ctrl-C is not for them, even while they are still importing.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(workers, context, _begin)
    running = [pool.submit(_render, job) for job in missing]
    signal.signal(signal.SIGINT, before)
    with tqdm(total=len(missing), unit="sitting", desc="virtual users") as bar:
        try:
            for done in as_completed(running):
                done.result()
                bar.update()
        finally:
            pool.shutdown(cancel_futures=True)


@cache
def _tools(model: Path, data: Path | None) -> tuple[Rig, Tracker]:
    return Rig(load_head(data)), load_tracker(model, "cpu")


def _begin() -> None:
    """A worker does not hear Ctrl-C, and does not outlive who started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _render(job: Job) -> None:
    render(job, *_tools(job.model, job.data))
