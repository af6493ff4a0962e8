"""Singular values of weights over training, a panel a layer: ax in, ax out."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.checks.names import unknown
from analysis.checks.numbers import check_count
from analysis.figures.axes import above_rounding, log_axis, name_axes, note, variable
from analysis.figures.clocks import find_clock
from analysis.figures.grid import panel_grid
from analysis.figures.style import CURVES, SEQUENTIAL, STYLE
from analysis.figures.text import plain
from analysis.store.schema import LAYERED

COLUMNS = 3
LETTERS = 34  # of a layer's name above its panel
LAYERS_CAPTION = (
    "Singular values of weights over training, the largest darkest; a kernel as the matrix of "
    "outputs by all that goes into one."
)


def plot_singular_values(
    run: xr.Dataset,
    layer: str,
    *,
    x: str | None = None,
    ax: Axes | None = None,
    modes: int = CURVES,
) -> Axes:
    """Draw the singular values of one weight over training, a line a number.

    Parameters
    ----------
    run : Dataset (step, layer, mode)
        With `singular_value`, of `open_snapshots`: recorded by ``trainers.Recorder(layers=...)``.
    layer : str
        Its name, of ``run["layer"]``.
    x, ax
        As for `analysis.figures.heatmap.plot_map`.
    modes : int
        How many to draw, from the largest to the last in equal ratios of their numbers; what is
        below the rounding of the stored data has no place on the axis.

    Raises
    ------
    ValueError
        The run has none, or not of that layer.
    """
    check_count("modes", modes)
    values = variable(run, LAYERED)
    names = [str(name) for name in values["layer"].values]
    if layer not in names:
        raise ValueError(unknown("layer", layer, names))
    values = values.isel(layer=names.index(layer)).transpose("step", "mode")
    x = find_clock(values, x)
    ax = plt.gca() if ax is None else ax
    shown = above_rounding(values, values.values)
    count = int(np.isfinite(values.values).any(axis=0).sum())
    drawn = np.unique(np.geomspace(1, max(count, 1), modes).round().astype(int)) - 1
    for mode, color in zip(drawn, SEQUENTIAL(np.linspace(0, 1, len(drawn))), strict=True):
        ax.plot(values[x], shown[:, mode], color=color, label=rf"$\sigma_{{{mode + 1}}}$")
    log_axis(ax)
    if len(drawn) < count:
        note(ax, f"{len(drawn)} of {count}")
    return name_axes(ax, values[x], values)


def layers_figure(run: xr.Dataset) -> Figure:
    """Draw the singular values of all layers of a run, a panel each.

    Parameters
    ----------
    run : Dataset (step, layer, mode)
        As for `plot_singular_values`.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        As for `plot_singular_values`.
    """
    names = [str(name) for name in variable(run, LAYERED)["layer"].values]
    run = run[[LAYERED]].load()
    with mpl.rc_context(STYLE):
        columns = min(COLUMNS, len(names))
        figure, axes = panel_grid(len(names), columns, (10 / COLUMNS, 2.3))
        for ax, name in zip(axes, names, strict=True):
            plot_singular_values(run, name, ax=ax)
            ax.set_title(plain(name, LETTERS), loc="left", fontsize="small", fontweight="bold")
    return figure
