"""Modes of a run against theory, drawn: what `dynamics.compare` returns; ax in, ax out."""

import textwrap
from typing import Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.axes import name_axes, variable, zero_line
from analysis.figures.style import GREY, SEQUENTIAL, STYLE
from analysis.figures.text import formula, plain

P, S = "predictor_eigenvalue", "correlation_eigenvalue"
STYLES: dict[str, Literal["-", "--"]] = {"measured": "-", "predicted": "--"}
REST = "at rest"
SAID = ("errors", "not_in_the_flow")  # attributes that a title has, as they are
MODES = 6
SENTENCE, LINE = 400, 120  # letters


def plot_against_theory(
    compared: xr.Dataset, name: str = P, *, ax: Axes | None = None, modes: int | None = None
) -> Axes:
    """Draw a value of the leading modes over gradient-flow time, measured and predicted.

    Parameters
    ----------
    compared : Dataset (source, step, mode)
        Of `dynamics.compare`: `source` is "measured", drawn as a line, and "predicted", dashed.
    name : str
        The variable; s gets a logarithmic axis.
    ax : Axes, optional
        The current one by default.
    modes : int
        How many modes to draw, the first ones; the first is darkest. By default all up to six.

    Raises
    ------
    ValueError
        The variable is missing, or has other dims, or not so many modes.
    """
    values, modes = _checked(compared, name), _count(compared, modes)
    ax = plt.gca() if ax is None else ax
    for source, style in STYLES.items():
        lines = values.sel(source=source)[:modes]
        for line, color in zip(lines, _colors(modes), strict=False):
            ax.plot(compared["time"], line, style, color=color)
    if name == S:
        ax.set_yscale("log")
    else:
        zero_line(ax)
    return name_axes(ax, compared["time"], values)


def plot_parabola(
    compared: xr.Dataset, *, ax: Axes | None = None, modes: int | None = None
) -> Axes:
    r"""Draw the way of the leading modes through the plane of p and s, and where they may rest.

    Measured as a line with a dot at its end, predicted dashed with a ring. Grey is the parabola
    :math:`s = (\eta_p / \eta)\, p^2 / \alpha_p`, on which isotropic data have them rest; there is
    none where W_p is set.

    Parameters
    ----------
    compared, ax, modes
        As for `plot_against_theory`.

    Raises
    ------
    ValueError
        As for `plot_against_theory`.
    """
    p, s, modes = _checked(compared, P), _checked(compared, S), _count(compared, modes)
    parabola = variable(compared, "parabola")
    ax = plt.gca() if ax is None else ax
    for source, style in STYLES.items():
        pair = zip(p.sel(source=source)[:modes], s.sel(source=source)[:modes], strict=True)
        for (x, y), color in zip(pair, _colors(modes), strict=False):
            ax.plot(x, y, style, color=color, linewidth=0.9)
            face = color if source == "measured" else "none"
            ax.plot(x[-1:], y[-1:], "o", mec=color, mfc=face, markersize=4)
    ax.set_yscale("log")
    box = ax.get_xlim(), ax.get_ylim()
    ratio = float((parabola / _checked(compared, P, drawn=False) ** 2).median())
    if np.isfinite(ratio):
        at = np.linspace(*box[0], 400)
        at = at[at != 0]
        ax.plot(at, ratio * at**2, color=GREY, linewidth=0.8, zorder=1, label=REST)
    ax.set(xlim=box[0], ylim=box[1])
    return name_axes(ax, p, s)


def theory_comparison(compared: xr.Dataset, *, modes: int | None = None) -> Figure:
    """Draw p_j and s_j over time and against each other, measured and predicted.

    What is predicted is of a flow of linear networks; lines of the title say how far off it is, and
    what the run has that it has not. Both are Rayleigh quotients in the last eigenvectors of the
    cross-view F.

    Parameters, raises: as `plot_against_theory`.

    Returns
    -------
    Figure
        Not known to pyplot. Its title counts the modes that live at the end.
    """
    _checked(compared, P)
    modes, total = _count(compared, modes), compared.sizes["mode"]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.9), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        plot_against_theory(compared, P, ax=left, modes=modes)
        plot_against_theory(compared, S, ax=middle, modes=modes)
        plot_parabola(compared, ax=right, modes=modes)
        keys = [Line2D([], [], color="k", linestyle=style) for style in STYLES.values()]
        curves, names = right.get_legend_handles_labels()
        left.set_ylabel(formula(compared[P].attrs.get("symbol", "$p_j$")))
        middle.set_ylabel(formula(compared[S].attrs.get("symbol", "$s_j$")))
        right.set(xlabel="$p_j$", ylabel="$s_j$")
        figure.legend([*keys, *curves], [*STYLES, *names], loc="outside lower center", ncols=3)
        alive = variable(compared, "survives").sum("mode")
        counts = [int(alive.sel(source=source)) for source in STYLES]
        method = plain(compared.attrs.get("method", ""))
        title = (
            f"{method}: of {total} modes {counts[0]} live at the end, "
            f"{counts[1]} predicted; {modes} drawn (u_j of the last cross-view F)"
        )
        words = (plain(compared.attrs.get(name, ""), SENTENCE) for name in SAID)
        lines = [line for text in words for line in textwrap.wrap(text, LINE)]
        figure.suptitle("\n".join([title, *lines]), fontsize=8)
    return figure


def _checked(compared: xr.Dataset, name: str, *, drawn: bool = True) -> xr.DataArray:
    values = variable(compared, name)
    if set(values.dims) != {"source", "step", "mode"} or "time" not in compared.coords:
        raise ValueError(
            f"{name} has dims {values.dims}; what `dynamics.compare` returns is wanted: "
            "(source, step, mode) with the coordinate time"
        )
    return values.transpose("source", "mode", "step") if drawn else values


def _count(compared: xr.Dataset, modes: int | None) -> int:
    total = compared.sizes.get("mode", 0)
    if modes is None:
        return min(MODES, total)
    if not 1 <= modes <= total:
        raise ValueError(f"modes is {modes}; 1 to {total}, all that there are, wanted")
    return modes


def _colors(modes: int) -> np.ndarray:
    return np.asarray(SEQUENTIAL(np.linspace(0, 1, modes)))
