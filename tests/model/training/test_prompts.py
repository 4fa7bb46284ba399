"""Prompts: every direction in words, apart from every other, within the context."""

import pytest

from model.geometry import DIRECTIONS
from model.training.prompts import PROMPT_SETS, sentences


@pytest.mark.parametrize("kind", ["eyes", "face"])
@pytest.mark.parametrize("name", list(PROMPT_SETS))
def test_each_direction_has_its_own_sentences(kind: str, name: str) -> None:
    prompts = sentences(kind, name)  # type: ignore[arg-type]
    count = len(PROMPT_SETS[name])
    assert [len(texts) for texts in prompts] == [count] * len(DIRECTIONS)
    assert len({text for texts in prompts for text in texts}) == len(DIRECTIONS) * count


def test_up_left_is_said_in_words() -> None:
    assert "up and to the left" in sentences("eyes")[DIRECTIONS.index("up left")][0]


def test_every_sentence_fits_the_shortest_context() -> None:
    pytest.importorskip("torch", reason="requirements-train.txt is not installed")
    from model.training.towers import tokenise

    texts = [
        text
        for kind in ("eyes", "face")
        for name in PROMPT_SETS
        for alike in sentences(kind, name)  # type: ignore[arg-type]
        for text in alike
    ]
    end_of_text = 49407
    assert all(end_of_text in tokens for tokens in tokenise(texts, 24).tolist())
    assert int((tokenise(texts, 24) != 0).sum(dim=1).max()) < 24  # nothing was cut off
