"""Images that several files of tests train on."""

import dataclasses

import pytest

import trainers.runs.trained
from trainers.data.load import load_data


@pytest.fixture(scope="session")
def forty_shapes():
    """Forty shapes to train on and thirty to test: a hundred images are rendered, once."""
    data = load_data("shapes", size=16, limit=40)
    return dataclasses.replace(data, x_test=data.x_test[:30], y_test=data.y_test[:30])


@pytest.fixture
def few_shapes(monkeypatch, forty_shapes):
    """Every run trains on the forty shapes."""
    monkeypatch.setattr(
        trainers.runs.trained,
        "load_data",
        lambda *_, seed, **__: dataclasses.replace(forty_shapes, seed=seed),
    )


@pytest.fixture
def pictures():
    """Of a test whose run is to end in its picture, as runs of the command line do."""


@pytest.fixture(autouse=True)
def _no_pictures(request, monkeypatch):
    """Drawing takes longer than a small run, and few tests are of it."""
    if "pictures" not in request.fixturenames:
        monkeypatch.setattr(
            "analysis.figures.run_overview.draw_run", lambda run: run / "figures" / "overview.png"
        )


@pytest.fixture
def looks():
    """Of a test whose runs look for a collapse after every epoch, as all runs do."""


@pytest.fixture(autouse=True)
def _no_looks(request, monkeypatch):
    """Looking for a collapse takes as long as a small run."""
    if "looks" not in request.fixturenames:
        monkeypatch.setattr(
            "trainers.training.collapse_notice.CollapseNotice.look", lambda *_: None
        )
