"""What tests of training share: the people that all mini-sets show."""

import pytest

from tests.model.training.minisets.rendering import Sample, rendered_samples


@pytest.fixture(scope="session")
def rendered() -> tuple[Sample, ...]:
    """Four rendered persons, eight pictures each; skips where the renderer cannot work."""
    return rendered_samples()
