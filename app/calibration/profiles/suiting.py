"""Whether a calibration suits the screen, camera and model at hand, and what to do if not."""

import math
from dataclasses import replace

from app.calibration.calibration import Calibration
from app.calibration.look import CameraUsed
from model.errors import UserError
from model.screen import Screen

SAME_SIZE = 0.02
"""By so large a share two figures for one screen's millimetres may differ."""

SAME_SHAPE = 0.01
"""The same for its width over its height in pixels: 1366 x 768 and 1920 x 1080 are one shape."""

AGAIN = "calibrate again, which takes 35 s"


def fits_screen(calibration: Calibration, screen: Screen) -> Screen:
    """The calibrated screen as it is now, for `Calibration.on`.

    Where only the scale factor changed, so that the same panel shows more or fewer pixels, it is
    rescaled. The camera's place is the calibration's, whatever is said of it now.

    Args:
        calibration: made on some screen.
        screen: the one at hand.

    Raises:
        UserError: it is another screen, or shows another part of the panel.
    """
    then = calibration.screen
    if any(
        abs(now - before) > SAME_SIZE * before
        for now, before in zip(screen.millimetres, then.millimetres, strict=True)
    ):
        raise UserError(
            f"the calibration {calibration.id} was made on another screen, {_mm(then)} in size, "
            f"and this one has {_mm(screen)}: {AGAIN}, or correct the screen's size"
        )
    if screen.pixels == then.pixels:
        return then
    shape_now, shape_then = (s.pixels[0] / s.pixels[1] for s in (screen, then))
    if abs(math.log(shape_now / shape_then)) > SAME_SHAPE:
        raise UserError(
            f"the calibration {calibration.id} was made on a screen of {_px(then)} and this one "
            f"has {_px(screen)}, which is another shape: set the screen back, or {AGAIN}"
        )
    return replace(then, pixels=screen.pixels, pixel_ratio=screen.pixel_ratio)


def check_model(calibration: Calibration, model_hash: str) -> None:
    """Raise UserError unless a calibration was made with a model of that SHA-256."""
    if calibration.model_hash != model_hash:
        raise UserError(
            f"the calibration {calibration.id} was made with another model "
            f"({calibration.model_hash[:8]}, not {model_hash[:8]}): {AGAIN}, or give that model "
            "with --model"
        )


def other_camera(calibration: Calibration, camera: CameraUsed) -> str:
    """A sentence where the frames come from another camera than the calibration's, or look
    otherwise; "" where they do not.

    Only names of cameras are worth comparing, not of files.
    """
    then = calibration.camera
    if camera.mirrored != then.mirrored:
        how = ("not ", "") if then.mirrored else ("", "not ")
        return f"the camera is {how[0]}switched to mirrored, and was {how[1]}when calibrated"
    if camera.name != then.name:
        return f"calibrated with the camera {then.name}, this is {camera.name}: {AGAIN}"
    shape_now, shape_then = (c.size[0] / c.size[1] for c in (camera, then))
    if abs(math.log(shape_now / shape_then)) > SAME_SHAPE:
        sizes = [f"{c.size[0]}x{c.size[1]}" for c in (then, camera)]
        return (
            f"calibrated on frames of {sizes[0]}, these are {sizes[1]} and may show less or more "
            f"of the world: if the point of gaze is off, {AGAIN}"
        )
    if abs(camera.fov - then.fov) > 1.0:
        return (
            f"calibrated with a field of view of {then.fov:g} degrees, this is {camera.fov:g}: "
            f"set it back, or {AGAIN}"
        )
    return ""


def _mm(screen: Screen) -> str:
    width, height = screen.millimetres
    return f"{width:.0f} x {height:.0f} mm"


def _px(screen: Screen) -> str:
    return f"{screen.pixels[0]} x {screen.pixels[1]} px"
