"""Many runs as one dataset: method, seed and whatever was swept are its dimensions."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from posixpath import basename
from typing import Any

import xarray as xr

from analysis.checks.fields import shown
from analysis.store.address import address_of, local_path, refuse_address
from analysis.store.joined import Key, together
from analysis.store.reader import MissingGroupError, open_snapshots, savable
from analysis.store.remote import runs_at
from analysis.store.schema import DIVERGED_AT, STORE
from analysis.store.swept import (
    OWN,
    option_key,
    option_names,
    place,
    sorted_values,
    swept,
)

RunPath = Path | str  # or an address
FIGURES = "figures"  # their place inside a run directory


def open_runs(
    runs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], group: str | None = None
) -> xr.Dataset:
    """Open runs lazily as one dataset, with a dimension for all in which they differ.

    Parameters
    ----------
    runs : path or paths
        Run directories; or one folder, of which every run in it is taken; or addresses of either.
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
    first: dict[Key, RunPath] = {}
    for path, ds, where in zip(paths, stored, places, strict=True):
        key = tuple(option_key(where.get(option)) for option in names)
        if key in cells:
            raise ValueError(f"{first[key]} and {path} do not differ in method, seed or options")
        cells[key], first[key] = ds, path
    out = together(cells, axes, "evaluation" if group == "evaluation" else "step")
    lost = [
        f"{p} at step {a[DIVERGED_AT]}"
        for p, a in zip(paths, attrs, strict=True)
        if DIVERGED_AT in a
    ]
    return savable(out.assign_attrs(_common(attrs) | ({"diverged": lost} if lost else {})))


def run_paths(
    runs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> list[RunPath]:
    """Return the runs that are meant: themselves, or all in a folder, by name.

    What is hidden in a folder, its name beginning with a dot, is no run of it. Paths are paths, and
    addresses text.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    found: list[RunPath] = []
    if not isinstance(runs, str | os.PathLike | Iterable):
        raise ValueError(f"runs is {shown(runs)}; a path, or several, wanted")
    for given in [runs] if isinstance(runs, str | os.PathLike) else runs:
        inside: Sequence[RunPath]
        if (address := address_of(given)) is not None:
            inside = runs_at(address)
        else:
            path = local_path(given)
            inside = [path] if _is_run(path) else _runs_in(path)
        if not inside:
            raise FileNotFoundError(f"{given} is no run and no folder of runs")
        found += inside
    if not found:
        raise FileNotFoundError("no run was given")
    return found


def run_name(path: RunPath) -> str:
    """Return what a run is called by its place."""
    return path.name if isinstance(path, Path) else basename(path.partition("::")[0])


def run_folder(path: str | os.PathLike[str]) -> Path:
    """Return the folder that what is made of a run goes to: its own, and never its store.

    Of a store of another name than ``snapshots.zarr``, as ``mine.zarr``, it is ``mine`` beside it.

    Raises
    ------
    ValueError
        A link is where figures go: what is written there would leave the run; or it is an address.
    """
    refuse_address(path)
    folder = local_path(path)
    if _is_store(folder):
        whole = folder if folder.name not in ("", "..") else folder.resolve()
        bare = whole.stem if whole.suffix else f"{whole.name}-figures"
        folder = whole.parent if whole.name == STORE else whole.with_name(bare)
    if (figures := folder / FIGURES).is_symlink():
        raise ValueError(f"{figures} is a link to {os.readlink(figures)}; a folder wanted")
    return folder


def refuse_store(path: Path) -> None:
    """Raise ValueError where `path` lies in a store, which takes nothing but what is measured.

    And where it is an address.
    """
    refuse_address(path)
    for folder in (path, *path.absolute().parents):
        if _is_store(folder):
            raise ValueError(f"{path} lies in the store {folder}; give a place outside of it")


def _is_store(path: Path) -> bool:
    return (path / "zarr.json").is_file()


def _stored(
    paths: Sequence[RunPath], group: str | None
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
        attrs.append(ds.attrs if ds.attrs.get("method") else {**ds.attrs, "method": run_name(path)})
    if all(ds is None for ds in stored):
        raise missing or ValueError(f"{paths[0]} and the other runs hold no snapshot yet")
    return stored, attrs


def _check_features(paths: Sequence[RunPath], stored: Sequence[xr.Dataset | None]) -> None:
    for dim in ("row", "col", "feature"):
        pairs = zip(paths, stored, strict=True)
        have = {ds.sizes[dim]: path for path, ds in pairs if ds is not None and dim in ds.dims}
        if len(have) > 1:
            shown = ", ".join(f"{path} has {size}" for size, path in have.items())
            raise ValueError(f"runs have different numbers of features: {shown}; open them apart")


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
