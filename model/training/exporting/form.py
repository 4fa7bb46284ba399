"""The forms that a model can be exported in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from model.errors import UserError
from model.patches import PatchSpec

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
MOST_FACES = 4096


@dataclass(frozen=True)
class Sources:
    """Where the samples come from by which int8 is fitted and judged.

    Attributes:
        shards: folders that `synth render` wrote; or
        dataset, root: name and folder of a data set, see `model.training.datasets.opening`.
    """

    shards: Sequence[Path] = ()
    dataset: str | None = None
    root: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.shards) or self.dataset is not None


@dataclass(frozen=True)
class Form:
    """How a model is exported.

    Attributes:
        precision: of weights and arithmetic; inputs and outputs are the same in all.
        faces: how many faces go in at once; None for any number ("dynamic").
        sources: of samples, which int8 needs.
    """

    precision: Precision = "fp32"
    faces: int | None = 1
    sources: Sources = Sources()

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise UserError(f"there is no precision {self.precision}: give fp32, fp16 or int8")
        if self.faces is not None and not 1 <= self.faces <= MOST_FACES:
            raise UserError(f"--batch is a number of faces, 1 to {MOST_FACES}, or dynamic")
        if self.precision == "int8" and not self.sources:
            raise UserError(
                "int8 is fitted to real samples: give some with --calibration-data DIR, or with "
                "--dataset NAME --root DIR"
            )
        if self.precision != "int8" and self.sources:
            raise UserError("samples to fit to are for --precision int8 only: leave them away")


def patches_per_face(spec: PatchSpec) -> int:
    """2 of eyes, 1 of the face."""
    return 2 if spec.kind == "eyes" else 1
