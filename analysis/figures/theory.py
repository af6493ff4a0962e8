"""What theory says, drawn from datasets: ax in, ax out. Nothing is integrated here."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from analysis.figures.axes import name_of, zero_line
from analysis.figures.phase_plane import ALIVE, CURVE, FLOW, NEUTRAL, SADDLE, STABLE, P
from analysis.figures.style import FAINT, GREY, PALETTE, SEQUENTIAL

# By shape too: colours alone are not told apart by all, nor in print.
RESTS: dict[str, dict[str, Any]] = {
    "stable": {"marker": "o", "color": STABLE},
    "unstable": {"marker": "o", "color": SADDLE, "mfc": "white"},
    "saddle": {"marker": "s", "color": SADDLE, "mfc": "white"},
    "half-stable": {"marker": "D", "color": NEUTRAL},
    "neutral": {"marker": "D", "color": NEUTRAL},
}
STILL: dict[str, dict[str, Any]] = {
    "both": {"color": STABLE, "linewidth": 1.6},
    "across": {"color": CURVE, "linestyle": "-."},
    "up": {"color": "0.4", "linestyle": ":"},
}


def plot_speed(rate: xr.DataArray, ax: Axes | None = None) -> Axes:
    """Draw dp/dt on the parabola against p, and mark where it rests."""
    ax = plt.gca() if ax is None else ax
    p = rate[P].values
    zero_line(ax)
    ax.plot(p, rate.values, color=FLOW)
    for rest in rate.attrs["rest"]:
        h = 1e-3
        below, above = (float(np.interp(rest + d, p, rate.values)) for d in (-h, h))
        towards = below > 0 > above, below < 0 < above
        kind = "stable" if towards[0] else "unstable" if towards[1] else "half-stable"
        ax.plot(rest, 0, **RESTS[kind], ls="", ms=5, zorder=3, label=kind)
    high = max(float(rate.max()), 0.02)
    ax.set(xlim=(p[0], p[-1]), ylim=(-1.5 * high, 1.5 * high))
    ax.set(xlabel="$p_j$", ylabel=r"$\dot p_j$", title=rf"$\eta$ = {rate.attrs['eta']:g}")
    return ax


def plot_curves(
    values: xr.DataArray, ax: Axes | None = None, *, by: str, symbol: str = "", log: bool = False
) -> Axes:
    """Draw series along `step` or `time`, one colour a value of the dim `by`; `seed` as a band."""
    ax = plt.gca() if ax is None else ax
    clock = "time" if "time" in values.dims else "step"
    colours = SEQUENTIAL(np.linspace(0, 1, values.sizes[by]))
    for value, colour in zip(values[by].values, colours, strict=True):
        one = values.sel({by: value})
        if "seed" in one.dims:
            one = one.dropna(clock, how="all")
            mean, sd = one.mean("seed"), one.std("seed", ddof=1)
            ax.fill_between(one[clock], mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
            one = mean
        ax.plot(one[clock], one, color=colour, label=f"{symbol or by} = {value:g}")
    if log:
        ax.set_yscale("log")
    ax.set_xlabel("steps" if clock == "step" else "gradient-flow time")
    return ax


def plot_field(field: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw a vector field with arrows of one length, and where it rests.

    Parameters
    ----------
    field : Dataset
        `across` and `up` over (y, x), whose coordinates have a `symbol`. Along (still, point):
        `still_x` and `still_y`, the lines on which the part that `still` names does not move,
        "across", "up" or "both". Along rest: `rest_x`, `rest_y` and `rest_stability`. A title in
        ``attrs``. As `dynamics.figures.linear_byol.scalar_fields` returns them.
    ax : Axes, optional
        The current one by default.
    """
    ax = plt.gca() if ax is None else ax
    u, v = field["across"].values, field["up"].values
    size = np.hypot(u, v)
    with np.errstate(invalid="ignore", divide="ignore"):
        ax.quiver(field["x"], field["y"], u / size, v / size, color=FLOW, scale=28, width=0.004)
    symbols = [field[name].attrs["symbol"] for name in ("x", "y")]
    names = [rf"$\dot {symbol.strip('$')} = 0$" for symbol in symbols]
    labels = dict(zip(("across", "up"), names, strict=True)) | {"both": "line of rest points"}
    for kind, x, y in zip(field["still"].values, field["still_x"], field["still_y"], strict=True):
        ax.plot(x, y, **STILL[kind], label=labels[kind])
    rest = (field[f"rest_{name}"].values for name in ("x", "y", "stability"))
    for at_x, at_y, kind in zip(*rest, strict=True):
        ax.plot(at_x, at_y, **RESTS[kind], ls="", ms=5, zorder=3, label=f"{kind} point")
    ax.set(xlim=field["x"][[0, -1]], ylim=field["y"][[0, -1]], aspect="equal")
    ax.set(xlabel=symbols[0], ylabel=symbols[1], title=field.attrs["title"])
    return ax


