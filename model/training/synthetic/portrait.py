"""Portraits: eye regions of photographed people, for the renderer to put its own eyeballs into.

`portrait_fit` makes them from photographs; here they are kept, read back, and drawn from. A pack of
portraits is data like the head model: it never becomes part of the repository.
"""

import hashlib
import io
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.errors import UserError
from model.geometry import Array
from model.training.synthetic.files import write_whole
from model.training.synthetic.presets import VALIDATION
from model.training.synthetic.rig import Floats

SCHEMA = 1
DEFAULT_SHARE = 0.5
_PORTRAIT_STREAM = 17
TEXTURE_WHITE = 2.2
"""Albedo over the skin's median at which a texture's bytes end."""


@dataclass(frozen=True)
class Portrait:
    """One photograph, fitted. Lengths in mm in the head frame of the rig's mean head.

    Attributes:
        name: which photograph, expression/person, for the record.
        shape: (V, 3) the head as photographed.
        camera: (3,) where the camera stood.
        iris_rays: (2, 3) unit vectors from the camera to the middles of the irises.
        iris_radius: mm, at the depth of the irises.
        skin: (V, 3) texture coordinates 0..1 and how far the photograph covers the skin, 0..1.
        texture: (h, w, 3) albedo over `tone`, delit, the openings of the eyes filled; bytes are
            255 (albedo / TEXTURE_WHITE)^(1 / 2.2).
        tone: (3,) median linear albedo of the skin.
        sclera: (3,) linear colour of the whites under the same light.
    """

    name: str
    shape: Floats
    camera: Array
    iris_rays: Array
    iris_radius: float
    skin: Floats
    texture: NDArray[np.uint8]
    tone: Array
    sclera: Array


@dataclass(frozen=True)
class Portraits:
    """A pack of portraits to draw people from.

    Attributes:
        share: of the identities, how many are drawn from a portrait.
        sha256: of the file.
    """

    members: tuple[Portrait, ...]
    share: float
    sha256: str

    @cached_property
    def of_validation(self) -> list[Portrait]:
        """Portraits of every eighth person, whom training never sees."""
        people = set(sorted({_person(p.name) for p in self.members})[3::8])
        return [p for p in self.members if _person(p.name) in people] or list(self.members)

    @cached_property
    def of_training(self) -> list[Portrait]:
        """Portraits of all other people."""
        kept = {p.name for p in self.of_validation}
        return [p for p in self.members if p.name not in kept] or list(self.members)

    def choose(self, identity: int) -> tuple[Portrait, np.random.Generator] | None:
        """The portrait of an identity and the numbers that vary it; None for made-up people.

        Neither touches the numbers from which made-up people follow.
        """
        rng = np.random.default_rng([_PORTRAIT_STREAM, identity])
        if rng.random() >= self.share:
            return None
        validating = identity >= VALIDATION.first_identity
        members = self.of_validation if validating else self.of_training
        return members[rng.integers(len(members))], rng


def _person(name: str) -> str:
    return name.split("/")[-1]


def save_portraits(path: Path, portraits: list[Portrait]) -> None:
    """Write a pack.

    Raises:
        UserError: where the file cannot be written.
    """
    arrays = {"schema": np.array(SCHEMA), "names": np.array([p.name for p in portraits])}
    for k, portrait in enumerate(portraits):
        for field in fields(Portrait):
            if field.name != "name":
                arrays[f"{k:03d}_{field.name}"] = np.asarray(getattr(portrait, field.name))
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    write_whole(path, packed.getvalue())


def load_portraits(path: Path, share: float) -> Portraits:
    """Read a pack.

    Args:
        share: of the identities, how many are to be drawn from it.

    Raises:
        UserError: where the file is absent, broken or of another version.
    """
    try:
        digest = hash_of(path)
        with np.load(path, allow_pickle=False) as stored:
            if int(stored["schema"]) != SCHEMA:
                raise UserError(
                    f"{path} is of another version: make it anew with `main.py synth portraits`"
                )
            members = tuple(
                Portrait(
                    name=str(name),
                    iris_radius=float(stored[f"{k:03d}_iris_radius"]),
                    **{
                        field.name: stored[f"{k:03d}_{field.name}"]
                        for field in fields(Portrait)
                        if field.name not in ("name", "iris_radius")
                    },
                )
                for k, name in enumerate(stored["names"])
            )
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{path} cannot be read as a pack of portraits ({error}): make one with "
            "`main.py synth portraits`"
        ) from error
    return Portraits(members, share, digest)


def hash_of(path: Path) -> str:
    """SHA-256 of a pack, for the record.

    Raises:
        UserError: where there is no such file.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})") from error
