"""refit: a calibration of an older model made anew for this one, from the eye patches kept."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.calibration.calibration import Calibration
from app.calibration.fitting import fit, recentre
from app.calibration.look import Look, Session
from app.calibration.profiles.profile_file import Entry, Profile
from app.calibration.profiles.store import ProfileStore
from app.calibration.profiles.storing import SessionPatches
from app.calibration.profiles.suiting import check_model
from app.calibration.reading import Reading
from model.errors import UserError
from model.estimator import Estimator, Eyes
from model.patches import Patches


def refit(profile: Profile, entry: Entry, estimator: Estimator) -> Entry:
    """Read the eye patches of a calibration with another model and fit again.

    Args:
        profile: whose it is; a recentred calibration is made from the one it shifted.
        entry: the calibration.
        estimator: the model to read them with.

    Returns:
        A new calibration, with the sessions as that model reads them; its validation is not known.

    Raises:
        UserError: no patches were kept, or not such as this model takes, or as `fit` does.
    """
    calibration = entry.calibration
    kept = [patches for patches in entry.patches if patches is not None]
    if not kept or len(kept) < len(entry.sessions):
        raise UserError(
            f"the calibration {calibration.id} was made with another model, and no pictures of the "
            "eyes were kept from which it could be made anew: recalibrate, 35 s"
        )
    if any(patches.spec != estimator.spec for patches in kept):
        raise UserError(
            f"the calibration {calibration.id} was made with another model, and the pictures of "
            "the eyes that were kept are not such as this one reads: recalibrate, 35 s"
        )
    found = [
        _read_again(session, patches, estimator)
        for session, patches in zip(entry.sessions, kept, strict=True)
    ]
    sessions = tuple(session for session, _ in found)
    model_hash = estimator.card.sha256
    if calibration.recentred_from is None:
        fitted = fit(sessions, model_hash, calibration.kind)
    else:
        before = refit(profile, profile.entry(calibration.recentred_from), estimator).calibration
        looks = [look for session in sessions for look in session.looks]
        fitted = replace(recentre(before, looks), recentred_from=calibration.recentred_from)
    return Entry(fitted, None, sessions, tuple(patches for _, patches in found))


def suited(
    store: ProfileStore, name: str, estimator: Estimator, identity: str | None = None
) -> tuple[Calibration, str]:
    """A calibration of a profile for a model: as it is, or made anew and stored where it can be.

    Args:
        store: the profiles.
        name: the profile.
        estimator: the model.
        identity: id of the calibration, None for the newest.

    Returns:
        The calibration, and a sentence where it was made anew, else "".

    Raises:
        UserError: there is no such profile or calibration, or it suits this model in no way.
    """
    profile = store.load(name)
    if identity is None and not profile.entries:
        raise UserError(f"the profile {name} has no calibration: calibrate first")
    entry = profile.entries[-1] if identity is None else profile.entry(identity)
    if entry.calibration.model_hash == estimator.card.sha256:
        return entry.calibration, ""
    if not any(entry.patches):
        check_model(entry.calibration, estimator.card.sha256)
    new = refit(profile, entry, estimator)
    store.add(name, new.calibration, new.sessions, patches=new.patches)
    return new.calibration, (
        f"the calibration {entry.calibration.id} was made with another model: it was made anew "
        f"from the pictures of the eyes that were kept, as {new.calibration.id}"
    )


def _read_again(
    session: Session, patches: SessionPatches, estimator: Estimator
) -> tuple[Session, SessionPatches]:
    """The readings of a session that have patches, as a model reads them."""
    looks, kept = [], []
    for look, of_look in zip(session.looks, patches.looks, strict=True):
        if not of_look:
            continue
        indices = sorted(of_look)
        readings = tuple(_reading(look.readings[i], of_look[i], estimator) for i in indices)
        looks.append(Look(look.target, readings, look.missed))
        renumbered: Mapping[int, Patches] = {new: of_look[i] for new, i in enumerate(indices)}
        kept.append(renumbered)
    return replace(session, looks=tuple(looks)), SessionPatches(patches.spec, tuple(kept))


def _reading(before: Reading, patches: Patches, estimator: Estimator) -> Reading:
    estimate = estimator.estimate(patches, _eyes_of(before))
    return replace(
        before,
        gaze=estimate.gaze,
        eye_gaze=estimate.eye_gaze,
        sigma=estimate.sigma,
        embedding=estimate.embedding.astype(np.float64).ravel(),
    )


def _eyes_of(reading: Reading) -> Eyes:
    """Which eyes were used."""
    right, left = np.isfinite(reading.eye_gaze).all(axis=1)
    return "both" if right == left else "right" if right else "left"
