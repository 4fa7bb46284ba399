from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.live import absence, desk, opening, recorder
from app.live.session import LiveSession
from app.settings import Settings
from tests.app.live.world import Ears, World, quick_tracker, settings
from tests.material import write_video


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where recordings are to lie."""
    return tmp_path / "recordings"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Thirty frames at 100 per second."""
    return write_video(tmp_path / "clip.mp4", 30, fps=100)


@pytest.fixture
def begin(
    ears: Ears, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., LiveSession]]:
    """Begins sessions with a quick tracker, in a world; closed in the end."""
    monkeypatch.setattr(opening, "load_tracker", quick_tracker(tiny_model))
    monkeypatch.setattr(absence, "RETRY_S", 0.05)
    monkeypatch.setattr(desk, "TELL_S", 0.02)
    monkeypatch.setattr(recorder, "LOOK_S", 0.02)
    sessions = []

    def begin(world: World, chosen: Settings | None = None, **options: bool) -> LiveSession:
        chosen = chosen or settings(recordings=str(tmp_path / "recordings"))
        sessions.append(LiveSession(chosen, ears, world.open_source, world.find_cameras, **options))
        return sessions[-1]

    yield begin
    for session in sessions:
        session.close()
