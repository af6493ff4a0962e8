"""Training as the theory has it: steps, and nothing between them."""

import pytest

from dynamics.theorems.observations import Observation, observe


@pytest.fixture
def without_pauses(monkeypatch):
    """An epoch ends without checkpoint or look for collapse: both take longer than its steps."""
    monkeypatch.setattr("trainers.training.collapse_notice.CollapseNotice.look", lambda *_: None)
    monkeypatch.setattr("trainers.training.advance.save_checkpoint", lambda *_: None)


@pytest.fixture(scope="session")
def observations() -> list[Observation]:
    """The table of observations, which takes seconds."""
    return observe()
