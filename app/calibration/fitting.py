"""fit: from looks at targets to a calibration; recentre: one look moves it."""

from collections.abc import Sequence

import numpy as np

from app.calibration.calibration import (
    Calibration,
    Kind,
    all_readings,
    head_range,
    light_of,
    new_id,
)
from app.calibration.correction import Rung, needed
from app.calibration.ladder import (
    LEAST_TARGETS,
    Table,
    choices,
    choose,
    groups_of,
    offset_penalty,
    possible,
    solve,
    tabulate,
)
from app.calibration.look import Look, Session
from model.errors import UserError
from model.geometry import Array

AGAINST = -0.3
"""Slope of the angle needed on the angle read below which gaze goes against the targets."""

LEAST_SPREAD_DEG = 3.0
"""Targets that are nearer to each other say nothing about that."""


class MirroredCameraError(UserError):
    """Gaze went left when it should have gone right."""


def fit(
    sessions: Sequence[Session],
    model_hash: str,
    kind: Kind = "targets",
    rung: Rung | None = None,
) -> Calibration:
    """Fit a calibration.

    Args:
        sessions: one or several sittings of one person. The last one's screen and camera become the
            calibration's.
        model_hash: SHA-256 of the model that read the gaze.
        kind: where the looks come from.
        rung: the rung to stand on; None for the one that held-out targets choose.

    Raises:
        MirroredCameraError: gaze goes against the targets.
        UserError: targets are too few, in a line, off the screen or not finite, or were not seen.
    """
    check(sessions)
    table = tabulate(sessions)
    count = int(table.target.max()) + 1
    if rung is not None and count < LEAST_TARGETS[rung]:
        raise UserError(
            f"{count} target(s) are too few for {rung}, which needs {LEAST_TARGETS[rung]}: "
            "look at more targets"
        )
    _check_spread(sessions, count)
    _check_sides(table)
    tried = choices(table, [rung] if rung else possible(count))
    chosen = choose(tried, count)
    correction = solve(table, chosen.rung, chosen.strength, groups_of(chosen.rung, table))
    looks = [look for session in sessions for look in session.looks]
    identity, made = new_id()
    last = sessions[-1]
    return Calibration(
        id=identity,
        made=made,
        kind=kind,
        screen=last.screen,
        camera=last.camera,
        model_hash=model_hash,
        correction=correction,
        held_out_deg=float(np.degrees(chosen.accuracy)) if np.isfinite(chosen.error) else None,
        targets=np.array([look.target for look in last.looks]),
        seen=head_range(all_readings(looks)),
        light=light_of(all_readings(looks)),
    )


def recentre(calibration: Calibration, looks: Sequence[Look]) -> Calibration:
    """A calibration shifted so that it is right at one to three targets, all else untouched.

    Raises:
        UserError: nothing was seen, or a target is off the screen.
    """
    session = Session(calibration.screen, tuple(looks), calibration.camera)
    check([session])
    shifts = []
    for look in looks:
        origins = np.array([r.origin for r in look.readings])
        need = needed(origins, calibration.screen.in_camera(look.target))
        shifts.append(np.median(need - calibration.correction.angles(look.readings), axis=0))
    frames = float(np.mean([len(look.readings) for look in looks]))
    shift = np.mean(shifts, axis=0) * len(shifts) / (len(shifts) + offset_penalty(frames))
    identity, made = new_id()
    seen = head_range(all_readings(looks))
    known = calibration.seen
    return Calibration(
        id=identity,
        made=made,
        kind="recentre",
        screen=calibration.screen,
        camera=calibration.camera,
        model_hash=calibration.model_hash,
        correction=calibration.correction.shifted(shift),
        held_out_deg=calibration.held_out_deg,
        targets=calibration.targets,
        seen=type(known)(_joined(known.origin, seen.origin), _joined(known.angles, seen.angles)),
        recentred_from=calibration.id,
        light=light_of(all_readings(looks)),
    )


def _joined(a: Array, b: Array) -> Array:
    return np.stack([np.minimum(a[0], b[0]), np.maximum(a[1], b[1])])


# What can be wrong


def check(sessions: Sequence[Session]) -> None:
    """Raise UserError unless all targets lie on their screens and were seen."""
    looks = [(session.screen, look) for session in sessions for look in session.looks]
    if not looks:
        raise UserError("there are no targets to fit: look at one target at least")
    for screen, look in looks:
        if not np.isfinite(look.target).all():
            raise UserError("a target's place is not a number: give its x and y in pixels")
        x, y = look.target
        if not (0 <= x <= screen.pixels[0] and 0 <= y <= screen.pixels[1]):
            width, height = screen.pixels
            raise UserError(
                f"the target {x:g}, {y:g} lies off the screen of {width} x {height} pixels: give "
                "physical pixels from the screen's top left corner"
            )
        if not look.readings:
            raise UserError(
                f"no open eyes were seen while the target {x:g}, {y:g} was looked at: look again, "
                "or leave this target out"
            )


def _check_spread(sessions: Sequence[Session], count: int) -> None:
    """Refuse targets in a line: they say nothing about the other direction."""
    if count < LEAST_TARGETS["affine"]:
        return
    mm = np.concatenate([
        np.array([look.target for look in s.looks]) * s.screen.mm_per_pixel for s in sessions
    ])  # fmt: skip
    spread = np.linalg.svd(mm - mm.mean(axis=0), compute_uv=False)
    if spread[1] < 0.05 * spread[0] or spread[0] == 0.0:
        raise UserError(
            "all targets lie on one line: use targets spread over the screen's width and height"
        )


def _check_sides(table: Table) -> None:
    """Refuse gaze that goes against the targets: to the sides, or up and down."""
    if _against(table, 0):
        raise UserError(
            "the gaze went up when the targets went down: give y in pixels from the screen's upper "
            "edge, growing downwards, and frames that are not upside down"
        )
    if _against(table, 1):
        raise MirroredCameraError(
            "the gaze went left when the targets went right: the camera seems to deliver a "
            'mirrored picture, so switch "mirrored" (--mirrored) on, or off where it is on'
        )


def _against(table: Table, axis: int) -> bool:
    """Whether the gaze that was read goes clearly against what the targets need, along pitch (0)
    or yaw (1)."""
    need, read = _means(table, table.need)[:, axis], _means(table, table.read)[:, axis]
    need, read = need - need.mean(), read - read.mean()
    if len(need) < LEAST_TARGETS["affine"] or read @ read == 0.0:
        return False
    if np.degrees(np.ptp(need)) < LEAST_SPREAD_DEG:
        return False
    slope = float(need @ read / (read @ read))
    together = float(need @ read / np.sqrt(max((need @ need) * (read @ read), 1e-12)))
    return slope < AGAINST and together < -0.6


def _means(table: Table, values: Array) -> Array:
    return np.array([values[table.target == t].mean(axis=0) for t in np.unique(table.target)])
