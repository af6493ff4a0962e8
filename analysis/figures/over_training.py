"""What becomes of a run over training: followed modes, ranks, seeds, the verdict: ax in, ax out."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap

from analysis.checks.numbers import check_count
from analysis.figures.axes import (
    NOT_FINITE,
    above_rounding,
    check_dims,
    log_axis,
    name_axes,
    name_of,
    note,
    say,
    say_if_none,
    variable,
)
from analysis.figures.clocks import cell_edges, find_clock
from analysis.figures.style import ABSENT, CURVES, GREY, PALETTE, SEQUENTIAL, SEVERITY
from analysis.figures.text import plain
from analysis.linalg.labelled import check_labelled
from analysis.store.labels import basis_name, of_the
from analysis.verdicts.collapse import LEVELS

RANKS = ("entropy_rank", "participation_ratio")


def plot_modes(
    m: xr.Dataset,
    name: str = "correlation_eigenvalue",
    *,
    x: str | None = None,
    ax: Axes | None = None,
    modes: int = CURVES,
    log: bool = True,
) -> Axes:
    """Draw a value of the leading modes over training, a line a followed mode.

    Parameters
    ----------
    m : Dataset (step, mode)
        Of `follow_modes`. Before the step at which a mode was born, its line is dotted: there it
        is that of some other direction.
    name : str
        The variable.
    x, ax
        As for `analysis.figures.heatmap.plot_map`.
    modes : int
        How many modes to draw, the first ones at the end; the first is darkest.
    log : bool
        Logarithmic axis; what is not positive, or less than the rounding of the stored data, has
        no place on it.

    Raises
    ------
    ValueError
        A variable is missing, among them `mode_born`, or there are other dims.
    """
    check_count("modes", modes)
    values, born = variable(m, name), variable(m, "mode_born")
    check_dims(values, "mode", "plot_modes")
    x = find_clock(values, x)
    ax = plt.gca() if ax is None else ax
    values = values.transpose(..., "mode")
    if log:
        values = values.copy(data=above_rounding(values, values.values))
    for mode, color in zip(
        values["mode"][:modes], SEQUENTIAL(np.linspace(0, 1, modes)), strict=False
    ):
        line = values.sel(mode=mode)
        alive = line["step"] >= born.sel(mode=mode)
        ax.plot(line[x], line, color=color, linewidth=0.6, linestyle=":")
        ax.plot(line[x], line.where(alive), color=color)
    log_axis(ax) if log else say_if_none(ax, values)
    if modes < (d := values.sizes["mode"]):
        note(ax, f"{modes} of {d} modes, dotted: unborn")
    return name_axes(ax, values[x], values)


def plot_ranks(m: xr.Dataset, *, x: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how many dimensions F fills over training: entropy rank and participation ratio.

    Parameters
    ----------
    m : Dataset ([seed,] step)
        With `entropy_rank` and `participation_ratio`; seeds are drawn as by `plot_band`.
    x, ax
        As for `analysis.figures.heatmap.plot_map`.

    Raises
    ------
    ValueError
        A variable or the coordinate is missing, or there are other dims.
    """
    ax = plt.gca() if ax is None else ax
    ranks = [variable(m, name) for name in RANKS]
    for values, color in zip(ranks, PALETTE, strict=False):
        _band(values, x, ax, color, name_of(values))
    ax.set_ylim(bottom=0)
    basis = basis_name(ranks[0])
    ax.set_ylabel(
        f"effective dimensions\n{plain(of_the(basis))}" if basis else "effective dimensions"
    )
    if any(np.isfinite(values).any() for values in ranks):
        ax.legend(loc="best")
    else:
        say(ax, NOT_FINITE)
    return ax


def plot_band(
    values: xr.DataArray,
    *,
    x: str | None = None,
    ax: Axes | None = None,
    color: str = PALETTE[0],
    label: str | None = None,
) -> Axes:
    """Draw a value over training: the mean of its runs as a line, their range as a band.

    Parameters
    ----------
    values : DataArray ([seed,] step)
        One run, or several along one more dim of any name. The band is the range and no interval
        of confidence: of three seeds, all three are in it.
    x, ax
        As for `analysis.figures.heatmap.plot_map`.
    color, label : str, optional
        As matplotlib has them; the label is followed by the number of runs.

    Raises
    ------
    ValueError
        There is no dim ``step``, or more than one other, or no such coordinate.
    """
    ax = plt.gca() if ax is None else ax
    _band(values, x, ax, color, label)
    say_if_none(ax, values)
    return ax


