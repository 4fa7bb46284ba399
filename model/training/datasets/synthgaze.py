"""Reads the shards that `synth render` writes (model/training/synthetic)."""

import json
import zipfile
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.geometry import Array, head_rotation, normalize, pitch_yaw
from model.patches import PatchSpec, to_normalised
from model.training.datasets.item import MIRRORED_PATCHES, BadSample, Item, Labels, View
from model.training.datasets.npz_rows import ArrayPlace, find_array, read_row
from model.training.datasets.patchset import MIN_OPENNESS, POINTS, PatchSet, join, to_grey
from model.training.synthetic.person import RESERVED_IDENTITIES

SCHEMA = 1
TRAITS = (
    "glasses", "identity", "index", "image_size", "fov", "head_angles", "head_position",
    # From renderer 6 on:
    "iris_colour", "skin_tone", "glasses_kind", "dioptres", "glare", "contact", "light",
    "light_level", "hair", "hand", "mask", "cover", "phone",
)  # fmt: skip
_TOLD = ("preset", "seed", "count", "kept", "landmarks", "portraits", "portrait_share", "renderer",
         "versions")  # fmt: skip
"""What of a manifest a model card repeats."""
TEST_PRESET = "test"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder of shards.

    Raises:
        UserError: if there is none, it is broken, or of a newer schema.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise UserError(f"{folder} holds no manifest.json: give a folder that `synth render` wrote")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        schema = int(manifest["schema"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is broken: render the shards again") from error
    if schema > SCHEMA:
        raise UserError(
            f"{path} has schema {schema}, this version reads up to {SCHEMA}: update the program"
        )
    return dict(manifest)


def shard_files(folder: Path) -> list[Path]:
    """The complete shards of a folder, also of one that is still being rendered: shards get their
    names only when they are whole.

    Raises:
        UserError: if there is none.
    """
    files = sorted(folder.glob("shard_*.npz"))
    if not files:
        raise UserError(f"{folder} holds no complete shard yet: wait for `synth render`")
    return files


def load_for_training(folders: Sequence[Path], spec: PatchSpec, grey: bool) -> PatchSet:
    """Read shards to train on, which never show the people that the test is made of.

    Raises:
        UserError: if a folder was rendered for testing or shows people reserved for it; and as
            `load`.
    """
    for folder in folders:
        if read_manifest(folder).get("preset") == TEST_PRESET:
            raise UserError(
                f"{folder} was rendered with --preset test, whose people training must never see: "
                "train on another preset"
            )
    patches = load(folders, spec, grey)
    identity = np.asarray(patches.traits.get("identity", np.zeros(0)), dtype=np.int64)
    if np.any(identity >= RESERVED_IDENTITIES):
        raise UserError(
            "the shards show people who are reserved for tests, whom training must never see: "
            "render others"
        )
    return patches


def load(
    folders: Sequence[Path], spec: PatchSpec, grey: bool = False, limit: int | None = None
) -> PatchSet:
    """Read shards into memory.

    Args:
        folders: of shards.
        spec: which patches are wanted; those stored may be larger, see `PatchSet`.
        grey: whether without colour.
        limit: read no more than about so many samples.

    Raises:
        UserError: if a folder holds no shards, or not these patches.
    """
    parts: list[PatchSet] = []
    count = 0
    for folder in folders:
        read_manifest(folder)
        for path in shard_files(folder):
            if limit is not None and count >= limit:
                break
            parts.append(_read_shard(path, spec, grey))
            count += len(parts[-1])
    return join(parts)


def _read_shard(path: Path, spec: PatchSpec, grey: bool) -> PatchSet:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as shard:
            if spec.kind not in shard:
                raise _lacks(path, spec)
            return _patch_set(shard, spec, grey)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"the shard {path} cannot be read: render it again") from error


def _lacks(path: Path, spec: PatchSpec) -> UserError:
    return UserError(
        f"{path.parent} holds no {spec.kind} patches, which the model needs: render "
        f"it with --patches {spec.kind} or both"
    )


def _patch_set(shard: Any, spec: PatchSpec, grey: bool) -> PatchSet:
    kind = spec.kind
    images, rotation, head = shard[kind], shard[f"{kind}_rotation"], shard[f"{kind}_head"]
    openness = shard["openness"]
    gaze = shard["gaze"].astype(np.float64)
    if kind == "eyes":
        mirrored = np.array([True, False])
        own_gaze, usable = shard["eye_gaze"], openness >= MIN_OPENNESS
        if "hidden" in shard:
            usable &= ~shard["hidden"]
    else:
        images, rotation, head = images[:, None], rotation[:, None], head[:, None]
        mirrored = np.array([False])
        own_gaze = gaze[:, None]
        usable = openness.mean(axis=1, keepdims=True) >= MIN_OPENNESS
    height, width = images.shape[2:4]
    if height < spec.height or width < spec.width:
        raise UserError(
            f"the shards' patches are {width} x {height}, smaller than the model needs: "
            "render them anew"
        )
    target = np.stack(
        [to_normalised(own_gaze[:, i], rotation[:, i], mirrored[i]) for i in range(len(mirrored))],
        axis=1,
    )
    traits: dict[str, NDArray[np.generic]] = {name: shard[name] for name in TRAITS if name in shard}
    traits["openness"] = openness
    traits["gaze_angles"] = pitch_yaw(gaze)
    return PatchSet(
        images=to_grey(images) if grey else images,
        head=head.astype(np.float32),
        target=target.astype(np.float32),
        usable=usable,
        rotation=rotation.astype(np.float32),
        mirrored=mirrored,
        gaze=gaze,
        points=_points(shard, spec, width, height, len(gaze), len(mirrored)),
        traits=traits,
    )


def _points(
    shard: Any, spec: PatchSpec, width: int, height: int, samples: int, per_sample: int
) -> NDArray[np.float32]:
    """Pixels of the stored patches as half widths of the model's; NaN where none are stored."""
    if f"{spec.kind}_points" not in shard:
        return np.full((samples, per_sample, len(POINTS), 2), np.nan, dtype=np.float32)
    middle = np.array([(width - 1) / 2.0, (height - 1) / 2.0])
    return np.asarray((shard[f"{spec.kind}_points"] - middle) / (spec.width / 2.0), np.float32)


class SynthGaze:
    """Rendered shards as a data set; pictures are read out of them one by one.

    Args:
        root: a folder that `synth render` wrote.
        view: which patches; those stored may be larger.

    Attributes:
        name, labels, mirrored: see `GazeDataset`. A person is an identity.

    Raises:
        UserError: if the folder holds no shards, or not these patches.
    """

    name = "synthgaze"

    def __init__(self, root: Path, view: View) -> None:
        subset = TEST_PRESET if read_manifest(root).get("preset") == TEST_PRESET else ""
        self._view = view
        self._files = shard_files(root)
        self._pictures: list[ArrayPlace] = []
        parts, gazes = [], []
        for path in self._files:
            part, gaze, place = _known(path, view.spec)
            parts.append(part)
            gazes.append(gaze)
            self._pictures.append(place)
        self._all = join(parts)
        self._ends = np.cumsum([len(part) for part in parts])
        self.mirrored = np.array(MIRRORED_PATCHES[view.spec.kind])
        traits = self._all.traits
        places = [
            f"{path.name}, row {row}"
            for path, part in zip(self._files, parts, strict=True)
            for row in range(len(part))
        ]
        self.labels = Labels(
            gaze=np.concatenate(gazes),
            person=np.asarray(traits["identity"]).astype(np.str_),
            subset=np.full(len(places), subset),
            place=np.array(places),
            traits=traits,
        )

    def read(self, index: int) -> Item:
        """See `GazeDataset`."""
        shard = int(np.searchsorted(self._ends, index, side="right"))
        row = index - (int(self._ends[shard - 1]) if shard else 0)
        try:
            stored = read_row(self._files[shard], self._pictures[shard], row)
        except (OSError, ValueError) as error:
            raise BadSample(f"{self._files[shard]}, row {row}: damaged ({error})") from error
        images = stored.reshape(len(self.mirrored), *stored.shape[-3:])
        known = self._all
        return Item(
            images=to_grey(images) if self._view.grey else images,
            head=known.head[index],
            target=known.target[index],
            usable=known.usable[index],
            rotation=known.rotation[index],
            gaze=known.gaze[index],
            points=known.points[index],
        )


def _known(path: Path, spec: PatchSpec) -> tuple[PatchSet, Array, ArrayPlace]:
    """Of a shard everything but the pictures, the gaze in the face's frame, and where the
    pictures lie."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as shard:
            if spec.kind not in shard:
                raise _lacks(path, spec)
            place = find_array(path, spec.kind)
            # As many pictures, as large, that take no memory.
            blank = np.broadcast_to(np.uint8(0), place.shape)
            found = _patch_set(ChainMap({spec.kind: blank}, shard), spec, grey=False)
            gaze = to_normalised(found.gaze, _face_rotation(shard))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"the shard {path} cannot be read: render it again") from error
    empty = np.zeros((*found.images.shape[:2], 0, 0, 3), dtype=np.uint8)
    return replace(found, images=empty), gaze, place


def _face_rotation(shard: Any) -> Array:
    """(M, 3, 3) from the camera frame to the face's normalised one; shards without patches of the
    face tell the head's true pose (Zhang et al. 2018, section 3, as `model.patches`)."""
    if "face_rotation" in shard:
        return np.asarray(shard["face_rotation"], dtype=np.float64)
    z = normalize(shard["head_position"])
    across = [head_rotation(*angles)[:, 0] for angles in shard["head_angles"].astype(np.float64)]
    y = normalize(np.cross(z, np.array(across)))
    return np.stack([np.cross(y, z), y, z], axis=1)


def summary(folder: Path) -> dict[str, Any]:
    """What a model card tells about a folder of shards."""
    manifest = read_manifest(folder)
    found: dict[str, Any] = {"dataset": "SynthGaze", "shards": len(shard_files(folder))}
    for key in _TOLD:
        found[key] = manifest.get(key)
    return found
