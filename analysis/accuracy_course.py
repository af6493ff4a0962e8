"""Accuracy against an option that was swept: mean and spread of the seeds, a line a method."""

import math
import os
from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.accuracy import COLOURS, Group, by_method, read_accuracies
from analysis.overview import STYLE
from analysis.schema import EVALUATION

PROTOCOLS = ("linear_accuracy", "knn_accuracy")


def plot_accuracy_against(
    groups: Sequence[Group],
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
    groups : sequence of Group
        From `by_method`, of one kind of accuracy. Their labels hold what was swept:
        ``byol predictor_lr=0.3``. Runs without the option are left out.
    option : str
        Its name in those labels; its values are numbers.
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
        No group has the option, there are several kinds of accuracy, a value is no number, or the
        unit is not above 0.
    """
    if not unit > 0:
        raise ValueError(f"the unit of {option} is {unit}; above 0 wanted")
    kinds = {group.accuracy for group in groups}
    if len(kinds) > 1:
        raise ValueError(f"several accuracies, {', '.join(sorted(kinds))}: choose one, say --of")
    lines: dict[str, list[tuple[float, Group]]] = {}
    for group in groups:
        rest, value = _apart(group.method, option)
        if value is not None:
            lines.setdefault(rest, []).append((value / unit, group))
    if not lines:
        labels = ", ".join(dict.fromkeys(group.method for group in groups))
        raise ValueError(f"no run was given {option}; there are {labels}")
    ax = plt.gca() if ax is None else ax
    for (method, points), colour in zip(lines.items(), COLOURS * len(lines), strict=False):
        points.sort(key=lambda point: point[0])
        x = [value for value, _ in points]
        sd = [0.0 if math.isnan(g.sd) else 100 * g.sd for _, g in points]
        mean = [100 * g.mean for _, g in points]
        ax.errorbar(x, mean, sd, color=colour, capsize=2, elinewidth=1, label=method)
        for value, group in points:
            y = 100 * np.array(group.values)
            ax.plot([value] * group.n, y, ".", color=colour, markersize=3, alpha=0.7)
    if log:
        ax.set_xscale("log")
    ax.set(xlabel=label or option, ylabel=f"{EVALUATION[kinds.pop()].long_name} (%)")
    ax.legend(loc="best")
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
        Which accuracy; by default the linear probe's where there is one, or else kNN.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    OSError, ValueError
        There is no run, or none with that accuracy; or as `plot_accuracy_against`.
    """
    rows = read_accuracies(runs)
    there = {row.accuracy for row in rows}
    chosen = of or next((name for name in PROTOCOLS if name in there), None)
    rows = [row for row in rows if row.accuracy == chosen]
    if not rows:
        raise ValueError(f"no run has {chosen or PROTOCOLS[0]!r}; stored are {sorted(there)}")
    return against_figure(by_method(rows), option, unit=unit, label=label)


def against_figure(
    groups: Sequence[Group], option: str, *, unit: float = 1.0, label: str | None = None
) -> Figure:
    """Draw `plot_accuracy_against` at the size of a column; not known to pyplot."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.5, 2.6), layout="constrained")
        plot_accuracy_against(groups, option, figure.subplots(), unit=unit, label=label)
    return figure


def _apart(label: str, option: str) -> tuple[str, float | None]:
    # "byol lr=0.1 eps=1", "lr" -> "byol eps=1", 0.1
    words = label.split(" ")
    mine = [word for word in words if word.startswith(f"{option}=")]
    if not mine:
        return label, None
    text = mine[0].partition("=")[2]
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{option} is {text!r} in {label!r}; numbers can be drawn") from None
    return " ".join(word for word in words if word not in mine), value
