"""What drawings share: names from ``attrs``, and words where nothing is drawn."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.checks.fields import shown
from analysis.figures.style import FAINT, GREY, SEQUENTIAL
from analysis.figures.text import formula, plain
from analysis.linalg.labelled import check_labelled, check_run
from analysis.store.labels import basis_name, of_the

WIDTH = 27  # letters of a label in a line; a panel is about two inches high
NOT_POSITIVE = "no positive value to draw"
NOT_FINITE = "no finite value to draw"


def variable(m: xr.Dataset, name: str) -> xr.DataArray:
    """Return a variable of what `summarise` returns; ValueError names what is there instead."""
    check_run(m)
    if name not in m:
        there = sorted(map(str, m.data_vars))
        raise ValueError(
            f"no variable {name!r}: draw what `summarise` returns; there are {shown(there)}"
        )
    return m[name]


def check_dims(values: xr.DataArray, dim: str | None, who: str) -> None:
    """Raise ValueError unless `values` has dims (step) and `dim`, which must be there."""
    check_labelled(values, "what is drawn", () if dim is None else (dim,))
    wanted = {"step", dim} - {None}
    if dim is not None and dim not in values.dims:
        raise ValueError(f"{who} draws against {dim!r}; got dims {values.dims}")
    if extra := sorted(map(str, set(values.dims) - wanted)):
        dims = ", ".join(sorted(map(str, wanted), reverse=True))
        raise ValueError(f"{who} draws ({dims}); select or reduce {extra} first")


def name_of(values: xr.DataArray) -> str:
    """Return how an axis calls `values`: name and symbol, in lines that a panel has place for."""
    name = plain(values.attrs.get("long_name", values.name), width=WIDTH)
    symbol = formula(values.attrs.get("symbol", ""))
    return f"{name}{chr(10) if len(symbol) > 16 else ' '}{symbol}" if symbol else name


def mode_name(values: xr.DataArray) -> str:
    """Return how an axis calls the modes of `values`, with the matrix whose modes they are."""
    basis = basis_name(values)
    return name_of(values["mode"]) + (f",\n{plain(of_the(basis))}" if basis else "")


def name_axes(ax: Axes, x: xr.DataArray, y: xr.DataArray) -> Axes:
    """Label both axes by ``attrs``."""
    ax.set(xlabel=name_of(x), ylabel=name_of(y))
    return ax


def mode_axis(ax: Axes, values: xr.DataArray) -> None:
    """Let the x axis run from mode 1 to mode d though some are not drawn, and label it."""
    d = values.sizes["mode"]
    ax.update_datalim([(1, 0), (d, 0)], updatey=False)
    ax.margins(x=min(0.05, 0.9 / max(d - 1, 1)))  # no tick at a mode 0
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.set_xlabel(mode_name(values))


def mode_colorbar(figure: Figure, axes: Sequence[Axes], modes: Sequence[int]) -> None:
    """Explain the colours of modes by rank, beside `axes`; several numbers of them share ends."""
    last = str(modes[0]) if len(set(modes)) == 1 else "last"
    colours = ScalarMappable(None, SEQUENTIAL)
    bar = figure.colorbar(colours, ax=list(axes), pad=0.01, aspect=30)
    bar.set_ticks([0, 1], labels=["1", last])
    bar.set_label("mode, from the largest", labelpad=-4)
    bar.outline.set_visible(False)


def above_rounding(values: xr.DataArray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return `y`, with NaN for what has no place on a logarithmic axis.

    That is what is not above ``attrs["resolution"]`` times the largest along `axis`, the modes.
    """
    size = np.nanmax(np.abs(y), initial=0.0, axis=axis, keepdims=True)
    floor = values.attrs.get("resolution", 0.0) * size
    return np.where((y > floor) & np.isfinite(y), y, np.nan)


def log_axis(ax: Axes) -> None:
    """Make the y axis logarithmic, or say in it that there is no positive value to draw."""
    if np.isfinite(ax.dataLim.minposy):
        ax.set_yscale("log")
    else:
        say(ax, NOT_POSITIVE)


def zero_line(ax: Axes) -> None:
    """Draw a faint line where the value is 0, below all else."""
    ax.axhline(0, color=FAINT, linewidth=0.8, zorder=0)


def say(ax: Axes, text: str) -> None:
    """Write in axes why nothing is drawn there, and take away the numbers of nothing."""
    ax.tick_params(axis="y", which="both", left=False, labelleft=False)
    write(ax, text)


def say_if_none(ax: Axes, values: xr.DataArray) -> None:
    """Say so in the axes where none of `values` is finite."""
    if not np.isfinite(values).any():
        say(ax, NOT_FINITE)


def write(ax: Axes, text: str) -> None:
    """Write in the middle of axes."""
    ax.annotate(
        *(text, (0.5, 0.5)),
        xycoords="axes fraction",
        ha="center",
        va="center",
        color=GREY,
        fontsize="small",
    )


def note(ax: Axes, text: str) -> None:
    """Write a line above axes, at the right: what is left out, or what a line of them means."""
    ax.set_title(text, loc="right", fontsize="small", color=GREY)
