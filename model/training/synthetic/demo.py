"""Renders a demo clip: demo.mp4, its truth frame by frame in demo.csv, its set-up in demo.json."""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.errors import UserError
from model.geometry import camera_matrix, normalize, pitch_yaw
from model.training.synthetic import demo_plan as script
from model.training.synthetic.demo_plan import Fixation, Moment
from model.training.synthetic.figure import pose
from model.training.synthetic.files import not_written, write_whole
from model.training.synthetic.head import load_head
from model.training.synthetic.lighting import Lighting, Panel, facing_panel
from model.training.synthetic.person import RESERVED_IDENTITIES, Person, random_person
from model.training.synthetic.photo import (
    BACKGROUNDS,
    add_noise,
    background,
    fit_background,
    lay_over,
)
from model.training.synthetic.renderer import Renderer
from model.training.synthetic.rig import Rig
from model.training.synthetic.scene import Scene

DEMO_IDENTITIES = 2 * RESERVED_IDENTITIES
"""Apart from the test set's people too."""

COLUMNS = ("frame", "gaze_yaw", "gaze_pitch", "pixel_x", "pixel_y", "blink")
MAX_BYTES = 4_000_000
SUPERSAMPLING = 2.0
BLINK_OPENNESS = 0.5


def demo_person(rig: Rig, seed: int) -> Person:
    """Somebody with hair, open eyes and clear skin: the first such of a seed's range."""
    for k in range(200):
        person = random_person(rig, DEMO_IDENTITIES + seed * 1000 + k)
        traits = person.eyes
        hair = float(np.quantile(person.paint[:, 3], 0.9))
        marks = float(person.uniforms["skin_marks"][0])
        cheek = person.paint[(rig.material == 0) & (person.paint[:, 3] == 0.0), :3].mean()
        dark_hair = float(person.uniforms["hair_colour"].mean()) < 0.35 * float(cheek)
        even = abs(float(traits.rest[0] - traits.rest[1])) < 0.08
        open_eyes = bool((traits.rest < 0.12).all()) and traits.squint < 0.3
        seemly = hair > 0.9 and marks == 0.0 and dark_hair and even
        if seemly and open_eyes and person.open_gap.min() > 9.5:
            return person
    raise UserError(f"no person for seed {seed}: try another seed")


def _lighting(rng: np.random.Generator, head: NDArray[np.float64]) -> Lighting:
    """A window to one side, a bright room, the screen."""
    side = rng.choice([-1.0, 1.0])
    directions = np.zeros((3, 3))
    colours = np.zeros((3, 3))
    directions[0] = normalize([0.7 * side, -0.5, -0.75])
    colours[0] = rng.uniform(0.4, 0.6) * np.array([1.0, 0.98, 0.95])
    directions[1] = normalize([-0.8 * side, -0.4, -0.6])
    colours[1] = 0.15 * np.array([1.0, 0.95, 0.88])
    width, height = script.SCREEN_MM
    screen = Panel(
        script.screen_point(np.array(script.SCREEN_PX) / 2.0),
        np.array([-1.0, 0.0, 0.0]),
        np.array([0.0, 1.0, 0.0]),
        (width / 2.0, height / 2.0),
        0.7 * np.array([0.94, 1.0, 1.08]),
    )
    directions[2], colours[2] = screen.irradiance_at(head)
    window = facing_panel(
        head + directions[0] * 2200.0, head, (350.0, 500.0), 3.0 * np.array([1.0, 1.0, 1.02])
    )
    up, down = 0.5 * np.array([1.0, 0.99, 0.97]), 0.3 * np.array([1.0, 0.97, 0.93])
    return Lighting(directions, colours, up, down, (screen, window), 0.85, 1.0)


def _calm_room(rng: np.random.Generator) -> NDArray[np.uint8]:
    """The least colourful of ten random rooms."""
    rooms = [background(int(k)) for k in rng.permutation(BACKGROUNDS)[:10]]
    return min(rooms, key=lambda room: float(np.ptp(room.astype(np.float32), axis=2).mean()))


def _scene(moment: Moment, lighting: Lighting, torso: tuple[float, float, float]) -> Scene:
    brow_up, brow_down = max(moment.brow, 0.0), max(-moment.brow, 0.0)
    expression = {"mouthSmile_L": moment.smile, "mouthSmile_R": moment.smile}
    for side in "LR":
        expression[f"browInnerUp_{side}"] = expression[f"browOuterUp_{side}"] = 0.5 * brow_up
        expression[f"browDown_{side}"] = 0.3 * brow_down
    return Scene(
        width=script.WIDTH,
        height=script.HEIGHT,
        fov=script.FOV,
        camera=camera_matrix(script.WIDTH, script.HEIGHT, script.FOV),
        angles=moment.angles,
        position=moment.position,
        target=moment.target,
        torso=torso,
        blink=np.full(2, moment.blink),
        mood=0.0,
        squint=0.1 * moment.smile,
        expression=expression,
        pupil=1.8,
        glasses=False,
        lighting=lighting,
        look={
            "lid_shade": 0.55, "lid_reach": 3.5, "glint": 0.03, "caustic": 0.4, "cavity": 0.35,
            "socket": 0.1, "edge": 0.08,
            "exposure": 0.36,
        },
    )  # fmt: skip


