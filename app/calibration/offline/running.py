"""What `calibrate`, `validate` and `recentre` do: from their options to files and printed lines."""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from json import dumps
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.calibration.calibration import Calibration
from app.calibration.offline import posthoc
from app.calibration.offline.measured import Measured
from app.calibration.offline.sitting import Collected, Sitting, collect
from app.calibration.offline.tables import table_of
from app.calibration.profiles.refitting import suited
from app.calibration.profiles.store import ProfileStore
from app.calibration.profiles.suiting import fits_screen
from app.calibration.profiles.whole_file import write_whole
from app.pipeline import Tracked
from app.recording.writer import check_profile
from model.errors import UserError
from model.estimator import Estimator, Eyes, Provider
from model.screen import Screen, make_screen

MOVED_MM, MOVED_DEG = 5.0, 1.0
"""A camera that is said to sit so far from where the calibration has it is worth a note."""

POOR_DEG = 6.0
"""Error on targets left out above which the targets hardly belong to the frames."""


@dataclass(frozen=True)
class SittingOptions:
    """What a person may say of the sittings; see `main.py calibrate --help`. Tilts in degrees."""

    frames: Sequence[Path]
    targets: Sequence[Path]
    screen_px: Sequence[tuple[int, int]] | None
    screen_mm: Sequence[tuple[float, float]] | None
    camera_mm: Sequence[tuple[float, float]] | None
    camera_tilt: Sequence[float] | None
    fov: Sequence[float] | None
    profile: str
    profiles: Path | None
    model: str
    provider: Provider
    eyes: Eyes
    mirrored: bool | None

    def sittings(self, calibration: Calibration | None = None) -> list[Sitting]:
        """The sittings; what was not said of them is the calibration's.

        Raises:
            UserError: an option was given neither once nor once for each sitting.
        """
        count = len(self.frames)
        if len(self.targets) != count:
            raise UserError(
                f"{count} --frames and {len(self.targets)} --targets do not go together: give one "
                "TARGETS.csv for each"
            )
        pixels = _each("--screen-px", self.screen_px, count)
        millimetres = _each("--screen-mm", self.screen_mm, count)
        places = _each("--camera-mm", self.camera_mm, count)
        tilts = _each("--camera-tilt", self.camera_tilt, count)
        fovs = _each("--fov", self.fov, count)
        found = []
        for i in range(count):
            screen = _screen(pixels[i], millimetres[i], places[i], tilts[i], calibration)
            fov = fovs[i] or (calibration.camera.fov if calibration else None)
            mirrored = self.mirrored
            if mirrored is None:
                mirrored = calibration is not None and calibration.camera.mirrored
            found.append(Sitting(self.frames[i], self.targets[i], screen, fov, mirrored))
        return found


def calibrate(
    options: SittingOptions,
    leave_one_out: bool = False,
    keep_patches: bool = False,
    json: Path | None = None,
) -> None:
    """Fit and store a calibration; or with `leave_one_out` store nothing and tell the errors."""
    if json is not None and not leave_one_out:
        raise UserError(
            "--json belongs to --leave-one-out: add that, or measure the calibration with validate"
        )
    _check_report(json)
    sittings = options.sittings()
    store = ProfileStore(options.profiles)
    if not leave_one_out:
        _check_store(store, options.profile)
    estimator = Estimator(Path(options.model), options.provider)
    collected = _collect(sittings, estimator, options.eyes)
    if leave_one_out:
        measured = posthoc.leave_one_out(collected, estimator.card.sha256, _steps)
        _show(measured, json)
        print("Nothing was stored: without --leave-one-out the calibration goes into a profile.")
        return
    calibration = posthoc.calibrate(collected, estimator.card.sha256)
    _store(store, options.profile, calibration, collected, keep_patches)


def validate(
    options: SittingOptions, calibration: str | None = None, json: Path | None = None
) -> None:
    """Measure a profile's newest calibration, or the one with an id, and keep the figures."""
    _check_report(json)
    estimator = Estimator(Path(options.model), options.provider)
    store = ProfileStore(options.profiles)
    used = _suited(store, options.profile, estimator, calibration)
    collected = _collect(_before(used, options), estimator, options.eyes)
    measured = posthoc.validate(used, collected)
    print(f"Profile {options.profile}: {_told(used)}")
    _show(measured, json)
    try:
        store.note_report(options.profile, used.id, measured.summary)
    except UserError as error:  # the figures were told, which was what was asked for
        print(f"note: the profile does not keep these figures: {error}", file=sys.stderr)


def recentre(options: SittingOptions, calibration: str | None = None) -> None:
    """Shift a profile's newest calibration, or the one with an id, and store the result."""
    estimator = Estimator(Path(options.model), options.provider)
    store = ProfileStore(options.profiles)
    used = _suited(store, options.profile, estimator, calibration)
    store.check_writable()
    collected = _collect(_before(used, options), estimator, options.eyes)
    _store(store, options.profile, posthoc.recentre(used, collected), collected, False)


