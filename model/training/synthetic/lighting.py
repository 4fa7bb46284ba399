"""Lights on a face, and the panels (screen, windows, lamps) that eyes and glasses mirror."""

from dataclasses import dataclass, replace

import numpy as np

from model.geometry import Array, normalize
from model.training.synthetic.sights import LIGHTS, SCREENS, sight_atlas

UP = np.array([0.0, -1.0, 0.0])
PANELS = 4


@dataclass(frozen=True)
class Panel:
    """A glowing rectangle in the camera frame: centre (3,) mm, unit axes, half lengths in mm,
    radiance (3,) where a white wall under unit light has 1; what is to be seen on it, by a name
    of `sights`, where glasses mirror it ("" for next to nothing)."""

    centre: Array
    right: Array
    down: Array
    half: tuple[float, float]
    radiance: Array
    sight: str = ""

    def irradiance_at(self, point: Array) -> tuple[Array, Array]:
        """Direction (3,) from a point to the panel, and the light (3,) it throws on a surface
        there that faces it."""
        towards = self.centre - point
        distance = float(np.linalg.norm(towards))
        direction = towards / distance
        facing = abs(float(np.cross(self.right, self.down) @ direction))
        area = 4.0 * self.half[0] * self.half[1]
        solid_angle = min(area * facing / distance**2, 2.0)
        return direction, self.radiance * solid_angle / np.pi

    def mirrored(self, origin: Array, direction: Array) -> Array:
        """(3,) what a ray from a point in a direction meets of it: its radiance or nothing."""
        normal = np.cross(self.right, self.down)
        along = float(direction @ normal)
        distance = float((self.centre - origin) @ normal) / along if along else -1.0
        offset = origin + distance * direction - self.centre
        x, y = offset @ self.right / self.half[0], offset @ self.down / self.half[1]
        return self.radiance * (distance > 0.0 and abs(x) < 1.0 and abs(y) < 1.0)


@dataclass(frozen=True)
class Lighting:
    """Directional lights, ambient light, panels; all linear RGB.

    Attributes:
        directions, colours: (3, 3) unit vectors to the lights, and their irradiance.
        ambient_up, ambient_down: (3,) from above and from below.
        panels: at most four.
        level: irradiance on a face that looks at the camera, for the exposure.
        backlight: how much brighter than the face the background is.
    """

    directions: Array
    colours: Array
    ambient_up: Array
    ambient_down: Array
    panels: tuple[Panel, ...]
    level: float
    backlight: float

    @property
    def side(self) -> float:
        """-1 .. 1: light on the left of a face that looks at the camera against that on its right,
        image left and right: +1 where all of it comes from the image's right."""
        normals = normalize([[-0.8, 0.0, -0.6], [0.8, 0.0, -0.6]])
        direct = np.clip(normals @ self.directions.T, 0.0, None) @ self.colours.mean(axis=1)
        left, right = direct + float((self.ambient_up + self.ambient_down).mean() / 2.0)
        return float((right - left) / (right + left))

    def uniforms(self, edge: float) -> dict[str, Array]:
        """For the shaders; `edge` is the softness of mirrored edges."""
        centre, right, down, colour = (np.zeros((PANELS, 3)) for _ in range(4))
        sight, atlas = np.zeros((PANELS, 4)), sight_atlas()
        right[:, 0] = down[:, 1] = 1.0
        for k, panel in enumerate(self.panels[:PANELS]):
            if panel.sight:
                sight[k] = [*atlas.places[panel.sight], 1.0]
            centre[k], colour[k] = panel.centre, panel.radiance
            right[k] = panel.right / panel.half[0]
            down[k] = panel.down / panel.half[1]
        return {
            "light_direction": self.directions,
            "light_colour": self.colours,
            "ambient_up": self.ambient_up,
            "ambient_down": self.ambient_down,
            "panel_centre": centre,
            "panel_right": right,
            "panel_down": down,
            "panel_colour": colour,
            "panel_edge": np.array(edge),
            "panel_sight": sight,
            "sight_size": atlas.size,
        }


