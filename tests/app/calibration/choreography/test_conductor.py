import numpy as np
import pytest

from app.calibration.choreography.conductor import (
    Plan,
)
from app.calibration.choreography.layout import calibration_places, validation_places
from app.calibration.choreography.scene import Dot, Scene
from app.calibration.fitting import MirroredCameraError
from app.hints import HINTS
from model.errors import UserError
from tests.app.calibration.fakes import Fakes, conductor_of, places_of, targets_of
from tests.app.calibration.people import CAMERA, SCREEN, Deed, Person, conduct

# A whole way


def test_a_willing_user_comes_to_a_report_within_35_seconds(fakes: Fakes):
    conductor, person = conductor_of(fakes), Person()
    assert conduct(conductor, person, "report") <= 35.0
    assert targets_of(fakes.fits[0].sessions[0].looks) == places_of(calibration_places(9))
    assert targets_of(fakes.validations[0]) == places_of(validation_places(5))
    assert fakes.fits[0].kind == "targets"
    assert fakes.fits[0].sessions[0].screen is SCREEN
    assert fakes.fits[0].sessions[0].camera is CAMERA
    scene = conductor.scene
    assert scene.calibration is fakes.fits[0]
    assert scene.report.of is fakes.fits[0]
    assert scene.dot is None


@pytest.mark.parametrize("fps", [10.0, 60.0])
def test_at_any_frame_rate_it_takes_as_long(fakes: Fakes, fps: float):
    usual, other = conductor_of(fakes), conductor_of(fakes)
    expected = conduct(usual, Person(), "report")
    assert conduct(other, Person(fps=fps), "report") == pytest.approx(expected, rel=0.12)
    a, b = (made.sessions[0].looks for made in fakes.fits)
    assert np.array_equal([look.target for look in a], [look.target for look in b])


@pytest.mark.parametrize("count", [5, 13])
def test_other_layouts(fakes: Fakes, count: int):
    conduct(conductor_of(fakes, Plan(targets=count, validation=4)), Person(), "report")
    assert targets_of(fakes.fits[0].sessions[0].looks) == places_of(calibration_places(count))
    assert targets_of(fakes.validations[0]) == places_of(validation_places(4))


def test_a_pursuit_gives_many_looks_and_says_that_it_was_one(fakes: Fakes):
    conduct(conductor_of(fakes, Plan(targets="pursuit")), Person(), "report")
    assert len(fakes.fits[0].sessions[0].looks) > 50
    assert fakes.fits[0].kind == "pursuit"


def test_accepting_hands_out_everything(fakes: Fakes):
    conductor, person = conductor_of(fakes), Person()
    conduct(conductor, person, "report")
    assert conductor.calibration is None
    assert conductor.session is None
    conductor.accept()
    assert conductor.scene.phase == "accepted"
    assert conductor.over
    assert conductor.calibration is fakes.fits[0]
    assert conductor.session.looks == fakes.fits[0].sessions[0].looks
    assert conductor.report is conductor.scene.report
    assert conductor.validation_looks == fakes.validations[0]


def test_the_scenes_tell_the_whole_way(fakes: Fakes):
    conductor, person = conductor_of(fakes), Person()
    scenes: list[Scene] = []
    while conductor.scene.phase != "report":
        conductor.update(person.sample(conductor.scene.dot))
        scenes.append(conductor.scene)
    order = [(s.phase, s.stage) for s in scenes]
    ways = [a for a, b in zip(order, [None, *order], strict=False) if a != b]
    assert ways == [
        ("placement", "calibration"), ("looking", "calibration"),
        ("looking", "validation"), ("report", "validation"),
    ]  # fmt: skip
    for stage, total in (("calibration", 9), ("validation", 5)):
        of = [s for s in scenes if s.phase == "looking" and s.stage == stage]
        assert {s.total for s in of} == {total}
        done = [s.done for s in of]
        assert done == sorted(done)
        assert set(done) == set(range(total))
        assert all(s.dot is not None for s in of)


# Placement


def test_nothing_begins_without_a_face(fakes: Fakes):
    conductor, person = conductor_of(fakes), Person(lambda t, d: "gone")
    for _ in range(300):
        conductor.update(person.sample(None))
        conductor.go_on()
    assert conductor.scene == Scene("placement", message=HINTS["no_face"].sentence)


@pytest.mark.parametrize(
    ("code", "eyes"),
    [("too_far", (0, 60, 1000)), ("too_near", (0, 30, 280)), (None, (330, 60, 600))],
)
def test_who_sits_badly_is_told_and_may_still_begin(fakes: Fakes, code, eyes):
    conductor, person = conductor_of(fakes), Person(eyes=eyes)
    for _ in range(150):
        conductor.update(person.sample(None))
    said = (
        HINTS[code].sentence
        if code
        else "Your face is near the edge of the picture: move to its middle."
    )
    assert conductor.scene == Scene("placement", message=said)
    conductor.go_on()
    assert conductor.scene.phase == "looking"


def test_closed_eyes_are_told_a_blink_is_not(fakes: Fakes):
    def script(time_s: float, dot: Dot | None) -> Deed:
        return "blink" if time_s < 2.0 or time_s % 1.5 < 0.2 else "dot"

    conductor, person = conductor_of(fakes, Plan(automatic=False)), Person(script)
    said: list[Scene] = []
    for _ in range(240):
        conductor.update(person.sample(None))
        said.append(conductor.scene)
    assert said[45].message == "Your eyes are closed: open them."
    ready = [scene.ready for scene in said]
    assert not any(ready[:85])
    assert all(ready[130:])  # blinks or not


