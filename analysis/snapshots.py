"""The one noun of the library: snapshots of W_p and F along training, written and read back.

A run is a directory with ``snapshots.zarr`` in it: the root group holds matrices, the groups
`metrics` and `evaluation` hold scalars. Plain ``xarray.open_zarr`` opens it, labelled and complete,
at any moment of the training and after any crash. The symbols:

======================== ================ ==========================================================
variable                 symbol           what it is
======================== ================ ==========================================================
`predictor`              W_p              the predictor; of two layers, the product W_2 W_1
`correlation`            F                E[z z^T] of its input, one view; rows since the last step
`cross_correlation`      E[z_1 z_2^T]     the same across the two views of an image: the theory's F
`target_correlation`     E[z_a z^T]       target against online, across views
`prediction_correlation` E[q z^T]         prediction against input, the same view
`running_correlation`    F-hat            the running mean that a closed-form rule used
`mean`                   E[z]             centred forms are derived, never stored
`head`, `head_bias`      W_L, b           last projector layer
`samples`                n                rows behind each moment
======================== ================ ==========================================================
"""

import os
from pathlib import Path

import xarray as xr

from analysis.complete import CompleteStore
from analysis.labelled import resolution
from analysis.schema import EVALUATION, MATRIX, METRICS, SNAPSHOTS, STORE
from analysis.store import array_metadata, check_chunks, read_root
from analysis.writer import SnapshotWriter

__all__ = [
    "EVALUATION",
    "MATRIX",
    "METRICS",
    "SNAPSHOTS",
    "STORE",
    "SnapshotWriter",
    "open_snapshots",
]


def open_snapshots(path: str | os.PathLike[str], group: str | None = None) -> xr.Dataset:
    """Open a run lazily: one dask chunk per stored chunk, committed rows only.

    Parameters
    ----------
    path : path
        A run directory, or the ``snapshots.zarr`` inside it.
    group : {None, "metrics", "evaluation"}
        None for the matrices, dims ``(step, row, col)``; the others hold scalars along ``step``.

    A chunk that is lost after opening is a FileNotFoundError when it is read. Plain
    ``xarray.open_zarr`` reads NaN there, as zarr means by a chunk that is absent.

    Returns
    -------
    Dataset
        With coordinates `step` (0 is before training), `epoch` and `time`, and the run's config and
        versions in ``attrs``. Coordinates and scalar groups are loaded, matrices are not. While a
        run is being written, open it again to see more.

    Raises
    ------
    FileNotFoundError
        There is no store at `path`.
    ValueError
        It is not a snapshot store, it is of a newer format, a file of it is missing or cut off, or
        it has no such group (an evaluation that has not been made yet, say).
    """
    store = Path(path)
    if (store / STORE).is_dir():
        store = store / STORE
    root = read_root(store)
    arrays = array_metadata(root)
    prefix = f"{group}/" if group else ""
    if group and not any(key.startswith(prefix) for key in arrays):
        there = sorted({key.split("/")[0] for key in arrays if "/" in key})
        raise ValueError(f"{store} has no group {group!r}; it has {there}")
    for key, metadata in arrays.items():
        if key.rpartition("/")[0] == (group or ""):
            check_chunks(store, key, metadata)
    ds = xr.open_zarr(CompleteStore(store, read_only=True), group=group, consolidated=True)
    if group:  # scalars: small enough to be at hand
        ds.attrs = {k: v for k, v in root["attributes"].items() if k != "coordinates"} | ds.attrs
        return ds.load()
    for matrix in ds.data_vars.values():
        if set(MATRIX) <= set(matrix.dims):
            matrix.attrs["resolution"] = resolution(matrix)  # outlives a cast to float64
    return ds.assign_coords({name: ds[name].load() for name in ds.coords})
