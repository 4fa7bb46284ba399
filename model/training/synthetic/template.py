"""Where FaceMesh's landmarks lie on the mean head: the face template, and the landmark embedding.

FaceMesh looks at several rendered views of the mean head with several skins; each landmark is cast
onto the mesh in the views that show its spot well, and the points are averaged and made symmetric.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from model.geometry import Array, camera_matrix, project
from model.training.synthetic.eyes import lid_gap, seat_eyeballs
from model.training.synthetic.figure import pose
from model.training.synthetic.files import write_whole
from model.training.synthetic.lighting import Lighting
from model.training.synthetic.person import Person, random_person
from model.training.synthetic.photo import lay_over
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import IRIS_DEPTH, Floats, Rig
from model.training.synthetic.scene import Scene

EMBEDDING_PATH = Path(__file__).with_name("landmarks.json")
MESH_LANDMARKS = 468
_LOOKS = (3, 8, 11, 14, 20, 27)
_VIEWS = ((0, 0), (0, 20), (0, -20), (15, 0), (-15, 0), (0, 10), (0, -10))
_FARTHEST_SLIP = 8.0


@dataclass(frozen=True)
class Embedding:
    """Surface points of the head under FaceMesh's landmarks.

    Attributes:
        vertices: (468, 3) vertex numbers as in the published model.
        weights: (468, 3), rows sum to 1.
    """

    vertices: NDArray[np.int64]
    weights: Array

    def points(self, rig: Rig, vertices: Floats) -> Array:
        """(468, 3) the landmarks' surface points on a posed head (V, 3)."""
        corners = vertices[rig.place[self.vertices]]
        return np.asarray(np.einsum("nk,nkd->nd", self.weights, corners))


@cache
def embedding() -> Embedding:
    """The embedding stored beside this file."""
    stored = json.loads(EMBEDDING_PATH.read_text(encoding="utf-8"))
    return Embedding(np.array(stored["vertices"]), np.array(stored["weights"]))


def mean_person(rig: Rig, looks: int) -> Person:
    """The mean head with open eyes and the skin, hair and brows of some identity."""
    person = random_person(rig, looks)
    shape, centres = seat_eyeballs(rig, rig.neutral, IRIS_DEPTH)
    eyes = replace(
        person.eyes,
        iris_radius=5.85,
        iris_depth=IRIS_DEPTH,
        kappa=np.zeros(2),
        scatter=np.zeros((2, 2)),
        follow=1.0,
        rest=np.zeros(2),
        squint=0.0,
    )
    gap = lid_gap(rig, shape)
    return replace(person, shape=shape, eye_centres=centres, eyes=eyes, open_gap=gap)


def plain_scene(pitch: float, yaw: float, distance: float = 600.0) -> Scene:
    """A well lit head that looks into the camera; angles of the head in radians."""
    white = np.ones(3)
    directions = np.array([[0.5, -0.5, -0.7], [-0.6, -0.4, -0.7], [0.0, -1.0, 0.0]])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    colours = np.array([0.45, 0.3, 0.2])[:, None] * white
    lighting = Lighting(directions, colours, 0.5 * white, 0.35 * white, (), 0.95, 1.0)
    return Scene(
        width=640,
        height=480,
        fov=50.0,
        camera=camera_matrix(640, 480, 50.0),
        angles=(pitch, yaw, 0.0),
        position=np.array([0.0, 0.0, distance]),
        target=np.zeros(3),
        torso=(0.0, 0.0, 0.0),
        blink=np.zeros(2),
        mood=0.0,
        squint=0.0,
        expression={},
        pupil=1.9,
        glasses=False,
        lighting=lighting,
        look={
            "lid_shade": 0.5, "lid_reach": 3.0, "glint": 0.03, "caustic": 0.0, "cavity": 0.6,
            "socket": 0.0, "edge": 0.1,
            "exposure": 0.4,
        },
    )  # fmt: skip


def measure(rig: Rig, renderer: Renderer) -> tuple[Array, Embedding]:
    """The landmarks' points (468, 3) in mm on the mean head, and their embedding.

    Raises:
        UserError: where MediaPipe is missing.
    """
    views = list(_cast_views(rig, renderer))
    points = np.array([p for p, _ in views])
    weights = np.array([w for _, w in views])
    middle = np.array(
        [[_weighted_median(points[:, i, k], weights[:, i]) for k in range(3)]
         for i in range(MESH_LANDMARKS)]
    )  # fmt: skip
    slip = np.linalg.norm(points - middle, axis=2)
    kept = weights * (slip <= np.maximum(_FARTHEST_SLIP, slip.min(axis=0)))
    landmarks = np.einsum("vn,vnd->nd", kept, points) / kept.sum(axis=0)[:, None]

    mirrored = landmarks * [-1.0, 1.0, 1.0]
    cost = np.linalg.norm(landmarks[:, None] - mirrored[None], axis=2) ** 2
    on_midline = np.abs(landmarks[:, 0]) < 3.5
    cost[np.flatnonzero(on_midline), np.flatnonzero(on_midline)] = 0.0
    _, partner = linear_sum_assignment(cost)
    landmarks = (landmarks + mirrored[partner]) / 2.0
    on_surface, embedded = _embed(rig, landmarks)
    return on_surface, embedded


def _weighted_median(values: Array, weights: Array) -> float:
    order = np.argsort(values)
    running = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(running, running[-1] / 2.0)])


