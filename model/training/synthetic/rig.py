"""The part of the morphable head that is drawn, in millimetres in the head frame, and its anatomy.

Everything here is the same for all people: which vertices are drawn, which triangles join them,
where the margins of the lids run, how far each point of the skin is from the roots of the lashes.
Index 0 of every pair is the user's right eye.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.spatial import cKDTree

from model.training.synthetic.head import PARTS, HeadArrays

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]

SKIN, MOUTH, RIGHT_EYE, LEFT_EYE, LASH, CLOTH, PLASTIC = range(7)
"""Materials, as the shaders number them."""

DRAWN_PARTS = {
    "face": SKIN,
    "head_neck": SKIN,
    "mouth_socket": MOUTH,
    "eye_socket_r": SKIN,
    "eye_socket_l": SKIN,
    "sclera_r": RIGHT_EYE,
    "sclera_l": LEFT_EYE,
    "eyelashes_r": LASH,
    "eyelashes_l": LASH,
}

IRIS_DEPTH = 10.8
"""mm from the rotation centre of an eyeball forward to the plane of its iris."""

WINDOW_GAP = 1.3
"""mm by which the plane of the iris lies behind the front of the sclera's mesh, its window."""


@dataclass(frozen=True)
class Lid:
    """The margins of one eye's lids: vertex indices in order from the nose outwards."""

    upper: Indices
    lower: Indices
    upper_rim: Indices
    lower_rim: Indices