def render_frames(
    rig: Rig, renderer: Renderer, seed: int, moments: list[Moment]
) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Pictures (H, W, 3) and the true opening of the lids, frame by frame."""
    rng = np.random.default_rng([32, seed])
    person = demo_person(rig, seed)
    lighting = _lighting(rng, np.mean([m.position for m in moments], axis=0))
    room = fit_background(_calm_room(rng), script.WIDTH, script.HEIGHT)
    shoulders = rng.normal(0.0, 0.03, 3)
    slow_yaw = np.convolve(
        np.pad([m.angles[1] for m in moments], 30, mode="edge"), np.ones(61) / 61.0, "valid"
    )
    for n, moment in enumerate(moments):
        torso = (float(shoulders[0]), float(shoulders[1] + 0.3 * slow_yaw[n]), 0.0)
        scene = _scene(moment, lighting, torso)
        figure = pose(rig, person, scene)
        box = (0, 0, script.WIDTH, script.HEIGHT)
        drawn = renderer.draw(figure.drawing, scene.camera, box, SUPERSAMPLING)
        picture = add_noise(rng, lay_over(drawn, room), 1.3)
        yield picture, float(figure.openness.mean())


def write_demo(data: Path | None, seed: int, out: Path) -> None:
    """Render the clip of a seed into a folder.

    Raises:
        UserError: where the head model or OpenGL is missing, or the folder cannot be written to.
    """
    if seed < 0:
        raise UserError("--seed must be at least 0")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out} cannot be written to ({error.strerror})") from error
    if not os.access(out, os.W_OK):
        raise UserError(f"{out} cannot be written to: choose another folder")
    rig = Rig(load_head(data))
    renderer = Renderer(rig)
    moments, fixations = script.plan(seed)
    openness: list[float] = []

    def pictures() -> Iterator[NDArray[np.uint8]]:
        rendered = render_frames(rig, renderer, seed, moments)
        for picture, opening in tqdm(rendered, total=len(moments), unit="frame", desc="demo"):
            openness.append(opening)
            yield picture

    write_video(out / "demo.mp4", pictures())
    write_truth(out / "demo.csv", moments, openness)
    description = json.dumps(describe(seed, len(moments), fixations), indent=1)
    write_whole(out / "demo.json", (description + "\n").encode())


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]]) -> None:
    """H.264, 4:2:0; should it come out larger than 4 MB, it is encoded again, more coarsely.

    Raises:
        UserError: where it cannot be written; then nothing is left behind.
    """
    quality = 20
    _encode(path, frames, quality)
    while path.stat().st_size > MAX_BYTES:
        quality += 3
        larger = path.replace(path.with_suffix(".part"))
        _encode(path, _decode(larger), quality)
        larger.unlink()


def _encode(path: Path, frames: Iterable[NDArray[np.uint8]], quality: int) -> None:
    try:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=Fraction(script.FPS, 1))
            stream.width, stream.height = script.WIDTH, script.HEIGHT
            stream.pix_fmt = "yuv420p"
            stream.options = {"crf": str(quality), "preset": "slow"}
            for picture in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise not_written(path, error) from error


def _decode(path: Path) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(path), format="mp4") as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def write_truth(path: Path, moments: list[Moment], openness: list[float]) -> None:
    """One row per frame; angles in degrees, the point looked at in px of the screen."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for n, (moment, opening) in enumerate(zip(moments, openness, strict=True)):
        pitch, yaw = np.degrees(pitch_yaw(moment.target - moment.position))
        writer.writerow(
            [n, f"{yaw:.4f}", f"{pitch:.4f}", f"{moment.pixel[0]:.2f}",
             f"{moment.pixel[1]:.2f}", int(opening < BLINK_OPENNESS)]
        )  # fmt: skip
    write_whole(path, text.getvalue().encode())


def describe(seed: int, frame_count: int, fixations: list[Fixation]) -> dict[str, Any]:
    """The contents of demo.json: screen, camera, and which dots were shown when."""
    ends = [round(f.start * script.FPS) for f in fixations[1:]] + [frame_count]
    shown = []
    for fixation, end in zip(fixations, ends, strict=True):
        x, y = np.round(fixation.point, 2).tolist()
        first = round(fixation.start * script.FPS)
        target = {"first_frame": first, "last_frame": end - 1, "pixel_x": x, "pixel_y": y}
        shown.append((fixation.segment, target))
    camera_x, camera_y = script.SCREEN.camera_mm
    segments = []
    for name, group in groupby(shown, key=lambda item: item[0]):
        targets = [target for _, target in group]
        segments.append(
            {
                "name": name,
                "first_frame": targets[0]["first_frame"],
                "last_frame": targets[-1]["last_frame"],
                "targets": targets,
            }
        )
    return {
        "schema": 1,
        "seed": seed,
        "fps": script.FPS,
        "frames": frame_count,
        "width": script.WIDTH,
        "height": script.HEIGHT,
        "fov": script.FOV,
        "screen": {
            "width_px": script.SCREEN_PX[0],
            "height_px": script.SCREEN_PX[1],
            "width_mm": script.SCREEN_MM[0],
            "height_mm": script.SCREEN_MM[1],
        },
        "camera": {"x_mm": camera_x, "y_mm": camera_y, "tilt_deg": 0.0},
        "segments": segments,
    }
