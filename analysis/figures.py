"""What is measured, drawn: ax in, ax out.

The functions take the Dataset of `summarise`, or a part of it that ``.sel`` chose. Names come from
``attrs``. Curves of several snapshots are coloured by epoch, from dark (first) to light (last).
"""

from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

CURVES = 12  # more curves on one axes cannot be told apart
CLOCKS = ("epoch", "time", "step")
# Readable with any colour vision; its palest end would be lost on white.
COLORS = ListedColormap(mpl.colormaps["viridis"](np.linspace(0, 0.93, 256)), "viridis to 0.93")
GREY = "0.35"


def plot_spectrum(
    values: xr.DataArray,
    *,
    ax: Axes | None = None,
    log: bool = True,
    curves: int = CURVES,
    norm: Normalize | None = None,
) -> Axes:
    """Draw a spectrum against the mode index, one curve a snapshot, coloured by epoch.

    Parameters
    ----------
    values : DataArray ([step,] mode)
        Eigenvalues, real.
    ax : Axes, optional
        The current one by default.
    log : bool
        Logarithmic axis. Values that are not positive, or less than the rounding of the stored data
        (``attrs["resolution"]`` times the largest), have no place on it: they are left out, and a
        line above the axes says how many.
    curves : int
        How many snapshots to draw at most: the first, the last and, evenly in epoch, between.
    norm : Normalize, optional
        Epochs to colours, to share among axes; by default from 0 to the last epoch of `values`.

    Raises
    ------
    ValueError
        `values` has other dims (select or reduce them first), or is complex.
    """
    _check_dims(values, "mode", "plot_spectrum")
    if np.iscomplexobj(values):
        raise ValueError("plot_spectrum draws real numbers; take .real or .imag, and say so")
    ax = plt.gca() if ax is None else ax
    missing = []
    for curve, color in _by_epoch(values, curves, norm):
        y = curve.values
        if log:
            floor = curve.attrs.get("resolution", 0.0) * np.nanmax(np.abs(y), initial=0.0)
            missing.append(int((y <= floor).sum()))
            y = np.where(y > floor, y, np.nan)
        _draw(ax, curve["mode"], y, color)
    if log:
        ax.set_yscale("log")
        if any(missing):
            text = f"not drawn: {_span(missing)} modes at 0"
            ax.set_title(text, loc="right", fontsize="small", color=GREY)
    else:
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    _mode_axis(ax, values.sizes["mode"])
    return _label(ax, values["mode"], values)


def plot_alignment(
    m: xr.Dataset,
    *,
    ax: Axes | None = None,
    curves: int = CURVES,
    norm: Normalize | None = None,
) -> Axes:
    r"""Draw the cosine a_j against the mode index, coloured by epoch, and its null level.

    Parameters
    ----------
    m : Dataset ([step,] mode)
        With `alignment` and `alignment_null`. The dashed line is the null of the last snapshot, the
        coloured ticks at the right edge are those of each curve: what is above is alignment.
    ax, curves, norm
        As for `plot_spectrum`.

    Raises
    ------
    ValueError
        A variable is missing, or there are other dims.
    """
    values, null = _variable(m, "alignment"), _variable(m, "alignment_null")
    _check_dims(values, "mode", "plot_alignment")
    ax = plt.gca() if ax is None else ax
    for curve, color in _by_epoch(values, curves, norm):
        _draw(ax, curve["mode"], curve.values, color)
    edge = ax.get_yaxis_transform()  # x in parts of the axes
    for level, color in _by_epoch(null, curves, norm):
        ax.plot([1, 1.03], [level, level], color=color, transform=edge, clip_on=False)
    last = float(level)
    ax.axhline(last, color=GREY, linestyle="--", label="null, last epoch", zorder=3)
    _caption(ax, last, "null, last epoch")
    ax.set_ylim(-1.05, 1.05)  # all that a cosine can be
    _mode_axis(ax, values.sizes["mode"])
    return _label(ax, values["mode"], values)