def test_by_space_it_waits_until_told(fakes: Fakes):
    conductor, person = conductor_of(fakes, Plan(automatic=False)), Person()
    for _ in range(300):
        conductor.update(person.sample(None))
    assert conductor.scene == Scene("placement", ready=True)
    conductor.go_on()
    assert conductor.scene.phase == "looking"
    for _ in range(300):
        conductor.update(person.sample(conductor.scene.dot))
    assert conductor.scene.done == 0
    while conductor.scene.phase == "looking":
        conductor.go_on()
        conductor.update(person.sample(conductor.scene.dot))
        assert person.time_s < 100.0
    assert conductor.scene.phase == "report"


# Stopping


def test_abort_in_every_phase_leaves_nothing(fakes: Fakes):
    def at(phase: str, stage: str):
        conductor, person = conductor_of(fakes, run=lambda work: held.append(work)), Person()
        while (conductor.scene.phase, conductor.scene.stage) != (phase, stage):
            conductor.update(person.sample(conductor.scene.dot))
            if held and conductor.scene.stage != stage:
                held.pop()()
            if held and phase == "report":
                held.pop()()
            assert person.time_s < 100.0
        return conductor, person

    for phase, stage in [
        ("placement", "calibration"), ("looking", "calibration"), ("fitting", "calibration"),
        ("looking", "validation"), ("fitting", "validation"), ("report", "validation"),
    ]:  # fmt: skip
        held: list = []
        conductor, person = at(phase, stage)
        conductor.abort()
        assert conductor.scene.phase == "aborted"
        for work in held:  # what was under way comes too late
            work()
        for _ in range(100):
            conductor.update(person.sample(None))
        conductor.go_on()
        conductor.accept()
        conductor.redo_worst()
        conductor.discard()
        assert conductor.scene == Scene("aborted", stage=stage)
        assert conductor.calibration is None
        assert conductor.session is None
        assert conductor.report is None
        assert conductor.validation_looks == ()


def test_discard_leaves_nothing(fakes: Fakes):
    conductor = conductor_of(fakes)
    conduct(conductor, Person(), "report")
    conductor.discard()
    assert conductor.scene.phase == "discarded"
    assert conductor.calibration is None
    conductor.accept()
    assert conductor.scene.phase == "discarded"


def test_accept_without_a_report_does_nothing(fakes: Fakes):
    conductor, person = conductor_of(fakes), Person()
    conductor.accept()
    conductor.redo_worst()
    assert conductor.scene.phase == "placement"
    conduct(conductor, person, "looking")
    conductor.accept()
    assert conductor.scene.phase == "looking"


# What goes wrong


def test_a_refused_fit_is_told_and_may_be_tried_again(fakes: Fakes):
    fakes.refusals.append(UserError("all targets lie on one line: use others"))
    conductor, person = conductor_of(fakes), Person()
    conduct(conductor, person, "failed")
    assert conductor.scene == Scene("failed", problem="All targets lie on one line: use others.")
    conductor.go_on()
    assert conductor.scene.phase == "placement"
    conduct(conductor, person, "report")
    assert targets_of(fakes.fits[0].sessions[0].looks) == places_of(calibration_places(9))


def test_a_mirrored_camera_is_asked_about(fakes: Fakes):
    fakes.refusals.append(MirroredCameraError("the gaze went left: switch mirrored on"))
    conductor = conductor_of(fakes)
    conduct(conductor, Person(), "failed")
    assert conductor.scene.asked == "Are the camera's pictures mirrored?"
    conductor.go_on()
    assert conductor.scene.asked == ""


def test_a_fit_that_breaks_does_not_take_the_program_along(fakes: Fakes):
    fakes.refusals.append(ZeroDivisionError("division by zero"))
    conductor = conductor_of(fakes)
    conduct(conductor, Person(), "failed")
    assert "division by zero" in conductor.scene.problem
    assert conductor.scene.asked == ""


def test_a_refused_validation_is_tried_again_without_a_new_fit(fakes: Fakes):
    conductor, person = conductor_of(fakes), Person()
    conduct(conductor, person, "looking")
    while conductor.scene.stage == "calibration":
        conductor.update(person.sample(conductor.scene.dot))
    fakes.refusals.append(UserError("no target was seen"))
    conduct(conductor, person, "failed")
    conductor.go_on()
    conduct(conductor, person, "report")
    assert len(fakes.fits) == 1
    assert conductor.scene.report.of is fakes.fits[0]


def test_a_target_without_looks_does_not_reach_the_fit(fakes: Fakes):
    corner = tuple(calibration_places(9)[1])

    def unwilling(time_s: float, dot: Dot | None) -> Deed:
        if dot is not None and dot.place == corner:
            number = round(time_s * 30)
            return (number * 0.37) % 2.0 - 0.5, (number * 0.71) % 2.0 - 0.5
        return "dot"

    conduct(conductor_of(fakes), Person(unwilling), "report")
    looks = fakes.fits[0].sessions[0].looks
    assert len(looks) == 8
    assert tuple(np.round(corner, 4)) not in targets_of(looks)


@pytest.mark.parametrize(
    "wrong", [{"targets": 7}, {"targets": 0}, {"validation": 0}, {"validation": 99}]
)
def test_impossible_plans_are_refused(wrong):
    with pytest.raises(ValueError, match="a plan has"):
        Plan(**wrong)
