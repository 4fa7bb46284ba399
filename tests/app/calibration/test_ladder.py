"""The choice of a rung, and what it is chosen by."""

import math

import numpy as np
import pytest

from app.calibration.ladder import (
    Choice,
    choices,
    choose,
    held_out,
    offset_penalty,
    possible,
    solve,
    tabulate,
)
from tests.app.calibration.sitting import Person, grid


def tried(*errors: float) -> list[Choice]:
    rungs = ("geometry", "offset", "affine", "second order", "ridge")
    return [Choice(rung, 0.0, e, e) for rung, e in zip(rungs, errors, strict=False)]


@pytest.mark.parametrize(
    ("errors", "targets", "chosen"),
    [
        ((5.0, 2.0, 1.0, 0.9, 0.8), 9, "ridge"),
        ((5.0, 2.0, 1.0, 1.3, 1.4), 9, "affine"),
        ((5.0, 2.0, 1.0, 1.3, 1.2), 9, "ridge"),  # within the doubt of nine targets
        ((5.0, 2.0, 1.0, 1.3, 1.2), 100, "affine"),  # and outside that of a hundred
        ((1.0, 1.2, 1.4, 1.6, 1.8), 9, "offset"),  # small steps do not add up
        ((math.nan, math.nan), 1, "offset"),
    ],
)
def test_the_highest_rung_near_the_least_error_is_chosen(errors, targets: int, chosen: str):
    assert choose(tried(*errors), targets).rung == chosen


def test_rungs_need_their_targets():
    assert possible(1) == ["geometry", "offset"]
    assert possible(4) == ["geometry", "offset", "affine"]
    assert possible(5) == ["geometry", "offset", "affine", "ridge"]
    assert possible(9) == ["geometry", "offset", "affine", "second order", "ridge"]


def test_the_held_out_error_is_that_of_fits_without_the_target():
    """Of an offset, by hand: each target against the mean of the others."""
    table = tabulate([Person(noise=0.0).session(grid(), count=1)])
    rest = table.need - table.read
    shrunk = 8 / (8 + offset_penalty(1.0))
    by_hand = []
    for k in range(9):
        missed = rest[k] - shrunk * np.delete(rest, k, axis=0).mean(axis=0)
        by_hand.append(np.hypot(missed[0], missed[1] * math.cos(table.need[k, 0])))
    error, accuracy = held_out(table, "offset", 0.0, ())
    assert error == pytest.approx(np.mean(by_hand), rel=0.02)
    assert accuracy == pytest.approx(error)


def test_frame_noise_does_not_hide_what_rungs_differ_in():
    table = tabulate([Person(noise=3.0).session(grid(), count=60)])
    assert choose(choices(table, ["offset", "affine"]), 9).rung == "affine"


def test_looks_at_one_place_are_one_target():
    person = Person()
    targets = np.concatenate([grid(), grid()[:3]])
    assert len(np.unique(tabulate([person.session(targets)]).target)) == 9


def test_every_target_counts_the_same():
    person = Person(noise=0.0)
    session = person.session(grid())
    many = person.look(grid()[0], count=400)
    uneven = tabulate([type(session)(session.screen, (many, *session.looks[1:]), session.camera)])
    even = tabulate([session])
    np.testing.assert_allclose(
        solve(uneven, "affine", 0.3, ("gaze",)).weights,
        solve(even, "affine", 0.3, ("gaze",)).weights,
        atol=2e-3,
    )
