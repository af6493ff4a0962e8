"""A value of every mode at every snapshot as a picture: ax in, ax out."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.ticker import MaxNLocator

from analysis.figures.axes import (
    NOT_FINITE,
    NOT_POSITIVE,
    above_rounding,
    check_dims,
    mode_name,
    name_of,
    write,
)
from analysis.figures.clocks import cell_edges, chosen, find_clock
from analysis.figures.style import ABSENT, SEQUENTIAL, SIGNED

DOTS = 1500  # across a page: more cells take gigabytes, and are not seen


def plot_map(
    values: xr.DataArray,
    *,
    x: str | None = None,
    ax: Axes | None = None,
    scale: str = "linear",
    norm: Normalize | None = None,
) -> Axes:
    """Draw a value per mode over training as a heat map with its colour bar, mode 1 on top.

    A cell reaches half-way to the snapshots beside it: where snapshots are dense, cells are narrow.
    Of more snapshots than a page has dots, those nearest to 1,500 even places are drawn.

    Parameters
    ----------
    values : DataArray (step, mode)
        Of `summarise`, where a mode is a rank, or of `follow_modes`, where it is a direction.
    x : str, optional
        The coordinate to draw against: `epoch`, or else `time`, or else `step`.
    ax : Axes, optional
        The current one by default.
    scale : {"linear", "log", "signed"}
        ``log``: what is not positive, or less than the rounding of the stored data, is grey.
        ``signed``: white at 0 and symmetric.
    norm : Normalize, optional
        Values to colours, to share among axes or for what has a range; by default from the values.
        What is beyond it has the colour of its end, and the colour bar an arrow.

    Raises
    ------
    ValueError
        `values` has other dims (select or reduce them first), one snapshot, no such coordinate, or
        `scale` is not of these.
    """
    scales = ("linear", "log", "signed")
    if scale not in scales:
        raise ValueError(f"scale is {scale!r}; wanted one of {scales}")
    check_dims(values, "mode", "plot_map")
    x = find_clock(values, x)
    if "step" not in values.dims or values.sizes["step"] < 2:
        raise ValueError("plot_map draws over training, from two snapshots on; draw the spectrum")
    ax = plt.gca() if ax is None else ax
    values = chosen(values, DOTS) if values.sizes["step"] > DOTS else values
    shown = values.transpose("mode", "step").values.astype(float)
    shown = np.where(np.isfinite(shown), shown, np.nan)
    if scale == "log":
        shown = above_rounding(values, shown, axis=0)
    unit = ""
    if norm is None:
        shown, unit = _in_reach(shown)
        norm = _norm(shown, scale)
    mesh = ax.pcolormesh(
        cell_edges(values[x].values),
        cell_edges(values["mode"].values),
        np.ma.masked_invalid(shown),
        norm=norm,
        cmap=_cmap(scale),
        rasterized=True,  # a vector file of thousands of cells is slow, and shows seams
    )
    ax.set_facecolor(ABSENT)
    ax.invert_yaxis()
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=2))
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02, aspect=25, extend=_beyond(shown, norm))
    bar.set_label(name_of(values) + unit)
    bar.outline.set_visible(False)
    if not np.isfinite(shown).any():
        write(ax, NOT_POSITIVE if scale == "log" else NOT_FINITE)
    ax.set(xlabel=name_of(values[x]), ylabel=mode_name(values))
    return ax


def _cmap(scale: str) -> Colormap:
    return (SIGNED if scale == "signed" else SEQUENTIAL).with_extremes(bad=ABSENT)


def _in_reach(shown: np.ndarray) -> tuple[np.ndarray, str]:
    # A colour bar ends at 1e-287; what is smaller or about as large gets a unit.
    size = float(np.nanmax(np.abs(shown), initial=0.0))
    exponent = int(np.floor(np.log10(size))) if size else 0
    if abs(exponent) < 250:
        return shown, ""
    return shown / 10.0**exponent, rf", in $10^{{{exponent}}}$"


def _beyond(shown: np.ndarray, norm: Normalize) -> str:
    inside = norm(shown[np.isfinite(shown)])  # 0 to 1
    return ("neither", "min", "max", "both")[(inside < 0).any() + 2 * (inside > 1).any()]


def _norm(shown: np.ndarray, scale: str) -> Normalize:
    low, high = np.nanmin(shown, initial=np.inf), np.nanmax(shown, initial=-np.inf)
    if not np.isfinite([low, high]).all():
        return Normalize(0, 1)
    if scale == "signed":
        size = max(-low, high) or 1.0
        return Normalize(-size, size)
    if scale == "log":
        return LogNorm(low, high if high > low else 10 * low)
    return Normalize(low, high if high > low else low + 1)
