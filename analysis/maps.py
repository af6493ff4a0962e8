"""Every mode at every snapshot as a picture, and W_p against F mode by mode: ax in, ax out."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.ticker import MaxNLocator

from analysis.basis import check_basis
from analysis.figures import COLORS, GREY, _check_dims, _chosen, _clock, _label, _name

# Told apart with any colour vision, and its middle is white.
SIGNED = plt.get_cmap("PuOr")
DOTS = 1500  # across a page: more cells take gigabytes, and are not seen
ABSENT = "0.85"  # what is not there, or zero on a logarithmic scale


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
    _check_dims(values, "mode", "plot_map")
    x = _clock(values, x)
    if "step" not in values.dims or values.sizes["step"] < 2:
        raise ValueError("plot_map draws over training, from two snapshots on; draw the spectrum")
    ax = plt.gca() if ax is None else ax
    values = _chosen(values, DOTS) if values.sizes["step"] > DOTS else values
    shown = values.transpose("mode", "step").values.astype(float)
    if scale == "log":
        floor = values.attrs.get("resolution", 0.0) * np.nanmax(np.abs(shown), initial=0.0, axis=0)
        shown = np.where(shown > floor, shown, np.nan)
    norm = _norm(shown, scale) if norm is None else norm
    mesh = ax.pcolormesh(
        _edges(values[x].values),
        _edges(values["mode"].values),
        np.ma.masked_invalid(shown),
        norm=norm,
        cmap=_cmap(scale),
        rasterized=True,  # a vector file of thousands of cells is slow, and shows seams
    )
    ax.set_facecolor(ABSENT)
    ax.invert_yaxis()
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=2))
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02, aspect=25, extend=_beyond(shown, norm))
    bar.set_label(_name(values))
    bar.outline.set_visible(False)
    return _label(ax, values[x], values["mode"])


def plot_pairing(
    p: xr.DataArray,
    s: xr.DataArray,
    *,
    residual: xr.DataArray | None = None,
    fit: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw p_j against s_j, a point a mode, and the parabola that a conserved balance predicts.

    Both axes are logarithmic, so that :math:`p^2 \propto s` is a line of slope 1/2.

    Parameters
    ----------
    p, s : DataArray (mode)
        :math:`u_j^\top W_p u_j`, and the eigenvalues of F. Modes of p not above 0, or of s below
        the rounding of the stored data, are left out, and a line above says how many.
    residual : DataArray (mode), optional
        :math:`\lVert W_p u_j - p_j u_j \rVert`: a mode is filled where its p is larger, and hollow
        where u_j is nothing like an eigenvector.
    fit : (float, float), optional
        Exponent a and factor b of a fit :math:`p = b\, s^a`, drawn over the modes, and beside it
        the parabola through their middle.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        `p` or `s` has other dims than ``mode``, or they are of different modes: `check_basis`.
    """
    for values in (p, s):
        if values.dims != ("mode",):
            raise ValueError(f"plot_pairing draws (mode); got {values.dims}: select a snapshot")
    check_basis(p, s, *([] if residual is None else [residual]))
    ax = plt.gca() if ax is None else ax
    floor = s.attrs.get("resolution", 0.0) * float(s.max())
    shown = ((p > 0) & (s > floor)).values
    x, y = s.values[shown], p.values[shown]
    colors = COLORS(np.linspace(0, 1, len(s)))[shown]
    clear = np.ones(len(x), bool) if residual is None else y > residual.values[shown]
    ax.scatter(x, y, s=10, linewidths=0.8, edgecolors=colors, facecolors=_filled(colors, clear))
    ax.set(xscale="log", yscale="log")
    if fit is not None and len(x) > 1:
        exponent, factor = fit
        over = np.geomspace(x.min(), x.max(), 2)
        line = factor * over**exponent
        ax.plot(over, line, color="C3", label=rf"fit, $p \propto s^{{{exponent:.2f}}}$")
        middle = np.sqrt(line.prod()) / over.prod() ** 0.25
        ax.plot(
            over, middle * over**0.5, color=GREY, ls="--", label=r"parabola, $p \propto s^{1/2}$"
        )
        ax.legend(loc="best")
    if left := len(s) - len(x):
        text = f"not drawn: {left} modes"
        ax.set_title(text, loc="right", fontsize="small", color=GREY)
    return _label(ax, s, p)


def _filled(colors: np.ndarray, clear: np.ndarray) -> np.ndarray:
    return np.where(clear[:, None], colors, 1.0)


def _edges(centres: np.ndarray) -> np.ndarray:
    middle = (centres[1:] + centres[:-1]) / 2
    if not len(middle):  # one mode
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    first, last = 2 * centres[0] - middle[0], 2 * centres[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


def _cmap(scale: str) -> Colormap:
    return (SIGNED if scale == "signed" else COLORS).with_extremes(bad=ABSENT)


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
