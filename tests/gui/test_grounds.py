"""What stands over the targets can be read on each of their grounds."""

import pytest

from app.gui.colours import contrast
from app.gui.grounds import GROUNDS, Ground
from app.settings import BY_NAME


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=list(GROUNDS))
def test_words_over_the_targets_can_be_read(ground: Ground) -> None:
    for words in (ground.ink, ground.quiet):
        assert contrast(words, ground.ground) >= 7.0
    assert contrast(ground.good, ground.ground) >= 4.5
    assert contrast(ground.point, ground.ink) >= 7.0


def test_every_ground_can_be_chosen() -> None:
    assert [value for value, _ in BY_NAME["ground"].choices] == list(GROUNDS)