class Rig:
    """What is drawn of ICT-FaceKit.

    Attributes:
        neutral: (V, 3) mm, head frame, of the mean head.
        identity: (I, V * 3) offsets in mm.
        expression: name -> (V, 3) offsets in mm.
        triangles, lash_triangles: (T, 3) int32, opaque and lashes; seen clockwise from outside in
            an image whose y points down.
        material: (V,) as numbered above.
        uv: (V, 2) texture coordinates.
        root_distance: (V,) mm from the nearest root of a lash; of lashes from their own.
        upper_root: (V,) whether that nearest root is on the upper lid.
        rim: (V,) 1 on the lids' margins between lashes and eyeball.
        torso_share: (V,) 0..1, how far a point of the neck follows the shoulders, not the head.
        cavity: (V,) 0..1, how deep in a concavity a point lies (for ambient shadow).
        place: (26719,) index here of each vertex of the published model, -1 where not drawn.
        published: (V,) the inverse.
        eyeballs: two index arrays, the window mesh of each eye.
        lids: (right, left).
        origin_cm: (3,) the head frame's origin in the model's own coordinates.
    """

    def __init__(self, head: HeadArrays) -> None:
        material_of = np.full(len(head.neutral), -1, dtype=np.int8)
        for part, number in DRAWN_PARTS.items():
            material_of[slice(*PARTS[part])] = number
        drawn = (material_of[head.triangles] >= 0).all(axis=1)
        used = np.unique(head.triangles[drawn])
        place = np.full(len(head.neutral), -1, dtype=np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        triangles = place[head.triangles[drawn]]
        self.place, self.published = place, used.astype(np.int64)

        self.material = material_of[used].astype(np.float32)
        is_lash = self.material[triangles[:, 0]] == LASH
        self.triangles = np.ascontiguousarray(triangles[~is_lash])
        self.lash_triangles = np.ascontiguousarray(triangles[is_lash])
        self.part = {name: place[slice(*PARTS[name])] for name in DRAWN_PARTS}
        self.part = {name: index[index >= 0] for name, index in self.part.items()}
        self.eyeballs = (self.part["sclera_r"], self.part["sclera_l"])

        balls = [
            fit_sphere(head.neutral[slice(*PARTS[part])] * [10.0, -10.0, -10.0])
            for part in ("sclera_r", "sclera_l")
        ]
        origin = np.mean([rotation_centre(*ball) for ball in balls], axis=0)
        self.origin_cm = origin / [10.0, -10.0, -10.0]
        flip = np.array([10.0, -10.0, -10.0], dtype=np.float32)
        self.neutral = (head.neutral[used] * flip - origin).astype(np.float32)
        self.identity = (head.identity[:, used].astype(np.float32) * flip).reshape(
            len(head.identity), -1
        )
        self.expression = {
            str(name): head.expression[i][used].astype(np.float32) * flip
            for i, name in enumerate(head.expression_names)
        }
        self.vertex_count = len(used)
        corners = head.triangles[drawn].ravel()
        texture = np.zeros((len(head.neutral), 2), dtype=np.float32)
        texture[corners] = head.uv[head.triangle_uv[drawn].ravel()]
        self.uv = texture[used]

        count = len(self.triangles)
        rows = self.triangles.ravel()
        columns = np.repeat(np.arange(count), 3)
        ones = np.ones(count * 3, dtype=np.float32)
        self._corners = self.triangles.T.astype(np.intp)
        self._faces_at = csr_matrix((ones, (rows, columns)), shape=(self.vertex_count, count))

        self._measure_lids()
        self.cavity = self._measure_cavity()
        self.torso_share = self._measure_torso_share()

    def normals(self, vertices: Floats) -> Floats:
        """Unit normals (V, 3) of vertices (V, 3), pointing outwards; zero for lashes."""
        # Column by column, gathering takes a third of the time.
        first, a, b = (vertices.take(corner, axis=0) for corner in self._corners)
        a -= first
        b -= first
        normals = self._faces_at @ cross(a, b)
        length = np.sqrt(np.einsum("ij,ij->i", normals, normals))
        normals /= length[:, None] + 1e-9
        return np.asarray(normals, dtype=np.float32)

    def _measure_lids(self) -> None:
        face = self.part["face"]
        lashes = np.flatnonzero(self.material == LASH)
        from_lash, nearest_skin = cKDTree(self.neutral[face]).query(self.neutral[lashes])
        roots = np.unique(face[nearest_skin[from_lash < 0.5]])
        canthus = self.neutral[roots, 1].mean()
        distance, nearest = cKDTree(self.neutral[roots]).query(self.neutral)
        self.root_distance = distance.astype(np.float32)
        self.root_distance[lashes] = from_lash
        self.upper_root = self.neutral[roots][nearest][:, 1] < canthus

        loop = self._eye_loops()
        skin = self.material == SKIN
        to_loop, _ = cKDTree(self.neutral[loop]).query(self.neutral)
        depth = to_loop + self.root_distance
        self.rim = (skin & (depth < 2.6)).astype(np.float32)
        self.lids = (self._lid(roots, loop, -1.0), self._lid(roots, loop, 1.0))

    def _lid(self, roots: Indices, loop: Indices, side: float) -> Lid:
        def margin(points: Indices, upper: bool) -> Indices:
            points = points[self.neutral[points, 0] * side > 0]
            x, y = self.neutral[points, 0] * side, self.neutral[points, 1]
            # The line between the corners of the eye parts the lids.
            inner, outer = np.argmin(x), np.argmax(x)
            line = np.interp(x, [x[inner], x[outer]], [y[inner], y[outer]])
            chosen = points[(y < line) if upper else (y >= line)]
            return chosen[np.argsort(self.neutral[chosen, 0] * side)]

        return Lid(margin(roots, True), margin(roots, False), margin(loop, True),
                   margin(loop, False))  # fmt: skip

    def _eye_loops(self) -> Indices:
        """Vertices on the two edges where the face's mesh ends inside the eye openings."""
        in_face = np.zeros(self.vertex_count, dtype=bool)
        in_face[self.part["face"]] = True
        faces = self.triangles[in_face[self.triangles].all(axis=1)]
        pairs = np.sort(np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
        seen = Counter(map(tuple, pairs.tolist()))
        border = np.unique([edge for edge, times in seen.items() if times == 1])
        p = self.neutral[border]
        near_eye = (np.abs(np.abs(p[:, 0]) - 31.0) < 15.0) & (np.abs(p[:, 1]) < 12.0)
        return border[near_eye].astype(np.int32)

    def _measure_cavity(self) -> Floats:
        """How far a vertex lies below the mean of its surroundings (16 mm), 0..1."""
        skin = np.flatnonzero((self.material == SKIN) & (self.neutral[:, 2] < 70.0))
        tree = cKDTree(self.neutral[skin])
        pairs = tree.query_pairs(16.0, output_type="ndarray")
        weights = np.ones(len(pairs))
        near = coo_matrix((weights, (pairs[:, 0], pairs[:, 1])), shape=(len(skin), len(skin)))
        near = (near + near.T).tocsr()
        count = np.maximum(np.asarray(near.sum(axis=1)), 1.0)
        offset = near @ self.neutral[skin] / count - self.neutral[skin]
        height = np.einsum("ij,ij->i", offset, self.normals(self.neutral)[skin])
        cavity = np.zeros(self.vertex_count, dtype=np.float32)
        cavity[skin] = np.clip(height * 0.22, 0.0, 1.0)
        return cavity

    def _measure_torso_share(self) -> Floats:
        y, z = self.neutral[:, 1], self.neutral[:, 2]
        t = np.clip((y + 0.35 * np.minimum(z - 20.0, 80.0) - 100.0) / 65.0, 0.0, 1.0)
        return np.asarray(t * t * (3.0 - 2.0 * t) * (self.material == SKIN), dtype=np.float32)


def cross(a: Floats, b: Floats) -> Floats:
    """Cross products of rows (N, 3); several times faster than np.cross."""
    return np.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        axis=1,
    )


def fit_sphere(points: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Least-squares sphere through points (N, 3): centre (3,) and radius."""
    p = np.asarray(points, dtype=np.float64)
    A = np.column_stack([2.0 * p, np.ones(len(p))])
    solution = np.linalg.lstsq(A, np.einsum("ij,ij->i", p, p), rcond=None)[0]
    centre = solution[:3]
    return centre, float(np.sqrt(solution[3] + centre @ centre))


def rotation_centre(
    window_centre: NDArray[np.float64], window_radius: float, iris_depth: float = IRIS_DEPTH
) -> NDArray[np.float64]:
    """Where an eyeball turns, mm: so far behind its window that the iris lies just inside."""
    return window_centre - np.array([0.0, 0.0, window_radius - iris_depth - WINDOW_GAP])
