"""The figures of the theory, fed by datasets: ax in, ax out.

Data come from `dynamics.figures.data` and `dynamics.phase_portrait`; nothing is integrated here.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.phase_plane import (
    ALIVE,
    CURVE,
    FLOW,
    NEUTRAL,
    SADDLE,
    STABLE,
    P,
    S,
    phase_figure,
)

# Their panels are of one quantity: one scale.
SHARED = ("7", "9", "iso5", "iso6")
COLUMNS = 4
CLOCKS = ("time", "step")
NOTES = {
    "iso2": "The mean of the published SGD (infinite batches), drawn as a flow; that of cosine "
    "losses is over 4096 Gaussian draws. Noise of 0.1 on the target's view alone."
}


def plot_speed(rate: xr.DataArray, ax: Axes | None = None) -> Axes:
    """Draw dp/dt on the parabola against p (Fig. 4), and mark where it rests."""
    ax = plt.gca() if ax is None else ax
    p = rate[P].values
    ax.axhline(0, color="0.8", linewidth=0.8)
    ax.plot(p, rate.values, color=FLOW)
    for rest in rate.attrs["rest"]:
        h = 1e-3
        below, above = (float(np.interp(rest + d, p, rate.values)) for d in (-h, h))
        kind = STABLE if below > 0 > above else SADDLE if below < 0 < above else NEUTRAL
        ax.plot(rest, 0, "o", color=kind, markersize=5, zorder=3)
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
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.85, values.sizes[by]))
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
    """Draw a vector field with arrows of one length, and where it rests (Fig. 10)."""
    ax = plt.gca() if ax is None else ax
    u, v = field["across"].values, field["up"].values
    size = np.hypot(u, v)
    with np.errstate(invalid="ignore", divide="ignore"):
        ax.quiver(field["x"], field["y"], u / size, v / size, color=FLOW, scale=28, width=0.004)
    x, ratio = np.linspace(-2, 2, 401), field.attrs["ratio"]
    with np.errstate(divide="ignore"):
        if field.attrs["panel"] == 0:  # w_p w = w_a lambda_d / lambda_s
            for part in (x[x < 0], x[x > 0]):
                ax.plot(part, ratio / part, color=SADDLE)
        elif field.attrs["panel"] == 1:
            ax.plot(x, x, color="0.4", linewidth=0.9)
            ax.plot(x, x**2 / ratio, color=SADDLE)
        else:
            ax.plot(0, 0, "o", color=STABLE)
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


def draw_theory(number: str, data: Sequence[Any]) -> Figure:
    """Draw a figure of `dynamics.figures.data.FIGURES` from its data, a panel each.

    Returns
    -------
    Figure
        Not known to pyplot.
    """
    if number in _WHOLE:
        return _WHOLE[number](data)
    columns = min(len(data), COLUMNS)
    rows = -(-len(data) // columns)
    figure = Figure(figsize=(2.5 * columns, 2.3 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=number in SHARED)
    axes = list(grid.flat)
    for i, (ax, panel) in enumerate(zip(axes, data, strict=True)):
        _PANELS[number](panel, ax, i)
    if number in NOTES:
        figure.supxlabel(NOTES[number], fontsize="small")
    return figure


def plot_basin(basin: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw which p(0) survive, shaded, against a parameter; p_- and p_+ as lines.

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


def sweep_figure(data: Sequence[xr.Dataset]) -> Figure:
    """Draw the way of a mode, a row a swept parameter: kappa, p, s and tau (Fig. 5).

    Parameters
    ----------
    data : sequence of Dataset (parameter, time or step)
        From `dynamics.trajectories`.

    Returns
    -------
    Figure
        Not known to pyplot.
    """
    names = {"alignment_rate": r"$\kappa_j$", P: "$p_j$", S: "$s_j$", "tau": r"$\tau_j$"}
    names = {
        name: symbol for name, symbol in names.items() if all(name in ds.data_vars for ds in data)
    }
    figure = Figure(figsize=(2.5 * len(names), 2.2 * len(data)), layout="constrained")
    grid = figure.subplots(len(data), len(names), squeeze=False, sharex=True)
    for row, ds in zip(grid, data, strict=True):
        by = str(next(dim for dim in ds["alignment_rate"].dims if dim not in CLOCKS))
        for ax, (name, symbol) in zip(row, names.items(), strict=True):
            plot_curves(ds[name], ax, by=by, symbol=rf"$\{by}$").set_ylabel(symbol)
            ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        row[-1].legend(loc="lower right")
    return figure


def _of_eta(
    name: str, by: str, symbol: str, log: bool = False
) -> Callable[[xr.DataArray, Axes, int], None]:
    def panel(values: xr.DataArray, ax: Axes, i: int) -> None:
        plot_curves(values, ax, by=by, symbol=symbol, log=log)
        ax.set_title(rf"$\eta$ = {values.attrs['eta']:g}", fontsize="medium")
        if i == 0:
            ax.set_ylabel(name)
            ax.legend(fontsize=6)

    return panel


def _symmetries(data: Sequence[xr.Dataset]) -> Figure:
    figure = Figure(figsize=(2.5 * len(data), 2.5), layout="constrained")
    axes = figure.subplots(1, len(data), squeeze=False, sharey=True)[0]
    styles: dict[str, Literal["-", "--"]] = {"A": "-", "B": "--"}
    taus = data[0]["tau"].values
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.85, len(taus)))
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


def _spectrum(values: xr.DataArray, ax: Axes, i: int) -> None:
    clock = "step" if "step" in values.dims else "time"
    for start in values.transpose("start", ...) if "start" in values.dims else [values]:
        for j in range(start.sizes["mode"]):
            ax.plot(
                start[clock],
                start.isel(mode=j),
                color=mpl.colormaps["viridis"](0.9 * j / start.sizes["mode"]),
            )
    steps = f"steps of {values.attrs['rate']:g}" if clock == "step" else "gradient-flow time"
    ax.set(xlabel=steps, title=values.attrs["loss"])
    ax.locator_params(axis="x", nbins=3)
    ax.set_yscale("log")
    ax.set_ylim(1e-2, 10)
    ax.axhline(1, color="0.8", linewidth=0.8, zorder=0)
    if i % COLUMNS == 0:
        ax.set_ylabel(values.attrs.get("long_name", "eigenvalue of $F$"))


_WHOLE: dict[str, Callable[[Sequence[xr.Dataset]], Figure]] = {
    "3": phase_figure,
    "5": sweep_figure,
    "8": _symmetries,
}
_PANELS: dict[str, Callable[[Any, Axes, int], Any]] = {
    "4": lambda d, ax, _: plot_speed(d, ax),
    "7": _of_eta(r"$\cos(W_a, W)$", "beta", r"$\beta$"),
    "9": _of_eta(r"$\|[F, W_p]\|_F$", "tau", r"$\tau$", log=True),
    "10": lambda d, ax, _: plot_field(d, ax),
    "iso2": lambda d, ax, i: plot_paths(d, ax) if "sample" in d.dims else _spectrum(d, ax, i),
    "iso5": _spectrum,
    "iso6": _spectrum,
}
