"""Writes rendered samples as shards: one folder, a manifest, files of 500 samples each.

A run can be stopped at any time and taken up again: shards that are whole stay as they are.
"""

import hashlib
import io
import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.errors import UserError
from model.training.synthetic.files import write_whole
from model.training.synthetic.head import find_head, load_head
from model.training.synthetic.portrait import DEFAULT_SHARE, Portraits, hash_of, load_portraits
from model.training.synthetic.presets import PRESETS
from model.training.synthetic.studio import Road, Studio, Wanted

SCHEMA = 1
RENDERER_VERSION = 7
"""Goes up whenever the same seed and index no longer give the same picture."""
SHARD_SAMPLES = 500
PORTRAIT_PRESETS = ("train", "validation")
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Job:
    """One rendering run; picklable, so that worker processes can have it.

    `portraits` is the pack that a share of the people is drawn from; its hash goes into the
    manifest. The presets for tests and demo clips have made-up people only.
    """

    preset: str
    seed: int
    count: int
    out: Path
    data: Path | None
    road: Road
    wanted: Wanted
    portraits: Path | None = None
    portrait_share: float = DEFAULT_SHARE

    def __post_init__(self) -> None:
        if self.portraits is not None and self.preset not in PORTRAIT_PRESETS:
            raise UserError(
                f"the preset {self.preset} has made-up people only: leave --portraits away, or "
                f"render {' or '.join(PORTRAIT_PRESETS)}"
            )

    @property
    def shards(self) -> int:
        """How many files the run makes."""
        return -(-self.count // SHARD_SAMPLES)

    def indices(self, shard: int) -> range:
        """The samples that belong in a shard."""
        return range(shard * SHARD_SAMPLES, min((shard + 1) * SHARD_SAMPLES, self.count))

    def path(self, shard: int) -> Path:
        """Where a shard goes."""
        return self.out / f"shard_{shard:05d}.npz"

    def description(self) -> dict[str, Any]:
        """What has to be the same for shards to belong together."""
        description = {
            "schema": SCHEMA,
            "renderer": RENDERER_VERSION,
            "preset": self.preset,
            "seed": self.seed,
            "landmarks": self.road,
            "patches": self.wanted,
            "samples_per_shard": SHARD_SAMPLES,
            "ranges": json.loads(json.dumps(PRESETS[self.preset].ranges())),
        }
        if self.portraits is not None:
            description["portraits"] = hash_of(self.portraits)
            description["portrait_share"] = self.portrait_share
        return description


def make_studio(data: Path | None, portraits: Portraits | None = None) -> Studio:
    """A studio with the head model from a folder, and where given a pack of portraits.

    Raises:
        UserError: where the head model or OpenGL is missing.
    """
    from model.training.synthetic.renderer import Renderer
    from model.training.synthetic.rig import Rig

    rig = Rig(load_head(data))
    return Studio(rig, Renderer(rig), portraits=portraits)


def render_shards(job: Job, workers: int) -> bool:
    """Render what is missing of a job, with a progress bar.

    Returns:
        True when all shards are there, False when interrupted.

    Raises:
        UserError: where the folder holds another run, or a worker cannot work.
    """
    find_head(job.data)  # say so before any worker starts
    if job.portraits is not None:
        load_portraits(job.portraits, job.portrait_share)
    _prepare(job)
    missing = [k for k in range(job.shards) if not _is_whole(job, k)]
    context = multiprocessing.get_context("spawn")
    tasks: Queue[int | None] = context.Queue()
    reports: Queue[tuple[str, Any]] = context.Queue()
    stop = context.Event()
    for shard in missing:
        tasks.put(shard)
    workers = max(1, min(workers, len(missing)))
    for _ in range(workers):
        tasks.put(None)
    processes = [
        context.Process(target=_work, args=(job, tasks, reports, stop), daemon=True)
        for _ in range(workers if missing else 0)
    ]
    # Children inherit that Ctrl-C is not for them, even while they are still importing.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    for process in processes:
        process.start()
    signal.signal(signal.SIGINT, before)
    done = sum(len(job.indices(k)) for k in range(job.shards) if k not in missing)
    interrupted = False
    running = len(processes)
    with tqdm(total=job.count, initial=done, unit="sample", desc=job.preset, smoothing=0.02) as bar:
        while running:
            try:
                kind, value = _next_report(reports, processes)
            except KeyboardInterrupt:
                interrupted = True
                stop.set()
                continue
            if kind == "sample":
                bar.update(value)
            elif kind == "shard":
                _write_manifest(job)
            elif kind == "end":
                running -= 1
            else:
                stop.set()
                raise UserError(str(value))
    for process in processes:
        process.join()
    _write_manifest(job)
    return not interrupted


def _next_report(reports: "Queue[tuple[str, Any]]", processes: list[Any]) -> tuple[str, Any]:
    from queue import Empty

    while True:
        try:
            return reports.get(timeout=2.0)
        except Empty:
            dead = [p.exitcode for p in processes if p.exitcode not in (None, 0)]
            if dead:
                return "error", f"A rendering process ended with exit code {dead[0]}."


def _work(
    job: Job, tasks: "Queue[int | None]", reports: "Queue[tuple[str, Any]]", stop: Event
) -> None:
    """A worker process: one core, one OpenGL context, one FaceMesh."""
    os.environ["LP_NUM_THREADS"] = "0"  # llvmpipe draws on the calling thread: none waits for it
    import cv2

    cv2.setNumThreads(1)
    try:
        pack = load_portraits(job.portraits, job.portrait_share) if job.portraits else None
        studio = make_studio(job.data, pack)
        for shard in iter(tasks.get, None):
            if _render_shard(job, studio, shard, reports, stop):
                reports.put(("shard", shard))
            if stop.is_set():
                break
        studio.close()
    except UserError as error:
        reports.put(("error", str(error)))
    reports.put(("end", None))


def _render_shard(
    job: Job, studio: Studio, shard: int, reports: "Queue[tuple[str, Any]]", stop: Event
) -> bool:
    samples: list[dict[str, NDArray]] = []
    for index in job.indices(shard):
        if stop.is_set():
            return False
        sample = studio.sample(PRESETS[job.preset], job.seed, index, job.road, job.wanted)
        if sample is not None:
            samples.append(sample)
        if index % 10 == 9:
            reports.put(("sample", 10))
    if not samples:
        reports.put(("error", "No face was found in 500 rendered pictures: is the mesh broken?"))
        return False
    arrays = {name: np.stack([s[name] for s in samples]) for name in samples[0]}
    # Through memory: when a disk is full, NumPy's zip files complain once more as they are dropped.
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    write_whole(job.path(shard), packed.getvalue())
    return True


def _is_whole(job: Job, shard: int) -> bool:
    return job.path(shard).is_file()


def _prepare(job: Job) -> None:
    try:
        job.out.mkdir(parents=True, exist_ok=True)
        probe = job.out / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(f"{job.out} cannot be written to ({error.strerror})") from error
    manifest = job.out / MANIFEST
    if not manifest.is_file():
        if any(job.out.glob("shard_*.npz")):
            raise UserError(f"{job.out} holds shards without a manifest: give another folder")
        _write_manifest(job)
        return
    stored = json.loads(manifest.read_text(encoding="utf-8"))
    description = job.description()
    for key in [*description, "portraits"]:
        if stored.get(key) != description.get(key):
            raise UserError(
                f"{job.out} holds shards of another run ({key} differs): give another folder, "
                "or the same options as then"
            )
    # A last shard that was cut short by a smaller --count is made anew.
    last = stored["count"] // SHARD_SAMPLES
    if job.count > stored["count"] and stored["count"] % SHARD_SAMPLES:
        job.path(last).unlink(missing_ok=True)


def _write_manifest(job: Job) -> None:
    manifest = job.out / MANIFEST
    known: dict[str, dict[str, Any]] = {}
    if manifest.is_file():
        stored = json.loads(manifest.read_text(encoding="utf-8"))
        known = {entry["file"]: entry for entry in stored["shards"]}
    entries = [known.get(p.name) or _entry(p) for p in _shard_files(job)]
    kept = sum(entry["count"] for entry in entries)
    asked = sum(len(job.indices(int(entry["file"][6:11]))) for entry in entries)
    content = {
        **job.description(),
        "count": job.count,
        "kept": kept,
        "dropped": asked - kept,
        "versions": _versions(),
        "shards": entries,
    }
    write_whole(manifest, (json.dumps(content, indent=1) + "\n").encode())


def _shard_files(job: Job) -> Iterator[Path]:
    for k in range(job.shards):
        if job.path(k).is_file():
            yield job.path(k)


def _entry(path: Path) -> dict[str, Any]:
    with np.load(path) as arrays:
        count = len(arrays["index"])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "count": count, "sha256": digest}


def _versions() -> dict[str, str]:
    found = {}
    for name in ("numpy", "moderngl", "opencv-contrib-python", "mediapipe"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
