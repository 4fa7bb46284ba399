import json
import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from app import PROJECT
from app.calibration.screen_size import CameraPlace, Told
from app.recording.writer import check_profile
from app.settings import BY_NAME, SETTINGS, Settings, load, peek, save, settings_path
from model.errors import UserError
from model.geometry import DEFAULT_FOV

OTHERS: dict[str, Any] = {
    "source": "HD Webcam", "size": (640, 480), "fps": 60.0, "mirrored": True, "fov": 78.5,
    "eyes": "left", "provider": "cpu", "model": "/some/where.onnx", "smoothing": 0.25,
    "show_eyes": False, "show_irises": False, "show_head": False, "show_gaze": False,
    "show_words": False, "recordings": "/some/ordner/ä", "record_video": True, "profile": "Ömer-1",
    "session": "pilot 1", "theme": "dark", "first_start_done": True, "show_plot": False,
    "show_eyes_panel": False, "show_map": False, "targets": "pursuit", "pace": "space",
    "ground": "dark", "keep_patches": True, "screen": "Dell 27",
    "screens": {"Dell 27": Told((597.0, 336.0), CameraPlace("below", 5.0, 3.0), -4.0).to_json()},
}  # fmt: skip
"""Of every setting a value that is not its default."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "settings.json"


def test_the_table_has_every_setting_once_and_its_default_fits():
    assert sorted(BY_NAME) == sorted(field.name for field in fields(Settings))
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for name, setting in BY_NAME.items():
        assert setting.clean(getattr(Settings(), name)) == getattr(Settings(), name)
    for setting in SETTINGS:
        assert setting.label
        assert setting.help
        assert not setting.help.endswith(".")
        assert setting.kind != "choice" or len(setting.choices) > 1
        if setting.kind in ("number", "slider"):
            assert setting.minimum < setting.maximum
            assert setting.unit


def test_the_default_field_of_view_is_the_geometry_s():
    assert Settings().fov == DEFAULT_FOV


def test_everything_comes_back_as_it_was_stored(path: Path):
    assert sorted(OTHERS) == sorted(BY_NAME)
    chosen = Settings(**OTHERS)
    for name in OTHERS:
        assert getattr(chosen, name) != getattr(Settings(), name)
    save(chosen, path)
    assert load(path) == (chosen, "")
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_nonsense_about_one_screen_takes_no_other_with_it(path: Path):
    path.parent.mkdir()
    stored = {**OTHERS["screens"], "mad": {"millimetres": [-1, "x"]}, "none": None}
    path.write_text(json.dumps({"screens": stored}), encoding="utf-8")
    assert load(path) == (Settings(screens=OTHERS["screens"]), "")


def test_no_file_means_defaults(path: Path):
    assert load(path) == (Settings(), "")
    assert not path.exists()


BAD: list[tuple[str, Any]] = [
    ("fov", 5), ("fov", "65"), ("fov", None), ("fov", math.nan), ("fov", True), ("fov", 1e400),
    ("fps", 0), ("smoothing", -0.1), ("size", [640]), ("size", [640, 480.5]), ("size", "640x480"),
    ("size", [0, 480]), ("size", [True, True]), ("eyes", "third"), ("eyes", ["both"]),
    ("provider", "magic"), ("mirrored", 1), ("mirrored", "false"), ("profile", "../up"),
    ("screens", []), ("targets", 9), ("pace", "slow"), ("ground", None), ("screen", 3),
    ("profile", ""), ("session", "a\nb"), ("source", 0), ("model", "a\0b"), ("theme", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD, ids=str)
def test_a_value_that_will_not_do_falls_back_alone(path: Path, name: str, value: Any):
    path.parent.mkdir()
    path.write_text(json.dumps({**OTHERS, name: value}), encoding="utf-8")
    settings, told = load(path)
    assert told == ""
    assert settings == replace(Settings(**OTHERS), **{name: getattr(Settings(), name)})
    with pytest.raises(ValueError, match=name):
        Settings(**{name: value})


BROKEN = [
    b"", b"{", b"[]", b"null", b'"settings"', b"\xff\xfe\x00", b"not json at all",
    b'{"fov": 70}}', b"[" * 100_000, b'{"fov": ' + b"9" * 5000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN, ids=lambda content: repr(content[:12]))
def test_a_broken_file_is_put_aside(path: Path, content: bytes):
    path.parent.mkdir()
    path.write_bytes(content)
    assert peek(path)[2]
    assert path.read_bytes() == content  # looking changes nothing
    settings, told = load(path)
    assert settings == Settings()
    assert told.count(". ") == 0
    aside = path.with_name("settings.broken.json")
    assert str(aside) in told
    assert aside.read_bytes() == content
    assert not path.exists()
    save(Settings(**OTHERS), path)
    assert load(path) == (Settings(**OTHERS), "")

    path.write_bytes(content + b"again {")  # a second one does not overwrite the first
    load(path)
    assert aside.read_bytes() == content
    assert path.with_name("settings.broken2.json").read_bytes() == content + b"again {"


def test_what_a_newer_version_stored_is_kept(path: Path):
    path.parent.mkdir()
    path.write_text(json.dumps({"schema": 2, "fov": 80, "from_the_future": {"a": [1]}}))
    settings, told = load(path)
    assert (settings, told) == (Settings(fov=80.0), "")
    save(replace(settings, fov=90.0), path)
    stored = json.loads(path.read_text())
    assert stored["from_the_future"] == {"a": [1]}
    assert stored["fov"] == 90.0


def test_where_nothing_can_be_written_a_sentence_says_so(tmp_path: Path):
    below_a_file = tmp_path / "file" / "settings.json"
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be saved in .*file"):
        save(Settings(), below_a_file)
    assert load(below_a_file) == (Settings(), "")


def test_a_failed_save_leaves_the_old_file_whole(path: Path, monkeypatch: pytest.MonkeyPatch):
    save(Settings(**OTHERS), path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.settings.os.fsync", full)
    with pytest.raises(UserError, match="no space left"):
        save(Settings(), path)
    assert load(path) == (Settings(**OTHERS), "")
    assert len(list(path.parent.iterdir())) == 1


def test_a_folder_in_its_place_is_not_fatal(path: Path):
    path.mkdir(parents=True)
    settings, told = load(path)
    assert settings == Settings()
    assert "cannot be read" in told
    with pytest.raises(UserError):
        save(Settings(), path)


def test_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAZECLIP_HOME", str(tmp_path))
    assert settings_path() == tmp_path / "settings.json"
    assert Settings().recordings_folder == tmp_path / "recordings"
    assert Settings(recordings="~/study").recordings_folder == Path.home() / "study"
    monkeypatch.delenv("GAZECLIP_HOME")
    assert settings_path().name == "settings.json"
    assert settings_path().parent.name == "GazeCLIP"
    assert Settings().recordings_folder.name == "GazeCLIP"
    assert Settings().model_path.is_file()


def test_documents_where_there_are_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GAZECLIP_HOME", raising=False)
    monkeypatch.setattr("platformdirs.user_documents_path", lambda: tmp_path)
    assert Settings().recordings_folder == tmp_path / "GazeCLIP"
    monkeypatch.setattr("platformdirs.user_documents_path", lambda: tmp_path / "missing")
    assert Settings().recordings_folder == Path.home() / "GazeCLIP"


@pytest.mark.parametrize("name", ["default", "P07", "a-b_c", "Ä1", "a" * 40, "7",
                                  "", "-a", "_a", "a b", "a/b", "..", "a.b", "a" * 41])  # fmt: skip
def test_profiles_are_what_a_recording_can_be_named_after(name: str):
    try:
        check_profile(name)
    except UserError:
        with pytest.raises(ValueError, match="profile"):
            Settings(profile=name)
    else:
        assert Settings(profile=name).profile == name


def page_table() -> str:
    """The settings as docs/settings.md shows them."""
    lines = ["| page | setting | flag | default | meaning |", "|---|---|---|---|---|"]
    for setting in SETTINGS:
        value = getattr(Settings(), setting.name)
        if isinstance(value, bool):
            default = "on" if value else "off"
        elif isinstance(value, tuple):
            default = "x".join(map(str, value))
        else:
            default = f"{value:g}" if isinstance(value, float) else f"`{value}`" if value else ""
        flag = f"`{setting.flag} {setting.metavar or ''}".rstrip() + "`" if setting.flag else ""
        lines.append(f"| {setting.group} | {setting.label} | {flag} | {default} | {setting.help} |")
    return "\n".join(lines)


def test_the_page_lists_every_setting():
    page = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page_table() in page, f"put this into docs/settings.md:\n{page_table()}"
