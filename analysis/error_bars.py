"""How sharp a spectrum is, drawn: standard errors, and the level that noise alone could reach."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from analysis.figures import GREY, _label, _mode_axis
from analysis.noise import eigenvalue_errors, modes_above_noise, noise_level
from analysis.white_noise import ERROR_RATE

BAR = "#0072b2"


def plot_noise(
    values: xr.DataArray,
    samples: float,
    *,
    error_rate: float = ERROR_RATE,
    ax: Axes | None = None,
) -> Axes:
    """Draw a spectrum with its errors, two standard ones up and down, over the level of noise.

    Parameters
    ----------
    values : DataArray (mode)
        Eigenvalues of a centred correlation; logarithmic axis, what is not positive is left out.
    samples : float
        Independent rows behind them. Two views of an image are not: count images to be careful.
    error_rate : float
        How often noise alone has a mode above the level, as for `noise_level`.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        There are other dims, or no more rows than modes.
    """
    if values.dims != ("mode",):
        raise ValueError(f"plot_noise draws (mode); got {values.dims}: select a snapshot")
    level = float(noise_level(values, samples, error_rate=error_rate))
    error = 2 * eigenvalue_errors(values, samples)
    ax = plt.gca() if ax is None else ax
    shown = values.where(values > values.attrs.get("resolution", 0.0) * values.max())
    low = np.maximum(shown - error, shown / 10)  # a logarithmic axis has no place for less
    ax.fill_between(values["mode"], low, shown + error, color=BAR, alpha=0.3, linewidth=0)
    ax.plot(values["mode"], shown, ".-", color=BAR, markersize=3, linewidth=0.8)
    ax.axhline(level, color=GREY, linestyle="--")
    ax.set_yscale("log")
    above = float(modes_above_noise(values, samples, error_rate=error_rate))
    text = f"{above:g} modes above the noise, at {100 * error_rate:g} %"
    ax.set_title(text, loc="right", fontsize="small", color=GREY)
    _mode_axis(ax, values.sizes["mode"])
    return _label(ax, values["mode"], values)


def plot_bootstrap(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw what was resampled, a dot a mode and its interval.

    Parameters
    ----------
    ds : Dataset (mode)
        Of `bootstrap_eigenvalues`, on a logarithmic axis, or of `bootstrap_alignment`.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        It has neither `eigenvalue` nor `alignment`, or no interval.
    """
    name = next((name for name in ("alignment", "eigenvalue") if name in ds), None)
    if name is None or not {"low", "high"} <= set(ds.data_vars):
        there = sorted(map(str, ds.data_vars))
        raise ValueError(f"plot_bootstrap draws what a bootstrap returns; got {there}")
    ax = plt.gca() if ax is None else ax
    ax.vlines(ds["mode"], ds["low"], ds["high"], color=BAR, alpha=0.5, linewidth=1.5)
    ax.plot(ds["mode"], ds[name], ".", color="k", markersize=3)
    if name == "eigenvalue":
        ax.set_yscale("log")
    else:
        ax.set_ylim(-1.05, 1.05)
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    _mode_axis(ax, ds.sizes["mode"])
    ax.set(xlabel="mode", ylabel=name)
    return ax
