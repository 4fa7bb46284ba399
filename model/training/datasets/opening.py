"""Opens a data set by name."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from model.errors import UserError
from model.training.datasets.item import GazeDataset, View

READERS = {
    "mpiifacegaze": ("mpiifacegaze", "MPIIFaceGaze"),
    "eyediap": ("eyediap", "EyeDiap"),
    "rt-gene": ("rtgene", "RTGene"),
    "gaze360": ("gaze360", "Gaze360"),
    "eth-xgaze": ("ethxgaze", "ETHXGaze"),
    "recordings": ("recordings", "Recordings"),
    "packed": ("packed", "Packed"),
    "synthgaze": ("synthgaze", "SynthGaze"),
}
"""Of each data set, by its name on the command line, the module here and the class in it, which is
called with the folder and the view."""

NAMES = tuple(READERS)


def open_dataset(name: str, root: Path, view: View) -> GazeDataset:
    """A data set on disk.

    Args:
        name: one of NAMES.
        root: its folder, as its reader's page says (docs/training.md).
        view: what the model wants to see.

    Raises:
        UserError: if there is no such data set, or its labels cannot be read.
    """
    if name not in READERS:
        raise UserError(f"there is no data set {name}; known are: {', '.join(NAMES)}")
    if not root.is_dir():
        raise UserError(f"there is no folder {root}: give the one that holds {name}")
    module, kind = READERS[name]
    reader: Callable[[Path, View], GazeDataset] = getattr(
        import_module(f"model.training.datasets.{module}"), kind
    )
    return reader(root, view)
