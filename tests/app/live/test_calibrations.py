"""What a calibration changes in the engine, and who may watch its samples."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import pandas
import pytest

from app.calibration.calibration import Calibration
from app.calibration.fitting import fit
from app.sample import Sample
from model.card import load_card
from tests.app.calibration.sitting import Person, grid
from tests.app.live.world import Ears, World, settings, wait_for_view


@pytest.fixture
def calibration(tiny_model: Path) -> Calibration:
    return fit([Person().session(grid())], load_card(tiny_model).sha256)


class Onlooker:
    """Counts samples and may break."""

    def __init__(self, breaks: bool = False) -> None:
        self.seen: list[Sample] = []
        self.enough = threading.Event()
        self.breaks = breaks

    def update(self, sample: Sample) -> None:
        self.seen.append(sample)
        if self.breaks:
            raise RuntimeError("I cannot look")
        if len(self.seen) >= 10:
            self.enough.set()


def test_points_of_gaze_come_with_a_calibration_and_go_with_it(begin, ears: Ears, calibration):
    session = begin(World("A cam"))
    session.open()
    assert wait_for_view(session).sample.screen is None
    session.use(calibration)
    view = wait_for_view(session, lambda v: v.sample.screen is not None)
    assert view.sample.screen.calibration_id == calibration.id
    session.use(None)
    wait_for_view(session, lambda v: v.sample.screen is None)


def test_a_calibration_holds_for_the_next_source_too(begin, ears: Ears, calibration):
    session = begin(World("A cam", "B cam"))
    session.use(calibration)
    session.open("A cam")
    ears.wait_for_phase("running", "A cam")
    session.open("B cam")
    ears.wait_for_phase("running", "B cam")
    wait_for_view(session, lambda v: v.sample.screen is not None)


def test_a_calibration_of_another_model_is_not_used(begin, ears: Ears, calibration):
    session = begin(World("A cam"))
    session.use(replace(calibration, model_hash="another"))
    session.open()
    ears.wait_for_phase("running")
    assert wait_for_view(session).sample.screen is None


def test_an_observer_sees_samples_until_it_is_dismissed(begin, ears: Ears):
    session = begin(World("A cam"))
    onlooker = Onlooker()
    session.observe(onlooker)
    session.open()
    assert onlooker.enough.wait(30)
    numbers = [sample.frame for sample in onlooker.seen]
    assert numbers == sorted(numbers)
    session.observe(None)
    wait_for_view(session)
    count = len(onlooker.seen)
    last = wait_for_view(session).sample.frame
    wait_for_view(session, lambda v: v.sample.frame > last + 5)
    assert len(onlooker.seen) <= count + 1


def test_an_observer_that_breaks_is_told_and_tracking_goes_on(begin, ears: Ears):
    session = begin(World("A cam"))
    onlooker = Onlooker(breaks=True)
    session.observe(onlooker)
    session.open()
    assert "I cannot look" in ears.wait_for_problem().details
    wait_for_view(session)
    assert len(onlooker.seen) == 1
    assert ears.sources[-1].phase == "running"


def test_a_recording_holds_points_and_the_events_of_calibrating(
    begin, ears: Ears, calibration, tmp_path: Path
):
    session = begin(World("A cam"), settings())
    session.open()
    session.start_recording(tmp_path)
    ears.wait_for_rows(5)
    session.use(calibration, {"accuracy_deg": 1.2})
    rows = ears.wait_for_rows(10).frames
    session.note_event("validation", "accuracy 1.2 degrees")
    ears.wait_for_rows(rows + 10)
    session.stop_recording()
    folder = ears.wait_for_finished().folder
    samples = pandas.read_csv(folder / "samples.csv")
    assert samples["pixel_x"].isna().iloc[0]
    assert samples["pixel_x"].notna().iloc[-1]
    assert samples["calibration_id"].dropna().unique().tolist() == [calibration.id]
    about = json.loads((folder / "recording.json").read_text())
    assert about["complete"]
    assert about["SampleCoordinateSystem"] == "gaze-on-screen"
    assert about["screen"] == calibration.screen.to_json()
    assert about["filter"]["name"] == "One-Euro"
    assert about["calibration"]["id"] == calibration.id
    assert about["calibration"]["validation"]["accuracy_deg"] == 1.2
    events = pandas.read_csv(folder / "events.csv")
    said = events[events["type"] == "validation"]
    assert said["message"].tolist() == ["accuracy 1.2 degrees"]
