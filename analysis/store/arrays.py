"""Arrays that people already have, as a run: labelled, checked, and saved like any other."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from analysis.checks.fields import shown
from analysis.checks.names import unknown
from analysis.checks.one_line import one_line
from analysis.store.rows import checked_rows
from analysis.store.schema import COORDINATES, LAYERED, MATRIX, SNAPSHOTS, STORE
from analysis.store.writer import SnapshotWriter

FEATURES = ("step", "sample", "view", "feature")
BFLOAT16 = 2.0**-7  # the unit of its rounding


def from_arrays(
    *,
    step: ArrayLike | None = None,
    epoch: ArrayLike | None = None,
    time: ArrayLike | None = None,
    features: Any = None,
    attrs: Mapping[str, Any] | None = None,
    **variables: Any,
) -> xr.Dataset:
    r"""Label arrays as a run, which every measure, figure and verdict takes.

    Parameters
    ----------
    step : array (step,), optional
        Optimiser steps, rising; 0, 1, 2, ... by default.
    epoch, time : array (step,), optional
        Epochs, and gradient-flow time (`dynamics` lays its flows along it).
    features : array (step, sample, feature) or (step, sample, view, feature), optional
        Inputs z of the predictor, from which the moments come: `correlation`
        :math:`E[z z^\top]` over samples and views, `mean` and `samples`; of two views or more also
        `cross_correlation` :math:`E[z_1 z_2^\top]`, over all ordered pairs of views.
    attrs : mapping, optional
        What the run is: ``{"method": "byol"}``.
    **variables : array (step, row, col)
        `predictor` and `correlation`, and whatever else of `SNAPSHOTS` there is, by its name; with
        its own dims, ``mean`` (step, row) say. ``M[row, col]`` carries feature `col` to output
        `row`: W_p of a `torch.nn.Linear` is its `weight` as it is, z is mapped to ``z @ W_p.T``.

        Each is a NumPy or dask array, a tensor, or a list of them, one a step; or a DataArray,
        whose dims are told by their names. Without the dim of steps it is one snapshot.

    Returns
    -------
    Dataset
        As `open_snapshots` gives it. Dtypes stay, since rounding is known by them; halves become
        float32, of which ``attrs["resolution"]`` keeps what they were good for.

    Raises
    ------
    ValueError
        A name is not in the schema, a shape or a number of steps does not fit, values are not real,
        steps do not rise, or moments are given and features too.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import asymmetry, from_arrays
    >>> z = np.array([[2.0, 0.0], [0.0, 1.0]])  # two samples of two features
    >>> run = from_arrays(predictor=[[[1.0, 1.0], [0.0, 1.0]]], features=z)
    >>> run.correlation.values.tolist(), run.samples.values.tolist()
    ([[[2.0, 0.0], [0.0, 0.5]]], [2])
    >>> asymmetry(run.predictor).values.round(4)
    array([0.8165])
    """
    given = {name: _array(name, values) for name, values in variables.items()}
    if features is not None:
        moments = _moments(*_array("features", features))
        if both := sorted(moments.keys() & given.keys()):
            raise ValueError(f"features give {', '.join(both)}, and so do you; leave one out")
        given |= moments
    if not given:
        raise ValueError("no array is given; predictor and correlation wanted, or features")
    count = len(next(iter(given.values()))[0])
    axes = {"step": np.arange(count) if step is None else step, "epoch": epoch, "time": time}
    typed = {name: values for name, values in axes.items() if values is not None}
    typed |= {name: array for name, (array, _) in given.items()}
    rows = checked_rows("", typed, None, -1)
    coords = {
        name: ("step", rows[name], label.attrs)
        for name, label in COORDINATES.items()
        if name in rows
    }
    data = {}
    for name, (_, resolution) in given.items():
        label = SNAPSHOTS[name]
        attrs_of = label.attrs | ({"resolution": resolution} if label.dims == MATRIX else {})
        data[name] = ("step", *label.dims), rows[name], attrs_of
    return xr.Dataset(data, coords, dict(attrs or {}))


def save_snapshots(run: xr.Dataset, path: str | os.PathLike[str]) -> Path:
    """Write a run to disk, as trainers do: `open_snapshots` and ``python -m analysis`` read it.

    Parameters
    ----------
    run : Dataset (step, ...)
        Of `from_arrays`, `dynamics.integrate` or `open_snapshots`; what the schema does not have
        is left out.
    path : path
        Of the run's directory, which is made.

    Returns
    -------
    Path
        Of the run's directory.

    Raises
    ------
    FileExistsError
        There is a store already.
    ValueError
        It has no snapshots.
    OSError
        It cannot be written.
    """
    fine = isinstance(run, xr.Dataset) and "step" in run.dims
    names = [str(name) for name in run.data_vars if name in SNAPSHOTS] if fine else []
    if not names:
        raise ValueError(f"run is {shown(run)}; a Dataset of snapshots, dim 'step', wanted")
    axes = [name for name in ("epoch", "time") if name in run.coords]
    own = {name: kept for name in names if (kept := _own(run[name]))}
    with SnapshotWriter(Path(path) / STORE, attrs=_plain(run.attrs), variable_attrs=own) as writer:
        for i, step in enumerate(run["step"].values):
            row = run[[*names, *axes]].isel(step=i)
            writer.append(int(step), **{name: row[name].values for name in [*names, *axes]})
    return Path(path)


def _array(name: str, values: Any) -> tuple[np.ndarray, float]:
    """Return any kind of array with a leading dim of steps, and the unit of its rounding."""
    if name not in SNAPSHOTS and name != "features":
        raise ValueError(unknown("variable", name, SNAPSHOTS))
    dims = ("step", *SNAPSHOTS[name].dims) if name in SNAPSHOTS else FEATURES
    if isinstance(values, list | tuple) and values and hasattr(values[0], "shape"):
        each = [_array(name, value) for value in values]
        shapes = [array.shape for array, _ in each]
        if any(shape != shapes[0] or shape[0] != 1 for shape in shapes):
            raise ValueError(f"{name} is a list of shapes {shapes[:3]}; one shape, a step each")
        return np.concatenate([array for array, _ in each]), max(unit for _, unit in each)
    if isinstance(values, xr.DataArray):
        values = _in_order(name, values, dims)
    resolution = float(getattr(values, "attrs", {}).get("resolution", 0.0))
    if hasattr(values, "detach"):  # a tensor, on whatever device
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":  # which NumPy does not have
            resolution, values = BFLOAT16, values.float()
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"{name} is no array of numbers: {one_line(error)}") from None
    if array.dtype.kind == "f":
        resolution = max(resolution, float(np.finfo(array.dtype).eps))
    inner = 2 if name == "features" else len(dims) - 1
    if array.ndim < inner or array.dtype.kind not in "fiu":
        raise ValueError(f"{name} is {shown(values)}; an array of real numbers {dims} wanted")
    return array[None] if array.ndim == inner else array, resolution


def _in_order(name: str, values: xr.DataArray, dims: tuple[str, ...]) -> xr.DataArray:
    # By the names of its dims: a transposed matrix is turned round, another one refused.
    optional = {"step", "view"}
    if set(values.dims) - set(dims) or set(dims) - optional - set(values.dims):
        raise ValueError(f"{name} has dims {values.dims}; {dims} wanted")
    return values.transpose(*(dim for dim in dims if dim in values.dims))


def _moments(z: np.ndarray, resolution: float) -> dict[str, tuple[np.ndarray, float]]:
    """Return the moments of features (step, sample, feature) or (step, sample, view, feature)."""
    if z.ndim not in (3, 4) or z.dtype.kind not in "fiu":
        raise ValueError(
            f"features have shape {z.shape} and dtype {z.dtype}; real numbers (step, sample, "
            "feature) or (step, sample, view, feature) wanted"
        )
    views = z if z.ndim == 4 else z[:, :, None]
    steps, samples, count, d = views.shape
    if 0 in views.shape:
        raise ValueError(f"features have shape {z.shape}; at least one of each wanted")
    views = views.astype(float)
    rows = views.reshape(steps, samples * count, d)
    correlation = rows.swapaxes(1, 2) @ rows / rows.shape[1]
    total = views.sum(axis=2)
    moments = {"correlation": correlation, "mean": rows.mean(axis=1)}
    moments["samples"] = np.full(steps, samples * count)
    if count > 1:  # all ordered pairs of views: those with themselves taken off all
        pairs = total.swapaxes(1, 2) @ total / samples - count * correlation
        moments["cross_correlation"] = pairs / (count * (count - 1))
    return {name: (values, resolution) for name, values in moments.items()}


def _plain(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in attrs.items() if name != "coordinates"}


def _own(values: xr.DataArray) -> dict[str, Any]:
    # Beside its labels: of which kind W_p is, of which layers singular values are.
    kept = {name: values.attrs[name] for name in ("kind",) if name in values.attrs}
    if values.name == LAYERED and "layer" in values.coords:
        kept["layers"] = [str(name) for name in values["layer"].values]
    return kept
