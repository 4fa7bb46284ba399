"""A shirt on shoulders that turn less than the head."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from model.geometry import head_rotation, normalize
from model.training.synthetic.drawing import Mesh, solid
from model.training.synthetic.person import Person
from model.training.synthetic.rig import CLOTH
from model.training.synthetic.scene import Scene

NECK = np.array([0.0, 125.0, 75.0])
"""mm, head frame: where the shoulders turn against the head."""


@cache
def _torso_shape() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]]:
    """A shirt: rings from the base of the neck over the shoulders down; mm, relative to `NECK`."""
    columns = 40
    # height below the neck's pivot, half width, half depth, how far forward
    rows = np.array(
        [
            [28.0, 62.0, 60.0, 0.0],
            [36.0, 74.0, 66.0, 0.0],
            [50.0, 118.0, 78.0, 2.0],
            [66.0, 165.0, 90.0, 4.0],
            [92.0, 200.0, 100.0, 6.0],
            [135.0, 216.0, 110.0, 8.0],
            [240.0, 222.0, 122.0, 8.0],
            [600.0, 225.0, 130.0, 8.0],
        ]
    )
    angle = np.linspace(0.0, 2.0 * np.pi, columns, endpoint=False)
    points = np.concatenate(
        [
            np.column_stack([w * np.cos(angle), np.full(columns, y), -forward + d * np.sin(angle)])
            for y, w, d, forward in rows
        ]
    )
    # The neckline dips in front.
    front = np.clip(-np.sin(np.tile(angle, len(rows))), 0.0, 1.0)
    points[:, 1] += np.repeat(np.exp(-(((rows[:, 0] - 30.0) / 25.0) ** 2)), columns) * front * 28.0
    grid = np.arange(len(rows) * columns).reshape(len(rows), columns)
    a, b = grid[:-1], np.roll(grid, -1, axis=1)[:-1]
    c, d = grid[1:], np.roll(grid, -1, axis=1)[1:]
    triangles = np.concatenate(
        [np.column_stack([a.ravel(), b.ravel(), c.ravel()]),
         np.column_stack([b.ravel(), d.ravel(), c.ravel()])]
    ).astype(np.int32)  # fmt: skip
    normals = np.zeros_like(points)
    p = points[triangles]
    faces = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    for k in range(3):
        np.add.at(normals, triangles[:, k], faces)
    normals = normalize(normals)
    outwards = points * [1.0, 0.0, 1.0]
    normals *= np.sign((normals * outwards).sum(axis=1).mean())
    return points, normals, triangles


def torso(person: Person, scene: Scene) -> Mesh:
    """The shirt of a person, in the camera frame."""
    points, normals, triangles = _torso_shape()
    T = head_rotation(*scene.torso)
    pivot = scene.rotation @ NECK + scene.position
    vertices = solid(points, normals, np.append(person.shirt, 0.0), CLOTH)
    vertices[:, :3] = points @ T.T + pivot
    vertices[:, 3:6] = normals @ T.T
    return Mesh(vertices, triangles)