def plot_balance(values: xr.DataArray, eta: float | None = None, *, ax: Axes | None = None) -> Axes:
    r"""Draw what is left of the balance over gradient-flow time, and what Theorem 1 leaves.

    Parameters
    ----------
    values : DataArray (step, row, col)
        Of `analysis.balance`, with the coordinate `time`; drawn is its Frobenius norm relative to
        that at the first snapshot.
    eta : float, optional
        Decay of the flow, of `dynamics.FlowParameters`; the dashed line is :math:`e^{-2 \eta t}`.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        There are other dims, or there is no coordinate `time`.
    """
    if set(values.dims) != {"step", "row", "col"}:
        raise ValueError(f"plot_balance draws (step, row, col); got dims {values.dims}")
    time = values[find_clock(values, "time")]
    ax = plt.gca() if ax is None else ax
    size = np.sqrt((values.astype(float) ** 2).sum(("row", "col"), skipna=False))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (size / size[0]).values
    share = np.where(np.isfinite(share) & (share > 0), share, np.nan)
    ax.plot(time, share, color=PALETTE[0], label="measured")
    log_axis(ax)
    if eta is not None:
        theory = np.exp(-2 * eta * (time - time[0]))
        ax.plot(time, theory, "--", color=GREY, label=r"$e^{-2\eta t}$")
        ax.legend(loc="best")
    name_axes(ax, time, values)
    ax.set_ylabel(r"$\|C(t)\|_F / \|C(0)\|_F$")
    return ax


def plot_verdicts(
    runs: Mapping[str, xr.Dataset], *, x: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a strip a run, coloured by how far it had collapsed at each snapshot.

    Parameters
    ----------
    runs : mapping of label to Dataset (step)
        Of `collapse_course`; grey is what could not be judged.
    x, ax
        As for `analysis.figures.heatmap.plot_map`.

    Raises
    ------
    ValueError
        There is no run; one has no `collapse`, other dims, or a single snapshot.
    """
    if not runs:
        raise ValueError("plot_verdicts draws one run or more; got none")
    ax = plt.gca() if ax is None else ax
    cmap = ListedColormap(SEVERITY).with_extremes(bad=ABSENT)
    norm = BoundaryNorm(np.arange(-0.5, len(LEVELS)), len(LEVELS))
    for row, run in enumerate(runs.values()):
        values = variable(run, "collapse")
        check_dims(values, None, "plot_verdicts")
        if values.sizes.get("step", 0) < 2:
            raise ValueError("plot_verdicts draws over training, from two snapshots on")
        clock = find_clock(values, x)
        strip = np.ma.masked_invalid(values.values[None])
        ends = cell_edges(values[clock].values)
        mesh = ax.pcolormesh(ends, [row - 0.4, row + 0.4], strip, cmap=cmap, norm=norm)
    ax.set_yticks(range(len(runs)), [plain(name) for name in runs])
    ax.set_ylim(len(runs) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    for side in ("left", "top", "right"):
        ax.spines[side].set_visible(False)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02, ticks=range(len(LEVELS)), aspect=12)
    bar.ax.set_yticklabels(LEVELS, color=GREY)
    bar.ax.tick_params(length=0)
    bar.outline.set_visible(False)
    ax.set_xlabel(name_of(values[clock]))
    return ax


def _band(values: xr.DataArray, x: str | None, ax: Axes, color: str, label: str | None) -> None:
    check_labelled(values, "what is drawn", ("step",))
    others = [str(dim) for dim in values.dims if dim != "step"]
    if "step" not in values.dims or len(others) > 1:
        raise ValueError(f"plot_band draws (step) or (seed, step); got dims {values.dims}")
    x = find_clock(values, x)
    clock = values[x].mean(others) if others and others[0] in values[x].dims else values[x]
    if others:
        label = f"{label or ''} ({values.sizes[others[0]]} runs)".strip()
        low, high = values.min(others), values.max(others)
        ax.fill_between(clock, low, high, color=color, alpha=0.25, linewidth=0)
    ax.plot(clock, values.mean(others) if others else values, color=color, label=label)
    name_axes(ax, values[x], values)
