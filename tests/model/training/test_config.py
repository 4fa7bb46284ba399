"""Configurations: those that ship load, and nonsense is refused in one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from model.errors import UserError
from model.patches import EYE_PATCH, FACE_PATCH
from model.training.config import CONFIGS, config_from_json, load_config


@pytest.mark.parametrize("name", [path.stem for path in sorted(CONFIGS.glob("*.json"))])
def test_configurations_come_back_as_written(name: str) -> None:
    config = load_config(name)
    assert config.name == name
    assert config_from_json(json.loads(json.dumps(config.to_json()))) == config
    assert config.patch == (EYE_PATCH if config.patch.kind == "eyes" else FACE_PATCH)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("schema", 2, id="newer schema"),
        pytest.param("normalisation", "none", id="unknown normalisation"),
        pytest.param("fusion", {"witdh": 3}, id="misspelt"),
        pytest.param("colour", True, id="unknown section"),
        pytest.param("patch", {"kind": "eyes"}, id="half a patch"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, key: str, value: Any) -> None:
    content = {**load_config("gazeclip-s").to_json(), key: value}
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match="cannot be used"):
        load_config(path)


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(UserError, match="gazeclip-rn50"):
        load_config("gazeclip-xl")
