"""Many runs as one dataset: method, seed and whatever was swept are its dimensions."""

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import xarray as xr

from analysis.store.reader import MissingGroupError, open_snapshots, savable
from analysis.store.schema import DIVERGED, EVALUATION, STORE
from analysis.store.swept import (
    OWN,
    option_key,
    option_labels,
    option_names,
    place,
    sorted_values,
    swept,
)

FIGURES = "figures"  # their place inside a run directory
Key = tuple[Any, ...]
TEXTS = [name for name, variable in EVALUATION.items() if variable.kind == "text"]


def open_runs(
    runs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], group: str | None = None
) -> xr.Dataset:
    """Open runs lazily as one dataset, with a dimension for all in which they differ.

    Parameters
    ----------
    runs : path or paths
        Run directories; or one folder, of which every run in it is taken.
    group : {None, "metrics", "evaluation"}
        As for `open_snapshots`.

    Returns
    -------
    Dataset (method, seed, [option, ...,] step, ...)
        A dimension for every option of the config that differs between runs of one method:
        ``lr``, ``predictor_eps``; of options that change together, for the first. An option that is
        called as a variable is ``option_predictor``. Combinations that were not run are NaN, and so
        are steps and variables that a run does not have, and the whole of a run without the group;
        nothing is read until it is computed. `epoch` and `time` get the dimensions on which they
        depend. ``attrs`` keep what all runs agree on; `diverged` names the runs that did. Select
        with ``ds.sel({"method": "byol"})``: `sel` has a keyword of that name. In place of `step`,
        tables of evaluations have the number of their row; text that is not there is empty.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no run, or none with the group; two runs do not differ; they do not have the same
        number of features; or one cannot be opened.
    """
    paths = run_paths(runs)
    stored, attrs = _stored(paths, group)
    _check_features(paths, stored)
    places = [place(of_run) for of_run in attrs]
    names = dict(zip(OWN, OWN, strict=True)) | option_names(swept(places))
    axes = {name: sorted_values(p.get(option) for p in places) for option, name in names.items()}
    cells: dict[Key, xr.Dataset | None] = {}
    first: dict[Key, Path] = {}
    for path, ds, where in zip(paths, stored, places, strict=True):
        key = tuple(option_key(where.get(option)) for option in names)
        if key in cells:
            raise ValueError(f"{first[key]} and {path} do not differ in method, seed or options")
        cells[key], first[key] = ds, path
    out = _together(cells, axes, "evaluation" if group == "evaluation" else "step")
    lost = [
        f"{p} at step {a[DIVERGED]}" for p, a in zip(paths, attrs, strict=True) if DIVERGED in a
    ]
    return savable(out.assign_attrs(_common(attrs) | ({"diverged": lost} if lost else {})))


def run_paths(
    runs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> list[Path]:
    """Return the run directories that are meant: themselves, or all in a folder, by name.

    What is hidden in a folder, its name beginning with a dot, is no run of it.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    given = [Path(runs)] if isinstance(runs, str | os.PathLike) else [Path(run) for run in runs]
    found: list[Path] = []
    for path in given:
        inside = [path] if _is_run(path) else _runs_in(path)
        if not inside:
            raise FileNotFoundError(f"{path} is no run and no folder of runs")
        found += inside
    if not found:
        raise FileNotFoundError("no run was given")
    return found


def run_folder(path: str | os.PathLike[str]) -> Path:
    """Return the folder that what is made of a run goes to: its own, and never its store.

    Of a store of another name than ``snapshots.zarr``, as ``mine.zarr``, it is ``mine`` beside it.

    Raises
    ------
    ValueError
        A link is where figures go: what is written there would leave the run.
    """
    folder = Path(path)
    if _is_store(folder):
        whole = folder if folder.name not in ("", "..") else folder.resolve()
        bare = whole.stem if whole.suffix else f"{whole.name}-figures"
        folder = whole.parent if whole.name == STORE else whole.with_name(bare)
    if (figures := folder / FIGURES).is_symlink():
        raise ValueError(f"{figures} is a link to {os.readlink(figures)}; a folder wanted")
    return folder


def refuse_store(path: Path) -> None:
    """Raise ValueError where `path` lies in a store, which takes nothing but what is measured."""
    for folder in (path, *path.absolute().parents):
        if _is_store(folder):
            raise ValueError(f"{path} lies in the store {folder}; give a place outside of it")


def _is_store(path: Path) -> bool:
    return (path / "zarr.json").is_file()


def _stored(
    paths: Sequence[Path], group: str | None
) -> tuple[list[xr.Dataset | None], list[dict[str, Any]]]:
    stored: list[xr.Dataset | None] = []
    attrs = []
    missing: MissingGroupError | None = None
    for path in paths:
        try:
            ds = open_snapshots(path, group)
            stored.append(ds if ds.sizes else None)
        except MissingGroupError as error:
            ds, missing = open_snapshots(path), error
            stored.append(None)
        attrs.append(ds.attrs if ds.attrs.get("method") else {**ds.attrs, "method": path.name})
    if all(ds is None for ds in stored):
        raise missing or ValueError(f"{paths[0]} and the other runs hold no snapshot yet")
    return stored, attrs


def _check_features(paths: Sequence[Path], stored: Sequence[xr.Dataset | None]) -> None:
    for dim in ("row", "col", "feature"):
        pairs = zip(paths, stored, strict=True)
        have = {ds.sizes[dim]: path for path, ds in pairs if ds is not None and dim in ds.dims}
        if len(have) > 1:
            shown = ", ".join(f"{path} has {size}" for size, path in have.items())
            raise ValueError(f"runs have different numbers of features: {shown}; open them apart")


def _together(
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


def _common(attrs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = attrs[0].items()
    return {
        key: value
        for key, value in first
        if all(key in other and option_key(other[key]) == option_key(value) for other in attrs)
    }


def _runs_in(folder: Path) -> list[Path]:
    shown = (path for path in folder.glob("*") if not path.name.startswith("."))
    return sorted(path for path in shown if _is_run(path))


def _is_run(path: Path) -> bool:
    return (path / STORE).is_dir() or (path.name == STORE and path.is_dir())
