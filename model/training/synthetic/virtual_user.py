"""Virtual users at work: rendered people before a rendered screen, who look where a dot is shown.

`VirtualUserSource` hands out their frames like any other source, so that whatever stands between a
camera and the screen can be tried whole, by people whose point of gaze is known exactly.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from app.source.base import Frame, Image, Source
from model.geometry import FORWARD, Array, camera_matrix, normalize, project
from model.screen import Screen
from model.training.synthetic.drawing import Drawing
from model.training.synthetic.extras import NO_EXTRAS, Extras
from model.training.synthetic.eyewear import eyewear
from model.training.synthetic.figure import pose
from model.training.synthetic.lighting import Lighting, Panel, random_lighting
from model.training.synthetic.photo import (
    add_noise,
    background,
    fit_background,
    lay_over,
    photograph,
)
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import Scene
from model.training.synthetic.studio import (
    FACE_DENSITY,
    LEAST_DENSITY,
    MOST_DENSITY,
    SUPERSAMPLING,
)
from model.training.synthetic.virtual_motion import Motion, UserMoment, screen_axes
from model.training.synthetic.virtual_person import Sitting, VirtualUser, Webcam, random_webcam

Target = Callable[[], "tuple[float, float] | None"]
"""The dot shown at this moment, as a share of the screen's width and height; None: no dot."""

_SITTING_STREAM, _FRAME_STREAM, _FAULT_STREAM, _LIGHT_STREAM = 52, 53, 55, 56


class UserStudio:
    """One user in one sitting: moves, and has their picture taken.

    Args:
        screen: as it truly stands, whatever an application believes.
        camera: by default one of the user's own.
    """

    def __init__(
        self,
        user: VirtualUser,
        screen: Screen,
        sitting: Sitting | None = None,
        camera: Webcam | None = None,
    ) -> None:
        self._sitting = sitting = sitting or Sitting()
        self.user, self.screen = user, screen
        self.camera = camera or random_webcam(user.seed, sitting.dim)
        self._matrix = camera_matrix(*self.camera.size, self.camera.fov)
        self._seed = [_SITTING_STREAM, user.seed, sitting.number]
        self._motion = Motion(
            self._seed,
            screen,
            user.seat(screen),
            user.bearing,
            sitting.manner,
            sitting.posture,
            user.blinks,
            sitting.acts,
        )
        self._lighting = _lighting(user, screen, sitting.dim)
        worn = eyewear(user.person.identity) if sitting.glasses else None
        self._extras = Extras(glasses=worn) if worn else NO_EXTRAS
        room = fit_background(background(user.room), *self.camera.size)
        self._room = cv2.convertScaleAbs(room, alpha=min(self._lighting.backlight, 2.0))

    def at(self, time_s: float, target: tuple[float, float] | None) -> UserMoment:
        """What the user does at a time; see `Motion.at`."""
        return self._motion.at(time_s, target)

    def picture(self, moment: UserMoment, number: int) -> Image:
        """The frame (H, W, 3) of a moment.

        Args:
            number: the noise differs from one number to the next.
        """
        picture: NDArray[np.uint8] = np.asarray(self._room, dtype=np.uint8)
        scene = self._scene(moment)
        density = self._matrix[0, 0] / moment.position[2]
        if moment.here:
            picture = lay_over(self._draw(scene, density), picture)
        rng = np.random.default_rng([_FRAME_STREAM, *self._seed, number])
        picture = add_noise(rng, picture, self.camera.noise)
        same = np.random.default_rng([_FAULT_STREAM, self.camera.seed])
        return photograph(same, picture, self.camera.severity, density)

    def _draw(self, scene: Scene, density: float) -> NDArray[np.uint8]:
        """Head and shoulders (H, W, 4); finely only about the eyes, at `density` px per mm."""
        user = self.user
        figure = pose(user.rig, user.person, scene)
        fine = float(np.clip(SUPERSAMPLING * density, LEAST_DENSITY, MOST_DENSITY))
        whole = (0, 0, scene.width, scene.height)
        drawn = _paint(user.rig, figure.drawing, scene.camera, whole, FACE_DENSITY / density)
        eyes = project(scene.eye_positions(user.person), scene.camera)
        reach = np.array([46.0, 38.0]) * density
        size = np.array([scene.width, scene.height])
        left, top = np.clip(np.floor(eyes.min(axis=0) - reach), 0, size).astype(int).tolist()
        right, bottom = np.clip(np.ceil(eyes.max(axis=0) + reach), 0, size).astype(int).tolist()
        if right - left >= 16 and bottom - top >= 16:  # else the eyes are out of the picture
            box = (left, top, right, bottom)
            near = _paint(user.rig, figure.drawing, scene.camera, box, fine / density)
            drawn[top:bottom, left:right] = near
        return drawn

    def _scene(self, moment: UserMoment) -> Scene:
        user, dim = self.user, self._sitting.dim
        expression = {"mouthSmile_L": moment.smile, "mouthSmile_R": moment.smile}
        for side in "LR":
            raised, lowered = max(moment.brow, 0.0), max(-moment.brow, 0.0)
            expression[f"browInnerUp_{side}"] = expression[f"browOuterUp_{side}"] = 0.5 * raised
            expression[f"browDown_{side}"] = 0.5 * lowered
        pitch, yaw, _ = moment.angles
        width, height = self.camera.size
        return Scene(
            width=width,
            height=height,
            fov=self.camera.fov,
            camera=self._matrix,
            angles=moment.angles,
            position=moment.position,
            target=moment.target,
            torso=(0.3 * pitch, 0.3 * yaw, 0.0),
            blink=np.full(2, moment.blink),
            mood=moment.mood,
            squint=0.1 * moment.smile,
            expression=expression,
            pupil=user.pupil + (1.0 if dim else 0.0),
            glasses=self._sitting.glasses,
            lighting=self._lighting,
            look=user.look,
            extras=self._extras,
        )


