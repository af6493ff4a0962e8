"""Accuracies of runs, from what is stored: a table by method, with mean, spread and number."""

import csv
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from analysis.runs import place, run_paths, swept
from analysis.schema import EVALUATION
from analysis.snapshots import open_snapshots

HEAD = ("method", "seed", "accuracy", "value", "epoch", "data", "commit", "device")
COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")  # Tol's bright


@dataclass(frozen=True)
class Accuracy:
    """One stored accuracy of one run."""

    method: str
    """The run's method, and the options in which runs of it differ: ``byol lr=0.1``."""
    seed: str
    accuracy: str
    """Its name in the evaluation group, say ``linear_accuracy``."""
    value: float
    epoch: str = ""
    data: str = ""
    commit: str = ""
    device: str = ""


@dataclass(frozen=True)
class Group:
    """The accuracies of one method over its seeds."""

    method: str
    accuracy: str
    values: tuple[float, ...]

    @property
    def n(self) -> int:
        """Number of runs."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """Mean over runs."""
        return float(np.mean(self.values))

    @property
    def sd(self) -> float:
        """Standard deviation over runs, with n - 1; NaN for a single one."""
        return float(np.std(self.values, ddof=1)) if self.n > 1 else math.nan


def read_accuracies(runs: Iterable[str | os.PathLike[str]]) -> list[Accuracy]:
    """Collect the last accuracies of runs, or of tables that `write_accuracies` wrote.

    Parameters
    ----------
    runs : paths
        Run directories, folders of runs, and ``.csv`` files, in any mixture.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no run or no accuracy, a file is not such a table, or a run cannot be opened.
    """
    given = [Path(run) for run in runs]
    found = [row for path in given if path.suffix == ".csv" for row in _read(path)]
    folders = [path for path in given if path.suffix != ".csv"]
    paths = run_paths(folders) if folders else []
    stored = [open_snapshots(path) for path in paths]
    places = [place(run) for run in stored]
    options = swept(places)
    for path, run, where in zip(paths, stored, places, strict=True):
        try:
            evaluation = open_snapshots(path, "evaluation")
        except ValueError:  # nothing has been evaluated
            continue
        varied = [f"{key}={where[key]}" for key in options if where.get(key) is not None]
        for name in EVALUATION:
            if name not in evaluation or not evaluation[name].notnull().any():
                continue
            last = evaluation[name].dropna("step").isel(step=-1)
            found.append(
                Accuracy(
                    method=" ".join([str(where["method"] or path.name), *varied]),
                    seed=str(where["seed"]),
                    accuracy=name,
                    value=float(last),
                    epoch=f"{float(last['epoch']):g}",
                    **{key: str(run.attrs.get(key, "")) for key in ("data", "commit", "device")},
                )
            )
    if not found:
        raise ValueError("the runs have no accuracy; `python -m trainers evaluate RUN` adds one")
    return found


def write_accuracies(rows: Sequence[Accuracy], path: str | os.PathLike[str]) -> Path:
    """Write one line per run and accuracy, CSV; `read_accuracies` reads it again.

    Returns
    -------
    Path
        Of the file; its folder is made.
    """
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.partial")
    with aside.open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(HEAD)
        for row in rows:
            values = {**vars(row), "value": f"{row.value:.6g}"}
            table.writerow([values[name] for name in HEAD])
    os.replace(aside, file)
    return file


def by_method(rows: Sequence[Accuracy]) -> list[Group]:
    """Group accuracies by method, in the order in which methods come first.

    Raises
    ------
    ValueError
        A seed of one method comes twice.
    """
    seen: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        values = seen.setdefault((row.method, row.accuracy), {})
        if row.seed in values:
            raise ValueError(f"{row.method} has seed {row.seed} twice; give every run once")
        values[row.seed] = row.value
    return [Group(m, a, tuple(values.values())) for (m, a), values in seen.items()]


def accuracy_rows(groups: Sequence[Group]) -> list[dict[str, str]]:
    """Return table rows, a column per kind of accuracy: mean ± sd in percent, and n."""
    kinds = list(dict.fromkeys(group.accuracy for group in groups))
    cells = {(group.method, group.accuracy): group for group in groups}
    rows = []
    for method in dict.fromkeys(group.method for group in groups):
        row = {"method": method}
        for kind in kinds:
            row[EVALUATION[kind].long_name] = _shown(cells.get((method, kind)))
        rows.append(row)
    return rows


def plot_accuracy(groups: Sequence[Group], ax: Axes | None = None) -> Axes:
    """Draw mean accuracies as bars, with one standard deviation and every single run.

    Parameters
    ----------
    groups : sequence of Group
        From `by_method`; one bar a method, one colour a kind of accuracy.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        There is no group.
    """
    if not groups:
        raise ValueError("there is no accuracy to draw")
    methods = list(dict.fromkeys(group.method for group in groups))
    kinds = list(dict.fromkeys(group.accuracy for group in groups))
    ax = plt.gca() if ax is None else ax
    height = 0.8 / len(kinds)
    for i, kind in enumerate(kinds):
        mine = {group.method: group for group in groups if group.accuracy == kind}
        at = [methods.index(m) + (i - (len(kinds) - 1) / 2) * height for m in mine]
        colour = COLOURS[i % len(COLOURS)]
        ax.barh(
            at,
            [100 * g.mean for g in mine.values()],
            height,
            xerr=[0.0 if math.isnan(g.sd) else 100 * g.sd for g in mine.values()],
            color=colour,
            alpha=0.55,
            error_kw={"lw": 1, "capsize": 1.5},
            label=EVALUATION[kind].long_name,
        )
        for y, group in zip(at, mine.values(), strict=True):
            ax.plot([100 * v for v in group.values], [y] * group.n, "k.", markersize=2)
    ax.set_yticks(range(len(methods)), methods)
    ax.margins(y=0.01)
    ax.invert_yaxis()
    ax.set_xlabel(f"accuracy (%), mean and sd of {_numbers(groups)} runs")
    if len(kinds) > 1:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    else:
        ax.set_title(EVALUATION[kinds[0]].long_name)
    return ax


def _read(path: Path) -> list[Accuracy]:
    with path.open(newline="") as stream:
        table = csv.DictReader(stream)
        if table.fieldnames is None or set(table.fieldnames) != set(HEAD):
            raise ValueError(f"{path} has columns {table.fieldnames}; {list(HEAD)} wanted")
        try:
            return [Accuracy(value=float(row.pop("value")), **row) for row in table]
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None


def _shown(group: Group | None) -> str:
    if group is None:
        return "-"
    if group.n == 1:
        return f"{100 * group.mean:.1f} (n=1)"
    return f"{100 * group.mean:.1f} ± {100 * group.sd:.1f} (n={group.n})"


def _numbers(groups: Sequence[Group]) -> str:
    low, high = (f(group.n for group in groups) for f in (min, max))
    return str(low) if low == high else f"{low} to {high}"
