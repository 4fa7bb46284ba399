"""Puts a person into a scene: expression, lids, eyeballs, pose, clothes and glasses.

The result is what the renderer draws, and what is known of it: where lids, irises and landmarks
are.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.geometry import Array, head_rotation, pitch_yaw
from model.training.synthetic.drawing import Drawing, Mesh, join, placed
from model.training.synthetic.eyes import (
    lid_curves,
    lid_expression,
    lid_gap,
    optical_axes,
)
from model.training.synthetic.garments import build_garment
from model.training.synthetic.hand import build_hand, hides
from model.training.synthetic.person import Person
from model.training.synthetic.rig import Floats, Rig
from model.training.synthetic.scene import Scene
from model.training.synthetic.strands import build_strands
from model.training.synthetic.torso import NECK, torso
from model.training.synthetic.worn import (
    Worn,
    glare_over_irises,
    lines_of_sight,
    put_on,
    with_glare,
    with_glasses,
)


@dataclass(frozen=True)
class Figure:
    """A person in a scene.

    Attributes:
        drawing: for the renderer.
        vertices: (V, 3) mm, camera frame.
        openness: (2,) 0 closed .. 1 as open as when this person looks straight ahead.
        iris_centres: (2, 3) mm, camera frame.
        optical: (2, 3) unit vectors, camera frame.
        worn: glasses, where there are any.
        glare: (2,) what they mirror over the irises, see `worn.glare_over_irises`.
        hidden: (2,) whether a hand is before the iris.
    """

    drawing: Drawing
    vertices: Floats
    openness: Array
    iris_centres: Array
    optical: Array
    worn: Worn | None
    glare: Array
    hidden: NDArray[np.bool_]

    def seen(self, points: Array) -> Array:
        """Where the camera sees points (N, 3), mm: through lenses not where they are."""
        return points if self.worn is None else self.worn.seen(points)

    def seen_eye(self, e: int, points: Array) -> Array:
        """Where it sees points (N, 3) of one eye."""
        return points if self.worn is None else self.worn.seen_eye(e, self.iris_centres[e], points)


def pose(rig: Rig, person: Person, scene: Scene) -> Figure:
    """Pose a person as a scene tells."""
    R = scene.rotation
    worn = put_on(rig, person, scene)
    optical = optical_axes(person.eyes, lines_of_sight(person, scene, worn) @ R)
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
    axes = optical @ R.T
    eyes = scene.eye_positions(person)
    irises = eyes + person.eyes.iris_depth * axes
    lighting = with_glare(scene, worn, irises)
    exposure = _exposure(person, scene)
    uniforms = {
        "corner_shift": np.zeros(2),
        "contact": np.array([7.1, 0.0]),
        **person.uniforms,
        **lighting.uniforms(scene.look["edge"]),
        "exposure": np.array(exposure),
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
    }
    unshaded = np.ones((len(vertices), 1), dtype=np.float32)
    head = np.concatenate([vertices, turned, reference, unshaded], axis=1)
    meshes = [torso(person, scene)]
    hand: Mesh | None = None
    if scene.extras.hand is not None:
        hand = placed(build_hand(scene.extras.hand, person.skin), R, scene.position)
        meshes.append(hand)
    drawing = Drawing(head, person.paint, join(meshes), None, uniforms, person.photo)
    drawing = _with_extras(drawing, rig, person, scene, shape, normals)
    if worn is not None:
        drawing = with_glasses(drawing, rig, shape, scene, worn)
    return Figure(
        drawing=drawing,
        vertices=vertices,
        openness=np.clip(openness, 0.0, 1.0),
        iris_centres=irises,
        optical=axes,
        worn=worn,
        glare=glare_over_irises(worn, lighting, irises, exposure),
        hidden=hides(hand, irises) if hand is not None else np.zeros(2, dtype=bool),
    )


def _with_extras(
    drawing: Drawing, rig: Rig, person: Person, scene: Scene, shape: Floats, normals: Floats
) -> Drawing:
    """A drawing with contact lenses, hair and cloth as the scene has them.

    Args:
        shape, normals: (V, 3) of the head with its expression, head frame.
    """
    extras = scene.extras
    things = [] if drawing.things is None else [drawing.things]
    for garment in extras.garments:
        cloth = build_garment(rig, shape, normals, garment)
        things.append(placed(cloth, scene.rotation, scene.position))
    strands = None
    if extras.strands is not None:
        locks = build_strands(rig, shape, extras.strands, person.uniforms["hair_colour"])
        strands = placed(locks, scene.rotation, scene.position)
    uniforms = dict(drawing.uniforms)
    if extras.contact is not None:
        uniforms["contact"] = np.array([extras.contact.radius, extras.contact.darkness])
        if extras.contact.colours is not None:
            uniforms["iris_outer"], uniforms["iris_inner"] = extras.contact.colours
            uniforms["iris_look"] = person.uniforms["iris_look"] * [1.0, 0.5, 0.6, 1.0]
    return replace(drawing, things=join(things), strands=strands, uniforms=uniforms)


def _exposure(person: Person, scene: Scene) -> float:
    """The camera's automatic exposure adapts half way to the skin, and errs."""
    seen = 0.5 * person.brightness + 0.5 * 0.25
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
