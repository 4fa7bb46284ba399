"""Whether an adapted model is better, on targets that its fit has never seen."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from model.errors import UserError
from model.geometry import Array, angle_between, normalize, pitch_yaw
from model.training.finetuning.fit import Adaptation, fit
from model.training.finetuning.looks import Looks

FEWEST_TARGETS = 8
FEWEST_HELD_OUT = 4
HELD_OUT_SHARE = 1.0 / 3.0
SEED = 0

MARGIN = 0.02
"""By this share the mean error must fall, at least."""

DOUBT = 0.05
"""How likely chance may be as the reason, by a paired t-test over held-out targets."""


@dataclass(frozen=True)
class Verdict:
    """Mean errors over held-out targets, degrees, and what follows.

    Attributes:
        before: of the model as it is.
        offset: of the model with its mean error in pitch and yaw taken away, as a calibration does.
        after: of the adapted model.
        constant: of a model that always says the mean direction of the other targets.
        chance: p of the paired test that `after` is not below `before`.
        helps: whether it does.
        reason: why not; "" where it does.
    """

    before: float
    offset: float
    after: float
    constant: float
    chance: float
    helps: bool
    reason: str

    def numbers(self) -> dict[str, Any]:
        """For a card or a file."""
        return {
            "before_deg": round(self.before, 4),
            "offset_removed_deg": round(self.offset, 4),
            "after_deg": round(self.after, 4),
            "constant_deg": round(self.constant, 4),
            "p": float(f"{self.chance:.3g}"),
        }


def hold_out(looks: Looks) -> NDArray[np.int64]:
    """The targets that judge: a third, at least four, the same ones every time.

    In the order of their yaw, one is drawn out of each group of neighbours, so that the rest still
    reaches over the screen.

    Raises:
        UserError: if there are too few targets.
    """
    targets = looks.targets
    if len(targets) < FEWEST_TARGETS:
        raise UserError(
            f"the recordings have {len(targets)} targets, and fine-tuning needs at least "
            f"{FEWEST_TARGETS}, some of which only judge: record more"
        )
    count = max(FEWEST_HELD_OUT, round(HELD_OUT_SHARE * len(targets)))
    yaw = looks.by_target(pitch_yaw(looks.direction)[:, 1], targets)
    generator = np.random.default_rng(SEED)
    groups = np.array_split(targets[np.argsort(yaw, kind="stable")], count)
    return np.sort([generator.choice(group) for group in groups])


def judge(looks: Looks, adapted: Adaptation, held_out: NDArray[np.int64]) -> Verdict:
    """Compare on held-out targets.

    Args:
        looks: of recordings.
        adapted: fitted to all other targets.
        held_out: the targets that judge.
    """
    training = ~np.isin(looks.target, held_out)
    offsets = fit(looks, training, math.inf)
    errors = {
        "before": looks.errors(looks.gaze),
        "offset": looks.errors(offsets.apply(looks)),
        "after": looks.errors(adapted.apply(looks)),
        "constant": _constant(looks, training),
    }
    by_target = {name: looks.by_target(e, held_out) for name, e in errors.items()}
    before, offset, after, constant = (float(e.mean()) for e in by_target.values())
    chance = _chance(by_target["before"], by_target["after"])
    reason = ""
    if not after <= (1.0 - MARGIN) * before:
        reason = f"the mean error on held-out targets does not fall by {MARGIN:.0%}"
    elif not chance < DOUBT:
        reason = f"that may well be chance (p = {chance:.2f} over held-out targets)"
    elif not after <= (1.0 - MARGIN) * constant:
        reason = (
            "always saying the same direction would do as well, so the eyes in the recordings do "
            "not follow the targets"
        )
    return Verdict(before, offset, after, constant, chance, not reason, reason)


def _constant(looks: Looks, training: NDArray[np.bool_]) -> Array:
    """Errors (M,) in degrees of always saying the mean direction of the training targets."""
    targets = np.unique(looks.target[training])
    means = [looks.direction[looks.target == target].mean(axis=0) for target in targets]
    return np.degrees(angle_between(looks.direction, normalize(np.mean(means, axis=0))))


def _chance(before: Array, after: Array) -> float:
    gain = before - after
    if np.ptp(gain) == 0.0:  # nothing to test: all gain alike
        return 0.0 if gain[0] > 0.0 else 1.0
    return float(stats.ttest_rel(before, after, alternative="greater").pvalue)
