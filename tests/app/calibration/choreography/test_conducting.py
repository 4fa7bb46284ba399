"""Threads and listeners of conductors."""

import threading

from app.calibration.choreography.conductor import Conductor, Plan
from app.calibration.choreography.scene import Scene
from tests.app.calibration.fakes import FakeCalibration, Fakes, conductor_of
from tests.app.calibration.people import CAMERA, SCREEN, Person, conduct

PATIENCE_S = 30.0


def test_listeners_hear_of_every_change_and_may_ask_back(fakes: Fakes):
    heard: list[Scene] = []
    conductor = conductor_of(fakes, changed=lambda: heard.append(conductor.scene))
    person = Person()
    while conductor.scene.phase != "report":
        before = conductor.scene
        count = len(heard)
        conductor.update(person.sample(conductor.scene.dot))
        assert (conductor.scene is not before and conductor.scene != before) == (len(heard) > count)
    assert heard[-1] is conductor.scene
    count = len(heard)
    conductor.go_on()  # nothing to say yes to
    assert len(heard) == count
    conductor.accept()
    assert heard[-1].phase == "accepted"


def test_a_listener_may_give_commands(fakes: Fakes):
    def changed() -> None:
        if conductor.scene.phase == "report":
            conductor.accept()

    conductor = conductor_of(fakes, changed=changed)
    conduct(conductor, Person(), "accepted")


def test_the_fit_runs_beside_and_frames_go_on_meanwhile(fakes: Fakes):
    may_end, threads = threading.Event(), []

    def slow(sessions, model_hash, kind):
        threads.append(threading.current_thread())
        assert may_end.wait(PATIENCE_S)
        return FakeCalibration(1)

    done = threading.Event()

    def changed() -> None:
        if conductor.scene.stage == "validation":
            done.set()

    conductor = Conductor(
        SCREEN, Plan(targets=5), CAMERA, "hash", slow, fakes.validate, changed=changed
    )
    person = Person()
    conduct(conductor, person, "fitting")
    for _ in range(30):
        conductor.update(person.sample(None))
    assert conductor.scene == Scene("fitting")
    may_end.set()
    assert done.wait(PATIENCE_S)
    assert threads[0] is not threading.current_thread()
    assert conductor.scene.phase == "looking"


def test_commands_of_other_threads_at_any_time_leave_one_truth(fakes: Fakes):
    conductor, person = conductor_of(fakes, Plan(targets=5, validation=1)), Person()
    stop = threading.Event()

    def fidget() -> None:
        while not stop.is_set():
            conductor.go_on()
            conductor.redo_worst()
            assert isinstance(conductor.scene, Scene)

    thread = threading.Thread(target=fidget)
    thread.start()
    try:
        for _ in range(1500):
            conductor.update(person.sample(conductor.scene.dot))
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
    conductor.abort()
    assert conductor.scene.phase == "aborted"