def _cast_views(rig: Rig, renderer: Renderer) -> Iterator[tuple[Array, Array]]:
    """Per view the landmarks' points (468, 3) in the head frame and how far to trust each."""
    from model.face import FaceTracker  # MediaPipe is needed for this alone

    with FaceTracker(static=True) as tracker:
        for looks in _LOOKS:
            person = mean_person(rig, looks)
            for pitch, yaw in _VIEWS:
                scene = plain_scene(np.radians(pitch), np.radians(yaw))
                figure = pose(rig, person, scene)
                box = (0, 0, scene.width, scene.height)
                drawn = renderer.draw(figure.drawing, scene.camera, box, 2.0)
                wall = np.full((*drawn.shape[:2], 3), (120, 130, 135), dtype=np.uint8)
                found = tracker.find_landmarks(lay_over(drawn, wall))
                if found is not None:
                    yield _cast(rig, scene, figure.vertices, person.shape, found[:468, :2])


def _face_triangles(rig: Rig) -> NDArray[np.int32]:
    """The face without eye sockets, ears, neck and the back of the head."""
    inside = np.zeros(rig.vertex_count, dtype=bool)
    inside[rig.part["face"]] = True
    x, _, z = rig.neutral.T
    inside &= (z < 70.0) & ~((z > 42.0) & (np.abs(x) > 72.0))
    return np.asarray(rig.triangles[inside[rig.triangles].all(axis=1)])


def _cast(
    rig: Rig, scene: Scene, vertices: Floats, shape: Floats, pixels: Array
) -> tuple[Array, Array]:
    """Where rays through pixels meet the skin nearest to the camera."""
    triangles = _face_triangles(rig)
    corners = vertices[triangles].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    centre = corners.mean(axis=1)
    facing = -(normal * centre).sum(axis=1)
    facing /= np.linalg.norm(normal, axis=1) * np.linalg.norm(centre, axis=1) + 1e-12
    triangles, corners, facing = (a[facing > 0.0] for a in (triangles, corners, facing))
    flat = project(corners, scene.camera)
    a, b, c = flat[:, 0], flat[:, 1], flat[:, 2]
    area = (b[:, 1] - c[:, 1]) * (a[:, 0] - c[:, 0]) + (c[:, 0] - b[:, 0]) * (a[:, 1] - c[:, 1])
    used = np.unique(triangles)
    used_flat = project(vertices[used].astype(np.float64), scene.camera)
    points, trust = np.zeros((len(pixels), 3)), np.zeros(len(pixels))
    for i, (x, y) in enumerate(pixels):
        u = ((b[:, 1] - c[:, 1]) * (x - c[:, 0]) + (c[:, 0] - b[:, 0]) * (y - c[:, 1])) / area
        v = ((c[:, 1] - a[:, 1]) * (x - c[:, 0]) + (a[:, 0] - c[:, 0]) * (y - c[:, 1])) / area
        share = np.column_stack([u, v, 1.0 - u - v])
        hit = np.flatnonzero((share >= 0.0).all(axis=1))
        if len(hit):
            depth = (corners[hit, :, 2] * share[hit]).sum(axis=1)
            nearest = hit[np.argmin(depth)]
            points[i] = share[nearest] @ shape[triangles[nearest]]
            trust[i] = max(facing[nearest], 0.05) ** 3
        else:  # inside an eye or beside the face: the nearest point of the skin, less trusted
            gap = np.linalg.norm(used_flat - (x, y), axis=1)
            points[i] = shape[used[np.argmin(gap)]]
            trust[i] = 0.2 * np.exp(-gap.min() / 3.0) + 1e-4
    return points, trust


def _embed(rig: Rig, points: Array) -> tuple[Array, Embedding]:
    """Move points onto the mean head's skin; there each is a mixture of three vertices."""
    triangles = _face_triangles(rig)
    corners = rig.neutral[triangles].astype(np.float64)
    _, near = cKDTree(corners.mean(axis=1)).query(points, k=24)
    vertices = np.zeros((len(points), 3), dtype=np.int64)
    weights = np.zeros((len(points), 3))
    for i, point in enumerate(points):
        best = np.inf
        for t in near[i]:
            share = _closest_share(corners[t], point)
            gap = float(np.linalg.norm(share @ corners[t] - point))
            if gap < best:
                best, vertices[i], weights[i] = gap, triangles[t], share
    on_surface = np.einsum("nk,nkd->nd", weights, rig.neutral[vertices])
    return on_surface, Embedding(rig.published[vertices], weights)


def _closest_share(corners: Array, point: Array) -> Array:
    """Barycentric coordinates (3,) of a point's projection on a triangle, kept inside it."""
    e0, e1 = corners[1] - corners[0], corners[2] - corners[0]
    G = np.array([[e0 @ e0, e0 @ e1], [e0 @ e1, e1 @ e1]])
    v, w = np.linalg.solve(G, np.array([e0 @ (point - corners[0]), e1 @ (point - corners[0])]))
    share = np.clip([1.0 - v - w, v, w], 0.0, 1.0)
    return np.asarray(share / share.sum())


def write_template(
    rig: Rig, renderer: Renderer, template_path: Path, embedding_path: Path | None
) -> None:
    """Measure, and write the face template, and where wanted the landmark embedding, as JSON."""
    landmarks, embedded = measure(rig, renderer)
    _, centres = seat_eyeballs(rig, rig.neutral, IRIS_DEPTH)
    template = {
        "schema": 1,
        "landmarks": np.round(landmarks, 3).tolist(),
        "eye_centres": np.round(centres, 3).tolist(),
    }
    write_whole(template_path, (json.dumps(template) + "\n").encode())
    if embedding_path is not None:
        mixture = {
            "schema": 1,
            "vertices": embedded.vertices.tolist(),
            "weights": np.round(embedded.weights, 5).tolist(),
        }
        write_whole(embedding_path, (json.dumps(mixture) + "\n").encode())
