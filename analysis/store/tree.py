"""A whole run as one tree: its matrices, its scalars and its accuracies."""

import os

import xarray as xr

from analysis.store.reader import MissingGroupError, open_snapshots
from analysis.store.schema import GROUPS, stored_name


def open_run(path: str | os.PathLike[str]) -> xr.DataTree:
    """Open a run as a tree, lazily, as `open_snapshots` opens its groups.

    Parameters
    ----------
    path : path
        A run directory, or the ``snapshots.zarr`` inside it, or an address of one.

    Returns
    -------
    DataTree
        At the root the matrices, dims ``(step, row, col)``, and the run's ``attrs``. Below, what
        there is of ``run["metrics"]``, scalars along ``metrics_step``, and ``run["evaluation"]``,
        a table along ``evaluation`` whose steps are ``evaluation_step``: in a tree the groups share
        the coordinates of the root, and their steps are others. The table in pandas is
        ``run["evaluation"].to_dataset(inherit=False).to_dataframe()``. ``run.to_dataset()`` is what
        `open_snapshots` returns.

    Raises
    ------
    FileNotFoundError, OSError, ValueError
        As `open_snapshots`.
    """
    nodes = {"/": open_snapshots(path)}
    for group in filter(None, GROUPS):
        try:
            ds = open_snapshots(path, group)
        except MissingGroupError:
            continue
        own = {"step": stored_name(group, "step")} if "step" in ds.variables else {}
        nodes[f"/{group}"] = ds.rename(own)
    return xr.DataTree.from_dict(nodes)