def facing_panel(
    centre: Array, head: Array, half: tuple[float, float], radiance: Array, roll: float = 0.0
) -> Panel:
    """A panel turned towards the head."""
    direction = normalize(head - centre)
    right = normalize(np.cross(direction, UP + 1e-3))
    down = np.cross(direction, right)
    c, s = np.cos(roll), np.sin(roll)
    return Panel(centre, c * right + s * down, c * down - s * right, half, radiance, "window")


def with_sights(rng: np.random.Generator, lighting: Lighting) -> Lighting:
    """The same light from panels that each show something else."""
    panels = []
    for panel in lighting.panels:
        sights = SCREENS if panel.sight in SCREENS else LIGHTS
        panels.append(replace(panel, sight=sights[rng.integers(len(sights))]))
    return replace(lighting, panels=tuple(panels))


def _white(rng: np.random.Generator, spread: float) -> Array:
    """A tint between warm and cool, with a little green or magenta."""
    warmth, tint = rng.normal(0.0, spread), rng.normal(0.0, 0.25 * spread)
    return np.exp(np.array([warmth, tint, -warmth]))


def random_lighting(rng: np.random.Generator, head: Array, screen: Panel | None) -> Lighting:
    """A room: ambient light, up to two windows or lamps, and perhaps the screen's own light.

    Args:
        head: (3,) where the head is, mm.
        screen: the screen before the person, if there is one; its radiance is replaced.
    """
    ambient = rng.uniform(0.12, 0.8)
    warm = _white(rng, 0.12)
    up = ambient * rng.uniform(0.8, 1.4) * warm
    down = ambient * rng.uniform(0.3, 0.9) * warm
    directions = np.tile(UP, (3, 1))
    colours = np.zeros((3, 3))
    panels: list[Panel] = []
    for k in range(rng.integers(0, 3)):
        behind = rng.random() < 0.15
        depth = rng.uniform(0.0, 0.8) if behind else -rng.uniform(0.0, 1.3)
        direction = normalize([rng.normal(), -rng.uniform(-0.3, 1.3), depth])
        light = rng.uniform(0.1, 1.0) ** 1.3 * _white(rng, 0.12)
        directions[k], colours[k] = direction, light
        distance = rng.uniform(900.0, 3500.0)
        half = (rng.uniform(0.06, 0.3) * distance, rng.uniform(0.06, 0.3) * distance)
        radiance = light * np.pi / (4.0 * half[0] * half[1] / distance**2)
        panels.append(
            facing_panel(head + direction * distance, head, half, np.minimum(radiance, 40.0),
                         rng.normal(0.0, 0.1))
        )  # fmt: skip
    if screen is not None and rng.random() < 0.8:
        glow = rng.uniform(0.2, 1.8) ** 1.5 * np.array([0.92, 1.0, 1.12]) * _white(rng, 0.08)
        lit = replace(screen, radiance=glow, sight="document")
        directions[2], colours[2] = lit.irradiance_at(head)
        panels.append(lit)
    if rng.random() < 0.3:  # a lamp or window that lights little but is mirrored
        direction = normalize([rng.normal(0.0, 0.8), -rng.uniform(-0.2, 0.8), -1.0])
        half = (rng.uniform(60.0, 500.0), rng.uniform(60.0, 500.0))
        glow = rng.uniform(1.0, 10.0) * _white(rng, 0.2)
        panels.append(facing_panel(head + direction * 2000.0, head, half, glow))
    frontal = [normalize(v) for v in ([0, 0, -1], [0.5, 0, -1], [-0.5, 0, -1], [0, -0.4, -1])]
    direct = np.mean([np.clip(directions @ n, 0.0, 1.0) for n in frontal], axis=0)
    level = float(((up + down) / 2.0).mean() + direct @ colours.mean(axis=1))
    backlight = float(np.exp(rng.normal(0.0, 0.45)))
    return Lighting(directions, colours, up, down, tuple(panels), level, backlight)
