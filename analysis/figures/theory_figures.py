"""Whole figures of the theory, a panel for each dataset.

Data come from `dynamics`, whose `figures.table` says which figure of a paper is drawn by what.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.axes import mode_colorbar, zero_line
from analysis.figures.grid import panel_grid
from analysis.figures.phase_plane import P, S
from analysis.figures.style import SEQUENTIAL
from analysis.figures.theory import (
    plot_curves,
    plot_eigenvalues,
    plot_field,
    plot_mean_field,
    plot_paths,
    plot_speed,
)

COLUMNS = 4
CLOCKS = ("time", "step")
FEW = 6  # modes that a legend names; of more there is a colour bar


def sweep_figure(data: Sequence[xr.Dataset]) -> Figure:
    """Draw the way of a mode, a row a swept parameter: kappa, p, s and tau.

    Parameters
    ----------
    data : sequence of Dataset (parameter, time or step)
        From `dynamics.trajectories`.

    Returns
    -------
    Figure
        Not known to pyplot.
    """
    names = {"mode_alignment_rate": r"$\kappa_j$", P: "$p_j$", S: "$s_j$", "tau": r"$\tau_j$"}
    names = {
        name: symbol for name, symbol in names.items() if all(name in ds.data_vars for ds in data)
    }
    figure = Figure(figsize=(2.5 * len(names), 2.2 * len(data)), layout="constrained")
    grid = figure.subplots(len(data), len(names), squeeze=False, sharex=True)
    for row, ds in zip(grid, data, strict=True):
        by = str(next(dim for dim in ds["mode_alignment_rate"].dims if dim not in CLOCKS))
        for ax, (name, symbol) in zip(row, names.items(), strict=True):
            plot_curves(ds[name], ax, by=by, symbol=rf"$\{by}$").set_ylabel(symbol)
            zero_line(ax)
        row[-1].legend(loc="lower right")
    for ax in grid[:-1].flat:
        ax.set_xlabel("")
    return figure


def symmetry_figure(data: Sequence[xr.Dataset]) -> Figure:
    """Draw the norms of the symmetric part A and the antisymmetric B of W_p, a panel an eta."""
    figure = Figure(figsize=(2.5 * len(data), 2.5), layout="constrained")
    axes = figure.subplots(1, len(data), squeeze=False, sharey=True)[0]
    styles: dict[str, Literal["-", "--"]] = {"A": "-", "B": "--"}
    taus = data[0]["tau"].values
    colours = SEQUENTIAL(np.linspace(0, 1, len(taus)))
    for ax, ds in zip(axes, data, strict=True):
        for name, style in styles.items():
            for tau, colour in zip(taus, colours, strict=True):
                ax.plot(ds["time"], ds[name].sel(tau=tau), style, color=colour)
        ax.set_xlabel("gradient-flow time")
        ax.set_title(rf"$\eta$ = {ds.attrs['eta']:g}", fontsize="medium")
    axes[0].set_ylabel("Frobenius norm")
    keys = [Line2D([], [], color="k", linestyle=style) for style in styles.values()]
    keys += [Line2D([], [], color=colour) for colour in colours]
    names = ["symmetric part of $W_p$", "antisymmetric", *(rf"$\tau$ = {tau:g}" for tau in taus)]
    figure.legend(keys, names, loc="outside lower center", ncols=len(keys))
    return figure


def speed_figure(data: Sequence[xr.DataArray]) -> Figure:
    """Draw dp/dt on the parabola, a panel each."""
    return _with_legend(_panels(data, plot_speed))


def field_figure(data: Sequence[xr.Dataset]) -> Figure:
    """Draw vector fields, a panel each."""
    return _with_legend(_panels(data, plot_field))


def mean_field_figure(data: Sequence[xr.Dataset]) -> Figure:
    """Draw errors of a mean field against effective dimensions, a panel each."""
    figure, axes = panel_grid(len(data), min(len(data), COLUMNS), (4.5, 3.4))
    for ax, errors in zip(axes, data, strict=True):
        plot_mean_field(errors, ax)
    return figure


def curve_figure(
    data: Sequence[xr.DataArray], *, by: str, symbol: str, label: str, log: bool = False
) -> Figure:
    """Draw series of one quantity, named `label`, a panel an eta; colours are values of `by`."""

    def panel(values: xr.DataArray, ax: Axes) -> None:
        plot_curves(values, ax, by=by, symbol=symbol, log=log)
        ax.set_ylabel(label if _leads(ax) else "")
        ax.set_title(rf"$\eta$ = {values.attrs['eta']:g}", fontsize="medium")

    figure = _panels(data, panel, share=True)
    seeds = data[0].sizes.get("seed")
    title = seeds and f"band: sd of {seeds} seeds"
    figure.axes[0].legend(fontsize=6, title=title, title_fontsize=6)
    return figure


def loss_figure(
    data: Sequence[xr.DataArray], *, share: bool = False, note: str = "", least: float = 0.01
) -> Figure:
    """Draw samples in a plane, or eigenvalues from `least` on, a panel a loss.

    `note` goes below all of them.
    """

    def panel(values: xr.DataArray, ax: Axes) -> None:
        if "sample" in values.dims:
            plot_paths(values, ax)
        else:
            plot_eigenvalues(values, ax, least=least)
            ax.set_ylabel(ax.get_ylabel() if _leads(ax) else "")

    figure = _panels(data, panel, share=share)
    spectra = [ax for ax, m in zip(figure.axes, data, strict=True) if "mode" in m.dims]
    if spectra:
        _name_modes(figure, spectra, max(m.sizes.get("mode", 0) for m in data))
    if note:
        figure.supxlabel(note, fontsize="small")
    return figure


def _name_modes(figure: Figure, axes: Sequence[Axes], modes: int) -> None:
    if modes > FEW:
        for row in (axes[i : i + COLUMNS] for i in range(0, len(axes), COLUMNS)):
            mode_colorbar(figure, row, [modes])
        return
    colours = SEQUENTIAL(np.linspace(0, 1, modes))
    keys = [Line2D([], [], color=colour) for colour in colours]
    names = [f"mode {j + 1}" for j in range(modes)]
    figure.legend(keys, names, loc="outside lower center", ncols=modes)


def _with_legend(figure: Figure) -> Figure:
    keys: dict[str, Artist] = {}
    for ax in figure.axes:
        handles, labels = ax.get_legend_handles_labels()
        keys |= dict(zip(labels, handles, strict=True))
    figure.legend(
        list(keys.values()), list(keys), loc="outside lower center", ncols=max(len(keys), 1)
    )
    return figure


def _leads(ax: Axes) -> bool:
    # Whether it begins a row: the others are of the same quantity.
    spec = ax.get_subplotspec()
    return spec is not None and spec.is_first_col()


def _panels(
    data: Sequence[Any], plot: Callable[[Any, Axes], Any], *, share: bool = False
) -> Figure:
    figure, axes = panel_grid(len(data), min(len(data), COLUMNS), (2.5, 2.3), sharey=share)
    for ax, values in zip(axes, data, strict=True):
        plot(values, ax)
    return figure
