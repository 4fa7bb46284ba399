import os
import signal

import pytest

from app.interrupt import Interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_become_a_wish_however_often_they_come(number: signal.Signals):
    before = signal.getsignal(number)
    with Interrupt() as interrupt:
        assert not interrupt.wanted
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert interrupt.wanted
    assert signal.getsignal(number) is before
