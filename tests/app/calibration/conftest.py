import pytest

from tests.app.calibration.fakes import Fakes


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()
