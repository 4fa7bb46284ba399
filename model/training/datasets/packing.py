"""Packs samples into sharded archives, which `packed.Packed` and any webdataset loader reads.

A run can be stopped at any time and taken up again: shards that are whole stay as they are.
"""

import contextlib
import hashlib
import json
import os
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.errors import UserError
from model.training.datasets.pack_files import (
    INDEX,
    LABELS,
    join_labels,
    labels_from,
    labels_to,
    read_index,
    shard_name,
    sidecar_name,
)
from model.training.datasets.pack_job import Packing
from model.training.datasets.pack_workers import in_processes, write_shard
from model.training.synthetic.files import not_written, write_whole

ALLOWED_BAD = 0.05
"""A run whose share of bad samples is larger fails."""

NAMED = 5
"""So many bad samples are named."""


def pack(job: Packing, workers: int, allowed_bad: float = ALLOWED_BAD) -> dict[str, Any]:
    """Write what is missing of a pack, with a progress bar.

    Args:
        job: the run.
        workers: processes; 1 works in this one.
        allowed_bad: share of samples that may be bad.

    Returns:
        The content of its index file.

    Raises:
        UserError: where the folder holds another pack or cannot be written to, or too many samples
            are bad.
        KeyboardInterrupt: after Ctrl-C; shards that are whole stay.
    """
    stored = _prepare(job)
    if stored is not None:
        return stored
    missing = [k for k in range(len(job.plan)) if not _is_whole(job, k)]
    done = job.asked - sum(len(job.plan[k]) for k in missing)
    with tqdm(
        total=job.asked, initial=done, unit=job.unit, desc=job.name, smoothing=0.02, leave=False
    ) as bar:
        if workers > 1 and len(missing) > 1:
            in_processes(job, missing, min(workers, len(missing)), bar)
        else:
            try:
                for shard in missing:
                    write_shard(job, shard, bar.update, lambda: False)
            finally:
                job.source.close()
    return _finish(job, allowed_bad)


def _is_whole(job: Packing, shard: int) -> bool:
    """The sidecar is written after the archive, which needs not be there where all is bad."""
    return (job.out / sidecar_name(shard)).is_file()


def _prepare(job: Packing) -> dict[str, Any] | None:
    """Make the folder ready; the index of a pack that is complete already, None where work is to
    be done."""
    if job.asked == 0:
        raise UserError(f"there is nothing to pack into {job.out}: check the data set")
    try:
        job.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(job.out, error) from error
    description = job.description()
    if (job.out / INDEX).is_file():
        stored = read_index(job.out)
        for key, value in description.items():
            if stored.get(key) != value:
                raise UserError(
                    f"{job.out} holds another pack ({key} differs): give another folder, or the "
                    "same data and options as then"
                )
        return stored if stored["complete"] else None
    if any(job.out.glob("shard_*")):
        raise UserError(f"{job.out} holds shards without {INDEX}: give another folder")
    _write_index(job, {**description, "complete": False})
    return None


def _finish(job: Packing, allowed_bad: float) -> dict[str, Any]:
    """Put the labels of all shards together."""
    parts, numbers, starts, sizes = [], [], [], []
    shapes: set[tuple[int, ...]] = set()
    entries: list[dict[str, Any]] = []
    left_out: list[str] = []
    for shard in range(len(job.plan)):
        with np.load(job.out / sidecar_name(shard), allow_pickle=False) as sidecar:
            left_out += sidecar["left_out"].tolist()
            if not len(sidecar["start"]):
                continue
            parts.append(labels_from(sidecar))
            numbers.append(np.full(len(parts[-1]), len(entries), dtype=np.int32))
            starts.append(sidecar["start"])
            sizes.append(sidecar["size"])
            shapes.add(tuple(sidecar["shape"].tolist()))
        path = job.out / shard_name(shard)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        entries.append(
            {"file": path.name, "count": len(parts[-1]), "bytes": path.stat().st_size,
             "sha256": digest}
        )  # fmt: skip
    kept = sum(map(len, parts))
    _judge(job, kept, left_out, allowed_bad)
    if len(shapes) > 1:
        raise UserError(f"the pictures of {job.name} are of different sizes: {sorted(shapes)}")
    labels = join_labels(parts)
    arrays = {
        **labels_to(labels), "shard": np.concatenate(numbers), "start": np.concatenate(starts),
        "size": np.concatenate(sizes),
    }  # fmt: skip
    _, height, width, channels = shapes.pop()
    content = {
        **job.description(),
        "complete": True,
        "stored": {"width": width, "height": height, "channels": channels},
        "count": kept,
        "persons": len(np.unique(labels.person)),
        "left_out": len(left_out),
        "left_out_examples": left_out[:NAMED],
        "versions": _versions(),
        "shards": entries,
    }
    _write_arrays(job.out / LABELS, arrays)
    _write_index(job, content)
    for shard in range(len(job.plan)):
        (job.out / sidecar_name(shard)).unlink(missing_ok=True)
    return content


def _judge(job: Packing, kept: int, left_out: list[str], allowed_bad: float) -> None:
    total = kept + len(left_out)
    if kept and len(left_out) <= allowed_bad * total:
        return
    named = "; ".join(left_out[:NAMED]) + ("; ..." if len(left_out) > NAMED else "")
    if not kept:
        raise UserError(f"none of the {total} samples of {job.name} can be used: {named}")
    raise UserError(
        f"{len(left_out)} of {total} samples of {job.name} are bad, more than "
        f"{100 * allowed_bad:g} %: {named}; mend them, or allow more with --allow-bad"
    )


def _write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(temporary, path)
    except OSError as error:
        raise not_written(path, error) from error


def _write_index(job: Packing, content: dict[str, Any]) -> None:
    write_whole(job.out / INDEX, (json.dumps(content, indent=1) + "\n").encode())


def _versions() -> dict[str, str]:
    found = {}
    for name in ("numpy", "opencv-contrib-python", "mediapipe", "webdataset"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
