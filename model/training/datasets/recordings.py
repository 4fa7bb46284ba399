"""Our own recordings with targets as a data set.

Looking up frames in a video one by one would be slow, and following a face is a matter of the
frames before it. So each recording is tracked once, when it is first opened, and its patches are
packed beside it (packing.py); they are made anew when video, targets or screen have changed.
"""

import dataclasses
import shutil
import sys
from pathlib import Path

import numpy as np

from model.errors import UserError
from model.patches import EYE_PATCH_WIDE, FACE_PATCH, PatchSpec
from model.training.datasets.item import MIRRORED_PATCHES, Item, View
from model.training.datasets.pack_files import INDEX, join_labels, read_index
from model.training.datasets.pack_job import Packing, most_samples
from model.training.datasets.packed import Packed
from model.training.datasets.packing import pack
from model.training.datasets.recording_frames import (
    TARGETS,
    VIDEOS,
    RecordingFrames,
    TargetRecording,
    open_recording,
)

NAME = "recordings"
ABOUT = "recording.json"
CACHE = "patches"
FRAMES_PER_ROW = 13
"""About so many belong to a target at 30 frames per second."""


class Recordings:
    """Recordings with targets.

    Args:
        root: one recording's folder, or a folder of several; of those, the ones that hold a
            targets.csv.
        view: which patches.
        cache: where patches are kept instead of in each recording's folder `patches`.

    Attributes:
        name, mirrored: see `GazeDataset`.
        labels: their trait `target` numbers the places on the screen that were looked at, the same
            place in several recordings being one target; `recording` names the folder.
        left_out: how many frames show no face or closed eyes.

    Raises:
        UserError: if a recording lacks its video, targets or screen, or none can be used.
    """

    name = NAME

    def __init__(self, root: Path, view: View, cache: Path | None = None) -> None:
        self.mirrored = np.array(MIRRORED_PATCHES[view.spec.kind])
        self._parts = [
            _packed(recording, view, cache)
            for recording in [open_recording(folder) for folder in _folders(root)]
        ]
        self.left_out = sum(int(part.index["left_out"]) for part in self._parts)
        self._ends = np.cumsum([len(part.labels) for part in self._parts])
        labels = join_labels([part.labels for part in self._parts])
        looked_at = np.column_stack([labels.traits["screen_px"], labels.traits["target_px"]])
        target = np.unique(looked_at.astype(np.float64), axis=0, return_inverse=True)[1]
        traits = {**labels.traits, "target": target.reshape(-1).astype(np.int64)}
        self.labels = dataclasses.replace(labels, traits=traits)

    def read(self, index: int) -> Item:
        """See `GazeDataset`."""
        part = int(np.searchsorted(self._ends, index, side="right"))
        return self._parts[part].read(index - (int(self._ends[part - 1]) if part else 0))


def _folders(root: Path) -> list[Path]:
    """The recordings with targets in a folder."""
    if any((root / name).is_file() for name in (ABOUT, TARGETS, *VIDEOS)):
        return [root]
    inside = sorted(path for path in root.iterdir() if (path / ABOUT).is_file())
    found = [path for path in inside if (path / TARGETS).is_file()]
    if not found:
        what = f"{len(inside)} recordings, but none with a {TARGETS}" if inside else "no recording"
        raise UserError(
            f"{root} holds {what}: give a recording's folder, or one of several, with {TARGETS} "
            "in them"
        )
    if len(found) < len(inside):
        few = len(inside) - len(found)
        print(f"{few} recordings in {root} have no {TARGETS}: passed over", file=sys.stderr)
    return found


def _packed(recording: TargetRecording, view: View, cache: Path | None) -> Packed:
    """A recording's patches, made where they are not there yet."""
    spec = _stored(view.spec)
    place = recording.folder / CACHE if cache is None else cache / recording.folder.name
    name = f"{spec.kind}-{spec.width}x{spec.height}-{spec.focal:g}-{spec.distance:g}"
    folder = place / name
    known = read_index(folder) if (folder / INDEX).is_file() else {}
    origin = recording.origin(known.get("origin", {}))
    rows = np.arange(len(recording.rows))
    most = max(1, most_samples(spec) // FRAMES_PER_ROW)
    plan = np.array_split(rows, -(-len(rows) // most))
    source = RecordingFrames(recording, View(spec))
    job = Packing(folder, NAME, View(spec), source, plan, origin, unit="target")
    if known and any(known.get(key) != value for key, value in job.description().items()):
        shutil.rmtree(folder)
    # Frames without open eyes are in the nature of a recording, and no fault of it.
    pack(job, workers=1, allowed_bad=1.0)
    return Packed(folder, view)


def _stored(spec: PatchSpec) -> PatchSpec:
    """With margin for augmentation, where the virtual camera is the usual one."""
    wide = EYE_PATCH_WIDE if spec.kind == "eyes" else FACE_PATCH
    if (wide.focal, wide.distance) != (spec.focal, spec.distance):
        return spec
    return dataclasses.replace(
        spec, width=max(spec.width, wide.width), height=max(spec.height, wide.height)
    )