def plot_paths(z: xr.DataArray, ax: Axes | None = None) -> Axes:
    """Draw samples through a plane of features, (sample, time, row): from a ring to a dot."""
    ax = plt.gca() if ax is None else ax
    x, y = (z.isel(row=i).transpose("time", "sample").values for i in (0, 1))
    ax.plot(x, y, color=FLOW, linewidth=0.7, alpha=0.7)
    ax.plot(x[0], y[0], "o", color="0.6", mfc="white", markersize=2.5, mew=0.6)
    ax.plot(x[-1], y[-1], ".", color="k", markersize=3.5)
    ax.set(xlabel="$z_1$", ylabel="$z_2$", title=z.attrs["title"])
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def plot_eigenvalues(values: xr.DataArray, ax: Axes | None = None, *, least: float = 0.01) -> Axes:
    """Draw eigenvalues along `step` or `time`, from every `start` there is; mode 1 is darkest.

    The axis is one for all such drawings, from `least` to 10: what is beyond has no place. Of two
    along `variant` the second is dotted, and a legend names them.
    """
    ax = plt.gca() if ax is None else ax
    clock = "step" if "step" in values.dims else "time"
    colours = SEQUENTIAL(np.linspace(0, 1, values.sizes["mode"]))
    several = next((dim for dim in ("start", "variant") if dim in values.dims), None)
    for i, one in enumerate(values.transpose(several, ...) if several else [values]):
        style = ":" if several == "variant" and i else "-"
        for line, colour in zip(one.transpose("mode", ...), colours, strict=True):
            ax.plot(one[clock], line, style, color=colour)
    if several == "variant":
        keys = [Line2D([], [], color="k", linestyle=style) for style in ("-", ":")]
        ax.legend(keys, values["variant"].values.tolist(), fontsize=6, loc="best")
    steps = f"steps of {values.attrs['rate']:g}" if clock == "step" else "gradient-flow time"
    ax.set(xlabel=steps, title=values.attrs["title"])
    ax.locator_params(axis="x", nbins=4)
    ax.set_yscale("log")
    ax.axhline(1, color=FAINT, linewidth=0.8, zorder=0)
    ax.set_ylabel(name_of(values))
    ax.set_ylim(least, 10)
    return ax


def plot_mean_field(errors: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the relative error of a mean field against effective dimensions, and one of order one.

    Parameters
    ----------
    errors : Dataset (start, variable, dimension)
        `error` and `effective_dimensions`, of `dynamics.figures.mean_field`; a colour a start, a
        marker a variable.
    ax : Axes, optional
        The current one by default.
    """
    ax = plt.gca() if ax is None else ax
    across = errors["effective_dimensions"]
    for start, colour in zip(errors["start"].values, PALETTE, strict=False):
        for name, marker in zip(errors["variable"].values, "os", strict=True):
            values = errors["error"].sel(start=start, variable=name)
            x, label = across.sel(start=start), rf"$\dot {name}$, {start} $s$"
            ax.plot(x, values, marker=marker, color=colour, mfc="white", label=label)
    ends = np.array([float(across.min()), float(across.max())])
    ax.plot(ends, 2 / ends, color=GREY, linestyle="--", linewidth=1, label="2 over dimensions")
    ax.set(xscale="log", yscale="log", ylabel=errors["error"].attrs["long_name"])
    ax.set_xlabel(f"{across.attrs['long_name']}, {across.attrs['symbol']}")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    ax.legend(fontsize="small")
    return ax


def plot_basin(basin: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw which p(0) survive, shaded, against a parameter; ``p_-`` and ``p_+`` as lines.

    Parameters
    ----------
    basin : Dataset (parameter, p0)
        From `dynamics.basin_map`.
    ax : Axes, optional
        The current one by default.
    """
    ax = plt.gca() if ax is None else ax
    over, _ = basin["survives"].dims
    x, alive = basin[over], basin["survives"].astype(float).T
    ax.contourf(x, basin["p0"], alive, levels=[0.5, 1.5], colors=[ALIVE])
    ax.contour(x, basin["p0"], alive, levels=[0.5], colors=CURVE, linewidths=2)
    ax.fill([np.nan] * 3, [np.nan] * 3, color=ALIVE, label="survives")
    ax.plot([np.nan] * 2, [np.nan] * 2, color=CURVE, linewidth=2, label="its edge")
    for name, style in (("unstable", "--"), ("useful", "-")):
        colour = SADDLE if name == "unstable" else STABLE
        ax.plot(x, basin[name], style, color=colour, label=basin[name].attrs["symbol"])
    ax.set(xlim=(x[0], x[-1]), ylim=(basin["p0"][0], basin["p0"][-1]))
    ax.set(xlabel=x.attrs["symbol"], ylabel=basin["p0"].attrs["symbol"])
    ax.locator_params(axis="x", nbins=6)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, columnspacing=1.2)
    return ax
