"""Figures that are made and not drawn."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure


@pytest.fixture
def blank_reports(monkeypatch):
    """Pictures inside of a page are empty: drawing them is most of the time that a page takes."""
    savefig = Figure.savefig

    def save(figure, target, **options):
        if hasattr(target, "write"):
            target.write(b"")
        else:
            savefig(figure, target, **options)

    monkeypatch.setattr(Figure, "savefig", save)


@pytest.fixture
def blank_pictures(monkeypatch):
    """Figures are made, and files of them are there with nothing drawn in them."""

    def save(_, target, **__):
        if hasattr(target, "write"):
            target.write(b"")
        else:
            Path(target).write_bytes(b"")

    monkeypatch.setattr(Figure, "savefig", save)