class VirtualUserSource(Source):
    """A virtual user as a source: every `read` renders the next frame, at number / fps seconds of
    their own time, however long that takes.

    Args:
        user: see `virtual_user`.
        screen: as it truly stands before them, whatever an application believes.
        target: asked once for each frame, on the thread that reads.
        fps: frames per second.
        sitting, camera: see there; the camera is by default one of the user's own.
        length: how many frames there are, None for no end.
    """

    def __init__(
        self,
        user: VirtualUser,
        screen: Screen,
        target: Target,
        fps: float = 30.0,
        sitting: Sitting | None = None,
        camera: Webcam | None = None,
        length: int | None = None,
    ) -> None:
        super().__init__()
        self._studio = UserStudio(user, screen, sitting, camera)
        self._target, self._number, self._closed = target, 0, False
        self.kind, self.name = "video", f"virtual user {user.seed}"
        self.size, self.fps, self.length = self._studio.camera.size, fps, length
        self.moment: UserMoment | None = None
        """What was true of the latest frame."""

    def read(self) -> Frame | None:
        if self._closed or self._number == self.length:
            return None
        assert self.fps is not None
        number, self._number = self._number, self._number + 1
        self.moment = self._studio.at(number / self.fps, self._target())
        image = self._studio.picture(self.moment, number)
        return Frame(image, number, round(number * 1e9 / self.fps), time.perf_counter_ns())

    def close(self) -> None:
        self._closed = True


def screen_panel(screen: Screen, radiance: Array) -> Panel:
    """A screen as a light of a radiance (3,)."""
    width, height = screen.pixels
    axes = screen_axes(screen)
    centre = screen.in_camera([width / 2.0, height / 2.0])
    half = (screen.millimetres[0] / 2.0, screen.millimetres[1] / 2.0)
    return Panel(centre, -axes[:, 0], axes[:, 1], half, radiance)


def _lighting(user: VirtualUser, screen: Screen, dim: bool) -> Lighting:
    """The lights of a user's room and the screen's own; in a dark room little but the latter."""
    rng = np.random.default_rng([_LIGHT_STREAM, user.light])
    head = screen_axes(screen) @ (np.array([-1.0, 1.0, 1.0]) * user.seat(screen))
    room = random_lighting(rng, head, None)
    panel = screen_panel(screen, rng.uniform(0.4, 1.1) * np.array([0.94, 1.0, 1.08]))
    if dim:
        faint = 0.03 / room.level
        room = replace(
            room,
            colours=room.colours * faint,
            ambient_up=room.ambient_up * faint,
            ambient_down=room.ambient_down * faint,
            panels=tuple(replace(p, radiance=p.radiance * faint) for p in room.panels),
            level=room.level * faint,
            backlight=0.15,
        )
    directions, colours = room.directions.copy(), room.colours.copy()
    directions[2], colours[2] = panel.irradiance_at(head)  # the others are windows and lamps
    facing = max(float(normalize(directions[2]) @ FORWARD), 0.0)
    return replace(
        room,
        directions=directions,
        colours=colours,
        panels=(panel, *room.panels),
        level=room.level + facing * float(colours[2].mean()),
    )


_painter = ThreadPoolExecutor(1, thread_name_prefix="paint")
"""An OpenGL context belongs to one thread, sources are read from any."""
_renderers: dict[int, tuple[Rig, Renderer]] = {}


def _paint(
    rig: Rig, drawing: Drawing, camera: Array, box: tuple[int, int, int, int], scale: float
) -> NDArray[np.uint8]:
    return _painter.submit(_paint_here, rig, drawing, camera, box, scale).result()


def _paint_here(
    rig: Rig, drawing: Drawing, camera: Array, box: tuple[int, int, int, int], scale: float
) -> NDArray[np.uint8]:
    if id(rig) not in _renderers:
        _renderers[id(rig)] = rig, Renderer(rig)
    return _renderers[id(rig)][1].draw(drawing, camera, box, scale)