def plot_asymmetry(m: xr.Dataset, *, x: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the asymmetry of W_p over training, and dotted the level of independent entries.

    Parameters
    ----------
    m : Dataset (step)
        With `asymmetry`. Epoch 0 is before training.
    x : str, optional
        The coordinate to draw against: `epoch`, or else `time`, or else `step`.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        The variable or the coordinate is missing, or there are other dims.
    """
    values = _variable(m, "asymmetry")
    ax = _plot_over_training(values, x, ax, "plot_asymmetry")
    if (null := values.attrs.get("null_level")) is not None:
        ax.axhline(null, color=GREY, linestyle=":", label="null: independent entries")
        _caption(ax, null, "null: independent entries")
    return ax


def plot_commutator(m: xr.Dataset, *, x: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the normalised commutator of F and W_p over training, and dotted its null level.

    Parameters
    ----------
    m : Dataset (step)
        With `commutator` and `commutator_null`, both deviatoric or neither.
    x, ax
        As for `plot_asymmetry`.

    Raises
    ------
    ValueError
        A variable or the coordinate is missing, or there are other dims.
    """
    values, null = _variable(m, "commutator"), _variable(m, "commutator_null")
    ax = _plot_over_training(values, x, ax, "plot_commutator")
    x = _clock(values, x)
    ax.plot(null[x], null, color=GREY, linestyle=":", label="null: unrelated eigenbases")
    ax.legend(loc="best")
    return ax


def epoch_norm(*values: xr.Dataset | xr.DataArray) -> Normalize:
    """Return the map from epochs to colours that several runs share: 0 to the last epoch."""
    last = max(float(v[_clock(v)].max()) for v in values)
    return Normalize(0.0, last if last > 0 else 1.0)


def epoch_colorbar(
    figure: Figure,
    values: xr.Dataset | xr.DataArray,
    axes: list[Axes],
    norm: Normalize | None = None,
) -> Colorbar:
    """Draw the one colour bar that explains the curves of `axes`; its label comes from attrs."""
    norm = epoch_norm(values) if norm is None else norm
    bar = figure.colorbar(ScalarMappable(norm, COLORS), ax=axes, pad=0.01, aspect=30)
    bar.set_label(_name(values[_clock(values)]))
    bar.outline.set_visible(False)
    return bar


def _plot_over_training(values: xr.DataArray, x: str | None, ax: Axes | None, who: str) -> Axes:
    x = _clock(values, x)
    _check_dims(values, None, who)
    ax = plt.gca() if ax is None else ax
    line = _draw(ax, values[x], values.values, "C0")
    # Both axes start at 0, and yet grow with what else is drawn on them or on axes they share.
    ax.update_datalim([(0, 0)])
    line.sticky_edges.x.append(0)
    line.sticky_edges.y.append(0)
    return _label(ax, values[x], values)


def _draw(ax: Axes, x: xr.DataArray, y: np.ndarray, color: object) -> Line2D:
    # A line through few points, or one, needs markers to be seen.
    few = np.isfinite(y).sum() <= CURVES
    (line,) = ax.plot(x, y, color=color, marker="o" if few else "", markersize=2.5)
    return line


def _caption(ax: Axes, level: float, text: str) -> None:
    # On a horizontal line, at its right end; where cosines end, below it.
    up = level < 0.75 or level > 1
    where = ax.get_yaxis_transform()
    ax.annotate(
        text,
        (0.98, level),
        (0, 3 if up else -3),
        xycoords=where,
        textcoords="offset points",
        ha="right",
        va="bottom" if up else "top",
        color=GREY,
        fontsize="small",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.6, "pad": 0.8},
    )


def _mode_axis(ax: Axes, d: int) -> None:
    # From mode 1 to mode d though some are not drawn, and with no tick at a mode 0.
    ax.update_datalim([(1, 0), (d, 0)], updatey=False)
    ax.margins(x=min(0.05, 0.9 / max(d - 1, 1)))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def _by_epoch(
    values: xr.DataArray, curves: int, norm: Normalize | None
) -> Iterator[tuple[xr.DataArray, tuple[float, ...]]]:
    chosen = _chosen(values, curves)
    clock = _clock(values)
    norm = epoch_norm(values) if norm is None else norm
    for curve in chosen if "step" in chosen.dims else [chosen]:
        yield curve, COLORS(norm(float(curve[clock])))


def _chosen(values: xr.DataArray, curves: int) -> xr.DataArray:
    # Evenly in epoch, not in snapshots: those are dense at the start.
    if "step" not in values.dims:
        return values
    clock = values[_clock(values)].values
    wanted = np.linspace(clock[0], clock[-1], curves)
    above = np.searchsorted(clock, wanted).clip(1, max(len(clock) - 1, 1))
    below = above - 1
    if len(clock) > 1:
        below += clock[above] - wanted < wanted - clock[below]
    return values.isel(step=np.unique(below))


def _clock(values: xr.Dataset | xr.DataArray, x: str | None = None) -> str:
    for name in CLOCKS if x is None else [x]:
        if name in values.coords:
            return name
    wanted = " or ".join(map(repr, CLOCKS)) if x is None else repr(x)
    raise ValueError(f"no coordinate {wanted}; there are {sorted(map(str, values.coords))}")


def _variable(m: xr.Dataset, name: str) -> xr.DataArray:
    if name not in m:
        there = sorted(map(str, m.data_vars))
        raise ValueError(f"no variable {name!r}; there are {there}: draw what `summarise` returns")
    return m[name]


def _check_dims(values: xr.DataArray, dim: str | None, who: str) -> None:
    wanted = {"step", dim} - {None}
    if dim is not None and dim not in values.dims:
        raise ValueError(f"{who} draws against {dim!r}; got dims {values.dims}")
    if extra := sorted(map(str, set(values.dims) - wanted)):
        dims = ", ".join(sorted(map(str, wanted), reverse=True))
        raise ValueError(f"{who} draws ({dims}); select or reduce {extra} first")


def _label(ax: Axes, x: xr.DataArray, y: xr.DataArray) -> Axes:
    ax.set(xlabel=_name(x), ylabel=_name(y))
    return ax


def _name(values: xr.DataArray) -> str:
    name = str(values.attrs.get("long_name", values.name))
    symbol = values.attrs.get("symbol")
    return f"{name}{chr(10) if len(symbol) > 16 else ' '}{symbol}" if symbol else name


def _span(counts: list[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"
