"""Runs put together: one dataset with a dimension for all in which they differ."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import dask.array
import numpy as np
import xarray as xr

from analysis.store.schema import EVALUATION
from analysis.store.swept import option_key, option_labels

Key = tuple[Any, ...]
TEXTS = [name for name, variable in EVALUATION.items() if variable.kind == "text"]


def together(
    cells: Mapping[Key, xr.Dataset | None], axes: Mapping[str, list[Any]], along: str
) -> xr.Dataset:
    """Return the cells as one dataset: every cell gets all variables and all steps first."""
    there = [_indexed(ds, along) for ds in cells.values() if ds is not None]
    index = np.unique(np.concatenate([ds[along].values for ds in there]))
    like = {str(name): ds[name] for ds in there for name in ds.variables if name != along}
    coords = {name for ds in there for name in ds.coords if name != along}
    empty = xr.Dataset(coords={along: np.empty(0, dtype=index.dtype)})
    whole = {
        key: _filled(empty if ds is None else _indexed(ds, along), along, index, like)
        for key, ds in cells.items()
    }
    absent = _filled(empty, along, index, like)
    for key in itertools.product(*([option_key(v) for v in values] for values in axes.values())):
        whole.setdefault(key, absent)  # a combination that nobody ran
    out = _nested(whole, axes)
    if along == "step":
        out = out.assign({name: _where_it_depends(out[name].load(), axes) for name in coords})
    return out.set_coords(coords)


def _indexed(ds: xr.Dataset, along: str) -> xr.Dataset:
    ds = ds if along in ds.indexes else ds.assign_coords({along: np.arange(ds.sizes[along])})
    return ds.reset_coords()


def _filled(
    ds: xr.Dataset, along: str, index: np.ndarray, like: Mapping[str, xr.DataArray]
) -> xr.Dataset:
    ds = ds.reindex({along: index}, fill_value=dict.fromkeys(TEXTS, ""))
    absent = {}
    for name in like.keys() - set(ds.variables):
        values = like[name]
        shape = tuple(len(index) if dim == along else n for dim, n in values.sizes.items())
        if name in TEXTS:
            data = np.full(shape, "", object)
        elif values.chunks is None:
            data = np.full(shape, np.nan)
        else:
            chunks = tuple(max(*sizes, 1) for sizes in values.chunks)
            dtype = values.dtype if values.dtype.kind == "f" else np.dtype(float)
            data = dask.array.full(shape, np.nan, dtype=dtype, chunks=chunks)
        absent[name] = (values.dims, data, values.attrs)
    return ds.assign(absent)


def _nested(cells: Mapping[Key, xr.Dataset], axes: Mapping[str, list[Any]]) -> xr.Dataset:
    if not axes:
        return cells[()]
    dim, *rest = axes
    inner = {name: axes[name] for name in rest}
    parts = [
        _nested({key[1:]: ds for key, ds in cells.items() if key[0] == option_key(value)}, inner)
        for value in axes[dim]
    ]
    return xr.concat(
        parts,
        dim=xr.DataArray(option_labels(axes[dim]), dims=dim, name=dim),
        join="override",
        data_vars="all",
        coords="minimal",
        compat="override",
        combine_attrs="drop_conflicts",
    )


def _where_it_depends(values: xr.DataArray, dims: Iterable[str]) -> xr.DataArray:
    """Return a coordinate without the dims along which its known values agree."""
    for dim in dims:
        least, most = (f(dim, keep_attrs=True) for f in (values.min, values.max))
        if bool(((least == most) | least.isnull()).all()):
            values = least
    return values
