"""Hypothesis generators by property, and whole runs made by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from hypothesis import strategies as st

from analysis import SnapshotWriter
from analysis.store.schema import MATRIX, SNAPSHOTS, STORE

SIZES = (2, 3, 8)


def matrix(values: Any, **coords: Any) -> xr.DataArray:
    """Array (..., row, col) to DataArray; leading dims are named by `coords`."""
    return xr.DataArray(np.asarray(values, dtype=float), dims=(*coords, *MATRIX), coords=coords)


def correlation(M, *front):
    """Array (..., row, col) to a correlation; leading dims are named by `front`."""
    return xr.DataArray(M, dims=(*front, "row", "col"), name="correlation")


def generators() -> st.SearchStrategy[np.random.Generator]:
    return st.integers(0, 2**32 - 1).map(np.random.default_rng)


def haar(rng: np.random.Generator, d: int) -> np.ndarray:
    """A rotation or reflection from the Haar measure."""
    Q, R = np.linalg.qr(rng.normal(size=(d, d)))
    return Q * np.sign(np.diag(R))


def rotations(d: int) -> st.SearchStrategy[np.ndarray]:
    return generators().map(lambda rng: haar(rng, d))


def spectra(d: int, low: float = 0.1, high: float = 10.0) -> st.SearchStrategy[np.ndarray]:
    """Descending, with relative gaps of at least a percent: eigenvectors are well defined."""
    return st.lists(
        st.floats(low, high), min_size=d, max_size=d, unique_by=lambda x: round(np.log(x) * 50)
    ).map(lambda values: _spread(np.sort(values)[::-1]))


def _spread(values: np.ndarray) -> np.ndarray:
    return values * 1.02 ** np.arange(len(values), 0, -1)


def gaussians(d: int) -> st.SearchStrategy[np.ndarray]:
    return generators().map(lambda rng: rng.normal(size=(d, d)))


def psd_matrices(d: int) -> st.SearchStrategy[np.ndarray]:
    return st.tuples(rotations(d), spectra(d)).map(lambda Us: (Us[0] * Us[1]) @ Us[0].T)


def learning_run(
    d: int = 32, snapshots: int = 40, epochs: float = 100.0, rank: int | None = None, seed: int = 0
) -> xr.Dataset:
    """A run that looks like BYOL: W_p random to aligned symmetric, F flat to stepped.

    Dense at the start; float32, as stored. `rank` modes survive (half of them by default).
    """
    rng = np.random.default_rng(seed)
    rank = d // 2 if rank is None else rank
    epoch = epochs * np.linspace(0, 1, snapshots) ** 2
    U, noise = haar(rng, d), rng.normal(size=(d, d)) / np.sqrt(d)
    j = np.arange(d)
    s0 = 0.3 * np.exp(-3 * j / d)
    s1 = np.where(j < rank, 2 * np.exp(-2 * j / d), 3e-6 * np.exp(-3 * j / d))
    grown = (1 - np.exp(-6 * epoch / epochs))[:, None]
    s = np.exp((1 - grown) * np.log(s0) + grown * np.log(s1))
    p = grown * np.sqrt(np.where(j < rank, s1, 0)) * 0.5
    settled = 1 - np.exp(-10 * epoch / epochs)
    R = haar(rng, d)
    V = [np.linalg.qr((1 - a) * R + a * U)[0] for a in settled]
    W = (
        np.stack([(U * pj) @ U.T for pj in p])
        + 0.5 * noise * np.exp(-8 * epoch / epochs)[:, None, None]
    )
    F = np.stack([(Vi * si) @ Vi.T for Vi, si in zip(V, s, strict=True)])
    return run_of(W, F, epoch, seed=seed)


def collapsed_run(d: int = 32, snapshots: int = 40, seed: int = 0) -> xr.Dataset:
    """A run in which one mode grows and all others end at exactly zero."""
    run = learning_run(d, snapshots, rank=1, seed=seed)
    decay = np.exp(-np.arange(snapshots) / 3.0)
    decay[snapshots // 2 :] = 0
    u = haar(np.random.default_rng(seed + 1), d)[:, :1]
    growth = (1 - decay)[:, None, None] * (u @ u.T)
    decay = decay[:, None, None]
    F = decay * run.correlation.values + 300 * growth
    W = decay * run.predictor.values + 4 * growth
    return run_of(W, F, run.epoch.values, method="simsiam", seed=seed)


def run_of(
    W: Any, F: Any, epoch: Any, *, method: str = "byol", seed: int = 0, data: str = "synthetic"
) -> xr.Dataset:
    """Matrices (step, row, col) to a run in the schema's names, float32."""
    epoch = np.asarray(epoch, dtype=float)
    step = np.round(390 * epoch).astype(int)
    variables = {
        name: (("step", *MATRIX), np.asarray(values, dtype="f4"), SNAPSHOTS[name].attrs)
        for name, values in {"predictor": W, "correlation": F}.items()
    }
    coords = {
        "step": ("step", step, {"long_name": "optimiser step"}),
        "epoch": ("step", epoch, {"long_name": "epoch"}),
        "time": ("step", 0.3 * step, {"long_name": "gradient-flow time", "symbol": "$t$"}),
    }
    attrs = {"method": method, "seed": seed, "data": data}
    return xr.Dataset(variables, coords, attrs | {"config": json.dumps(attrs)})


def write_run(path: Path, run: xr.Dataset, accuracy: float | None = None) -> Path:
    """Store `run` as a trainer would."""
    with SnapshotWriter(path / STORE, attrs=run.attrs) as writer:
        for i in range(run.sizes["step"]):
            row = run.isel(step=i)
            clocks = [name for name in ("epoch", "time") if name in run.coords]
            values = {name: row[name].values for name in (*clocks, *run.data_vars)}
            writer.append(step=int(row.step), **values)
        if accuracy is not None:
            writer.append_evaluation(int(row.step), float(row.epoch), knn_accuracy=accuracy)
    return path


def spectrum(values, **coords):
    mode = np.arange(1, np.shape(values)[-1] + 1)
    return xr.DataArray(values, dims=(*coords, "mode"), coords={**coords, "mode": mode})


def spectral_pair(seed, d=5):
    """A generator, random orthogonal columns, and a falling spectrum without ties."""
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.standard_normal((d, d)))[0]
    s = np.sort(rng.uniform(0.1, 3, d))[::-1]
    return rng, U, s
