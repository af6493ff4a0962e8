"""The one noun of the library: snapshots of W_p and F along training, written and read back.

A run is a directory with ``snapshots.zarr`` in it: the root group holds matrices, the group
`metrics` scalars of every step, and `evaluation` is a table, a row an accuracy. Plain
``xarray.open_zarr`` and ``open_datatree`` open it, labelled and complete, at any moment of the
training and after any crash; there the steps of a group are ``metrics_step`` and
``evaluation_step``, since a tree's groups share the names of its root. The symbols:

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
`singular_value`         sigma_k          of weights by `layer`, NaN behind the last
======================== ================ ==========================================================

A row of `evaluation` has `step`, `epoch`, `protocol`, `network`, `features`, `options` (every
setting of the protocol, as JSON), `data`, `accuracy`, and in `details` what else is known of it.
Rows are only ever added: of those with one protocol, network, features, options and data, the last
counts.
"""

import os
from typing import Any, TypeVar

import numpy as np
import xarray as xr

import analysis.store.forked  # noqa: F401
from analysis.checks.fields import checked
from analysis.checks.names import unknown
from analysis.checks.one_line import one_line
from analysis.store.address import address_of, local_path
from analysis.store.chunks import checked_root
from analysis.store.complete import CompleteStore
from analysis.store.evaluations import data_name
from analysis.store.remote import open_store
from analysis.store.root import array_metadata, files_of, has_checksums
from analysis.store.schema import (
    EVALUATION,
    EVALUATION_KEY,
    GROUPS,
    LAYERED,
    MATRIX,
    METRICS,
    SNAPSHOTS,
    STORE,
    stored_name,
)
from analysis.store.version1 import evaluation_table
from analysis.store.writer import SnapshotWriter

INNER = ("row", "col", "feature", "layer", "mode")
Loaded = TypeVar("Loaded", xr.DataArray, xr.Dataset)

__all__ = [
    "EVALUATION",
    "MATRIX",
    "METRICS",
    "SNAPSHOTS",
    "STORE",
    "MissingGroupError",
    "SnapshotWriter",
    "open_snapshots",
]


class MissingGroupError(ValueError):
    """A store is whole, and has nothing of a group yet: it was not evaluated, say."""


def open_snapshots(path: str | os.PathLike[str], group: str | None = None) -> xr.Dataset:
    """Open a run lazily: one dask chunk per stored chunk, committed rows only.

    Parameters
    ----------
    path : path
        A run directory, or the ``snapshots.zarr`` inside it; or the address of one that fsspec
        reads: ``s3://bucket/run``, ``https://host/run``. There a chunk is looked at when it is
        read, and not before.
    group : {None, "metrics", "evaluation"}
        None for the matrices, dims ``(step, row, col)``; `metrics` holds scalars along ``step``,
        and `evaluation` columns along ``evaluation``: ``.to_dataframe()`` is the table.

    A chunk that is lost after opening is a FileNotFoundError when it is read, one that is damaged a
    ValueError. Plain ``xarray.open_zarr`` notices a damage, too, since chunks carry a checksum; but
    where a chunk is lost it reads NaN, as zarr means by a chunk that is absent.

    Returns
    -------
    Dataset
        With coordinates `step` (0 is before training), `epoch` and `time`, and the run's config and
        versions in ``attrs``. Coordinates and scalar groups are loaded, matrices are not; any part
        is saved by plain ``to_zarr``. While a run is being written, open it again to see more.

    Raises
    ------
    FileNotFoundError
        There is no store at `path`.
    OSError
        Its address cannot be reached.
    ValueError
        It is not a snapshot store, it is of a newer format, or a file of it is missing, cut off,
        changed or another one than was written.
    MissingGroupError
        It has no such group (an evaluation that has not been made yet, say); a ValueError, too.
    """
    if checked("group", group, str | None) and group not in GROUPS:
        raise MissingGroupError(unknown("group", str(group), [name for name in GROUPS if name]))
    root, chunks, store = _store_at(path, group or "")
    arrays = array_metadata(root)
    prefix = f"{group}/" if group else ""
    if group and not any(key.startswith(prefix) for key in arrays):
        there = sorted({key.split("/")[0] for key in arrays if "/" in key})
        raise MissingGroupError(f"{store} has no group {group!r}; it has {there}")
    try:
        ds = xr.open_zarr(chunks, group=group, consolidated=True)
    except Exception as error:  # what zarr and xarray make of an older store's odd metadata
        if isinstance(error, ValueError | OSError) and store in str(error):
            raise
        reason = one_line(error)
        raise ValueError(f"{store} is damaged ({reason}); restore it from a copy") from error
    if not group:
        for matrix in ds.data_vars.values():
            if set(MATRIX) <= set(matrix.dims):
                # The rounding unit of what is stored: it outlives a cast to float64.
                matrix.attrs["resolution"] = float(np.finfo(matrix.dtype).eps)
        ds = ds.assign_coords({name: _loaded(ds[name]) for name in ds.coords})
        return savable(_layered(ds) if LAYERED in ds else ds)
    # Scalars are small enough to be at hand.
    run = {k: v for k, v in root["attributes"].items() if k != "coordinates"}
    ds = _loaded(ds).assign_attrs(run | ds.attrs).drop_encoding()
    if group == "evaluation" and run["format_version"] == 1:
        ds = evaluation_table(ds, data_name(run))
    elif run["format_version"] > 1:
        ds = ds.rename({stored_name(group, "step"): "step"})
    return _table(ds) if group == "evaluation" else ds


def _store_at(
    path: str | os.PathLike[str], group: str
) -> tuple[dict[str, Any], CompleteStore, str]:
    """Return the root metadata of a run's store, its chunks, and what to call it."""
    if (address := address_of(path)) is not None:
        return open_store(address)
    store = local_path(path)
    if (store / STORE).is_dir():
        store = store / STORE
    root = checked_root(store, {group})
    chunks = CompleteStore.in_folder(store.absolute(), files_of(root), checked=has_checksums(root))
    return root, chunks, str(store)


def _loaded(values: Loaded) -> Loaded:
    # A few small chunks: no threads are started for them, nor waited for where a fork has none.
    return values.load(scheduler="synchronous")


def _layered(ds: xr.Dataset) -> xr.Dataset:
    # Weights by their names, and their singular values counted from 1.
    values = ds[LAYERED]
    values.attrs["resolution"] = float(np.finfo(values.dtype).eps)
    names = values.attrs.pop("layers", [*map(str, range(values.sizes["layer"]))])
    number = np.arange(1, values.sizes["mode"] + 1)
    return ds.assign_coords(
        layer=np.array(names, dtype=object),
        mode=("mode", number, {"long_name": "number, from the largest"}),
    )


def savable(ds: xr.Dataset) -> xr.Dataset:
    """Let plain `to_zarr` save any slice, stride or concatenation of what is chunked by snapshots.

    Chunks of the store are cut by a slice, and zarr wants chunks of one size: those of one snapshot
    fit into any cut.
    """
    ds = ds.drop_encoding()
    for variable in ds.variables.values():
        if variable.chunks is not None:
            sizes = variable.sizes.items()
            variable.encoding["chunks"] = tuple(n if dim in INNER else 1 for dim, n in sizes)
    return ds


def _table(ds: xr.Dataset) -> xr.Dataset:
    # As Python strings, which every version of xarray and pandas selects, joins and saves.
    texts = [name for name, variable in EVALUATION.items() if variable.kind == "text"]
    ds = ds.assign({name: ds[name].astype(object) for name in texts})
    return ds.set_coords(["step", "epoch", *EVALUATION_KEY])
