"""What theory says, drawn from datasets: ax in, ax out. Nothing is integrated here."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from analysis.figures.axes import zero_line
from analysis.figures.phase_plane import ALIVE, CURVE, FLOW, NEUTRAL, SADDLE, STABLE, P
from analysis.figures.style import SEQUENTIAL

# By shape too: colours alone are not told apart by all, nor in print.
RESTS = {
    STABLE: ("o", None, "stable"),
    SADDLE: ("o", "white", "unstable"),
    NEUTRAL: ("D", None, "neither"),
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
        kind = STABLE if below > 0 > above else SADDLE if below < 0 < above else NEUTRAL
        mark, face, label = RESTS[kind]
        ax.plot(rest, 0, mark, color=kind, mfc=face or kind, ms=5, zorder=3, label=label)
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
            mean, sd = one.mean("seed"), one.std("seed", ddof=1)
            ax.fill_between(one[clock], mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
            one = mean
        ax.plot(one[clock], one, color=colour, label=f"{symbol or by} = {value:g}")
    if log:
        ax.set_yscale("log")
    ax.set_xlabel("steps" if clock == "step" else "gradient-flow time")
    return ax


def plot_field(field: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw a vector field with arrows of one length, and where it rests."""
    ax = plt.gca() if ax is None else ax
    u, v = field["across"].values, field["up"].values
    size = np.hypot(u, v)
    with np.errstate(invalid="ignore", divide="ignore"):
        ax.quiver(field["x"], field["y"], u / size, v / size, color=FLOW, scale=28, width=0.004)
    x, ratio = np.linspace(-2, 2, 401), field.attrs["ratio"]
    with np.errstate(divide="ignore"):
        if field.attrs["panel"] == 0:  # w_p w = w_a lambda_d / lambda_s
            for part in (x[x < 0], x[x > 0]):
                ax.plot(part, ratio / part, color=SADDLE, label="at rest")
        elif field.attrs["panel"] == 1:
            ax.plot(x, x, color="0.4", linewidth=0.9, label=r"$\dot w_a = 0$")
            ax.plot(x, x**2 / ratio, color=CURVE, label=r"$\dot w = 0$")
        else:
            ax.plot(0, 0, "o", color=STABLE, label="stable rest point")
    ax.set(xlim=(-2, 2), ylim=(-2, 2), aspect="equal")
    ax.set(xlabel=field["x"].attrs["symbol"], ylabel=field["y"].attrs["symbol"])
    return ax


def plot_paths(z: xr.DataArray, ax: Axes | None = None) -> Axes:
    """Draw samples through a plane of features, (sample, time, row): from a ring to a dot."""
    ax = plt.gca() if ax is None else ax
    x, y = (z.isel(row=i).transpose("time", "sample").values for i in (0, 1))
    ax.plot(x, y, color=FLOW, linewidth=0.7, alpha=0.7)
    ax.plot(x[0], y[0], "o", color="0.6", mfc="white", markersize=2.5, mew=0.6)
    ax.plot(x[-1], y[-1], ".", color="k", markersize=3.5)
    ax.set(xlabel="$z_1$", ylabel="$z_2$", title=z.attrs["loss"])
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def plot_eigenvalues(values: xr.DataArray, ax: Axes | None = None) -> Axes:
    """Draw eigenvalues along `step` or `time`, the largest first, from every `start` there is."""
    ax = plt.gca() if ax is None else ax
    clock = "step" if "step" in values.dims else "time"
    for start in values.transpose("start", ...) if "start" in values.dims else [values]:
        for j in range(start.sizes["mode"]):
            ax.plot(
                start[clock],
                start.isel(mode=j),
                color=SEQUENTIAL(j / start.sizes["mode"]),
            )
    steps = f"steps of {values.attrs['rate']:g}" if clock == "step" else "gradient-flow time"
    ax.set(xlabel=steps, title=values.attrs["loss"])
    ax.locator_params(axis="x", nbins=3)
    ax.set_yscale("log")
    ax.set_ylim(1e-2, 10)
    ax.axhline(1, color="0.8", linewidth=0.8, zorder=0)
    ax.set_ylabel(values.attrs.get("long_name", "eigenvalue of $F$"))
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
    ax.contour(x, basin["p0"], alive, levels=[0.5], colors=CURVE, linewidths=1.4)
    ax.fill([np.nan] * 3, [np.nan] * 3, color=ALIVE, label="survives")
    for name, style in (("unstable", "--"), ("useful", "-")):
        colour = SADDLE if name == "unstable" else STABLE
        ax.plot(x, basin[name], style, color=colour, label=basin[name].attrs["symbol"])
    ax.set(xlim=(x[0], x[-1]), ylim=(basin["p0"][0], basin["p0"][-1]))
    ax.set(xlabel=x.attrs["symbol"], ylabel=basin["p0"].attrs["symbol"])
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return ax