DEEDS: dict[str, Callable[..., None]] = {
    "calibrate": calibrate,
    "validate": validate,
    "recentre": recentre,
}


def _each(flag: str, values: Sequence[Any] | None, count: int) -> list[Any]:
    """A value for each sitting: one holds for all, None where it was never given."""
    given = list(values or [None])
    if len(given) == 1:
        return given * count
    if len(given) != count:
        raise UserError(
            f"{flag} is given {len(given)} times for {count} sitting(s): give it once, or once "
            "for each --frames"
        )
    return given


def _screen(
    pixels: tuple[int, int] | None,
    millimetres: tuple[float, float] | None,
    camera_mm: tuple[float, float] | None,
    tilt_deg: float | None,
    calibration: Calibration | None,
) -> Screen:
    if calibration is None:
        assert pixels is not None
        assert millimetres is not None
        return make_screen(pixels, millimetres, camera_mm, math.radians(tilt_deg or 0.0))
    known = calibration.screen
    moved = camera_mm and math.dist(camera_mm, known.camera_mm) > MOVED_MM
    if moved or (
        tilt_deg is not None and abs(tilt_deg - math.degrees(known.camera_tilt)) > MOVED_DEG
    ):
        _note(
            f"the camera's place is part of the calibration {calibration.id}, which has it at "
            f"{known.camera_mm[0]:.0f}, {known.camera_mm[1]:.0f} mm with a tilt of "
            f"{math.degrees(known.camera_tilt):.1f} degrees: what was given is not used"
        )
    return replace(
        known, pixels=pixels or known.pixels, millimetres=millimetres or known.millimetres
    )


def _suited(
    store: ProfileStore, name: str, estimator: Estimator, identity: str | None
) -> Calibration:
    calibration, note = suited(store, name, estimator, identity)
    if note:
        _note(note)
    return calibration


def _before(calibration: Calibration, options: SittingOptions) -> list[Sitting]:
    """The sittings, refused before anything is tracked where the screen is another one."""
    sittings = options.sittings(calibration)
    for sitting in sittings:
        assert sitting.screen is not None
        fits_screen(calibration, sitting.screen)
    return sittings


def _collect(sittings: Sequence[Sitting], estimator: Estimator, eyes: Eyes) -> list[Collected]:
    collected = []
    for sitting in sittings:
        collected.append(collect(sitting, estimator, eyes, _progress))
        for note in collected[-1].notes:
            _note(note)
    return collected


def _progress(frames: Iterable[Tracked], total: int | None) -> Iterable[Tracked]:
    # None where stderr is no terminal, like all bars of the program.
    bar: Iterable[Tracked] = tqdm(frames, total=total, unit="frame", disable=None, leave=False)
    return bar


def _steps(folds: Iterable[int]) -> Iterable[int]:
    bar: Iterable[int] = tqdm(folds, unit="target", disable=None, leave=False)
    return bar


def _check_store(store: ProfileStore, name: str) -> None:
    """Find out before anything is tracked whether the profile is one that can be added to."""
    check_profile(name)
    store.check_writable()
    if name in store:
        try:
            store.load(name)
        except UserError:
            if not store.damaged:
                raise
    for told in store.damaged:
        _note(told)


def _store(
    store: ProfileStore,
    name: str,
    calibration: Calibration,
    collected: Sequence[Collected],
    keep_patches: bool,
) -> None:
    patches = [one.patches_for_use for one in collected] if keep_patches else None
    store.add(name, calibration, [one.fit_for_use for one in collected], patches=patches)
    frames = sum(len(look.readings) for one in collected for look in one.session.looks)
    looks = sum(len(one.fit_for_use.looks) for one in collected)
    done = "Recentred" if calibration.kind == "recentre" else "Calibrated"
    print(
        f"{done} on {looks} target{'s' * (looks != 1)}, {frames} frames: {_told(calibration)}; "
        f"stored in profile {name} ({store.folder})"
    )
    held_out = calibration.held_out_deg
    if calibration.kind != "recentre" and held_out is not None and held_out > POOR_DEG:
        print(
            f"note: {held_out:.1f} degrees on targets left out is a lot: check that TARGETS.csv "
            "belongs to these frames, its times or names and its pixels",
            file=sys.stderr,
        )


def _told(calibration: Calibration) -> str:
    held_out = calibration.held_out_deg
    error = "" if held_out is None else f", {held_out:.2f} degrees on targets left out of the fit"
    return f"calibration {calibration.id} ({calibration.rung}{error})"


def _check_report(path: Path | None) -> None:
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise UserError(f"no report can be written to {path}: give a file in a folder that exists")


def _show(measured: Measured, path: Path | None) -> None:
    print(table_of(measured))
    if path is None:
        return
    try:
        write_whole(path, dumps(measured.to_json(), indent=2, allow_nan=False) + "\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(
            f"the report cannot be written to {path} ({reason}): give a file in a folder that you "
            "may write to"
        ) from error


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)
