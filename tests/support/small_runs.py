"""A run of twelve steps, and what is read of it."""

import dataclasses
from pathlib import Path

import torch
import xarray as xr
from pictures import save

from analysis import open_snapshots
from trainers import METHODS, Config, Method

SMALL = Config(
    method=METHODS["byol"],
    data="shapes",
    size=16,
    limit=40,
    width=2,
    projector_hidden=12,
    projector_out=6,
    batch_size=10,
    epochs=3,
    every=1,
    device="cpu",
)


def small(method: Method, **options: object) -> Config:
    """Return `SMALL` with another method."""
    return dataclasses.replace(SMALL, method=method, name="", **options)


def tiny(folder: Path, method: Method = METHODS["byol"], *, epochs: int = 2) -> Config:
    """Return the config of three steps an epoch, on images that are written into `folder`."""
    return Config(
        method=method,
        data=str(save(folder / "a.npz")),
        width=1,
        batch_size=4,
        projector_hidden=6,
        projector_out=4,
        size=8,
        epochs=epochs,
        every=2,
        device="cpu",
    )


def snapshots(run: Path) -> xr.Dataset:
    """All matrices of a run."""
    return open_snapshots(run).load()


def weights(run: Path) -> list[torch.Tensor]:
    """All weights of its online encoder."""
    return list(torch.load(run / "encoder.pt", weights_only=True)["online"].values())


def same_runs(a: Path, b: Path, *, evaluation: bool = True) -> bool:
    """Whether two runs hold the same numbers, bit by bit: rows, accuracies and weights."""
    for group in (None, "metrics", "evaluation")[: 3 if evaluation else 2]:
        one, other = (open_snapshots(run, group) for run in (a, b))
        xr.testing.assert_equal(
            *(ds.drop_vars("images_per_second", errors="ignore") for ds in (one, other))
        )
    return all(map(torch.equal, weights(a), weights(b)))
