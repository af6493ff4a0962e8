"""Accuracy against an option that was swept: mean and spread of the seeds, a line a method."""

import os
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.accuracy_bars import GAP, LETTER, LINE, kind_labels, run_labels, wrapped
from analysis.figures.style import PALETTE, STYLE
from analysis.figures.text import plain
from analysis.measures.accuracy import by_method, option_columns, read_accuracies

USUAL = ("linear", "knn")
STYLES = ("-", "--", ":", "-.")  # where there are more lines than colours
TICKS = 8  # values of an option that are written at the axis


def plot_accuracy_against(
    groups: pd.DataFrame,
    option: str,
    ax: Axes | None = None,
    *,
    unit: float = 1.0,
    label: str | None = None,
    log: bool = True,
) -> Axes:
    r"""Draw mean accuracies against an option, with one standard deviation and every single run.

    With the predictor's rate and the encoder's as its `unit` this is Fig. 6 of Tian, Chen, Ganguli
    (2021), arXiv:2102.06810: accuracy against :math:`\alpha_p`.

    Parameters
    ----------
    groups : DataFrame
        Of `by_method`; a line for all that differs beside the option, kinds of accuracy too. Runs
        without the option are left out.
    option : str
        One of its columns; its values are numbers.
    ax : Axes, optional
        The current one by default.
    unit : float
        What the values are divided by.
    label : str, optional
        Of the horizontal axis; by default the option's name.
    log : bool
        Logarithmic horizontal axis.

    Raises
    ------
    ValueError
        No group has the option, a value is no number, or the unit is not above 0.
    """
    if not unit > 0:
        raise ValueError(f"the unit of {option} is {unit}; above 0 wanted")
    there = option_columns(groups)
    if option not in there:
        raise ValueError(
            f"no run was given {option}; swept were {', '.join(there) or 'no options'}"
        )
    if not pd.api.types.is_numeric_dtype(groups[option]):
        raise ValueError(f"{option} is {groups[option].iloc[0]!r}; numbers can be drawn")
    groups = groups[groups[option].notna()]
    kinds = kind_labels(groups)
    several = len(set(kinds)) > 1
    runs = run_labels(groups, without=(option,))
    lines = [f"{run}, {kind}" if several else run for run, kind in zip(runs, kinds, strict=True)]
    ax = plt.gca() if ax is None else ax
    every = list(dict.fromkeys(lines))
    for i, line in enumerate(every):
        colour, style = PALETTE[i % len(PALETTE)], STYLES[i // len(PALETTE) % len(STYLES)]
        mine = groups[[other == line for other in lines]].sort_values(option)
        x, sd = mine[option] / unit, 100 * mine["sd"].fillna(0.0)
        look: Any = {"color": colour, "linestyle": style, "capsize": 2, "elinewidth": 1}
        ax.errorbar(x, 100 * mine["mean"], sd, label=wrapped(line), **look)
        for value, accuracies in zip(x, mine["accuracies"], strict=True):
            y = 100 * np.array(accuracies)
            ax.plot([value] * len(y), y, ".", color=colour, markersize=3, alpha=0.7)
    if log:
        ax.set_xscale("log")
    at = sorted(set(groups[option] / unit))
    if len(at) <= TICKS:
        ax.set_xticks(at, [f"{x:g}" for x in at])
        ax.minorticks_off()
    what = "accuracy" if several else plain(kinds[0])
    ax.set(xlabel=label or plain(option), ylabel=f"{what} (%)")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def accuracy_figure(
    runs: Sequence[str | os.PathLike[str]],
    option: str,
    *,
    unit: float = 1.0,
    label: str | None = None,
    of: str | None = None,
) -> Figure:
    """Draw stored accuracies against an option that was swept.

    Parameters
    ----------
    runs : sequence of paths
        Runs, folders of runs, or an ``accuracy.csv`` of `python -m analysis accuracy`.
    option, unit, label
        As for `plot_accuracy_against`.
    of : str, optional
        Of which protocol; by default the linear probe where there is one, or else kNN.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    OSError, ValueError
        There is no run, or none with that protocol; or as `plot_accuracy_against`.
    """
    rows = read_accuracies(runs)
    there = list(rows["protocol"].unique())
    chosen = of or next((name for name in USUAL if name in there), USUAL[0])
    groups = by_method(of_protocols(rows, [chosen]))
    return against_figure(groups, option, unit=unit, label=label)


def of_protocols(rows: pd.DataFrame, protocols: Sequence[str]) -> pd.DataFrame:
    """Return the rows of these protocols.

    Raises
    ------
    ValueError
        No run was evaluated by one of them.
    """
    there = sorted(rows["protocol"].unique())
    if unknown := sorted(set(protocols) - set(there)):
        raise ValueError(f"no run has {unknown[0]!r}; stored are {', '.join(there)}")
    return rows[rows["protocol"].isin(protocols)]


def against_figure(
    groups: pd.DataFrame, option: str, *, unit: float = 1.0, label: str | None = None
) -> Figure:
    """Draw `plot_accuracy_against`, a column wide beside its legend; not known to pyplot."""
    with mpl.rc_context(STYLE):
        figure = Figure(layout="constrained")
        ax = figure.subplots()
        plot_accuracy_against(groups, option, ax, unit=unit, label=label)
        legend = ax.get_legend()
        names = [text.get_text() for text in legend.get_texts()] if legend else [""]
        lines = "\n".join(names).split("\n")
        height = 0.4 + LINE * len(lines) + GAP * len(names)
        figure.set_size_inches(3.6 + LETTER * max(map(len, lines)), max(2.6, height))
    return figure
