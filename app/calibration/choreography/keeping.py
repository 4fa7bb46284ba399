"""Keeping: eye patches put by while a calibration is made, with the person's consent only."""

from collections import OrderedDict
from typing import Protocol

from app.calibration.choreography.scene import Scene
from app.calibration.look import Session
from app.calibration.profiles.storing import SessionPatches, choose_patches
from app.sample import Sample
from model.patches import Patches, PatchSpec

MOST = 6000
"""Frames whose patches are put by at most: the latest, of three minutes at 30 frames per second."""


class Conducted(Protocol):
    """A conductor, as far as it matters here."""

    @property
    def scene(self) -> Scene: ...
    def update(self, sample: Sample) -> None: ...


class Keeping:
    """Stands between the engine and a conductor and remembers what the model saw.

    Args:
        conductor: is shown every sample.
        spec: the virtual camera that cuts the patches.
    """

    def __init__(self, conductor: Conducted, spec: PatchSpec) -> None:
        self._conductor, self._spec = conductor, spec
        self._patches: OrderedDict[int, Patches] = OrderedDict()

    def update(self, sample: Sample) -> None:
        """Hand a sample on; put its patches by while the calibration's targets are shown."""
        scene = self._conductor.scene
        if scene.phase == "looking" and scene.stage == "calibration" and sample.patches:
            self._patches[sample.time_ns] = sample.patches
            if len(self._patches) > MOST:
                self._patches.popitem(last=False)
        self._conductor.update(sample)

    def of(self, session: Session) -> SessionPatches:
        """Those that belong to a session's readings, a few of each target."""
        return choose_patches(session, self._patches, self._spec)
