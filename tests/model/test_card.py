"""The model card: written, read back, and refused where it does not fit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.card import OUTPUTS, ModelCard, card_path, file_hash, load_card
from model.errors import UserError
from model.patches import EYE_PATCH


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file that stands for a model, with its card."""
    path = tmp_path / "some.onnx"
    path.write_bytes(b"not really a model")
    card = ModelCard(
        name="some",
        patch=EYE_PATCH,
        inputs={"patches": {"shape": [2, 48, 72, 3]}},
        outputs={name: {} for name in OUTPUTS},
        normalisation="none",
        zero_point=(0.01, -0.02),
        sha256=file_hash(path),
        errors={"test": {"mean_deg": 4.5}},
        form={"precision": "fp16", "batch": "dynamic"},
    )
    card.write(card_path(path))
    return path


def test_a_card_comes_back_as_it_was_written(model: Path) -> None:
    card = load_card(model)
    assert card.patch == EYE_PATCH
    assert card.zero_point == (0.01, -0.02)
    assert card.errors == {"test": {"mean_deg": 4.5}}
    assert card.form == {"precision": "fp16", "batch": "dynamic"}
    card.write(card_path(model))
    assert load_card(model) == card


def test_a_card_of_the_first_schema_is_read(model: Path) -> None:
    """Cards then told no form: they are of fp32 and one face."""
    content = json.loads(card_path(model).read_text(encoding="utf-8"))
    del content["form"]
    content["schema"] = 1
    card_path(model).write_text(json.dumps(content), encoding="utf-8")
    assert load_card(model).form == {}


def change(path: Path, key: str, value: Any) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    content[key] = value
    path.write_text(json.dumps(content), encoding="utf-8")


def without_name(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["name"]
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        pytest.param(lambda m: m.unlink(), "there is no model file", id="no model"),
        pytest.param(lambda m: card_path(m).unlink(), "has no card", id="no card"),
        pytest.param(lambda m: card_path(m).write_text("{"), "is broken", id="half a card"),
        pytest.param(lambda m: card_path(m).write_text("[]"), "is broken", id="a list"),
        pytest.param(
            lambda m: change(card_path(m), "schema", 99), "has schema 99", id="newer schema"
        ),
        pytest.param(lambda m: without_name(card_path(m)), "is broken", id="no name"),
        pytest.param(
            lambda m: change(card_path(m), "outputs", {"gaze": {}}),
            "names no output sigma",
            id="output missing",
        ),
        pytest.param(
            lambda m: change(card_path(m), "patch", {"kind": "nose"}), "is broken", id="odd patch"
        ),
        pytest.param(lambda m: m.write_bytes(b"other"), "does not match its card", id="other file"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    model: Path, spoil: Callable[[Path], None], complaint: str
) -> None:
    spoil(model)
    with pytest.raises(UserError, match=complaint) as caught:
        load_card(model)
    assert "\n" not in str(caught.value)
