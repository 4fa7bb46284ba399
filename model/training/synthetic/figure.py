"""Puts a person into a scene: expression, lids, eyeballs, pose, clothes and glasses.

The result is what the renderer draws, and what is known of it: where lids, irises and landmarks
are.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, head_rotation, normalize, pitch_yaw
from model.training.synthetic.eyes import (
    lid_curves,
    lid_expression,
    lid_gap,
    optical_axes,
)
from model.training.synthetic.glasses import build_glasses
from model.training.synthetic.person import Person
from model.training.synthetic.renderer import VERTEX_FLOATS, Drawing, Mesh, join
from model.training.synthetic.rig import CLOTH, Floats, Rig
from model.training.synthetic.scene import Scene

NECK = np.array([0.0, 125.0, 75.0])
"""mm, head frame: where the shoulders turn against the head."""


@dataclass(frozen=True)
class Figure:
    """A person in a scene.

    Attributes:
        drawing: for the renderer.
        vertices: (V, 3) mm, camera frame.
        openness: (2,) 0 closed .. 1 as open as when this person looks straight ahead.
        iris_centres: (2, 3) mm, camera frame.
        optical: (2, 3) unit vectors, camera frame.
    """

    drawing: Drawing
    vertices: Floats
    openness: Array
    iris_centres: Array
    optical: Array


def pose(rig: Rig, person: Person, scene: Scene) -> Figure:
    """Pose a person as a scene tells."""
    R = scene.rotation
    visual = scene.eye_gaze(person) @ R  # into the head frame
    optical = optical_axes(person.eyes, visual)
    weights = dict(scene.expression)
    weights.update(
        lid_expression(person.eyes, pitch_yaw(optical), scene.blink, scene.mood, scene.squint)
    )
    shape = person.shape.copy()
    for name, weight in weights.items():
        if abs(weight) > 0.005:
            shape += np.float32(weight) * rig.expression[name]
    for index in rig.eyeballs:  # windows stay where they are, whatever the expression moves
        shape[index] = person.shape[index]

    openness = (lid_gap(rig, shape) - person.closed_gap) / (person.open_gap - person.closed_gap)
    upper, lower = lid_curves(rig, shape)
    normals = rig.normals(shape)
    rotation, position = R.astype(np.float32), scene.position.astype(np.float32)
    vertices = shape @ rotation.T + position
    turned = normals @ rotation.T
    vertices, turned = _bend_neck(rig, scene, shape, normals, vertices, turned)

    reference = rig.neutral.copy()
    for index in rig.eyeballs:
        reference[index] = shape[index]
    things = [_torso(person, scene)]
    lenses: Mesh | None = None
    if scene.glasses:
        front = min(float(shape[index, 2].min()) for index in rig.eyeballs)
        frame, glass = build_glasses(person.glasses, person.eye_centres, front)
        things.append(_placed(frame, R, scene.position))
        lenses = _placed(glass, R, scene.position)
    axes = optical @ R.T
    eyes = scene.eye_positions(person)
    uniforms = {
        "corner_shift": np.zeros(2),
        **person.uniforms,
        **scene.lighting.uniforms(scene.look["edge"]),
        "exposure": np.array(_exposure(person, scene)),
        "eye_centre": eyes,
        "eye_axis": axes,
        "eye_up": R @ np.array([0.0, 1.0, 0.0]),
        "pupil_radius": np.array(np.clip(scene.pupil, 1.0, 3.6)),
        "caustic": np.array(scene.look["caustic"]),
        "glint": np.array(scene.look["glint"]),
        "lid_upper": upper,
        "lid_lower": lower,
        "lid_shade": np.array([scene.look["lid_shade"], scene.look["lid_reach"]]),
        "cavity_strength": np.array(scene.look["cavity"]),
        "socket_shadow": np.array(scene.look["socket"]),
        "shadow_tint": np.array([0.8, 0.95, 1.0]),
        "tint": person.glasses.tint,
        "back_curve": np.array(person.glasses.back_curve),
        "lens_axis": R @ np.array([0.0, 0.0, -1.0]),
    }
    head = np.concatenate([vertices, turned, reference], axis=1)
    return Figure(
        drawing=Drawing(head, person.paint, join(things), lenses, uniforms, person.photo),
        vertices=vertices,
        openness=np.clip(openness, 0.0, 1.0),
        iris_centres=eyes + person.eyes.iris_depth * axes,
        optical=axes,
    )


def _exposure(person: Person, scene: Scene) -> float:
    """The camera's automatic exposure adapts half way to the skin, and errs."""
    skin = float(np.median(person.paint[person.paint[:, 3] < 0.05, :3]))
    seen = 0.5 * skin + 0.5 * 0.25
    return scene.look["exposure"] / (seen * max(scene.lighting.level, 0.05))


def _bend_neck(
    rig: Rig,
    scene: Scene,
    shape: Floats,
    normals: Floats,
    vertices: Floats,
    turned: Floats,
) -> tuple[Floats, Floats]:
    """Below the chin the vertices go over from the head's pose to the shoulders'."""
    weight = rig.torso_share
    low = weight > 0.0
    T = head_rotation(*scene.torso).astype(np.float32)
    pivot = (scene.rotation @ NECK + scene.position).astype(np.float32)
    w = weight[low, None]
    with_torso = (shape[low] - NECK.astype(np.float32)) @ T.T + pivot
    vertices[low] = (1.0 - w) * vertices[low] + w * with_torso
    turned[low] = (1.0 - w) * turned[low] + w * (normals[low] @ T.T)
    return vertices, turned


def _placed(mesh: Mesh, R: Array, position: Array) -> Mesh:
    vertices = mesh.vertices.copy()
    vertices[:, :3] = mesh.vertices[:, :3] @ R.T + position
    vertices[:, 3:6] = mesh.vertices[:, 3:6] @ R.T
    return Mesh(vertices, mesh.triangles)


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


def _torso(person: Person, scene: Scene) -> Mesh:
    points, normals, triangles = _torso_shape()
    T = head_rotation(*scene.torso)
    pivot = scene.rotation @ NECK + scene.position
    vertices = np.zeros((len(points), VERTEX_FLOATS), dtype=np.float32)
    vertices[:, :3] = points @ T.T + pivot
    vertices[:, 3:6] = normals @ T.T
    vertices[:, 6:9] = points
    vertices[:, 9:12] = person.shirt
    vertices[:, 13] = CLOTH
    return Mesh(vertices, triangles)
