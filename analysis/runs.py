"""Many runs as one dataset: method, seed and whatever was swept are its dimensions."""

import itertools
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from analysis.schema import STORE
from analysis.snapshots import open_snapshots

Place = dict[str, Any]
Key = tuple[Any, ...]
APART = ("name", "seed", "device")  # of a config: not an option that one sweeps
PARTS = ("encoder", "projector", "predictor")  # with a rate and a decay, by default the run's


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
        ``lr``, ``predictor_eps``; of options that change together, for the first. Combinations
        that were not run are NaN, and so are steps that a run does not have; nothing is read until
        it is computed. `epoch` and `time` get the dimensions on which they depend. ``attrs`` keep
        what all runs agree on. Select with ``ds.sel({"method": "byol"})``: `sel` has a keyword of
        that name.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no run; two runs do not differ; they do not have the same number of features; or
        one cannot be opened.
    """
    paths = run_paths(runs)
    datasets = [_named(path, open_snapshots(path, group)) for path in paths]
    _check_features(paths, datasets)
    places = [place(ds) for ds in datasets]
    dims = ("method", "seed", *swept(places))
    axes = {dim: _sorted({_value(p, dim) for p in places}) for dim in dims}
    cells: dict[Key, xr.Dataset] = {}
    names: dict[Key, Path] = {}
    for path, ds, where in zip(paths, datasets, places, strict=True):
        key = tuple(_value(where, dim) for dim in axes)
        if key in cells:
            raise ValueError(f"{names[key]} and {path} do not differ in method, seed or options")
        cells[key], names[key] = ds, path
    absent = next(iter(cells.values())).where(False)
    for key in itertools.product(*axes.values()):
        cells.setdefault(key, absent)  # a combination that nobody ran
    return _nested(cells, axes)


def run_paths(
    runs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> list[Path]:
    """Return the run directories that are meant: themselves, or all in a folder, by name.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    given = [Path(runs)] if isinstance(runs, str | os.PathLike) else [Path(run) for run in runs]
    found: list[Path] = []
    for path in given:
        inside = [path] if _is_run(path) else sorted(p for p in path.glob("*") if _is_run(p))
        if not inside:
            raise FileNotFoundError(f"{path} is no run and no folder of runs")
        found += inside
    if not found:
        raise FileNotFoundError("no run was given")
    return found


def place(run: xr.Dataset) -> Place:
    """Return method, seed and every option of a run's config, nested ones as ``predictor_eps``.

    The config as resolved: a width that was typed and the same one by default are no difference.
    """
    kinds = ("config_resolved", "config", "flow")
    text = next((run.attrs[kind] for kind in kinds if run.attrs.get(kind)), "{}")
    options = dict(_flat(json.loads(text)))
    # Older runs have the config only as it was given.
    for part, option in itertools.product(PARTS, ("lr", "weight_decay")):
        name = f"{part}_{option.removeprefix('weight_')}"
        by_rule = name == "predictor_decay" and options.get("flow_decay")
        if name in options and options[name] is None and not by_rule:
            options[name] = options.get(option)
    own = {"method": run.attrs.get("method", ""), "seed": run.attrs.get("seed", 0)}
    return {key: value for key, value in options.items() if key not in APART} | own


def swept(places: Sequence[Place]) -> list[str]:
    """Return the options that differ between runs of one method.

    Of options that stand for each other one to one within each method, as a width that follows from
    the encoder, the first is taken.
    """
    options = dict.fromkeys(key for p in places for key in p if key not in ("method", "seed"))
    partitions: set[tuple[int, ...]] = set()
    varied = []
    for key in options:
        by_method: dict[Any, set[Any]] = {}
        for p in places:
            by_method.setdefault(p["method"], set()).add(_value(p, key))
        if all(len(values) == 1 for values in by_method.values()):
            continue
        column = [(p["method"], _value(p, key)) for p in places]
        partition = tuple(column.index(value) for value in column)
        if partition not in partitions:
            partitions.add(partition)
            varied.append(key)
    return varied


def _check_features(paths: list[Path], datasets: list[xr.Dataset]) -> None:
    for dim in ("row", "col", "feature"):
        with_dim = [pair for pair in zip(paths, datasets, strict=True) if dim in pair[1].dims]
        have = {ds.sizes[dim]: path for path, ds in with_dim}
        if len(have) > 1:
            shown = ", ".join(f"{path} has {size}" for size, path in have.items())
            raise ValueError(f"runs have different numbers of features: {shown}; open them apart")


def _nested(cells: Mapping[Key, xr.Dataset], axes: Mapping[str, list[Any]]) -> xr.Dataset:
    if not axes:
        return cells[()]
    dim, *rest = axes
    inner = {name: axes[name] for name in rest}
    parts = [
        _nested({key[1:]: ds for key, ds in cells.items() if key[0] == value}, inner)
        for value in axes[dim]
    ]
    return xr.concat(
        parts,
        dim=xr.DataArray(_labels(axes[dim]), dims=dim, name=dim),
        join="outer",
        data_vars="all",
        coords="different",
        compat="equals",
        combine_attrs="drop_conflicts",
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    # {"method": {"predictor": {"kind": "Direct", "eps": 0.1}}} -> predictor: Direct, predictor_eps
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, "" if key == "method" else f"{prefix}{key}_")
        elif key != "kind":
            yield f"{prefix}{key}", value
        elif prefix:
            yield prefix.rstrip("_"), value


def _value(where: Place, dim: str) -> Any:
    value = where.get(dim)
    return tuple(value) if isinstance(value, list) else value


def _sorted(values: set[Any]) -> list[Any]:
    numbers = [v for v in values if _is_number(v)]
    words = [v for v in values if v is not None and not _is_number(v)]
    return sorted(numbers) + sorted(words, key=str) + [None] * (None in values)


def _labels(values: list[Any]) -> list[Any]:
    # An index of one kind: numbers with NaN for an option that is not set, or words.
    if all(v is None or _is_number(v) for v in values):
        return [math.nan if v is None else v for v in values]
    return ["none" if v is None else str(v) for v in values]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _named(path: Path, ds: xr.Dataset) -> xr.Dataset:
    return ds if ds.attrs.get("method") else ds.assign_attrs(method=path.name)


def _is_run(path: Path) -> bool:
    return (path / STORE).is_dir() or (path.name == STORE and path.is_dir())
