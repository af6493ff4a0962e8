"""Accuracies of runs as one table: a row an evaluation, a column each thing that it is of."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from analysis.checks.fields import shown
from analysis.checks.paths import make_folder, path_of
from analysis.store.address import refuse_address
from analysis.store.atomic import write_whole
from analysis.store.evaluations import latest
from analysis.store.reader import MissingGroupError, open_snapshots
from analysis.store.runs import RunPath, run_name, run_paths
from analysis.store.schema import EVALUATION_KEY
from analysis.store.swept import option_labels, option_names, place, swept
from analysis.store.version1 import OLDER_HEAD, older_table
from analysis.store.visible import cell, cell_text

RUN = ("method", "seed")
MEASURED = ("step", "epoch", "accuracy")
SOURCE = ("commit", "device")
COLUMNS = (*RUN, *EVALUATION_KEY, *MEASURED, *SOURCE)
BESIDE = ("seed", "step", "accuracy", *SOURCE)
"""Columns in which rows of one mean may differ."""


def read_accuracies(runs: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    """Collect the last accuracies of runs, or of tables that `write_accuracies` wrote.

    Parameters
    ----------
    runs : paths
        Run directories, folders of runs, and ``.csv`` files, in any mixture.

    Returns
    -------
    DataFrame
        A row an evaluation, the last one of each protocol, network, features, options and data of
        a run. Columns are `COLUMNS`, and between `seed` and `protocol` the options in which runs
        of one method differ, by their names in `open_runs`: numbers, NaN where there is none, or
        words.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no run or no accuracy, a file is not such a table, or a run cannot be opened.
    """
    if isinstance(runs, str | os.PathLike) or not isinstance(runs, Iterable):
        raise ValueError(f"runs is {shown(runs)}; a list of paths wanted")
    given = list(runs)
    for path in given:
        path_of("run", path)
    tables = [_read(Path(path)) for path in given if Path(path).suffix == ".csv"]
    folders = [path for path in given if Path(path).suffix != ".csv"]
    tables += _of_runs(run_paths(folders)) if folders else []
    if not any(len(table) for table in tables):
        raise ValueError("the runs have no accuracy; `eigenspace evaluate RUN` adds one")
    return _joined([table for table in tables if len(table)])


def write_accuracies(rows: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write the table, CSV; `read_accuracies` reads it again.

    A name that a spreadsheet would run as a formula has an apostrophe before it there.

    Returns
    -------
    Path
        Of the file; its folder is made.
    """
    refuse_address(path)
    file = Path(path)
    make_folder(file.parent)
    texts = {name: rows[name].map(cell, na_action="ignore") for name in _texts(rows)}
    table = rows.assign(**texts).to_csv(index=False, lineterminator="\n")
    write_whole(file, table.encode(errors="backslashreplace"))  # a name on disk may be no text
    return file


def by_method(rows: pd.DataFrame) -> pd.DataFrame:
    """Take accuracies over seeds together, in the order in which they come.

    Returns
    -------
    DataFrame
        The columns of `rows` that all seeds share, and `mean`, `sd` (n - 1 in the denominator, NaN
        for a single run), `n` and the single `accuracies`. Runs of other options, data or length,
        and other protocols, networks, features and settings are rows of their own.

    Raises
    ------
    ValueError
        A seed comes twice.
    """
    shared = [name for name in rows.columns if name not in BESIDE]
    twice = rows.duplicated([*shared, "seed"])
    if twice.any():
        first = rows[twice].iloc[0]
        raise ValueError(f"{first.method} has seed {first.seed} twice; give every run once")
    groups = rows.groupby(shared, sort=False, dropna=False)["accuracy"]
    table: pd.DataFrame = groups.agg(mean="mean", sd="std", n="size", accuracies=tuple)
    return table.reset_index()


def option_columns(rows: pd.DataFrame) -> list[str]:
    """Return the columns of options that were swept."""
    of_groups = ("mean", "sd", "n", "accuracies")
    return [name for name in rows.columns if name not in (*COLUMNS, *of_groups)]


def _texts(rows: pd.DataFrame) -> list[str]:
    return [name for name in rows if rows[name].map(type).eq(str).any()]


def _of_runs(paths: Sequence[RunPath]) -> list[pd.DataFrame]:
    stored = [open_snapshots(path) for path in paths]
    places = [place(run.attrs) for run in stored]
    names = option_names(swept(places))
    values = {
        name: option_labels([p.get(option) for p in places]) for option, name in names.items()
    }
    tables = []
    for i, (path, run, where) in enumerate(zip(paths, stored, places, strict=True)):
        try:
            evaluation = latest(open_snapshots(path, "evaluation"))
        except MissingGroupError:  # nothing has been evaluated
            continue
        of_run: dict[str, Any] = {"method": str(where["method"] or run_name(path))}
        of_run |= {"seed": str(where["seed"])}
        of_run |= {name: labels[i] for name, labels in values.items()}
        of_run |= {name: str(run.attrs.get(name, "")) for name in SOURCE}
        tables.append(_columns(evaluation).assign(**of_run))
    return tables


def _columns(evaluation: xr.Dataset) -> pd.DataFrame:
    names = [*EVALUATION_KEY, *MEASURED]
    return pd.DataFrame({name: evaluation[name].values for name in names})


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:  # empty, cut off, or no text
        raise ValueError(f"{path} is no table of accuracies: {error}") from None
    table = table.map(cell_text)
    head = list(table.columns)
    if set(head) == set(OLDER_HEAD):
        table = older_table(table, path)
    elif missing := [name for name in COLUMNS if name not in head]:
        raise ValueError(f"{path} has columns {head}; {', '.join(missing)} wanted too")
    try:
        for name in MEASURED:
            table[name] = [float(value) if value else float("nan") for value in table[name]]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return table


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables, ignore_index=True)
    options = option_columns(table)
    for name in options:
        table[name] = option_labels([_value(value) for value in table[name]])
    table["step"] = table["step"].astype("Int64")
    rest = [name for name in COLUMNS if name not in RUN]
    return table[[*RUN, *options, *rest]].astype(dict.fromkeys(("accuracy", "epoch"), float))


def _value(value: Any) -> Any:
    if value is None or value == "" or value != value:
        return None
    try:
        return float(value)
    except ValueError:
        return value
