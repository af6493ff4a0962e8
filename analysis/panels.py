"""Runs side by side as in the IsoLoss paper: eigenvalues over training, alignment by mode."""

from collections.abc import Callable, Mapping

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import COLORS, _clock, _name, epoch_colorbar, epoch_norm, plot_alignment
from analysis.overview import STYLE

LINES = 26  # every tenth of 256, as published
COLUMNS = 4


def spectra_figure(
    summaries: Mapping[str, xr.Dataset],
    *,
    accuracies: Mapping[str, xr.DataArray] | None = None,
    lines: int = LINES,
) -> Figure:
    """Draw eigenvalues of F over training, a panel a run and one logarithmic scale for all.

    Halvagal, Laborieux, Zenke (2023), arXiv:2212.04858: with losses as runs their Fig. 3, with and
    without EMA Fig. 7, with weight decays Fig. 8.

    Parameters
    ----------
    summaries : mapping of title to Dataset (step, mode)
        Of `summarise`, or of `follow_modes`.
    accuracies : mapping of title to DataArray (step), optional
        Against the coordinate `epoch`, from 0 to 1; drawn as an inset where a run has two or more.
    lines : int
        Modes drawn at most, evenly from the first to the last; the first is darkest.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        There is no run, or one has no eigenvalues over training.
    """

    def panel(ax: Axes, name: str, m: xr.Dataset) -> None:
        values = _values(m, "correlation_eigenvalue").transpose("step", "mode")
        shown = values.where(values > values.attrs.get("resolution", 0.0) * values.max("mode"))
        last = shown.sizes["mode"] - 1
        clock = values[_clock(values)]
        for i in np.unique(np.linspace(0, last, lines).round().astype(int)):
            color = COLORS(i / max(last, 1))
            ax.plot(clock, shown.isel(mode=i), color=color, linewidth=0.7)
        ax.set_yscale("log")
        ax.set(xlabel=_name(clock), ylabel="$s_j$")
        if accuracies is not None and name in accuracies and accuracies[name].size > 1:
            _inset(ax, accuracies[name])

    return _panels(summaries, panel)


def alignment_figure(summaries: Mapping[str, xr.Dataset]) -> Figure:
    """Draw the alignment of every mode, a panel a run, coloured by epoch.

    With a linear predictor under cosine and Euclidean loss: Fig. 4 of Halvagal, Laborieux, Zenke
    (2023), arXiv:2212.04858, and the null level that it lacks.

    Parameters
    ----------
    summaries : mapping of title to Dataset (step, mode)
        Of `summarise`.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        There is no run, or as for `analysis.figures.plot_alignment`.
    """
    norm = epoch_norm(*summaries.values()) if summaries else None
    figure = _panels(summaries, lambda ax, _, m: plot_alignment(m, ax=ax, norm=norm))
    with mpl.rc_context(STYLE):
        epoch_colorbar(figure, next(iter(summaries.values())), list(figure.axes), norm)
    return figure


def _panels(
    summaries: Mapping[str, xr.Dataset], draw: Callable[[Axes, str, xr.Dataset], object]
) -> Figure:
    if not summaries:
        raise ValueError("one run or more is drawn; got none")
    rows = -(-len(summaries) // COLUMNS)
    columns = -(-len(summaries) // rows)  # 5 are 3 and 2, not 4 and 1
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.5 * columns + 0.3, 2.1 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for i, (ax, (name, m)) in enumerate(zip(axes.flat, summaries.items(), strict=False)):
            draw(ax, name, m)
            ax.set_title(name, fontsize="medium")
            if i % columns:
                ax.set_ylabel("")
            if i + columns < len(summaries):  # another panel is below
                ax.set_xlabel("")
            else:
                ax.tick_params(labelbottom=True)
        for ax in list(axes.flat)[len(summaries) :]:
            ax.remove()
    return figure


def _values(m: xr.Dataset, name: str) -> xr.DataArray:
    if name not in m or set(m[name].dims) != {"step", "mode"}:
        dims = m[name].dims if name in m else "nothing of that name"
        raise ValueError(f"{name} (step, mode) is drawn; got {dims}")
    return m[name]


def _inset(ax: Axes, accuracy: xr.DataArray) -> None:
    inset = ax.inset_axes((0.62, 0.1, 0.34, 0.26))
    inset.plot(accuracy["epoch"], 100 * accuracy, color="k", linewidth=0.8, marker=".", ms=2)
    inset.set_ylabel("%", fontsize=6, labelpad=1)
    inset.tick_params(labelsize=5)
