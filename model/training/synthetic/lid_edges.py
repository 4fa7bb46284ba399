"""The edges of the lids as they are seen: what the rig's margins, the roots of the lashes, are not.

Seen from the front it is not the roots that cover the eyeball but the lid's edge, up to a
millimetre and a half further in.
"""

from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from model.training.synthetic.rig import Indices, Rig

EDGE_POINTS = 18


@lru_cache(maxsize=1)
def lid_edges(rig: Rig) -> tuple[tuple[Indices, Indices], tuple[Indices, Indices]]:
    """Per eye the vertices of the upper and the lower lid's edge as seen from the front, from the
    nose outwards."""

    def edge(eye: int, upper: bool) -> Indices:
        lid = rig.lids[eye]
        loop = np.concatenate([lid.upper_rim, lid.lower_rim])
        face = rig.part["face"]
        to_loop, _ = cKDTree(rig.neutral[loop]).query(rig.neutral[face])
        on_lid = (to_loop + rig.root_distance[face] < 4.5) & (rig.upper_root[face] == upper)
        points = face[on_lid]
        x, y = np.abs(rig.neutral[points, 0]), rig.neutral[points, 1]
        ends = np.abs(rig.neutral[loop, 0])
        found = []
        for at in np.linspace(ends.min() + 1.1, ends.max() - 0.6, EDGE_POINTS):
            column = np.flatnonzero(np.abs(x - at) < 0.9)
            best = np.argmax(y[column]) if upper else np.argmin(y[column])
            found.append(points[column[best]])
        unique = np.unique(found)
        return np.asarray(unique[np.argsort(np.abs(rig.neutral[unique, 0]))], dtype=np.int32)

    return (edge(0, True), edge(0, False)), (edge(1, True), edge(1, False))
