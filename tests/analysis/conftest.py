"""Figures that are made and not drawn."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure


@pytest.fixture
def blank_pictures(monkeypatch):
    """Figures are made, and files of them are there with nothing drawn in them."""
    monkeypatch.setattr(Figure, "savefig", lambda _, target, **__: _blank(target))


@pytest.fixture
def blank_pictures_of_single_runs(monkeypatch):
    """Those of a run in its folder and inside of pages are empty, all others are drawn."""
    savefig = Figure.savefig

    def save(figure, target, **options):
        if hasattr(target, "write") or Path(target).parent.name == "figures":
            _blank(target)
        else:
            savefig(figure, target, **options)

    monkeypatch.setattr(Figure, "savefig", save)


def _blank(target):
    if hasattr(target, "write"):
        target.write(b"")
    else:
        Path(target).write_bytes(b"")
