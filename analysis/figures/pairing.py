"""W_p against F, mode by mode, and the law between them: ax in, ax out."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from analysis.figures.axes import NOT_POSITIVE, above_rounding, name_axes, note, say
from analysis.figures.style import GREY, PALETTE, SEQUENTIAL
from analysis.linalg.basis import check_basis
from analysis.linalg.labelled import check_labelled
from analysis.measures.power_law import PowerLaw

ENOUGH = 8  # modes, of a fit that is drawn as a law
ROOM = 0.5  # for a legend, as a part of what the points cover


def plot_pairing(
    p: xr.DataArray,
    s: xr.DataArray,
    *,
    residual: xr.DataArray | None = None,
    fit: PowerLaw | None = None,
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
    fit : PowerLaw, optional
        Of `fit_power_law`, :math:`p = b\, s^a`: drawn from the least to the largest s that is in
        it, and beside it the parabola through its middle. The legend says how many modes are in it
        and the interval of a; of fewer than 8 modes it is dotted: a line to look at, no law.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        `p` or `s` has other dims than ``mode``, or they are of different modes: `check_basis`.
    """
    for values in (p, s):
        check_labelled(values, "a spectrum", ("mode",))
        if values.dims != ("mode",):
            raise ValueError(f"plot_pairing draws (mode); got {values.dims}: select a snapshot")
    check_basis(p, s, *([] if residual is None else [residual]))
    ax = plt.gca() if ax is None else ax
    shown = ((p > 0) & np.isfinite(p)).values & np.isfinite(above_rounding(s, s.values))
    x, y = s.values[shown], p.values[shown]
    colors = SEQUENTIAL(np.linspace(0, 1, len(s)))[shown]
    clear = np.ones(len(x), bool) if residual is None else y > residual.values[shown]
    ax.scatter(x, y, s=10, linewidths=0.8, edgecolors=colors, facecolors=_filled(colors, clear))
    if len(x):
        ax.set(xscale="log", yscale="log")
    else:
        ax.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
        say(ax, NOT_POSITIVE)
    if fit is not None:
        _law(ax, fit)
    if left := len(s) - len(x):
        note(ax, f"not drawn: {left} modes")
    return name_axes(ax, s, p)


def _law(ax: Axes, fit: PowerLaw) -> None:
    over = np.array(fit.range)
    line = fit.factor * over**fit.exponent
    interval = f"{fit.low:.2g} to {fit.high:.2g}"
    text = rf"$p \propto s^{{{fit.exponent:.2f}}}$" + f"\n({interval}), {fit.modes} modes"
    ax.plot(over, line, color=PALETTE[1], ls="-" if fit.modes >= ENOUGH else ":", label=text)
    middle = np.sqrt(line.prod()) / over.prod() ** 0.25
    text = r"parabola, $p \propto s^{1/2}$"
    ax.plot(over, middle * over**0.5, color=GREY, ls="--", label=text)
    # Room for the legend below the smallest p: beside the points there is none for sure.
    low, high = ax.get_ylim()
    ax.set_ylim(low * (low / high) ** ROOM, high)
    ax.legend(loc="lower right")


def _filled(colors: np.ndarray, clear: np.ndarray) -> np.ndarray:
    return np.where(clear[:, None], colors, 1.0)
