"""Runs side by side as in the IsoLoss paper: eigenvalues over training, alignment by mode."""

from collections.abc import Callable, Mapping

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.axes import above_rounding, log_axis, mode_colorbar, name_axes
from analysis.figures.clocks import epoch_norm, find_clock, on_one_clock
from analysis.figures.curves import epoch_colorbar, plot_alignment
from analysis.figures.grid import panel_grid
from analysis.figures.style import SEQUENTIAL, STYLE
from analysis.figures.text import plain
from analysis.store.labels import basis_name, of_the
from analysis.verdicts.caveats import divergence

COLUMNS = 4
LETTERS = 36  # of a panel's title


def spectra_figure(
    summaries: Mapping[str, xr.Dataset],
    *,
    accuracies: Mapping[str, xr.DataArray] | None = None,
) -> Figure:
    """Draw eigenvalues of F over training, a panel a run and one logarithmic scale for all.

    Every mode is a line: of some of them, the steps between would look like gaps of the spectrum.

    Halvagal, Laborieux, Zenke (2023), arXiv:2212.04858: with losses as runs their Fig. 3, with and
    without EMA Fig. 7, with weight decays Fig. 8.

    Parameters
    ----------
    summaries : mapping of title to Dataset (step, mode)
        Of `summarise`, or of `follow_modes`.
    accuracies : mapping of title to DataArray (step), optional
        Against the coordinate `epoch`, from 0 to 1; drawn as an inset where a run has two or more.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        There is no run, or one has no eigenvalues over training.
    """
    summaries = _together(summaries)

    def panel(ax: Axes, name: str, m: xr.Dataset) -> None:
        values = _values(m, "correlation_eigenvalue").transpose("step", "mode")
        clock = values[find_clock(values)]
        d = values.sizes["mode"]
        rows = above_rounding(values, values.values).T
        width = max(0.2, min(0.7, 20 / d))
        for y, color in zip(rows, SEQUENTIAL(np.linspace(0, 1, d)), strict=True):
            ax.plot(clock, y, color=color, linewidth=width)
        log_axis(ax)
        name_axes(ax, clock, values)
        if accuracies is not None and name in accuracies and accuracies[name].size > 1:
            _inset(ax, accuracies[name])

    figure = _panels(summaries, panel)
    with mpl.rc_context(STYLE):
        mode_colorbar(figure, list(figure.axes), [m.sizes["mode"] for m in summaries.values()])
    return figure


def spectra_caption(summaries: Mapping[str, xr.Dataset]) -> str:
    """Return what `spectra_figure` shows of these, in a sentence."""
    found = {basis_name(m["correlation_eigenvalue"]) or "correlation" for m in summaries.values()}
    of = " or ".join(of_the(name) for name in sorted(found))
    return f"Eigenvalues {of}, a line a mode, on one scale."


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
        There is no run, or as for `analysis.figures.curves.plot_alignment`.
    """
    summaries = _together(summaries)
    norm = epoch_norm(*summaries.values())
    figure = _panels(summaries, lambda ax, _, m: plot_alignment(m, ax=ax, norm=norm))
    with mpl.rc_context(STYLE):
        epoch_colorbar(figure, next(iter(summaries.values())), list(figure.axes), norm)
    return figure


def _together(summaries: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    if not summaries:
        raise ValueError("one run or more is drawn; got none")
    return dict(zip(summaries, on_one_clock(list(summaries.values())), strict=True))


def _panels(
    summaries: Mapping[str, xr.Dataset], draw: Callable[[Axes, str, xr.Dataset], object]
) -> Figure:
    rows = -(-len(summaries) // COLUMNS)
    columns = -(-len(summaries) // rows)  # 5 are 3 and 2, not 4 and 1
    with mpl.rc_context(STYLE):
        size = 2.5 + 0.3 / columns, 2.1  # a colour bar stands at the right
        figure, axes = panel_grid(len(summaries), columns, size, sharex=True, sharey=True)
        for i, (ax, (name, m)) in enumerate(zip(axes, summaries.items(), strict=True)):
            draw(ax, name, m)
            lines = [plain(name, LETTERS), *filter(None, [divergence(m)])]
            lines += [""] * bool(ax.get_title(loc="right"))  # a note has the line to itself
            ax.set_title("\n".join(lines), fontsize="medium")
            if i % columns:
                ax.set_ylabel("")
            if i + columns < len(summaries):  # another panel is below
                ax.set_xlabel("")
            else:
                ax.tick_params(labelbottom=True)
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
